"""Ignore regions, loading and packing."""
import cv2
import numpy as np
import pytest
from mmcv.transforms import Compose
from PIL import Image

from erpose.datasets import FilterPersons, LoadTestImage, LoadTrainImage, PackPoseTargets
from erpose.datasets.transforms import fit_image


def persons(visible, boxes):
    visible, boxes = np.array(visible, float), np.array(boxes, float)
    count = len(visible)
    return dict(
        keypoints=np.arange(count * 4.0).reshape(count, 2, 2), keypoints_visible=visible,
        bbox=boxes, bbox_score=np.ones(count), category_id=np.ones(count),
        area=np.arange(count, dtype=float))


def test_filter_keeps_persons_and_regions_to_ignore():
    data = persons([[1, 0], [0, 0], [0, 0], [0, 1]],
                   [[0, 0, 9, 9], [0, 0, 9, 9], [0, 0, 9, 2], [3, 3, 3, 3]])
    kept = FilterPersons(min_ignored_size=4)(data)
    # labelled / ignored / too thin to be worth ignoring / labelled, though its box is empty
    assert kept['area'].tolist() == [0, 1, 3]
    assert all(len(kept[key]) == 3 for key in ('keypoints', 'bbox', 'bbox_score'))


def test_filter_reads_visibility_not_its_weight():
    data = persons([[0, 0]], [[0, 0, 1, 1]])
    data['keypoints_visible'] = np.array([[[0, 1], [0, 1.0]]])  # KeypointConverter's form
    assert len(FilterPersons()(data)['keypoints']) == 0


def test_filter_without_persons():
    data = persons(np.zeros((0, 2)), np.zeros((0, 4)))
    assert len(FilterPersons()(data)['keypoints']) == 0


@pytest.mark.parametrize('weighted', [False, True])
def test_pack(weighted):
    data = persons([[1, 0]], [[0, 0, 9, 9]])
    if weighted:
        data['keypoints_visible'] = np.array([[[1, 1], [0, 0.0]]])
    data['img'] = np.zeros((8, 8, 3), np.uint8)
    labels = PackPoseTargets()(data)['data_samples'].gt_instance_labels
    assert labels.keypoints_visible.tolist() == [[1, 0]]
    assert labels.keypoints_visible_weights.tolist() == [[1, 0 if weighted else 1]]
    assert labels.labels.tolist() == [0] and labels.areas.tolist() == [0]


def test_broken_image_loses_its_persons(tmp_path):
    path = tmp_path / 'broken.jpg'
    path.write_bytes(b'\xff\xd8\xff no more')
    data = LoadTrainImage()(dict(persons([[1, 1]], [[0, 0, 9, 9]]), img_path=str(path)))
    assert data['img'].shape == (64, 64, 3)
    assert len(FilterPersons()(data)['keypoints']) == 0


@pytest.mark.parametrize('size, fitted', [
    ((100, 100), (100, 75)), ((80, 30), (40, 30)), ((20, 20), (20, 15)),
    ((75, 75), (75, 56)),  # 56.25
])
def test_fit_image_keeps_keypoints_on_their_pixels(size, fitted):
    """A keypoint in the middle of a white square, half a pixel from any pixel's corner."""
    image = np.zeros((30, 40, 3), np.uint8)
    image[12:18, 20:28] = 255
    data = dict(img=image, area=np.array([48.]), bbox=np.array([[19.5, 11.5, 27.5, 17.5]]),
                keypoints=np.array([[[23.5, 14.5]]]))
    fit_image(data, size)
    assert data['img'].shape == (*fitted[::-1], 3)
    light = data['img'][..., 0].astype(float)
    y, x = (np.average(places, weights=light) for places in np.indices(light.shape))
    np.testing.assert_allclose(data['keypoints'][0, 0], [x, y], atol=0.03)
    np.testing.assert_allclose(data['bbox'].reshape(2, 2).mean(0), [x, y], atol=0.03)
    assert data['area'] == pytest.approx(48 * fitted[0] / 40 * fitted[1] / 30, rel=1e-6)


AFFINE = dict(type='BottomupRandomAffine', input_size=(64, 64), scale_type='long',
              bbox_keep_corner=False, clip_border=True)
LOAD = dict(type='LoadTrainImage')
MIX = dict(img_scale=(64, 64), pre_transform=[LOAD])
ENDING = [dict(type='PoseRandomFlip', prob=1.0), dict(type='FilterPersons'),
          dict(type='PackPoseTargets')]


class Empty:
    """A data set of images without persons."""

    def __init__(self, path):
        self.path = str(path)

    def __len__(self):
        return 1

    def get_data_info(self, index):
        return dict(persons(np.zeros((0, 2)), np.zeros((0, 4))), img_path=self.path,
                    keypoints=np.zeros((0, 2, 2), np.float32), flip_indices=[1, 0])


@pytest.mark.parametrize('transforms', [
    [LOAD, AFFINE], [LOAD, dict(MIX, type='PoseMosaic'), AFFINE],
    [LOAD, dict(MIX, type='PoseMosaic'), AFFINE, dict(MIX, type='PoseMixUp')],
    [dict(type='LoadTestImage')], [dict(type='LoadTestImage'), dict(MIX, type='PoseMixUp')],
    [dict(type='LoadTestImage'), dict(type='PoseMosaic', img_scale=(64, 64), pre_transform=[
        dict(type='LoadTestImage')])],
], ids=['affine', 'mosaic', 'mixup', 'flip alone', 'mixup alone', 'mosaic alone'])
def test_images_without_persons_go_through(tmp_path, transforms):
    cv2.imwrite(str(tmp_path / '1.png'), np.zeros((48, 40, 3), np.uint8))
    data = Empty(tmp_path / '1.png')
    sample = Compose([*transforms, *ENDING])(dict(data.get_data_info(0), dataset=data))
    labels = sample['data_samples'].gt_instance_labels
    assert labels.keypoints.shape == (0, 2, 2) and labels.bboxes.shape == (0, 4)


@pytest.mark.parametrize('tag, exif', [(None, False), (6, True)])
def test_another_size_than_stated_names_both_and_exif_where_there_is_a_tag(
        tmp_path, tag, exif):
    data = Image.Exif()
    if tag:
        data[0x0112] = tag
    path = str(tmp_path / '1.jpg')
    Image.new('RGB', (64, 48)).save(path, exif=data)
    size = '48x64, EXIF rotation applied,' if exif else '64x48'
    with pytest.raises(ValueError, match=f'1.jpg is {size} but 30x20 in the annotation'):
        LoadTestImage()(dict(img_path=path, stated_size=np.array([[30, 20]])))

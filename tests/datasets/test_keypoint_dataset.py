"""Data sets with and without boxes, whole and broken."""
import copy
import json
from unittest.mock import patch

import cv2
import numpy as np
import pytest

from erpose.datasets import KeypointDataset

METAINFO = dict(
    dataset_name='three',
    paper_info=dict(),
    keypoint_info={
        i: dict(name=n, id=i, color=[0, 255, 0], type='', swap=s)
        for i, (n, s) in enumerate([('top', ''), ('left', 'right'), ('right', 'left')])
    },
    skeleton_info={0: dict(link=('top', 'left'), id=0, color=[0, 255, 0])},
    joint_weights=[1.0] * 3,
    sigmas=[0.05] * 3)

PIPELINE = [
    dict(type='LoadTrainImage'),
    dict(
        type='BottomupRandomAffine', input_size=(64, 64), scale_type='long',
        bbox_keep_corner=False, clip_border=True),
    dict(type='PoseRandomFlip'),
    dict(type='FilterPersons'),
    dict(type='PackPoseTargets'),
]


@pytest.fixture
def content():
    """Two images, each with a person whose box is the derived one; and a crowd region."""
    anns = [
        dict(id=1, image_id=1, keypoints=[10, 20, 2, 30, 60, 1, 0, 0, 0],
             bbox=[10, 20, 20, 40], area=0.53 * 800),
        dict(id=2, image_id=2, keypoints=[5, 5, 2, 50, 45, 2, 20, 30, 2],
             bbox=[5, 5, 45, 40], area=0.53 * 1800),
        dict(id=3, image_id=2, bbox=[0, 0, 30, 30], area=900.0, iscrowd=1,
             keypoints=[0] * 9, num_keypoints=0),
    ]
    images = [dict(id=i, file_name=f'{i}.png', width=80, height=70) for i in (1, 2)]
    return dict(images=images, annotations=anns, categories=[dict(id=1, name='person')])


def dataset(tmp_path, content, pipeline=(), **kwargs):
    for image in content['images']:
        path = tmp_path / image['file_name']
        if not path.exists():
            rng = np.random.default_rng(image['id'])
            cv2.imwrite(str(path), rng.integers(0, 255, (70, 80, 3), dtype=np.uint8))
    file = tmp_path / 'annotations.json'
    file.write_text(json.dumps(content))
    return KeypointDataset(
        metainfo=METAINFO, ann_file=str(file), data_prefix=dict(img=str(tmp_path)),
        pipeline=list(pipeline), **kwargs)


def samples(data):
    """Every sample of the data set through its augmentation, with fixed randomness."""
    packed = []
    for index in range(len(data)):
        np.random.seed(index)
        packed.append(data[index])
    return packed


def test_deleting_derived_boxes_changes_nothing(tmp_path, content):
    boxless = copy.deepcopy(content)
    for ann in boxless['annotations'][:2]:
        del ann['bbox'], ann['area']
    with_boxes = samples(dataset(tmp_path, content, PIPELINE))
    without = samples(dataset(tmp_path, boxless, PIPELINE))
    for a, b in zip(with_boxes, without):
        assert (a['inputs'] == b['inputs']).all()
        a, b = (s['data_samples'].gt_instance_labels for s in (a, b))
        assert set(a.keys()) == set(b.keys()) >= {'keypoints', 'bboxes', 'areas'}
        for key in set(a.keys()):
            np.testing.assert_array_equal(a[key], b[key], err_msg=key)


def test_derived_fields_are_reported_once(tmp_path, content):
    for ann in content['annotations'][:2]:
        del ann['bbox']
    with patch('erpose.datasets.keypoint_dataset.print_log') as log:
        dataset(tmp_path, content)
    said = [call.args[0] for call in log.call_args_list]
    assert len(said) == 1 and 'derived bbox from the keypoints for 2 of 3' in said[0]


def test_crowd_regions_survive_as_persons_without_keypoints(tmp_path, content):
    info = dataset(tmp_path, content).get_data_info(1)
    assert info['keypoints_visible'].sum(1).tolist() == [3, 0]


def test_keypoints_of_a_crowd_region_are_not_learned(tmp_path, content):
    content['annotations'][2].update(keypoints=[5, 5, 2] * 3, num_keypoints=3)
    info = dataset(tmp_path, content).get_data_info(1)
    assert info['keypoints_visible'].sum(1).tolist() == [3, 0]
    assert info['bbox'].tolist() == [[5, 5, 50, 45], [0, 0, 30, 30]]


@pytest.mark.parametrize('test_mode', [False, True])
def test_images_without_annotations_are_counted(tmp_path, content, test_mode):
    content['images'].append(dict(id=3, file_name='3.png', width=80, height=70))
    with patch('erpose.datasets.keypoint_dataset.print_log') as log:
        data = dataset(tmp_path, content, test_mode=test_mode)
    said = [call.args[0] for call in log.call_args_list]
    assert len(data) == (3 if test_mode else 2)
    assert len(said) == (not test_mode)
    assert test_mode or '1 of 3 images have no annotation' in said[0]


@pytest.mark.parametrize('break_it, persons', [
    (lambda c: c['annotations'][0].update(keypoints=[float('nan')] * 9), {2: 2}),
    (lambda c: c['annotations'][0].update(keypoints=[1] * 8), {2: 2}),
    (lambda c: c['annotations'][0].update(image_id=77), {2: 2}),
    (lambda c: c['annotations'].append('nonsense'), {1: 1, 2: 2}),
    (lambda c: c['images'].append(dict(id=3, file_name='../gone.png')), {1: 1, 2: 2}),
], ids=['NaN', 'not 3K', 'unknown image', 'not a dict', 'missing image'])
def test_broken_entries_are_skipped_not_fatal(tmp_path, content, break_it, persons):
    data = dataset(tmp_path, content)  # writes the images
    break_it(content)
    (tmp_path / 'annotations.json').write_text(json.dumps(content))
    data = KeypointDataset(
        metainfo=METAINFO, ann_file=str(tmp_path / 'annotations.json'),
        data_prefix=dict(img=str(tmp_path)))
    found = [data.get_data_info(i) for i in range(len(data))]
    assert {d['img_id']: len(d['keypoints']) for d in found} == persons


def test_wrong_keypoint_number_is_an_error_that_names_the_file(tmp_path, content):
    content['annotations'][0]['keypoints'] = [1] * 51
    with pytest.raises(ValueError, match='annotations.json.*has 17 keypoints.*defines 3'):
        dataset(tmp_path, content)


def test_no_image_at_all_says_where_it_looked(tmp_path, content):
    file = tmp_path / 'annotations.json'
    file.write_text(json.dumps(content))
    with pytest.raises(FileNotFoundError, match='data_prefix'):
        KeypointDataset(metainfo=METAINFO, ann_file=str(file),
                        data_prefix=dict(img=str(tmp_path / 'nowhere')))


def test_metainfo_is_required():
    with pytest.raises(ValueError, match='needs metainfo'):
        KeypointDataset(ann_file='x.json')


def test_image_size_is_read_where_the_file_does_not_state_it(tmp_path, content):
    for image in content['images']:
        image.pop('width')
    data = dataset(tmp_path, content)
    assert np.allclose(data.get_data_info(1)['bbox'][0], [5, 5, 50, 45])


def test_an_image_that_does_not_decode_is_trained_as_empty(tmp_path, content):
    data = dataset(tmp_path, content, PIPELINE)
    (tmp_path / '1.png').write_bytes(b'no image')
    first, second = samples(data)
    assert len(first['data_samples'].gt_instance_labels) == 0
    assert len(second['data_samples'].gt_instance_labels) > 0


def shrink(toys, *numbers):
    for i in numbers:
        cv2.imwrite(str(toys.folder / f'images/{i}.jpg'), np.zeros((24, 32, 3), 'u1'))


@pytest.mark.parametrize('test_mode', [False, True])
def test_images_of_another_size_are_an_error_before_training(toys, test_mode):
    shrink(toys, 1, 2, 3, 4)
    with pytest.raises(ValueError, match='4 of 4 images.*is 32x24 but 64x48 in') as error:
        toys.load(test_mode=test_mode)
    assert 'EXIF' not in str(error.value)


def test_few_images_of_another_size_are_skipped_and_named(toys):
    for i in range(5, 12):
        toys.content['images'].append(dict(toys.content['images'][0], id=i))
    shrink(toys, 2)
    assert len(toys.load()) == 3
    assert 'skipped 1 x image: ' in toys.said and '2.jpg is 32x24 but 64x48' in toys.said


@pytest.mark.parametrize('names', [
    'images\\{}.jpg', '..\\..\\upload\\{}.jpg', 'C:\\x\\{}.jpg'])
def test_names_from_windows(toys, names):
    for image in toys.content['images']:
        image['file_name'] = names.format(image['id'])
    assert len(toys.load()) == 4
    assert toys.said.count('4 of 4 images were found under another name') == 1


MOSAIC = [
    PIPELINE[0], dict(type='PoseMosaic', img_scale=(64, 64), pre_transform=PIPELINE[:1]),
    *PIPELINE[1:]]


@pytest.mark.parametrize('pipeline', [PIPELINE, MOSAIC], ids=['affine', 'mosaic'])
def test_images_without_people_are_trained_on_if_wished(toys, pipeline):
    toys.content['annotations'] = toys.content['annotations'][:1]
    assert len(toys.load(pipeline)) == 1
    assert '3 of 4 images have no annotation and are not used' in toys.said
    data = toys.load(pipeline, keep_empty=True)
    assert '3 of 4 images have no annotation and are used as negatives' in toys.said
    assert [data.get_data_info(i)['keypoints'].shape for i in range(4)] == [
        (1, 3, 2), *[(0, 3, 2)] * 3]
    for _ in range(5):
        for sample in samples(data):
            labels = sample['data_samples'].gt_instance_labels
            assert labels.keypoints.shape[1:] == (3, 2)
    assert len(toys.load(keep_empty=True, test_mode=True)) == 4


@pytest.mark.parametrize('count', [1, 2])
def test_few_keypoints(toys, count):
    names = ['head', 'tail'][:count]
    toys.content['categories'][0]['keypoints'] = names
    for ann in toys.content['annotations']:
        ann['keypoints'] = ann['keypoints'][:3 * count]
        del ann['area'], ann['bbox']
    metainfo = dict(dataset_name='few', sigmas=[0.1] * count, keypoint_info={
        k: dict(name=n) for k, n in enumerate(names)})
    for sample in samples(toys.load(MOSAIC, metainfo=metainfo)):
        labels = sample['data_samples'].gt_instance_labels
        assert labels.keypoints.shape[1:] == (count, 2)
        assert (labels.areas[labels.keypoints_visible.any(1)] > 0).all()


def test_images_of_skipped_people_are_not_negatives(toys):
    toys.content['annotations'][1]['keypoints'] = [1] * 8
    toys.content['annotations'] = toys.content['annotations'][:2]
    assert len(toys.load(keep_empty=True)) == 3
    assert 'except 1 with skipped annotations' in toys.said

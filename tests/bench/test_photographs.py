"""Sets made from small data sets in the official layouts."""
import json

import cv2
import numpy as np
import pytest
from scipy.io import savemat

from erpose_bench.photographs import (
    build_coco,
    build_lsp,
    build_scenes,
    image_ids,
    image_set,
    scenes,
)


@pytest.fixture
def few_ids(monkeypatch, tmp_path):
    """Lists with one image for each set."""
    ids = {'coco-mini_train': 7, 'coco-mini_val': 8, 'coco-more_train': 9, 'lsp_train': 1,
           'lsp_val': 2, 'lsp-original_train': 1}
    folder = tmp_path / 'ids'
    folder.mkdir()
    for name, image in ids.items():
        (folder / f'{name}.txt').write_text(f'{image}\n')
    monkeypatch.setattr(image_set, 'IMAGE_IDS', folder)


def write_image(path, width, height):
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((height, width, 3), 90, np.uint8))


def person(image, number, x):
    keypoints = np.zeros((17, 3))
    keypoints[5:7] = (x, 100, 2), (x + 40, 100, 1)
    return dict(id=number, image_id=image, category_id=1, iscrowd=0, num_keypoints=2,
                keypoints=keypoints.ravel().tolist(), bbox=[x, 100, 40, 200], area=3000.5)


@pytest.fixture
def coco(tmp_path):
    root = tmp_path / 'coco'
    for split, ids in (('train2017', [7, 9]), ('val2017', [8])):
        images = [dict(id=i, file_name=f'{i:012d}.jpg', width=832, height=624) for i in ids]
        for image in images:
            write_image(root / split / image['file_name'], 832, 624)
        anns = [person(i, 10 * i + n, x) for i in ids for n, x in enumerate((100, 120))]
        (root / 'annotations').mkdir(exist_ok=True)
        (root / f'annotations/person_keypoints_{split}.json').write_text(json.dumps(dict(
            images=images, annotations=anns,
            categories=[dict(id=1, name='person', keypoints=['nose'], skeleton=[])])))
    return root


def test_coco_is_scaled(coco, few_ids, tmp_path):
    assert build_coco(coco, tmp_path / 'out') == {
        'coco-mini/train': 1, 'coco-mini/val': 1, 'coco-more/train': 1}
    folder = tmp_path / 'out/coco-mini/train'
    content = json.loads((folder / 'annotations_coco17.json').read_text())
    image, = content['images']
    # each person has one of the other's two keypoints in its box
    assert image == dict(id=7, file_name='000000000007.jpg', width=416, height=312,
                         crowdIndex=0.5)
    assert cv2.imread(str(folder / 'images' / image['file_name'])).shape == (312, 416, 3)
    first, _ = content['annotations']
    assert first['keypoints'][15:21] == [50, 50, 2, 70, 50, 1]
    assert first['bbox'] == [50, 50, 20, 100] and first['area'] == pytest.approx(750.1)
    val = json.loads((tmp_path / 'out/coco-mini/val/annotations_coco17.json').read_text())
    assert val['images'][0]['width'] == 512
    more = json.loads(
        (tmp_path / 'out/coco-more/train/annotations_coco17.json').read_text())
    assert more['images'][0]['width'] == 416


def test_a_moved_annotation_moves_its_box():
    ann = image_set.scaled(person(1, 1, 100), 0.5, (30, 7))
    assert ann['bbox'] == [80, 57, 20, 100] and ann['keypoints'][15:18] == [80, 57, 2]


def test_coco_says_what_is_missing(coco, few_ids, tmp_path):
    (coco / 'val2017/000000000008.jpg').unlink()
    with pytest.raises(FileNotFoundError, match='no image .*000000000008.jpg'):
        build_coco(coco, tmp_path / 'out')
    (image_set.IMAGE_IDS / 'coco-mini_val.txt').write_text('8\n5\n')
    with pytest.raises(FileNotFoundError, match='1 images of coco-mini/val .* first is 5'):
        build_coco(coco, tmp_path / 'out')


def test_lsp_has_joints_of_coco_and_crowdpose(few_ids, tmp_path):
    extended, original = tmp_path / 'lspet', tmp_path / 'lsp'
    joints = np.arange(14 * 2, dtype=float).reshape(14, 2) * 4
    for i in (1, 2):
        write_image(extended / f'images/im{i:05d}.jpg', 384, 200)
    write_image(original / 'images/im0001.jpg', 100, 180)
    seen = np.ones((14, 1))
    seen[0] = 0  # the right ankle is not labelled
    savemat(extended / 'joints.mat',
            dict(joints=np.stack([np.hstack([joints, seen])] * 2, -1)))
    savemat(original / 'joints.mat',
            dict(joints=np.hstack([joints, np.zeros((14, 1))]).T[..., None]))
    assert build_lsp(extended, original, tmp_path / 'out') == {
        'lsp/train': 1, 'lsp/val': 1, 'lsp-original/train': 1}
    scales = {'lsp/train': 0.5, 'lsp-original/train': 1}
    for name, scale in scales.items():
        ann, = json.loads((tmp_path / 'out' / name / 'annotations_coco17.json').read_text()
                          )['annotations']
        points = np.array(ann['keypoints']).reshape(17, 3)
        labelled = name == 'lsp-original/train'
        assert points[16].tolist() == ([0, 4, 2] if labelled else [0, 0, 0])
        assert points[14, :2].tolist() == [8 * scale, 12 * scale]  # right knee
        assert points[9, :2].tolist() == [88 * scale, 92 * scale]  # left wrist
        assert not points[:5].any() and ann['num_keypoints'] == 11 + labelled
        content = json.loads(
            (tmp_path / 'out' / name / 'annotations_crowdpose14.json').read_text())
        points14 = np.array(content['annotations'][0]['keypoints']).reshape(14, 3)
        assert (points14[:12] == points[5:]).all()
        assert points14[12, :2].tolist() == [104 * scale, 108 * scale]  # top of the head
        assert points14[13, :2].tolist() == [96 * scale, 100 * scale]  # neck
        assert content['categories'][0]['keypoints'][11:] == [
            'right_ankle', 'top_head', 'neck']


def test_scenes_hide_what_is_covered(few_ids, tmp_path, monkeypatch):
    def annotation(i, value):
        return dict(id=i, image_id=i, category_id=1, iscrowd=0, num_keypoints=1,
                    keypoints=value)

    for i in range(1, 10):
        write_image(tmp_path / f'val/images/{i}.png', 100, 50 + 10 * i)
    for kind, count in (('coco17', 17), ('crowdpose14', 14)):
        grid = np.stack([np.linspace(5, 95, count), np.full(count, 30), np.ones(count)], 1)
        (tmp_path / f'val/annotations_{kind}.json').write_text(json.dumps(dict(
            images=[dict(id=i, file_name=f'{i}.png', width=100, height=50 + 10 * i)
                    for i in range(1, 10)],
            annotations=[annotation(i, grid.ravel().tolist()) for i in range(1, 10)])))
    monkeypatch.setattr(scenes, 'SCENES', 6)
    out = tmp_path / 'val_scenes'
    assert build_scenes(tmp_path / 'val', out) == 6
    first = (out / 'annotations_coco17.json').read_text()
    content = json.loads(first)
    assert [image['file_name'] for image in content['images']] == [
        f'scene{i:04d}.jpg' for i in range(1, 7)]
    assert cv2.imread(str(out / 'images/scene0001.jpg')).shape == (512, 512, 3)
    people = content['annotations']
    assert len({ann['id'] for ann in people}) == len(people) > 12
    for image in content['images']:
        *_, top = (ann for ann in people if ann['image_id'] == image['id'])
        assert top['num_keypoints'] == 17
    for ann in people:
        points = np.array(ann['keypoints']).reshape(17, 3)
        assert ((points[:, :2] >= 0) & (points[:, :2] < 512)).all()
        assert ann['num_keypoints'] == (points[:, 2] > 0).sum() > 0
        x, y = points[points[:, 2] > 0, :2].T
        assert np.ptp(y) < 0.2  # still on one line
        assert ann['bbox'][:2] == [x.min(), y.min()]
    assert any(ann['num_keypoints'] < 17 for ann in people)
    build_scenes(tmp_path / 'val', out)
    assert (out / 'annotations_coco17.json').read_text() == first


def test_a_later_photograph_hides_keypoints():
    below, above = (scenes.Placed(i, 2., box) for i, box in enumerate(
        ((0, 0, 200, 200), (100, 50, 300, 250))))
    ann = dict(id=1, image_id=1, category_id=1, iscrowd=0,
               keypoints=[10, 10, 1, 49, 30, 1, 51, 24, 1, 51, 26, 1])
    first, second = scenes._visible_persons([below, above], {0: ann, 1: ann})
    assert first['keypoints'] == [20, 20, 1, 98, 60, 1, 102, 48, 1, 0, 0, 0]
    assert second['keypoints'][:3] == [120, 70, 1] and second['num_keypoints'] == 4


@pytest.mark.parametrize('name, count', [
    ('coco-mini/train', 1769), ('coco-mini/val', 350), ('coco-more/train', 775),
    ('lsp/train', 8491), ('lsp/val', 500), ('lsp-original/train', 1999)])
def test_lists(name, count):
    ids = image_ids(name)
    assert len(ids) == len(set(ids)) == count


def test_no_image_is_both_trained_on_and_tested():
    val = set(image_ids('coco-mini/val'))
    assert not val & {*image_ids('coco-mini/train'), *image_ids('coco-more/train')}
    assert not set(image_ids('lsp/val')) & set(image_ids('lsp/train'))

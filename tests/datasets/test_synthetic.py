"""Synthetic crowds: reproducible, and annotated exactly."""
import json
import runpy
from pathlib import Path

import cv2
import numpy as np
import pytest

from erpose.datasets import KeypointDataset
from erpose.datasets.synthetic import (
    Skeleton,
    annotate,
    crowd_index,
    generate,
    render_scene,
)
from erpose.datasets.synthetic.annotate import stack
from erpose.datasets.synthetic.creature import spanning_tree
from erpose.datasets.synthetic.figure import rotation
from erpose.datasets.synthetic.human import build_human, sample_human
from erpose.datasets.synthetic.looks import sample_look
from erpose.datasets.synthetic.poses import Pose

TOOL = Path(__file__).parents[2] / 'tools' / 'make_synthetic.py'
COCO = dict(from_file='configs/_base_/datasets/coco.py')
CROWDPOSE = dict(from_file='configs/_base_/datasets/crowdpose.py')
ANIMAL = dict(
    dataset_name='animal',
    keypoint_info={
        i: dict(name=name, id=i)
        for i, name in enumerate(['snout', 'withers', 'tail', 'fore_paw', 'hind_paw'])
    },
    skeleton_info={
        i: dict(link=link, id=i)
        for i, link in enumerate([('snout', 'withers'), ('withers', 'tail'),
                                  ('withers', 'fore_paw'), ('tail', 'hind_paw')])
    },
    joint_weights=[1.] * 5,
    sigmas=[.05] * 5)
SIZE = (256, 192)  # width and height differ, so that a swap shows
SKELETON = Skeleton.from_metainfo(COCO)


def points_of(ann):
    return np.array(ann['keypoints']).reshape(-1, 3)


def sample_pair(seed):
    """Two persons, the second in front of the first."""
    rng = np.random.default_rng(seed)
    return [sample_human(rng, SKELETON.body_points, 150, 0).shifted((x, 95))
            for x in (110, 110 + rng.uniform(-40, 40))]


def covering(figure, point, margin):
    """Names of the parts, grown by ``margin`` pixels, that cover a point, the nearest last:
    geometry alone, without a raster."""
    angles = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    normals = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    names = []
    for part in figure.parts:
        support = (part.discs[:, :2] @ normals.T + part.discs[:, 2:]).max(axis=0)
        if (normals @ point <= support + margin).all():
            names.append(part.name)
    return names


def build_person(yaw, arms):
    """A person in the middle of the image, with arms raised by some degrees."""
    angles = dict(upper_arm=(arms, 0), forearm=(arms, 0), thigh=(15, 0), shin=(15, 0))
    pose = Pose({f'{side}_{limb}': angle for side in ('left', 'right')
                 for limb, angle in angles.items()}, lean=0, airborne=False)
    figure = build_human(
        sample_look(np.random.default_rng(0)), pose, rotation('y', yaw), np.eye(3),
        SKELETON.body_points, 150)
    ann = annotate([figure.shifted((128, 90))], SIZE)[0][0]
    return dict(zip(SKELETON.names, points_of(ann)))


def test_same_seed_same_set_and_a_longer_set_begins_with_it(tmp_path):
    options = dict(seed=5, image_size=SIZE, persons=(1, 4))
    short = generate(tmp_path / 'short', 2, **options)
    long = generate(tmp_path / 'long', 4, **options)
    other = generate(tmp_path / 'other', 2, **{**options, 'seed': 6})
    assert long['images'][:2] == short['images']
    assert long['annotations'][:len(short['annotations'])] == short['annotations']
    assert len(long['annotations']) > len(short['annotations'])
    for image in short['images']:
        read = [(tmp_path / name / 'images' / image['file_name']).read_bytes()
                for name in ('short', 'long', 'other')]
        assert read[0] == read[1] != read[2]
    assert other['annotations'] != short['annotations']


@pytest.mark.parametrize('metainfo, num_keypoints', [
    (COCO, 17),
    (CROWDPOSE, 14),
    (dict(from_file='configs/_base_/datasets/halpe26.py'), 26),  # body and feet
    (dict(from_file='configs/_base_/datasets/ap10k.py'), 17),  # no human body
    (dict(from_file='configs/_base_/datasets/coco_wholebody.py'), 133),
    (ANIMAL, 5),
])
def test_any_skeleton_loads_as_a_data_set(tmp_path, metainfo, num_keypoints):
    content = generate(tmp_path, 3, image_size=SIZE, persons=(2, 3), metainfo=metainfo)
    assert len(content['categories'][0]['keypoints']) == num_keypoints
    dataset = KeypointDataset(
        metainfo=metainfo, data_root=str(tmp_path), ann_file='annotations.json',
        data_prefix=dict(img='images/'))
    assert len(dataset) == 3
    for i, image in enumerate(content['images']):
        sample = dataset.get_data_info(i)
        anns = [ann for ann in content['annotations'] if ann['image_id'] == image['id']]
        assert sample['keypoints'].shape == (len(anns), num_keypoints, 2)
        assert cv2.imread(sample['img_path']).shape == (SIZE[1], SIZE[0], 3)
        assert max(ann['num_keypoints'] for ann in anns) > num_keypoints / 2


@pytest.mark.parametrize('metainfo', [COCO, CROWDPOSE, ANIMAL])
def test_annotations_fit_the_image(metainfo):
    skeleton = Skeleton.from_metainfo(metainfo)
    seen = set()
    for i in range(8):
        image, anns, index = render_scene(
            np.random.default_rng([1, i]), skeleton, SIZE, (3, 6), scale=(.5, 1.5))
        assert image.shape == (SIZE[1], SIZE[0], 3) and image.dtype == np.uint8
        assert 0 <= index <= 1
        for ann in anns:
            points, (x, y, w, h) = points_of(ann), ann['bbox']
            assert x >= 0 and y >= 0 and x + w <= SIZE[0] and y + h <= SIZE[1]
            assert 0 < ann['visible_area'] <= ann['area'] <= w * h
            assert ann['num_keypoints'] == (points[:, 2] > 0).sum()
            assert (points[points[:, 2] == 0] == 0).all()
            labelled = points[points[:, 2] > 0]
            assert (labelled[:, :2] >= -.5).all()
            assert (labelled[:, :2] <= np.array(SIZE) - .5).all()
            seen |= set(points[:, 2])
    assert seen == {0, 1, 2}


@pytest.mark.parametrize('seed', range(12))
def test_visibility_is_that_of_the_geometry(seed):
    behind, front = sample_pair(seed)
    checked = 0
    for figure, ann in zip((behind, front), annotate([behind, front], SIZE)[0]):
        for (x, y, v), owners in zip(points_of(ann), figure.owners):
            expected = set()
            for margin in (-1, 1):  # the raster is exact to a pixel
                hidden = figure is behind and covering(front, (x, y), margin)
                on_top = covering(figure, (x, y), margin)[-1:]
                expected.add(2 if on_top and on_top[0] in owners and not hidden else 1)
            if v > 0 and len(expected) == 1:
                assert v == expected.pop()
                checked += 1
    assert checked > 20


def test_some_keypoints_are_hidden_by_the_other_and_some_by_the_own_body():
    other = own = 0
    for seed in range(12):
        pair = sample_pair(seed)
        ann = annotate(pair, SIZE)[0][0]
        alone = points_of(annotate(pair[:1], SIZE)[0][0])[:, 2]
        own += (alone == 1).sum()
        other += (points_of(ann)[:, 2] < alone).sum()
    assert other > 20 and own > 20


def test_visible_keypoints_lie_on_their_person_and_areas_are_counts():
    behind, front = sample_pair(3)
    maps = [behind.part_map(SIZE), front.part_map(SIZE)]
    ids = stack(maps)
    first, second = annotate([behind, front], SIZE)[0]
    for i, (ann, parts) in enumerate(zip((first, second), maps)):
        x, y, v = points_of(ann)[points_of(ann)[:, 2] == 2].T
        assert len(v) > 3
        assert (ids[np.rint(y).astype(int), np.rint(x).astype(int)] == i + 1).all()
        assert ann['area'] == (parts > 0).sum()
        assert ann['visible_area'] == (ids == i + 1).sum()
        rows, columns = np.nonzero(parts)
        assert ann['bbox'] == [columns.min(), rows.min(), np.ptp(columns) + 1,
                               np.ptp(rows) + 1]
    assert first['visible_area'] < first['area']
    assert second['visible_area'] == second['area']


@pytest.mark.parametrize('yaw, sign, face', [(0, 1, 2), (180, -1, 1)])
def test_left_and_right_follow_the_view(yaw, sign, face):
    points = build_person(yaw, arms=80)
    for name in ('eye', 'ear', 'shoulder', 'elbow', 'wrist', 'hip', 'knee', 'ankle'):
        assert sign * (points[f'left_{name}'][0] - points[f'right_{name}'][0]) > 2
    for name in ('nose', 'left_eye', 'right_eye'):
        assert points[name][2] == face
    for name in ('left_hip', 'right_hip', 'left_wrist', 'right_wrist'):
        assert points[name][2] == 2  # clothes do not hide a joint
    heights = [points[f'left_{name}'][1] for name in ('eye', 'shoulder', 'hip', 'ankle')]
    assert heights == sorted(heights)


def test_a_profile_hides_the_far_side():
    points = build_person(70, arms=5)
    # Looking to the image's right, the person turns the right side to the camera.
    assert points['nose'][0] > points['right_ear'][0] + 3
    for name in ('eye', 'ear', 'shoulder'):
        assert points[f'right_{name}'][2] == 2 and points[f'left_{name}'][2] == 1


def test_crowd_index_by_hand():
    # Box A holds its own 2 labelled keypoints and 1 of B's: 1 / 2. Box B holds its own 2
    # of 3 labelled (one lies outside of it) and none of A's. C has no labelled keypoint.
    a = [[1, 1, 2], [9, 9, 1], [5, 5, 0]]
    b = [[10, 5, 2], [15, 5, 2], [30, 30, 2]]
    c = [[0, 0, 0]] * 3
    boxes = np.array([[0, 0, 10, 10], [10, 0, 20, 10], [0, 0, 40, 40]])
    points = np.array([a, b, c], dtype=float)
    assert crowd_index(points, boxes) == pytest.approx((1 / 2 + 0 / 2) / 2)
    assert crowd_index(points[2:], boxes[2:]) == 0
    assert crowd_index(points[:0], boxes[:0]) == 0
    same = np.repeat(points[:1], 3, axis=0)
    assert crowd_index(same, np.repeat(boxes[:1], 3, axis=0)) == 1  # 4 / 2, capped


def test_crowding_crowds():
    def mean(crowding):
        return np.mean([
            render_scene(np.random.default_rng([2, i]), SKELETON, SIZE, (5, 5),
                         crowding=crowding)[2] for i in range(8)])

    assert mean(1.0) > mean(0.0) + 0.1


@pytest.mark.parametrize('size', [(32, 32), (33, 210), (401, 35)])
def test_every_place_has_every_size(size):
    for i in range(20):
        image = render_scene(np.random.default_rng([4, i]), SKELETON, size, (0, 2))[0]
        assert image.shape == (size[1], size[0], 3) and image.std() > 5


def test_spanning_tree_reaches_every_keypoint_once():
    links = [(0, 1), (1, 2), (2, 0), (4, 5)]  # a cycle, a lone keypoint, a second piece
    tree = spanning_tree(6, links)
    assert sorted(tree) == list(range(6)) and list(tree.values()).count(-1) == 1
    order = list(tree)
    assert all(order.index(p) < order.index(c) for c, p in tree.items() if p >= 0)


@pytest.mark.parametrize('options, message', [
    (dict(num_images=0), 'at least 1'),
    (dict(seed=-1), 'seed at least 0'),
    (dict(image_size=(512, 8)), 'image_size'),
    (dict(persons=(3, 2)), 'persons'),
    (dict(scale=(0, 1)), 'scale'),
    (dict(rotation=200), 'rotation'),
    (dict(crowding=1.5), 'crowding'),
    (dict(metainfo=dict(dataset_name='x')), 'keypoint_info'),
])
def test_settings_out_of_range_write_nothing(tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        generate(tmp_path / 'set', **{'num_images': 1, **options})
    assert not (tmp_path / 'set').exists()


def test_only_an_earlier_set_is_replaced(tmp_path):
    generate(tmp_path / 'set', 3, image_size=(64, 64))
    with pytest.raises(FileExistsError, match='--force'):
        generate(tmp_path / 'set', 1, image_size=(64, 64))
    generate(tmp_path / 'set', 1, image_size=(64, 64), overwrite=True)
    assert len(list((tmp_path / 'set' / 'images').iterdir())) == 1

    (tmp_path / 'mine' / 'images').mkdir(parents=True)
    (tmp_path / 'mine' / 'annotations.json').write_text('{"images": []}')
    with pytest.raises(FileExistsError, match='does not contain a synthetic set'):
        generate(tmp_path / 'mine', 1, overwrite=True)


def test_command_line(tmp_path, capsys):
    main = runpy.run_path(str(TOOL))['main']
    args = [str(tmp_path / 'set'), '--num', '2', '--size', '96', '64', '--persons', '1',
            '2', '--metainfo', 'crowdpose.py']
    main(args)
    content = json.loads((tmp_path / 'set' / 'annotations.json').read_text())
    assert [image['width'] for image in content['images']] == [96, 96]
    assert len(content['annotations'][0]['keypoints']) == 3 * 14
    with pytest.raises(SystemExit):
        main(args)
    assert '--force' in capsys.readouterr().err
    main([*args, '--force'])

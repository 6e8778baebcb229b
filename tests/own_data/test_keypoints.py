"""Keypoints from names, skeleton and flips, and their description."""
import pytest

from erpose.own_data.keypoints import COCO_FLIPS, COCO_SIGMAS, dataset_info, describe, table
from erpose.structures.metainfo import parse_metainfo

COCO = dict(from_file='configs/_base_/datasets/coco.py')
NAMES = ['nose', 'left_paw', 'right_paw', 'tail']


@pytest.mark.parametrize('given, names', [
    (NAMES, NAMES),
    (None, ['keypoint_1', 'keypoint_2', 'keypoint_3', 'keypoint_4']),
    (['1', '2', '3', '4'], ['1', '2', '3', '4']),  # CVAT's
    ([1, 2, 3, 4], ['1', '2', '3', '4']),
    (['a ', '', 'b', None], ['a', 'keypoint_2', 'b', 'None']),
    (['paw', 'a', 'paw', 'b'], ['paw_1', 'a', 'paw_3', 'b']),
    (['a', 'a', 'a_2', 'b'], ['keypoint_1', 'keypoint_2', 'keypoint_3', 'keypoint_4']),
], ids=str)
def test_names_are_unique(given, names):
    assert describe(4, given).names == names


@pytest.mark.parametrize('names, flips, expected', [
    (NAMES, None, [0, 2, 1, 3]),
    (NAMES, [0, 1, 2, 3], [0, 2, 1, 3]),  # tools write the identity if there are no flips
    (NAMES, [3, 1, 2, 0], [3, 1, 2, 0]),
    (None, [0, 1, 3, 2], [0, 1, 3, 2]),
    (['Paw L', 'Paw R', 'rEar', 'lEar'], None, [1, 0, 3, 2]),
    (['left_paw', 'nose', 'tail', 'chin'], None, [0, 1, 2, 3]),
], ids=str)
def test_flips(names, flips, expected):
    assert describe(4, names, flips=flips).flips == expected


@pytest.mark.parametrize('skeleton, limbs', [
    ([[1, 2], [1, 3], [4, 1]], [(0, 1), (0, 2), (3, 0)]),
    ([[0, 1], [0, 3]], [(0, 1), (0, 3)]),  # from 0
    ([['nose', 'tail'], ['nose', 'left_paw']], [(0, 3), (0, 1)]),
    ([[1, 2], [1, 2], [2, 2], [1, 9], [1], 5, [None, 1]], [(0, 1)]),
    ([], []),
], ids=str)
def test_skeleton(skeleton, limbs):
    assert describe(4, NAMES, skeleton).limbs == limbs


@pytest.mark.parametrize('names, flips', [
    (list(COCO_SIGMAS), None),
    ([name.replace('_', ' ').title() for name in COCO_SIGMAS], None),
    (None, COCO_FLIPS),  # YOLO's, without names
])
def test_cocos_keypoints_are_known(names, flips, tmp_path):
    keypoints, coco = describe(17, names, flips=flips), parse_metainfo(COCO)
    path = tmp_path / 'k.py'
    path.write_text(dataset_info(keypoints, 'mine'))
    own = parse_metainfo(dict(from_file=str(path)))
    for field in ('sigmas', 'flip_indices', 'skeleton_links'):
        assert list(own[field]) == list(coco[field]), field
    assert len(set(keypoints.sigmas)) > 1


@pytest.mark.parametrize('names', [
    NAMES, ["l'œil", 'a "b"', 'c\\d', 'left {x}'], ['left', 'right', 'a', 'b']], ids=str)
def test_the_description_is_mmposes(names, tmp_path):
    path = tmp_path / 'k.py'
    keypoints = describe(4, names, [[1, 2], [3, 4]])
    path.write_text(dataset_info(keypoints, "it's"), encoding='utf-8')
    info = parse_metainfo(dict(from_file=str(path)))
    assert info['dataset_name'] == "it's"
    assert list(info['keypoint_name2id']) == names
    assert info['flip_indices'] == keypoints.flips
    assert info['skeleton_links'] == [(0, 1), (2, 3)]
    assert info['sigmas'].tolist() == pytest.approx([0.05] * 4)


def test_left_is_green_and_right_orange(tmp_path):
    path = tmp_path / 'k.py'
    path.write_text(dataset_info(describe(4, NAMES, [[1, 2], [1, 3], [2, 3]]), 'a'))
    info = parse_metainfo(dict(from_file=str(path)))
    blue, green, orange = [51, 153, 255], [0, 255, 0], [255, 128, 0]
    assert info['keypoint_colors'].tolist() == [blue, green, orange, blue]
    assert info['skeleton_link_colors'].tolist() == [green, orange, blue]


def test_table():
    assert table(describe(4, NAMES, [[1, 2]])) == [
        'keypoint   flips with  sigma  linked to',
        'nose       -           0.05   left_paw',
        'left_paw   right_paw   0.05   nose',
        'right_paw  left_paw    0.05   -',
        'tail       -           0.05   -']

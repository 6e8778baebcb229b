"""Impossible labels are treated as not labelled, and counted."""
import pytest

from toys import POSE, toy

ORIGIN = [0, 0, 2]


@pytest.mark.parametrize('x, y', [
    (0, 0), (7, 9), (-5, 900), (1e39, 0), (float('nan'), float('nan')),
    (float('inf'), -float('inf')), (None, None), ('', ''), (10**400, 0), ([], {}),
], ids=str)
def test_coordinates_without_a_label_are_not_looked_at(toys, x, y):
    toys.first['keypoints'] = [*POSE[:6], x, y, 0]
    assert toys.people()[0] == (1, [20, 10, 1, 12, 30, 1, 0, 0, 0])
    assert not toys.said


def test_a_keypoint_of_null_is_not_labelled(toys):
    toys.first['keypoints'] = [*POSE[:6], None, None, None]
    assert toys.people()[0] == (1, [20, 10, 1, 12, 30, 1, 0, 0, 0])


@pytest.mark.parametrize('pose, labelled, said', [
    (ORIGIN * 3, 0, 'have all labelled keypoints at (0, 0)'),
    ([*ORIGIN, 0, 0, 0, 0, 0, 0], 0, '1 annotations have all labelled'),
    ([*POSE[:3], *ORIGIN * 2], 1, '1 annotations have several labelled'),
    ([*POSE[:6], *ORIGIN], 3, ''),
    ([*POSE[:6], -1, -1, 2], 2, '1 labelled keypoints are at (-1, -1)'),
    ([-1, -1, 1] * 3, 0, '3 labelled keypoints are at (-1, -1)'),
    ([*POSE[:6], -1, 9, 2], 3, ''),
    ([*POSE[:6], 900, 9, 2], 2, '1 labelled keypoints lie outside their image by more'),
    ([*POSE[:3], 9, -900, 2, 1e5, 1e5, 1], 1, '2 labelled keypoints lie outside their'),
    ([*POSE[:6], 70, 30, 2], 3, '1 labelled keypoints lie outside their image'),
    ([*POSE[:6], 64, 48, 2], 3, ''),
    (POSE, 3, ''),
])
def test_impossible_labels(toys, pose, labelled, said):
    toys.first['keypoints'] = pose
    assert sum(toys.people()[0][1][2::3]) == labelled
    assert said in toys.said and bool(said) == bool(toys.said)
    assert toys.truth().coco.anns[1]['num_keypoints'] == labelled


def test_a_whole_file_at_the_origin_is_refused(toys):
    for ann in toys.content['annotations']:
        ann['keypoints'] = ORIGIN * 3
    with pytest.raises(ValueError, match=r'none of its 4 annotations has.*at \(0, 0\)'):
        toys.load()


def test_fractions_are_refused(toys):
    toys.content['annotations'] = [
        toy(i, keypoints=[.3, .2, 2, .2, .6, 2, .6, .6, 2]) for i in (1, 2)]
    for read in (toys.load, toys.truth):
        with pytest.raises(ValueError, match='lie between 0 and 1, so they are fractions'):
            read()

import pytest

from erpose.annotations.mirrored_names import mirrored_name, mirrored_pairs


@pytest.mark.parametrize('left, right', [
    ('left_hand', 'right_hand'), ('Left Hand', 'Right Hand'), ('leftHand', 'rightHand'),
    ('LeftHand', 'RightHand'), ('LEFT-HAND', 'RIGHT-HAND'), ('hand_left', 'hand_right'),
    ('hand.L', 'hand.R'), ('l_hand', 'r_hand'), ('LHand', 'RHand'), ('L1', 'R1'),
    ('leftear', 'rightear'), ('lankle', 'rankle'), ('tail_left_tip', 'tail_right_tip'),
])
def test_pairs_however_written(left, right):
    assert mirrored_name(left) == right and mirrored_name(right) == left
    assert mirrored_pairs(['nose', right, left]) == [(left, right)]


def test_letter_case_may_differ():
    assert mirrored_pairs(['left_hand', 'Right_Hand']) == [('left_hand', 'Right_Hand')]
    names = ['Left', 'left', 'Right', 'right']
    assert mirrored_pairs(names) == [('Left', 'Right'), ('left', 'right')]


@pytest.mark.parametrize('names', [
    ['nose', 'neck'], ['left_hand', 'right_foot'], ['upper_lip', 'lower_lip'],
    ['shoulder', 'elbow'], ['front', 'rear'], ['1', '2'], ['bright', 'light'],
])
def test_names_without_a_mirror_image(names):
    assert mirrored_pairs(names) == []

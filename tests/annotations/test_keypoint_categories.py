"""Which category's keypoints are used, and in which order."""
import re

import pytest

from toys import NAMES, POSE, toy

BALL = dict(id=2, name='ball')
SWAPPED = [*POSE[:3], *POSE[6:], *POSE[3:6]]


def balls(toys, **fields):
    """Adds five objects of another category to each image."""
    toys.content['categories'].append(dict(BALL, **fields))
    for i in range(1, 5):
        toys.content['annotations'] += [
            dict(id=10 * i + j, image_id=i, category_id=2, iscrowd=0, area=100,
                 bbox=[2 + 12 * j, 36, 10, 10]) for j in range(5)]


@pytest.mark.parametrize('fields', [
    {}, dict(keypoints=[]), dict(keypoints=None), dict(keypoints=['centre']),
    dict(name=None), dict(supercategory='toy', skeleton=[]),
], ids=str)
def test_what_carries_no_keypoints_is_dropped_and_counted(toys, fields):
    balls(toys, **fields)
    assert [len(s['bbox']) for s in toys.load()] == [1] * 4
    assert 'skipped 20 x annotation: its category' in toys.said


def test_poses_on_other_classes_are_wrong_in_the_evaluation(toys):
    people = [dict(image_id=i, category_id=1, score=.9, keypoints=POSE)
              for i in (1, 2, 3, 4)]
    wrong = [dict(image_id=i, category_id=1, score=.99, keypoints=[
        4 + 12 * j, 38, 1, 3 + 12 * j, 44, 1, 10 + 12 * j, 44, 1])
        for i in (1, 2, 3, 4) for j in range(5)]
    alone = toys.ap(people + wrong)
    balls(toys)
    assert toys.ap(people + wrong) == alone < 0.5
    assert toys.ap(people) == 1 and 'category' not in toys.said  # reported before, once


@pytest.mark.parametrize('categories, ids', [
    (None, 1), ([], 1), ([dict(id=1, name='person')], 1), ([dict(id=0, name='toy')], 0),
    ([dict(id=7, name='dog')], 1),
    ([dict(id=0, name='toys', supercategory='none'), dict(id=1, name='toy')], 1),
    ([dict(id=1, name='toy', keypoints=[])], 1), ([dict(id=1, name='toy')], None),
], ids=str)
def test_files_that_list_no_keypoints(toys, categories, ids):
    toys.content['categories'] = categories
    for ann in toys.content['annotations']:
        ann['category_id'] = ids
    assert len(toys.load()) == 4 and not toys.said
    assert len(toys.truth().coco.anns) == 4


def hands(toys):
    toys.content['categories'].append(
        dict(id=2, name='hand', keypoints=[f'finger{k}' for k in range(3)]))
    toys.content['annotations'].append(toy(1, id=9, category_id=2, keypoints=[9, 9, 2] * 3))


def test_several_categories_with_keypoints_are_named_with_the_remedy(toys):
    hands(toys)
    message = "keypoints in 2 categories: 'toy' .id 1.*'hand' .id 2.*category='toy'"
    for read in (toys.load, toys.truth, lambda: toys.load(test_mode=True)):
        with pytest.raises(ValueError, match=message):
            read()


@pytest.mark.parametrize('category, count', [
    ('toy', 4), (1, 4), (['toy'], 4), (['toy', 'hand'], 5), ('hand', 1)], ids=str)
def test_one_is_chosen(toys, category, count):
    hands(toys)
    data = toys.load(category=category)
    assert sum(len(s['bbox']) for s in data) == count
    assert len(toys.truth(category=category).coco.anns) == count
    metric = toys.truth(category=category)
    metric.coco, metric.category = None, None
    metric.dataset_meta = data.metainfo  # which has the chosen category
    assert len(metric.coco.anns) == count


def test_a_category_that_is_not_there(toys):
    with pytest.raises(ValueError, match="has no category 'dog': choose one of 'toy'"):
        toys.load(category='dog')


def test_of_several_one_is_labelled(toys):
    toys.content['categories'].append(dict(id=2, name='hand', keypoints=['a', 'b', 'c']))
    assert len(toys.load()) == 4 and not toys.said


@pytest.mark.parametrize('names', [
    ['head', 'right_hand', 'left_hand'], ['Head', 'Right Hand', 'Left Hand'],
    ['head', 'rightHand', 'leftHand'], ['HEAD', 'RIGHT-HAND', 'LEFT-HAND'],
])
def test_names_in_another_order_are_reordered(toys, names):
    toys.content['categories'][0]['keypoints'] = names
    assert all(pose == [v and (v if k % 3 < 2 else 1) for k, v in enumerate(SWAPPED)]
               for _, pose in toys.people())
    assert f'reordered: the file has {", ".join(names)}' in toys.said
    assert toys.ap([dict(image_id=i, category_id=1, score=.9, keypoints=SWAPPED)
                    for i in (1, 2, 3, 4)]) == 1


@pytest.mark.parametrize('names, said', [
    (NAMES, ''), (['Head', 'Left hand', 'Right hand'], ''), ([1, 2, 3], ''), ('abc', ''),
    (['a', 'b', 'c'], 'other names.*a, b, c in the file, head, left_hand, right_hand in'),
    (['head', 'left_paw', 'right_paw'], 'left_paw, right_paw in the file, left_hand'),
    (['head', 'right_hand', 'l_hand'], 'right_hand has index 1 in the file but 2'),
    (['head', 'head', 'head'], 'other names'),
], ids=str)
def test_names_in_the_same_places(toys, names, said):
    toys.content['categories'][0]['keypoints'] = names
    assert toys.people()[0][1] == [20, 10, 1, 12, 30, 1, 36, 30, 1]
    assert re.search(said, toys.said) if said else not toys.said


@pytest.mark.parametrize('count', [1, 2, 17])
def test_another_number_of_names_is_refused(toys, count):
    toys.content['categories'][0]['keypoints'] = [f'k{i}' for i in range(count)]
    for read in (toys.load, toys.truth):
        with pytest.raises(ValueError, match=f'{count} keypoints .k0.*metainfo defines 3'):
            read()

"""Descriptions of keypoints: completed fields, and errors that name the cause."""
import copy
import re
from pathlib import Path
from unittest.mock import patch

import mmpose
import numpy as np
import pytest

from erpose.datasets import KeypointDataset
from erpose.evaluation import PoseMetric
from erpose.models.heads.pose_head import PoseHead
from erpose.structures.metainfo import parse_metainfo

FOLDER = Path(mmpose.__file__).parent / '.mim/configs/_base_/datasets'


def toy(**changes):
    info = dict(
        dataset_name='toy', paper_info=dict(),
        keypoint_info={
            0: dict(name='head', id=0, color=[255, 0, 0], type='', swap=''),
            1: dict(name='left_hand', id=1, color=[0, 255, 0], type='', swap='right_hand'),
            2: dict(name='right_hand', id=2, color=[0, 0, 255], type='', swap='left_hand')},
        skeleton_info={0: dict(link=('left_hand', 'right_hand'), id=0, color=[0, 255, 0])},
        joint_weights=[1.0] * 3, sigmas=[0.05] * 3)
    for key, value in changes.items():
        if value is None:
            del info[key]
        else:
            info[key] = value
    return info


def points(**changes):
    """The toy's, one keypoint changed: points(head=dict(swap='x'))."""
    info = toy()
    for point in info['keypoint_info'].values():
        point.update(changes.get(point['name'], {}))
    return info


def renumbered(*ids):
    info = toy()
    info['keypoint_info'] = dict(zip(ids, info['keypoint_info'].values()))
    return info


def said(metainfo):
    with patch('erpose.structures.metainfo.print_log') as log, \
            patch('erpose.structures.metainfo.SAID', set()):  # whatever ran before
        parsed = parse_metainfo(metainfo)
    return parsed, ' '.join(call.args[0] for call in log.call_args_list)


LINK = dict(link=('left_hand', 'rigth_hand'), id=0)
WRONG = {
    # name: (metainfo, what the error names)
    'no keypoints': (toy(keypoint_info={}), 'has no keypoint_info'),
    'ids from 1': (renumbered(1, 2, 3), 'ids are 1, 2, 3, expected 0 to 2'),
    'ids with a gap': (renumbered(0, 1, 3), 'ids are 0, 1, 3, expected 0 to 2'),
    'ids of two orders': (points(left_hand=dict(id=2), right_hand=dict(id=1)),
                          'keys of keypoint_info are 0, 1, 2, but its "id" fields 0, 2, 1'),
    'no name': (toy(keypoint_info={0: dict(id=0)}), 'keypoint 0 has no name'),
    'one name twice': (points(head=dict(name='left_hand')), "have the name 'left_hand'"),
    'misspelt swap': (points(left_hand=dict(swap='rigth_hand')),
                      "'left_hand' has swap='rigth_hand'.*Did you mean 'right_hand'"),
    'swap in a ring': (points(head=dict(swap='left_hand')),
                       "'head' has swap='left_hand', but 'left_hand' has swap='right_"),
    'swap as a list': (points(left_hand=dict(swap=['right_hand'])),
                       'which is not a keypoint'),
    'two swap with one': (
        points(head=dict(swap='right_hand'), right_hand=dict(swap='')), 'so has'),
    'misspelt link': (toy(skeleton_info={0: LINK}),
                      "links 'rigth_hand'.*Did you mean 'right_hand'"),
    'skeleton as text': (toy(skeleton_info='head'), 'skeleton_info is .head., expected'),
    'link of one': (toy(skeleton_info={0: dict(link=('head',))}), 'no link of two'),
    'colour of two': (points(head=dict(color=[1, 2])), "'head': color must be"),
    'negative weight': (toy(joint_weights=[1, -1, 1]), "joint weight of 'left_hand' .*-1"),
    'sigma 0': (toy(sigmas=[0.05, 0.05, 0]), "sigma of keypoint 'right_hand' is 0"),
    'sigma negative': (toy(sigmas=[0.05, -0.05, 0.05]), "'left_hand' is -0.05"),
    'sigma NaN': (toy(sigmas=[float('nan'), 0.05, 0.05]), "'head' is nan"),
    'sigma infinite': (toy(sigmas=[float('inf'), 0.05, 0.05]), "'head' is inf"),
    'sigma whose square is 0': (toy(sigmas=[1e-30, 0.05, 0.05]), "'head' is 1e-30"),
    'sigma in per cent': (toy(sigmas=[5, 5, 5]), "'head' is 5"),
    'sigmas of others': (toy(sigmas=[0.05] * 17), '3 keypoints but 17 sigmas'),
    'sigma as text': (toy(sigmas=['a', 'b', 'c']), 'sigmas must be a list with one number'),
    'one sigma': (toy(sigmas=0.05), 'sigmas must be a list with one number'),
}
COMPLETED = {
    # name: (metainfo, what the warning names); the result is the toy's
    'right': (toy(), ''),
    'ids as text': (renumbered('0', '1', '2'), ''),
    '"id" as text': (points(left_hand=dict(id='1')), ''),
    'limb without a colour': (toy(skeleton_info={0: dict(LINK, link=(
        'left_hand', 'right_hand'), color=None)}), ''),
    'order of the entries': (toy(keypoint_info=dict(reversed(
        list(toy()['keypoint_info'].items())))), ''),
    'a list': (toy(keypoint_info=list(toy()['keypoint_info'].values())), ''),
    'swap with itself': (points(head=dict(swap='head')), ''),
    'swap none': (points(head=dict(swap=None)), ''),
    'no name of the set': (toy(dataset_name=None), ''),
    'no joint_weights': (toy(joint_weights=None), ''),
    'joint_weights of others': (toy(joint_weights=[1.0] * 2), '2 joint_weights'),
    'no sigmas': (toy(sigmas=None), r'Add sigmas=\[0.05\] \* 3'),
    'sigmas empty': (toy(sigmas=[]), r'Add sigmas=\[0.05\] \* 3'),
    'one direction': (points(right_hand=dict(swap='')),
                      "Add swap='left_hand' to 'right_hand'"),
    'other direction': (points(left_hand=dict(swap='')),
                        "Add swap='right_hand' to 'left_hand'"),
    'an id of its own': (points(right_hand=dict(id=7)), 'right_hand.*has id=7'),
}


@pytest.mark.parametrize('name', WRONG)
@pytest.mark.parametrize('read', [
    parse_metainfo, lambda m: PoseHead(m, [8]), lambda m: KeypointDataset(metainfo=m),
], ids=['function', 'head', 'data set'])
def test_wrong_descriptions_are_refused_by_name(name, read):
    metainfo, message = WRONG[name]
    before = copy.deepcopy(metainfo)
    with pytest.raises(ValueError, match=f"metainfo of 'toy'.*{message}"):
        read(metainfo)
    assert str(metainfo) == str(before)


@pytest.mark.parametrize('name', COMPLETED)
def test_what_has_a_default_is_completed(name):
    metainfo, warning = COMPLETED[name]
    before = copy.deepcopy(metainfo)
    parsed, text = said(metainfo)
    assert metainfo == before
    expected = parse_metainfo(toy())
    for key in ('num_keypoints', 'keypoint_id2name', 'flip_indices', 'skeleton_links'):
        assert parsed[key] == expected[key]
    for key in ('sigmas', 'dataset_keypoint_weights', 'keypoint_colors'):
        assert np.array_equal(parsed[key], expected[key])
    assert re.search(warning, text) if warning else not text, text


def test_left_and_right_without_a_swap_are_named():
    parsed, text = said(points(left_hand=dict(swap=''), right_hand=dict(swap='')))
    assert parsed['flip_indices'] == [0, 1, 2]
    assert 'left_hand/right_hand' in text and "swap='right_hand' in 'left_hand'" in text


@pytest.mark.parametrize('count', [1, 2])
def test_few_keypoints(count):
    info = dict(keypoint_info={k: dict(name=f'p{k}') for k in range(count)})
    parsed, _ = said(info)
    assert parsed['num_keypoints'] == count == len(parsed['sigmas'])
    assert PoseHead(info, [8]).sigmas.shape == (count, )


def test_the_metric_checks_what_others_parsed():
    metric, parsed = PoseMetric(), parse_metainfo(toy())
    metric.dataset_meta = dict(parsed, sigmas=np.array([], np.float32))
    assert metric.dataset_meta['sigmas'].tolist() == pytest.approx([0.05] * 3)
    with pytest.raises(ValueError, match="'left_hand' is nan"):
        metric.dataset_meta = dict(parsed, sigmas=np.array([0.1, np.nan, 0.1]))


def test_a_run_says_it_once():
    with patch('erpose.structures.metainfo.print_log') as log, \
            patch('erpose.structures.metainfo.MMLogger') as logger:
        logger.get_current_instance().instance_name = 'a run'
        parse_metainfo(toy(sigmas=[])), parse_metainfo(toy(sigmas=[]))
    assert log.call_count == 1


@pytest.mark.parametrize('text, message', [
    ('keypoints = 3', 'not metainfo of MMPose: expected dataset_info'),
    ('dataset_info = dict(', 'cannot be read as metainfo'),
    ('dataset_info = dict(keypoint_info={})', 'has no keypoint_info'),
])
def test_wrong_files_are_named(tmp_path, text, message):
    path = tmp_path / 'toy.py'
    path.write_text(text)
    with pytest.raises(ValueError, match=f'toy.py.*{message}'):
        parse_metainfo(dict(from_file=str(path)))


def test_a_missing_file_says_where_it_was_looked_for():
    with pytest.raises(FileNotFoundError, match='not found: nowhere.py, neither in'):
        parse_metainfo(dict(from_file='nowhere.py'))


@pytest.mark.parametrize('path', sorted(FOLDER.glob('*.py')), ids=lambda p: p.stem)
def test_mmposes_own_pass(path):
    parsed, _ = said(dict(from_file=str(path)))
    count = parsed['num_keypoints']
    assert sorted(parsed['flip_indices']) == list(range(count))
    assert len(parsed['sigmas']) == count == len(parsed['dataset_keypoint_weights'])
    assert (parsed['sigmas'] > 0).all()

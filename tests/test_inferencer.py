"""MMPoseInferencer with the shipped checkpoint, by alias and by path."""
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmpose.apis import MMPoseInferencer
from mmpose.datasets.datasets.utils import parse_pose_metainfo

from erpose import zoo
from erpose.datasets.synthetic import generate
from erpose.engine import deployed_model

SHIPPED = next((m for m in zoo.models() if 'erpose-n' in m.get('Alias', [])), None)


@pytest.fixture(scope='module')
def image(tmp_path_factory):
    root = tmp_path_factory.mktemp('crowd') / 'set'
    generate(root, 1, seed=3, image_size=(320, 240), persons=(2, 2))
    return str(next((root / 'images').glob('*.jpg')))


@pytest.fixture(scope='module')
def inferencer():
    return MMPoseInferencer('erpose-n')


def test_draws_and_returns_people(inferencer, image, tmp_path):
    result = next(inferencer(image, out_dir=str(tmp_path), bbox_thr=0.05))
    people = result['predictions'][0]
    assert people
    for person in people:
        assert len(person['keypoints']) == len(person['keypoint_scores']) == 17
        assert all(0 <= s <= 1 for s in person['keypoint_scores'])
        assert 0.05 < person['bbox_score'] <= 1
        # poses may reach beyond the picture, their boxes end with the square input
        points = np.array(person['keypoints']).clip((0, -40), (320, 280))
        np.testing.assert_allclose(
            person['bbox'][0], [*points.min(0), *points.max(0)], atol=1e-3)
    drawn = cv2.imread(str(tmp_path / 'visualizations' / Path(image).name))
    assert (drawn != cv2.imread(image)).any()
    saved = tmp_path / 'predictions' / (Path(image).stem + '.json')
    assert len(json.loads(saved.read_text())) == len(people)


def test_both_ways_find_the_same(inferencer, image):
    """The alias, and the paths of config and checkpoint."""
    by_path = MMPoseInferencer(SHIPPED['Config'], SHIPPED['Weights'])
    by_alias, by_path = (next(way(image, bbox_thr=0.05))['predictions']
                         for way in (inferencer, by_path))
    assert by_alias == by_path


@pytest.mark.parametrize('model', zoo.models(), ids=lambda m: m['Name'])
def test_every_entry_finds_people_of_the_joints_it_was_trained_on(model, image):
    config = Config.fromfile(model['Config'])
    wanted = parse_pose_metainfo(config.val_dataloader.dataset.metainfo)
    *others, name = model['Name'], *model.get('Alias', [])
    assert {zoo.config(other) for other in others} <= {zoo.config(name)}
    inferencer = MMPoseInferencer(name)
    people = next(inferencer(image, bbox_thr=0.01))['predictions'][0]
    assert {len(p['keypoints']) for p in people} == {wanted['num_keypoints']}
    trained = inferencer.inferencer.model.dataset_meta
    assert trained['keypoint_id2name'] == wanted['keypoint_id2name']


def test_threshold_is_obeyed(inferencer, image):
    few, many = (next(inferencer(image, bbox_thr=t))['predictions'][0] for t in (0.2, 0.02))
    assert len(few) < len(many) and all(p['bbox_score'] > 0.2 for p in few)


def test_checkpoint_loads_weights_only():
    checkpoint = torch.load(SHIPPED['Weights'], weights_only=True)
    assert set(checkpoint) == {'meta', 'state_dict'}
    assert checkpoint['meta']['dataset_meta']['num_keypoints'] == 17


def test_unknown_alias_is_still_an_error():
    with pytest.raises(ValueError, match='Cannot find model'):
        MMPoseInferencer('erpose-nonsense')


@pytest.mark.parametrize('name', [
    'yolo_pose', *(pytest.param(name, marks=pytest.mark.slow)
                   for name in ('posedet', 'smpr'))])
def test_other_systems_infer(name, image, tmp_path):
    """With random weights: any poses, whole and in order."""
    path = zoo.root() / f'configs/{name}/{name}-n_8xb32-300e_coco-640x640.py'
    config = Config.fromfile(path)
    torch.manual_seed(0)
    weights = tmp_path / 'random.pth'
    torch.save(dict(state_dict=deployed_model(config).state_dict()), weights)
    inferencer = MMPoseInferencer(str(path), str(weights))
    people = next(inferencer(image, bbox_thr=0))['predictions'][0]
    scores = [person['bbox_score'] for person in people]
    assert scores == sorted(scores, reverse=True)
    assert all(len(person['keypoints']) == 17 for person in people)

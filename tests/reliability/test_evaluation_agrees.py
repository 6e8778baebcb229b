"""PoseMetric agrees with pycocotools and xtcocotools. Long form: `make parity`."""
import contextlib
import io
import json

import numpy as np
import pytest
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from xtcocotools.coco import COCO as XtCOCO
from xtcocotools.cocoeval import COCOeval as XtCOCOeval

from erpose.datasets.synthetic import generate
from erpose.evaluation import PoseMetric

NAMES = ['AP', 'AP .5', 'AP .75', 'AP (M)', 'AP (L)', 'AR', 'AR .5', 'AR .75', 'AR (M)',
         'AR (L)']
CROWD_NAMES = ['AP', 'AP .5', 'AP .75', 'AR', 'AR .5', 'AR .75', 'AP(E)', 'AP(M)', 'AP(H)']
trials = pytest.mark.parametrize('trials', [3, pytest.param(60, marks=pytest.mark.slow)])


def meta(name):
    found = parse_pose_metainfo(dict(from_file=f'configs/_base_/datasets/{name}.py'))
    return dict(found, CLASSES=[dict(id=1, name='person')])


@pytest.fixture(scope='module', params=['coco', 'crowdpose'])
def crowd(request, tmp_path_factory):
    """Generated people, small, crowded and hidden ones, and regions to ignore."""
    folder = tmp_path_factory.mktemp('crowd') / 'set'
    content = generate(folder, 8, seed=5, image_size=(320, 240), persons=(1, 9),
                       metainfo=dict(
                           from_file=f'configs/_base_/datasets/{request.param}.py'))
    if request.param == 'coco':
        for ann in content['annotations'][::7]:
            ann.update(iscrowd=1, num_keypoints=0, keypoints=[0] * len(ann['keypoints']))
    return request.param, content


def detections(rng, content):
    """Detections of most people at different accuracy, some twice; and false positives."""
    found = []
    for image in content['images']:
        people = [a for a in content['annotations'] if a['image_id'] == image['id']]
        for person in people * 2:
            if rng.random() < 0.4:
                continue
            points = np.array(person['keypoints'], float).reshape(-1, 3)
            points[:, :2] += rng.normal(0, rng.uniform(0, 6), points[:, :2].shape)
            points[:, 2] = rng.uniform(0, 1, len(points))
            found.append((image['id'], points, rng.random()))
        nobody = rng.uniform(0, 240, (len(people[0]['keypoints']) // 3, 3))
        found.append((image['id'], nobody, rng.random()))
    return found


def perturbed(rng, content):
    """A different set each time: a third of the people are not annotated."""
    kept = [a for a in content['annotations'] if rng.random() < 0.67]
    index = {image['id']: float(rng.choice([0, 0.05, 0.3, 0.7, 0.9]))
             for image in content['images']}
    return dict(content, annotations=kept, images=[
        dict(image, crowdIndex=index[image['id']]) for image in content['images']])


def ours(path, found, name, **settings):
    metric = PoseMetric(path, **settings)
    metric.dataset_meta = meta(name)
    for image in sorted({image for image, *_ in found}):
        points, scores = zip(*[(p, s) for i, p, s in found if i == image])
        points, scores = np.stack(points), np.array(scores)
        metric.process(None, [dict(
            id=[image], img_id=image, category_id=1, gt_instances={},
            pred_instances=dict(keypoints=points[..., :2], keypoint_scores=points[..., 2],
                                bbox_scores=scores))])
    return metric.evaluate(len(found))


def theirs(coco, found, evaluation, **params):
    results = coco.loadRes([
        dict(image_id=image, category_id=1, score=float(score),
             keypoints=points.ravel().tolist()) for image, points, score in found])
    evaluation = evaluation(coco, results)
    for name, value in params.items():
        setattr(evaluation.params, name, value)
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    return evaluation.stats


def agree(mine, stats, names, prefix):
    for name, value in zip(names, stats):
        assert abs(mine[f'{prefix}/{name}'] - value) < 1e-9, name


@trials
def test_poses_are_scored_as_by_both(crowd, trials, tmp_path):
    name, content = crowd
    sigmas = np.array(meta(name)['sigmas'])
    style = 'keypoints_crowd' if name == 'crowdpose' else 'keypoints'
    values = []
    for trial in range(trials):
        rng = np.random.default_rng(trial)
        truth, path = perturbed(rng, content), str(tmp_path / f'{trial}.json')
        with open(path, 'w') as file:
            json.dump(truth, file)
        found = detections(rng, content)
        with contextlib.redirect_stdout(io.StringIO()):
            if name == 'coco':
                mine = ours(path, found, name)
                agree(mine, theirs(COCO(path), found, lambda *sides: COCOeval(
                    *sides, 'keypoints')), NAMES, 'coco')
                agree(mine, theirs(XtCOCO(path), found, lambda *sides: XtCOCOeval(
                    *sides, 'keypoints', sigmas)), NAMES, 'coco')
            else:
                mine = ours(path, found, name, iou_type=style, use_area=False)
                agree(mine, theirs(XtCOCO(path), found, lambda *sides: XtCOCOeval(
                    *sides, style, sigmas, use_area=False)), CROWD_NAMES, 'coco')
                # pycocotools knows neither levels nor boxes for areas: all people, and the
                # area that CrowdPose's evaluation takes, written into the annotations.
                for ann in truth['annotations']:
                    ann['area'] = 0.53 * ann['bbox'][2] * ann['bbox'][3]
                with open(path, 'w') as file:
                    json.dump(truth, file)
                stats = theirs(COCO(path), found, lambda *sides: COCOeval(
                    *sides, 'keypoints'), kpt_oks_sigmas=sigmas)
                agree(mine, [*stats[:3], *stats[5:8]], CROWD_NAMES, 'coco')
        values.append(mine['coco/AP'])
    assert 0.05 < min(values) < max(values) < 0.95 and np.ptp(values) > 0.01

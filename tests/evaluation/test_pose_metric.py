"""PoseMetric against CocoMetric and pycocotools on random detections."""
import contextlib
import io
import json

import numpy as np
import pytest
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.evaluation.metrics import CocoMetric
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from erpose.evaluation import PoseMetric

META = parse_pose_metainfo(dict(from_file='configs/_base_/datasets/coco.py'))
META['CLASSES'] = [dict(id=1, name='person')]
CROWD_INDEX = {1: 0.0, 2: 0.0, 3: 0.1, 4: 0.5, 5: 0.8, 6: 0.9}


@pytest.fixture(scope='module')
def scenes():
    """Six images of three persons; three easy, two of medium crowdIndex, one hard."""
    rng = np.random.default_rng(0)
    images, anns, detections = [], [], {}
    for image in range(1, 7):
        images.append(dict(id=image, width=400, height=400,
                           crowdIndex=CROWD_INDEX[image], file_name=f'{image}.jpg'))
        poses = rng.uniform(0, 400, (3, 1, 2)) + rng.uniform(0, 120, (3, 17, 2))
        for pose in poses:
            low, size = pose.min(0), np.ptp(pose, axis=0)
            anns.append(dict(
                id=len(anns) + 1, image_id=image, category_id=1, iscrowd=0,
                keypoints=np.c_[pose, np.full(17, 2)].ravel().tolist(), num_keypoints=17,
                bbox=[*low, *size], area=float(0.53 * size.prod())))
        noise = rng.normal(0, 4 if image < 4 else 9, (6, 17, 2))
        detections[image] = (np.r_[poses, poses] + noise, rng.uniform(0, 1, 6))
    return dict(images=images, annotations=anns, categories=META['CLASSES']), detections


def evaluate(metric, detections):
    metric.dataset_meta = dict(META)
    for image, (poses, scores) in detections.items():
        metric.process(None, [dict(
            id=[image], img_id=image, category_id=1, gt_instances={},
            pred_instances=dict(
                keypoints=poses, keypoint_scores=np.ones(poses.shape[:2]),
                bboxes=np.zeros((len(poses), 4)), bbox_scores=scores))])
    with contextlib.redirect_stdout(io.StringIO()):
        return metric.evaluate(len(detections))


def write(path, content):
    path.write_text(json.dumps(content))
    return str(path)


def coco_ap(path, detections, image_ids=()):
    """pycocotools, called directly."""
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(path)
        results = truth.loadRes([
            dict(image_id=image, category_id=1, score=float(score),
                 keypoints=np.c_[pose, np.ones(17)].ravel().tolist())
            for image, (poses, scores) in detections.items()
            for pose, score in zip(poses, scores)
        ])
        evaluation = COCOeval(truth, results, 'keypoints')
        evaluation.params.imgIds = list(image_ids) or evaluation.params.imgIds
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return evaluation.stats[0]


def test_ap_is_that_of_coco_metric_and_of_pycocotools(tmp_path, scenes):
    content, detections = scenes
    path = write(tmp_path / 'gt.json', content)
    ours = evaluate(PoseMetric(path), detections)
    theirs = evaluate(CocoMetric(path, score_mode='bbox', nms_mode='none'), detections)
    assert 0.1 < ours['coco/AP'] < 0.9  # otherwise the comparison would prove little
    for key, value in theirs.items():
        assert ours[key] == pytest.approx(value), key
    assert ours['coco/AP'] == pytest.approx(coco_ap(path, detections), abs=1e-4)
    levels = dict(easy=[1, 2, 3], medium=[4, 5], hard=[6], crowd=[4, 5, 6])
    for level, images in levels.items():
        assert ours[f'coco/{level} AP'] == pytest.approx(
            coco_ap(path, detections, images), abs=1e-4), level
    assert ours['coco/duplicate rate'] > 0


def test_truth_without_boxes_and_areas_gives_the_same(tmp_path, scenes):
    content, detections = scenes
    full = evaluate(PoseMetric(write(tmp_path / 'full.json', content)), detections)
    bare = json.loads(json.dumps(content))
    for ann in bare['annotations']:
        for key in ('bbox', 'area', 'num_keypoints', 'iscrowd'):
            del ann[key]
    bare = evaluate(PoseMetric(write(tmp_path / 'bare.json', bare)), detections)
    assert bare.keys() == full.keys()
    for key, value in full.items():  # areas are stored as float32
        assert bare[key] == pytest.approx(value, abs=2e-3), key


def test_no_crowd_index_no_crowd_ap(tmp_path, scenes):
    content, detections = json.loads(json.dumps(scenes[0])), scenes[1]
    for image in content['images']:
        del image['crowdIndex']
    metrics = evaluate(PoseMetric(write(tmp_path / 'gt.json', content)), detections)
    assert not any(f'coco/{k} AP' in metrics for k in ('easy', 'hard', 'crowd'))
    assert 'coco/duplicate rate' in metrics


def test_a_file_of_people_gets_the_same_figures(scenes, tmp_path):
    content, detections = scenes
    path = write(tmp_path / 'gt.json', content)
    metric = PoseMetric(path)
    expected = {k.split('/')[-1]: v for k, v in evaluate(metric, detections).items()}
    people = [
        dict(image_id=name, category_id=image % 3, score=float(score),
             keypoints=np.c_[pose, np.ones(17)].ravel().tolist())
        for image, (poses, scores) in detections.items()
        for name in [image if image % 2 else f'somewhere/{image}.jpg']
        for pose, score in zip(poses, scores)]
    figures = metric.evaluate_file(write(tmp_path / 'people.json', people))
    assert figures == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize('content, message', [
    ('{', 'is not JSON'),
    ('[]', 'has no people'),
    ('[{"image_id": 1}]', 'has no people'),
    (json.dumps([dict(image_id=1, keypoints=[0] * 42, score=1)]), r'3 x 17 numbers'),
    (json.dumps([dict(image_id=1, keypoints=[0] * 51, score='1')]), 'has no people'),
    (json.dumps([dict(image_id='z.jpg', keypoints=[0] * 51, score=1)]),
     "image 'z.jpg' matches 0 images of"),
])
def test_a_wrong_file_of_people(scenes, tmp_path, content, message):
    metric = PoseMetric(write(tmp_path / 'gt.json', scenes[0]))
    metric.dataset_meta = dict(META)
    (tmp_path / 'people.json').write_text(content)
    with pytest.raises(ValueError, match=message):
        metric.evaluate_file(tmp_path / 'people.json')


def test_folders_distinguish_images_of_the_same_name(scenes, tmp_path):
    images = [dict(id=i, width=9, height=9, file_name=name)
              for i, name in enumerate(
                  ['cam1/1.jpg', 'cam2/1.jpg', '2.jpg', 'x/cam1/1.jpg'], 1)]
    metric = PoseMetric(write(tmp_path / 'gt.json', dict(scenes[0], images=images)))
    metric.dataset_meta = dict(META)

    def read(*names):
        return [person['image_id'] for person in metric.read_people(write(
            tmp_path / 'people.json',
            [dict(image_id=name, keypoints=[0] * 51, score=1) for name in names]))]

    assert read('cam2/1.jpg', 'all/cam1/1.jpg', 'all/2.jpg', 2) == [2, 1, 3, 2]
    assert read('x/cam1/1.jpg', 'all/x/cam1/1.jpg', 'y/cam1/1.jpg') == [4, 4, 1]
    with pytest.raises(ValueError, match="image '1.jpg' matches 0 images of"):
        read('1.jpg')


@pytest.mark.parametrize('points', [
    [(30, 30)], [(30, 30), (30, 30)], [(30, 10), (30, 60)], [(10, 30), (60, 30)]],
    ids=['one', 'two in one place', 'pole', 'beam'])
def test_poses_without_extent_are_found(points, tmp_path):
    """Without annotated area a keypoint is right one pixel beside, and wrong 20 beside."""
    count = len(points)
    flat = [v for x, y in points for v in (x, y, 2)]
    truth = dict(images=[dict(id=1, file_name='1.jpg', width=80, height=80)],
                 annotations=[dict(id=1, image_id=1, keypoints=flat)])
    (tmp_path / 'truth.json').write_text(json.dumps(truth))
    metainfo = dict(
        dataset_name='points', keypoint_info={
            k: dict(name=f'p{k}', id=k, color=[0, 0, 0], type='', swap='')
            for k in range(count)},
        skeleton_info={}, joint_weights=[1.] * count, sigmas=[0.1] * count)
    for shift, expected in ((1, 1.0), (20, 0.0)):
        metric = PoseMetric(str(tmp_path / 'truth.json'))
        metric.dataset_meta = parse_pose_metainfo(metainfo)
        people = [dict(image_id=1, category_id=1, score=0.9,
                       keypoints=[v for x, y in points for v in (x + shift, y, 1)])]
        (tmp_path / 'people.json').write_text(json.dumps(people))
        found = metric.evaluate_file(tmp_path / 'people.json')
        assert found['AP .5'] == pytest.approx(expected)

"""Kinds of errors, on poses moved by hand."""
import cv2
import numpy as np
import pytest
from xtcocotools.coco import COCO

from erpose_bench.diagnosis import KINDS, diagnose, match
from erpose_bench.failure_sheet import failure_sheet

SIGMAS = [0.05] * 4
FLIP = [0, 2, 1, 3]  # 1 and 2 are left and right
POSE = np.array([[50, 10], [20, 50], [80, 50], [50, 90]], float)
OTHER = POSE + (200, 0)


def detection(points, score=0.9, image=1):
    return dict(image_id=image, category_id=1, score=score,
                keypoints=np.c_[points, np.ones(4)].ravel().tolist())


@pytest.fixture(scope='module')
def coco():
    """Two persons in image 1, nobody in image 2."""
    anns = [
        dict(id=i, image_id=1, category_id=1, iscrowd=0, num_keypoints=4, area=area,
             bbox=[*points.min(0), *np.ptp(points, axis=0)],
             keypoints=np.c_[points, np.full(4, 2)].ravel().tolist())
        for i, points, area in ((1, POSE, 6400.0), (2, OTHER, 2500.0))
    ]
    coco = COCO()
    coco.dataset = dict(images=[dict(id=1, file_name='1.png'), dict(id=2)],
                        annotations=anns, categories=[dict(id=1, name='person')])
    coco.createIndex()
    return coco


def moved(**points):
    pose = POSE.copy()
    for name, place in points.items():
        pose[int(name[1:])] = place
    return pose


@pytest.mark.parametrize('pose, kinds', [
    (POSE, [None] * 4),
    (moved(k3=(50, 97)), [None] * 3 + ['jitter']),
    (moved(k1=POSE[2], k2=POSE[1]), [None, 'inversion', 'inversion', None]),
    (moved(k1=POSE[2]), [None, 'inversion', None, None]),
    (moved(k3=OTHER[3]), [None] * 3 + ['swap']),
    (moved(k1=OTHER[2]), [None, 'swap', None, None]),
    (moved(k0=(50, 200)), ['miss', None, None, None]),
    (moved(k0=POSE[3]), ['miss', None, None, None]),  # no side has it
    (POSE + (0, 900), [None] * 4),  # nobody's: nothing to judge
])
def test_kind_of_each_keypoint(pose, kinds, coco):
    first, second = match(coco, [detection(pose)], SIGMAS, FLIP)
    assert [None if k < 0 else KINDS[k] for k in first.kinds[0]] == kinds
    assert not second.detections and not second.persons


def test_an_unlabelled_keypoint_is_not_an_error(coco):
    anns = coco.dataset['annotations']
    anns[0]['keypoints'][11] = 0
    try:
        image, _ = match(coco, [detection(moved(k3=(50, 300)))], SIGMAS, FLIP)
    finally:
        anns[0]['keypoints'][11] = 2
    assert (image.kinds == -1).all()


def test_repairs_give_what_they_should(coco):
    """One person right, and repeated; the other with two joints inverted, scored low."""
    inverted = OTHER[[0, 2, 1, 3]]
    people = [detection(POSE, 0.5), detection(POSE + 1, 0.8), detection(inverted, 0.4),
              detection(POSE + (0, 500), 0.95)]
    found = diagnose(list(match(coco, people, SIGMAS, FLIP)), coco, SIGMAS)
    ap = found['repaired']
    assert ap['without inversion'] > ap['as found']
    for kind in ('jitter', 'miss', 'swap'):
        assert ap[f'without {kind}'] == ap['as found']
    assert ap['without false positives'] > ap['as found']
    assert ap['ranked by OKS'] > ap['as found']
    people += [detection(POSE, 0.01)] * 3
    again = diagnose(list(match(coco, people, SIGMAS, FLIP)), coco, SIGMAS)['repaired']
    assert again['ranked by OKS'] == ap['ranked by OKS']
    assert found['keypoints'] == dict(good=0.75, jitter=0, inversion=0.25, swap=0, miss=0)
    assert found['persons'] == {
        'small, under 64': dict(number=1, found=0.0, oks=pytest.approx(0.5, abs=1e-3)),
        '64 to 128': dict(number=1, found=1.0, oks=1.0)}


def test_by_oks_a_person_s_best_pose_comes_before_what_is_nobody(coco):
    people = [detection(POSE + (0, 500), 0.95), detection(POSE + (8, 0), 0.1),
              detection(OTHER + (5, 0), 0.1)]
    ap = diagnose(list(match(coco, people, SIGMAS, FLIP)), coco, SIGMAS)['repaired']
    assert ap['ranked by OKS'] == ap['without false positives'] > ap['as found']


def test_rank_correlation(coco):
    poses = [POSE + (2, 0), OTHER + (6, 0), POSE]
    for scores, expected in (((.9, .8, .1), 1), ((.8, .9, .1), -1)):
        people = [detection(pose, score) for pose, score in zip(poses, scores)]
        found = diagnose(list(match(coco, people, SIGMAS, FLIP)), coco, SIGMAS)
        assert found['rank correlation'] == pytest.approx(expected)


def test_nothing_found(coco):
    found = diagnose(list(match(coco, [], SIGMAS, FLIP)), coco, SIGMAS)
    assert set(found['repaired'].values()) == {0.0} and found['rank correlation'] == 0


def test_sheet_marks_the_missed_and_the_wrong(coco, tmp_path):
    path = tmp_path / '1.png'
    cv2.imwrite(str(path), np.zeros((320, 320, 3), np.uint8))
    people = [detection(POSE, 0.9), detection(POSE + 1, 0.8)]
    images = list(match(coco, people, SIGMAS, FLIP))
    sheet = failure_sheet(images, [path, path], [(0, 1)], [[0, 255, 0]] * 4, count=1)
    assert sheet.shape == (340, 3 * 328, 3)
    frame = sheet[20:, 4:324].astype(int)
    red = (frame[..., 2] > 200) & (frame[..., 1] < 100)
    yellow = (frame[..., 2] > 200) & (frame[..., 1] > 180) & (frame[..., 0] < 60)
    (ys, xs), (_, yellow_xs) = red.nonzero(), yellow.nonzero()
    assert abs(xs.min() - 220) <= 1 and abs(xs.max() - 280) <= 1  # whom nobody found
    assert abs(ys.min() - 10) <= 1 and abs(ys.max() - 90) <= 1
    assert abs(yellow_xs.min() - 21) <= 1 and abs(yellow_xs.max() - 81) <= 1

import numpy as np
import torch
from test_keypoint_dynamic_assigner import PRIORS, SIGMAS, one_image, random_case

from erpose.models.assigners import BoxDynamicAssigner


def box(keypoints):
    keypoints = np.asarray(keypoints)
    low, high = keypoints.min(0), keypoints.max(0)
    return np.r_[low, np.maximum(high, low + 1)]


def iou(a, b):
    overlap = np.clip(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0, None).prod()
    return overlap / ((a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod() - overlap)


def test_similarity_is_the_iou_of_the_boxes():
    scores, poses, targets = random_case('trained', 0)
    poses = poses[:, None, :50].expand(-1, targets.labelled.shape[1], -1, -1, -1)
    similarity, nearness = BoxDynamicAssigner().similarity(poses, targets, SIGMAS)
    assert (similarity > 0.3).any()
    assert ((nearness > 0) & (nearness <= 1)).all()
    for b, g in torch.nonzero(targets.valid).tolist():
        labelled = targets.labelled[b, g] > 0
        goal = box(targets.keypoints[b, g][labelled])
        for m in range(50):
            expected = iou(box(poses[b, g, m][labelled]), goal)
            assert abs(float(similarity[b, g, m]) - expected) < 1e-5


def test_candidates_lie_about_the_box_centre_not_the_centroid():
    # Three keypoints at the left edge pull the centroid away from the box's centre.
    person = [[20., 60.], [22., 62.], [20., 64.], [100., 62.]]
    assignment = BoxDynamicAssigner(topk=10).assign(
        torch.full((1, len(PRIORS.points)), 0.5), PRIORS.points[None, :, None]
        + torch.tensor(person) - torch.tensor(person).mean(0), one_image([person]), PRIORS,
        SIGMAS)
    positives = PRIORS.points[assignment.person_index[0] == 0]
    strides = PRIORS.strides[assignment.person_index[0] == 0]
    assert len(positives) > 0
    assert ((positives - torch.tensor([60., 62.])).abs() <= 3 * strides[:, None]).all()


def test_every_person_has_a_positive_and_finite_targets():
    for kind in ('trained', 'start', 'crowd', 'tiny', 'unlabelled'):
        scores, poses, targets = random_case(kind, 1)
        assignment = BoxDynamicAssigner().assign(scores, poses, targets, PRIORS, SIGMAS)
        for b, g in torch.nonzero(targets.valid).tolist():
            assert (assignment.person_index[b] == g).any(), kind
        assert torch.isfinite(assignment.score).all() and (assignment.score <= 1).all()

import math

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from erpose.models.decoders import NMSFreePoseDecoder
from erpose.structures import point_priors

K = 3
MAPS, STRIDES = [(8, 12), (4, 6)], (8, 16)
CELLS = [(stride, x, y) for (height, width), stride in zip(MAPS, STRIDES)
         for y in range(height) for x in range(width)]


def scene(*people, maps=MAPS):
    """Scores, offsets and priors for people given as (prior, score, pose)."""
    priors = point_priors(maps, STRIDES[:len(maps)])
    num_keypoints = len(people[0][2])
    scores = torch.full((1, len(priors.points)), 1e-3)
    offsets = torch.zeros(1, len(priors.points), num_keypoints, 2)
    for prior, score, pose in people:
        scores[0, prior] = score
        offsets[0, prior] = (pose - priors.points[prior]) / priors.strides[prior]
    return scores, offsets.flatten(2), priors


def found(*people, **settings):
    """Scores of the people found, best first."""
    scores, offsets, priors = scene(*people)
    poses = NMSFreePoseDecoder(**dict(average=False, **settings)).decode(
        scores, offsets, None, priors)
    return [s for s in poses.scores[0].tolist() if s > 0.01]


def facing(x, y, size=12., turn=1.):
    """A pose about a centre; ``turn`` 1 faces the camera, -1 turns away."""
    return torch.tensor([[x, y - size], [x + turn * size / 2, y + size / 2],
                         [x - turn * size / 2, y + size / 2]])


@pytest.mark.parametrize('expected, people', [
    # a person is at its pose, whichever prior and level predict it
    ([.9], [(26, .9, facing(20, 20)), (81, .8, facing(20, 20))]),
    ([.9], [(26, .8, facing(20, 20)), (100, .9, facing(20, 20))]),
    # neighbouring priors, two persons
    ([.9, .8], [(26, .8, facing(20, 20)), (27, .9, facing(36, 20))]),
    # nearer than a cell along both axes
    ([.9], [(26, .9, facing(20, 20)), (27, .8, facing(20, 20) + 1.)]),
    # more than a cell apart along one axis
    ([.9, .8], [(26, .9, facing(20, 20)), (27, .8, facing(20, 28.1))]),
])
def test_where_the_persons_are(expected, people):
    assert found(*people, second_view=0) == pytest.approx(expected)


@pytest.mark.parametrize('size, expected', [(40., [.9, .8]), (60., [.9])])
def test_the_reach_grows_with_the_pose(size, expected):
    """11 pixels from a better one: 0.2 sizes are 9.8 and 14.7, size^2 being 1.5 * 1."""
    assert found((26, .9, facing(40, 40)), (27, .8, facing(51, 40, size)),
                 second_view=0) == pytest.approx(expected)


@pytest.mark.parametrize('second_view, expected', [
    (0, [.9]), (0.5, [.9, .4]), (1, [.9, .8])])
def test_a_second_view_of_a_person_ranks_lower(second_view, expected):
    assert found((26, .9, facing(28, 28)), (100, .8, facing(28, 28, turn=-1)),
                 second_view=second_view) == pytest.approx(expected)


def test_a_repetition_keeps_nothing_whatever_the_second_view_keeps():
    assert found((26, .9, facing(28, 28)), (100, .8, facing(28, 28)),
                 (27, .7, facing(28, 28, turn=-1)),
                 second_view=1) == pytest.approx([.9, .7])


def test_the_best_come_first():
    people = [(12 * y + x, .1 + .01 * (7 * (12 * y + x) % 80), facing(8 * x + 4, 8 * y + 4))
              for y in range(0, 8, 2) for x in range(0, 12, 2)]
    scores, offsets, priors = scene(*people)
    for settings in (dict(), dict(average=False), dict(max_per_img=5)):
        poses = NMSFreePoseDecoder(**settings).decode(scores, offsets, None, priors)
        assert (poses.scores.diff() <= 0).all()
        best = max(people, key=lambda person: person[1])
        torch.testing.assert_close(poses.keypoints[0, 0], best[2], atol=1e-3, rtol=0)


@pytest.mark.parametrize('settings', [
    dict(), dict(average=False), dict(reach=0), dict(reach=1), dict(second_view=0),
    dict(agreement=0.5), dict(num_candidates=40)], ids=str)
@pytest.mark.parametrize('seed', range(2))
def test_equals_a_slow_loop(seed, settings):
    rng = torch.Generator().manual_seed(seed)
    priors = point_priors(MAPS, STRIDES)
    count = len(priors.points)
    scores = torch.rand(1, count, generator=rng)
    centres = 96 * torch.rand(8, 1, 2, generator=rng)[torch.arange(count) % 8]
    shapes = 20 * torch.randn(3, K, 2, generator=rng)[torch.arange(count) % 3]
    poses = centres + shapes + 3 * torch.randn(count, K, 2, generator=rng)
    offsets = (poses - priors.points[:, None]) / priors.strides[:, None, None]
    decoder = NMSFreePoseDecoder(
        **{**dict(num_candidates=count, max_per_img=30), **settings})
    result = decoder.decode(scores, offsets.flatten(1)[None], None, priors)
    expected = slow(scores[0], poses, decoder)
    assert result.scores[0].tolist() == pytest.approx([s for s, _ in expected], abs=1e-5)
    for pose, (score, other) in zip(result.keypoints[0], expected):
        if score > 1e-4:
            torch.testing.assert_close(pose, other, atol=2e-3, rtol=0)


def slow(scores, poses, decoder):
    """Scores and poses, best first, by the formulas of the docstring."""
    order = scores.argsort(descending=True)[:decoder.num_candidates].tolist()
    result = []
    for rank, i in enumerate(order):
        width, height = (poses[i].amax(0) - poses[i].amin(0)).tolist()
        size = math.sqrt(max(width, 8) * max(height, 8))

        squares = (poses[i] - poses).square().sum(-1).mean(-1)
        agreement = (-squares / (2 * (decoder.agreement * size)**2)).exp().tolist()
        kept = 1
        for j in order[:rank]:
            apart = float((poses[i].mean(0) - poses[j].mean(0)).abs().max())
            if apart < max(decoder.reach * size, 8):
                kept = min(kept, decoder.second_view * (1 - agreement[j]))
        score, pose = float(scores[i]), poses[i]
        if decoder.average:
            weights = [float(scores[j])**2 * agreement[j] for j in order]
            pose = sum(w * poses[j] for w, j in zip(weights, order)) / sum(weights)
            score = math.sqrt(score * min(1, math.sqrt(sum(weights) / 9)))
        result.append((kept * score, pose))
    return sorted(result, key=lambda one: -one[0])[:decoder.max_per_img]


@pytest.mark.parametrize('pose, step', [
    ([[0., 0.]], 8), ([[0., 0.], [0., 0.]], 8), ([[0., -36.], [0., 36.]], 8)])
def test_poses_without_extent_have_a_size(pose, step):
    """One keypoint, two, a pole: neighbours that agree are averaged, others stay apart."""
    pose = torch.tensor(pose)
    people = [(26, .9, pose + 40.), (27, .9, pose + torch.tensor([40.2, 40.])),
              (28, .5, pose + torch.tensor([40. + step + 1, 40.]))]
    scores, offsets, priors = scene(*people)
    poses = NMSFreePoseDecoder(second_view=0).decode(scores, offsets, None, priors)
    kept = poses.scores[0] > 0.1
    assert kept.sum() == 2
    assert 0.05 < poses.keypoints[0, 0, 0, 0] - (40 + pose[0, 0]) < 0.15
    assert poses.scores.isfinite().all() and poses.keypoints.isfinite().all()


@pytest.mark.parametrize('dtype', [torch.float32, torch.bfloat16])
def test_of_those_that_score_the_same_one_is_the_person(dtype):
    priors = point_priors([(9, 11)], (8, ))
    offsets = (facing(44, 36).expand(99, K, 2) - priors.points[:, None]) / 8
    poses = NMSFreePoseDecoder().decode(
        torch.full((1, 99), .5, dtype=dtype), offsets.flatten(1)[None], None, priors)
    assert (poses.scores > 0.01).sum() == 1


def test_images_do_not_mix():
    rng = torch.Generator().manual_seed(0)
    priors = point_priors(MAPS, STRIDES)
    scores = torch.rand(3, len(priors.points), generator=rng)
    offsets = torch.randn(3, len(priors.points), 2 * K, generator=rng)
    visibilities = torch.randn(3, len(priors.points), K, generator=rng)
    decoder = NMSFreePoseDecoder()
    together = decoder.decode(scores, offsets, visibilities, priors)
    for b in range(3):
        alone = decoder.decode(scores[b:b + 1], offsets[b:b + 1], visibilities[b:b + 1],
                               priors)
        for one, all_ in zip(alone, together):
            torch.testing.assert_close(one[0], all_[b])


def test_visibilities_are_those_of_the_prior():
    person = 26
    scores, offsets, priors = scene((person, .9, facing(20, 20)))
    logits = torch.randn(1, len(priors.points), K)
    poses = NMSFreePoseDecoder().decode(scores, offsets, logits, priors)
    torch.testing.assert_close(poses.visibilities[0, 0], logits[0, person].sigmoid())


@pytest.mark.parametrize('scores', [0., 1.])
def test_poses_of_any_score_are_finite(scores):
    priors = point_priors([(3, 3)], (8, ))
    poses = NMSFreePoseDecoder().decode(
        torch.full((1, 9), scores), torch.zeros(1, 9, 2 * K), None, priors)
    assert all(field.isfinite().all() for field in poses)
    assert ((poses.scores >= 0) & (poses.scores <= 1)).all()


def test_shapes_do_not_depend_on_values():
    # fake tensors have no values: a shape or a branch that needs one raises
    decoder = NMSFreePoseDecoder(max_per_img=30)
    with FakeTensorMode(allow_non_fake_inputs=True):
        priors = point_priors(MAPS, STRIDES)
        count = len(priors.points)
        poses = decoder.decode(torch.empty(2, count), torch.empty(2, count, 2 * K),
                               torch.empty(2, count, K), priors)
    assert poses.keypoints.shape == (2, 30, K, 2)


@pytest.mark.parametrize('settings, message', [
    (dict(reach=-1), 'reach must be at least 0'),
    (dict(reach=float('nan')), 'reach must be at least 0'),
    (dict(agreement=0), 'agreement positive'),
    (dict(second_view=1.1), r'second_view in \[0, 1\]'),
    (dict(num_candidates=50), 'at least max_per_img, got 50 and 100'),
    (dict(max_per_img=0), 'at least 1, got 0'),
], ids=str)
def test_settings_out_of_range(settings, message):
    with pytest.raises(ValueError, match=message):
        NMSFreePoseDecoder(**settings)

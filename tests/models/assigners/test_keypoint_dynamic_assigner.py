import math
import signal
import time
from collections import Counter

import numpy as np
import pytest
import torch
from mmpose.registry import TASK_UTILS
from torch.utils._python_dispatch import TorchDispatchMode

from erpose.models.assigners import KeypointDynamicAssigner
from erpose.structures import PoseTargets, oks, point_priors

WIDTH, HEIGHT, STRIDES = 160, 128, (8, 16, 32)
PRIORS = point_priors([(HEIGHT // s, WIDTH // s) for s in STRIDES], STRIDES)
A, K = len(PRIORS.points), 4
SIGMAS = torch.tensor([0.05, 0.1, 0.025, 0.08])


def make_targets(keypoints, labelled, area):
    """Targets from (B, G, K, 2), (B, G, K) and (B, G)."""
    labelled = labelled.float()
    return PoseTargets(keypoints, labelled, torch.ones_like(labelled), area,
                       labelled.any(-1), torch.zeros(len(area), 0, 4))


def one_image(keypoints, area=400.0):
    """One image of G persons with all K keypoints labelled."""
    keypoints = torch.as_tensor(keypoints, dtype=torch.float32)[None]
    ones = torch.ones(keypoints.shape[:3])
    return make_targets(keypoints, ones, torch.full(ones.shape[:2], area))


def far_poses(batch=1, num_keypoints=K):
    """Every prior predicts a pose of OKS 0 with all persons, at different distances."""
    offset = 1e5 + 10 * torch.arange(A).view(1, A, 1, 1)
    return offset + torch.zeros(batch, A, num_keypoints, 2)


KINDS = ['trained', 'start', 'crowd', 'twins', 'tiny', 'huge', 'border', 'collinear',
         'unlabelled']


def random_case(kind, seed, batch=2, persons=5):
    """Scores (B, A), poses (B, A, K, 2) and targets of up to G persons an image."""
    rng = torch.Generator().manual_seed(seed)

    def rand(*shape):
        return torch.rand(*shape, generator=rng)

    size = {'tiny': 3.0, 'huge': 110.0, 'collinear': 30.0}.get(kind, 25.0)
    low, high = torch.tensor([5., 5.]), torch.tensor([WIDTH - 5., HEIGHT - 5.])
    if kind == 'crowd':
        low, high = torch.tensor([60., 50.]), torch.tensor([90., 75.])
    centre = low + (high - low) * rand(batch, persons, 1, 2)
    if kind == 'border':
        corner = (rand(batch, persons, 1, 2) < 0.5).float()
        centre = corner * torch.tensor([float(WIDTH), float(HEIGHT)])
    keypoints = centre + size * (rand(batch, persons, K, 2) - 0.5)
    if kind == 'collinear':
        keypoints[..., 1] = centre[..., 1]
    if kind == 'twins':
        keypoints[:, 1:4:2] = keypoints[:, 0:3:2]
    labelled = rand(batch, persons, K) < (0.35 if kind == 'unlabelled' else 0.8)
    if kind == 'twins':
        labelled[:, 1:4:2] = labelled[:, 0:3:2]
    elif kind != 'unlabelled':
        labelled[..., 0] = True
    area = torch.full((batch, persons), 0.53 * size**2)
    labelled[-1, 3:] = False  # padding of the last image
    keypoints[-1, 3:], area[-1, 3:] = 0, 0

    scores = rand(batch, A)
    if kind == 'start':
        return scores, PRIORS.points[:, None] + 500 * rand(batch, A, K, 2), make_targets(
            keypoints, labelled, area)
    distance = (PRIORS.points[:, None] - centre.transpose(1, 2)).square().sum(-1)
    nearest = distance.argmin(-1)  # (B, A)
    poses = keypoints[torch.arange(batch)[:, None], nearest]
    poses = poses + 0.15 * size * torch.randn(poses.shape, generator=rng)
    return scores, poses, make_targets(keypoints, labelled, area)


def slow_assign(scores, poses, targets, topk=10, score_power=0.5, oks_power=2.0, window=5):
    """The algorithm of the class docstring in plain Python loops."""
    owners, soft = torch.full((len(scores), A), -1), torch.zeros(len(scores), A)
    for b in range(len(scores)):
        people = []
        for g in range(targets.labelled.shape[1]):
            labelled = targets.labelled[b, g].tolist()
            if not any(labelled):
                continue
            person = slow_candidates(
                targets.keypoints[b, g].tolist(), labelled, float(targets.area[b, g]),
                scores[b].tolist(), poses[b], score_power, oks_power, window)
            people.append((g, person))
        for prior, (g, score) in slow_settle(people, topk).items():
            owners[b, prior], soft[b, prior] = g, score
    return owners, soft


def slow_candidates(keypoints, labelled, area, scores, poses, score_power, oks_power,
                    window):
    """{prior: (oks, alignment)} of one person."""
    count = sum(labelled)
    cx = sum(x for (x, _), v in zip(keypoints, labelled) if v) / count
    cy = sum(y for (_, y), v in zip(keypoints, labelled) if v) / count
    scale = 2 * max(area, 32.0)
    result = {}
    for stride, height, width, start in PRIORS.levels:
        column = min(max(math.floor(cx / stride), 0), width - 1)
        row = min(max(math.floor(cy / stride), 0), height - 1)
        for y in range(row - window // 2, row + window // 2 + 1):
            for x in range(column - window // 2, column + window // 2 + 1):
                if not (0 <= x < width and 0 <= y < height):
                    continue
                prior = start + y * width + x
                similarity = closeness = 0.0
                for k, (px, py) in enumerate(poses[prior].tolist()):
                    if labelled[k]:
                        distance2 = (px - keypoints[k][0])**2 + (py - keypoints[k][1])**2
                        error = distance2 / (scale * (2 * float(SIGMAS[k]))**2)
                        similarity += math.exp(-error) / count
                        closeness += 1 / (1 + math.sqrt(error)) / count
                similarity = float(np.float32(similarity))
                result[prior] = (
                    similarity,
                    scores[prior]**score_power * similarity**oks_power + 1e-6 * closeness)
    return result


def slow_settle(people, topk):
    """{prior: (person, soft score)} from the (person, candidates) of an image."""
    owner = {}

    def give(wishes):
        """Gives each prior to the person with the highest alignment, ties to the first."""
        for prior in {prior for _, prior in wishes}:
            rivals = [(-candidates[prior][1], g) for g, candidates in people
                      if (g, prior) in wishes]
            owner[prior] = min(rivals)[1]

    wishes = set()
    for g, candidates in people:
        best_oks = sorted((c[0] for c in candidates.values()), reverse=True)[:topk]
        k = max(1, int(sum(best_oks)))
        ranked = sorted(candidates, key=lambda prior: -candidates[prior][1])
        wishes |= {(g, prior) for prior in ranked[:k]}
    give(wishes)
    while True:
        wishes = set()
        for g, candidates in people:
            held = Counter(owner.values())
            free = [prior for prior in candidates if prior not in owner]
            spare = [prior for prior in candidates if held[owner.get(prior)] > 1]
            if not held[g] and (free or spare):
                wishes.add((g, max(free or spare, key=lambda p: candidates[p][1])))
        if not wishes:
            break
        give(wishes)

    result = {}
    for g, candidates in people:
        mine = [prior for prior in candidates if owner.get(prior) == g]
        if mine:
            best_oks = max(candidates[prior][0] for prior in mine)
            best_alignment = max(candidates[prior][1] for prior in mine)
            for prior in mine:
                result[prior] = g, candidates[prior][1] / best_alignment * best_oks
    return result


@pytest.mark.parametrize('settings', [
    pytest.param(dict(), id='one-to-many'),
    pytest.param(dict(topk=1), id='one-to-one'),
    pytest.param(dict(topk=4, window=3, score_power=1.0, oks_power=6.0), id='other'),
    pytest.param(dict(window=1), id='fewer candidates than topk'),
])
@pytest.mark.parametrize('kind', KINDS)
def test_equals_slow_reference(kind, settings):
    for seed in range(4):
        scores, poses, targets = random_case(kind, seed)
        expected, soft = slow_assign(scores, poses, targets, **settings)
        person, score = KeypointDynamicAssigner(**settings).assign(
            scores, poses, targets, PRIORS, SIGMAS)
        assert torch.equal(person, expected), f'seed {seed}'
        torch.testing.assert_close(score, soft, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize('topk', [1, 10], ids=['one-to-one', 'one-to-many'])
@pytest.mark.parametrize('kind', KINDS)
def test_promises_to_each_person(kind, topk):
    scores, poses, targets = random_case(kind, seed=99, batch=3)
    person, score = KeypointDynamicAssigner(topk).assign(
        scores, poses, targets, PRIORS, SIGMAS)
    assert ((score >= 0) & (score <= 1)).all()
    assert (score[person < 0] == 0).all()
    for b, g in np.ndindex(*targets.valid.shape):
        mine = person[b] == g
        positives = int(mine.sum())
        if not targets.valid[b, g]:
            assert positives == 0
            continue
        assert 1 <= positives <= topk
        similarity = oks(poses[b, mine], targets.keypoints[b, g], targets.labelled[b, g],
                         targets.area[b, g], SIGMAS)
        # the best prior's target is the best OKS
        torch.testing.assert_close(score[b, mine].max(), similarity.max())


@pytest.mark.parametrize('topk', [1, 10], ids=['one-to-one', 'one-to-many'])
def test_ties_between_candidates(topk):
    # equal predictions: the choice of candidates is free, their number and scores are not
    target = one_image([[[60., 60.], [64., 60.], [60., 64.], [64., 64.]]])
    poses = target.keypoints.expand(1, A, K, 2) + 0.5
    person, score = KeypointDynamicAssigner(topk).assign(
        torch.full((1, A), 0.5), poses, target, PRIORS, SIGMAS)
    similarity = oks(poses[0, 0], target.keypoints[0, 0], torch.ones(K),
                     torch.tensor(400.), SIGMAS)
    expected = max(1, int(min(topk, 10) * similarity))
    assert (person == 0).sum() == expected
    torch.testing.assert_close(score[person == 0], similarity.expand(expected))


@pytest.mark.parametrize('topk', [1, 10], ids=['one-to-one', 'one-to-many'])
def test_oks_zero_everywhere_ranks_by_distance(topk):
    target = one_image([[[30., 30.]], [[120., 90.]]], area=32.0)
    generator = torch.Generator().manual_seed(0)
    poses = 1000 + 1000 * torch.rand(1, A, 1, 2, generator=generator)
    scores = torch.rand(1, A, generator=generator)  # must not matter
    person, score = KeypointDynamicAssigner(topk).assign(
        scores, poses, target, PRIORS, SIGMAS[:1])
    assert not score.any()
    for g in range(2):
        window = [prior for prior, _ in slow_candidates(
            target.keypoints[0, g].tolist(), [1], 32.0, [0.] * A, poses[0], 1, 1,
            5).items()]
        distance = (poses[0, window, 0] - target.keypoints[0, g, 0]).norm(dim=-1)
        assert (person[0] == g).nonzero().tolist() == [[window[distance.argmin()]]]


@pytest.mark.parametrize('topk', [1, 10, 75])
def test_nothing_outside_the_map_or_the_window(topk):
    # in the corner only 9 of 25 cells exist at each level; priors 0, 320, 400 pad the rest
    keypoints = torch.tensor([[[158., 126.]] * K])
    target = one_image(keypoints)
    person, _ = KeypointDynamicAssigner(topk).assign(
        torch.ones(1, A), keypoints.expand(1, A, K, 2), target, PRIORS, SIGMAS)
    chosen = person[0] >= 0
    assert chosen.sum() == min(topk, 27)
    reach = 2.5 * PRIORS.strides[chosen]
    cell = (158 // PRIORS.strides[chosen] + 0.5) * PRIORS.strides[chosen]
    assert ((PRIORS.points[chosen, 0] - cell).abs() <= reach).all()


def test_conflict_goes_to_the_highest_oks_and_the_loser_is_compensated():
    persons = torch.tensor([[[64., 64.]] * K, [[65., 64.]] * K])
    poses = far_poses()
    shared, second = 8 * 20 + 8, 8 * 20 + 9  # cells about the centroids, stride 8
    poses[0, shared] = persons[1] + 0.2  # closer to the second person
    poses[0, second] = persons[0] + 4.0
    person, _ = KeypointDynamicAssigner(topk=1).assign(
        torch.full((1, A), 0.5), poses, one_image(persons), PRIORS, SIGMAS)
    assert person[0, shared] == 1
    assert person[0, second] == 0
    assert (person >= 0).sum() == 2


def test_a_sum_of_oks_below_one_still_competes():
    # OKS of the first person: 0.51 and 0.57; of the second: 0.70 and 0.28, less than 1
    persons = torch.tensor([[[64., 64.]] * K, [[66., 64.]] * K])
    poses, scores = far_poses(), torch.full((1, A), 0.01)
    wanted, other = 8 * 20 + 8, 8 * 20 + 9
    poses[0, wanted], scores[0, wanted] = torch.tensor([66., 65.6]), 1.0
    poses[0, other] = torch.tensor([61.8, 64.])
    person, _ = KeypointDynamicAssigner().assign(
        scores, poses, one_image(persons), PRIORS, SIGMAS)
    assert person[0, [wanted, other]].tolist() == [1, 0]


def test_three_rounds_of_compensation():
    # all four prefer the same priors in the same order: each round assigns one
    persons = torch.tensor([[[64., 64.]] * K]) + torch.arange(4).view(4, 1, 1) * 0.1
    poses = far_poses()
    wanted = [8 * 20 + 8, 8 * 20 + 9, 9 * 20 + 8, 9 * 20 + 9]
    for distance, prior in enumerate(wanted):
        poses[0, prior] = persons[3] + 0.5 + distance
    person, _ = KeypointDynamicAssigner(topk=1).assign(
        torch.full((1, A), 0.5), poses, one_image(persons), PRIORS, SIGMAS)
    assert person[0, wanted].tolist() == [3, 2, 1, 0]


def test_more_persons_than_cells_ends():
    persons = torch.tensor([100., 64.]).expand(90, K, 2)
    person, _ = KeypointDynamicAssigner(topk=1).assign(
        torch.rand(1, A), far_poses(), one_image(persons), PRIORS, SIGMAS)
    # 5 x 5 cells, and at stride 32 the 4 x 4 that exist; the first there is outside
    assert (person >= 0).sum() == person[person >= 0].unique().numel() == 25 + 25 + 16
    assert person[0, PRIORS.levels[2].start] == -1


def interrupt(signum, frame):
    raise TimeoutError('the assigner does not end')


@pytest.mark.parametrize('field', ['scores', 'poses'])
def test_predictions_that_are_not_numbers_end(field):
    # a diverged training must reach its NaN loss, not hang before it
    scores, poses, targets = random_case('trained', seed=0)
    dict(scores=scores, poses=poses)[field][:, ::2] = torch.nan
    previous = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 3)
    try:
        person, _ = KeypointDynamicAssigner().assign(
            scores, poses, targets, PRIORS, SIGMAS)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    assert person.shape == (2, A)


@pytest.mark.parametrize('persons', [0, 3], ids=['no column', 'padding only'])
def test_nobody(persons):
    targets = make_targets(torch.zeros(2, persons, K, 2), torch.zeros(2, persons, K),
                           torch.zeros(2, persons))
    person, score = KeypointDynamicAssigner().assign(
        torch.rand(2, A), torch.zeros(2, A, K, 2), targets, PRIORS, SIGMAS)
    assert person.shape == score.shape == (2, A)
    assert (person == -1).all() and not score.any()
    assert person.dtype == torch.long and score.dtype == torch.float32


@pytest.mark.parametrize('area', [0.0, 1.0, 32.0])
def test_tiny_persons_share_the_area_floor(area):
    scores, poses, targets = random_case('tiny', seed=0)
    settled = [
        KeypointDynamicAssigner().assign(
            scores, poses, targets._replace(area=torch.full_like(targets.area, a)),
            PRIORS, SIGMAS) for a in (area, 32.0)
    ]
    assert torch.equal(settled[0].person_index, settled[1].person_index)
    assert torch.equal(settled[0].score, settled[1].score)
    assert settled[0].score.max() > 0.1  # with the floor they still have targets


@pytest.mark.parametrize('topk', [1, 10], ids=['one-to-one', 'one-to-many'])
@pytest.mark.parametrize('kind', KINDS)
def test_images_of_a_batch_do_not_mix(kind, topk):
    scores, poses, targets = random_case(kind, seed=7, batch=3)
    assigner = KeypointDynamicAssigner(topk)
    batch = assigner.assign(scores, poses, targets, PRIORS, SIGMAS)
    for b in range(3):
        one = PoseTargets(*(field[b:b + 1, :3] if b == 2 else field[b:b + 1]
                            for field in targets))
        alone = assigner.assign(scores[b:b + 1], poses[b:b + 1], one, PRIORS, SIGMAS)
        assert torch.equal(alone.person_index[0], batch.person_index[b])
        torch.testing.assert_close(alone.score[0], batch.score[b])


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
def test_half_precision_outputs(dtype):
    scores, poses, targets = random_case('trained', seed=3)
    scores, poses = scores.to(dtype), poses.to(dtype)
    half = KeypointDynamicAssigner().assign(scores, poses, targets, PRIORS, SIGMAS)
    full = KeypointDynamicAssigner().assign(
        scores.float(), poses.float(), targets, PRIORS, SIGMAS)
    assert torch.equal(half.person_index, full.person_index)
    assert half.score.dtype == torch.float32
    assert torch.equal(half.score, full.score)


def test_no_gradient():
    scores, poses, targets = random_case('trained', seed=0)
    _, score = KeypointDynamicAssigner().assign(
        scores.requires_grad_(), poses.requires_grad_(), targets, PRIORS, SIGMAS)
    assert not score.requires_grad


class LargestTensor(TorchDispatchMode):
    """Notes the number of elements of the largest tensor that any operator makes."""

    numel = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        for out in result if isinstance(result, (tuple, list)) else [result]:
            if isinstance(out, torch.Tensor):
                self.numel = max(self.numel, out.numel())
        return result


@pytest.mark.parametrize('topk', [1, 10], ids=['one-to-one', 'one-to-many'])
def test_200_persons_in_an_image(topk):
    batch, persons, keypoints = 2, 200, 17
    priors = point_priors([(80, 80), (40, 40), (20, 20)], STRIDES)
    points = len(priors.points)
    rng = torch.Generator().manual_seed(0)
    pose = 640 * torch.rand(batch, persons, 1, 2, generator=rng) + 20 * torch.rand(
        batch, persons, keypoints, 2, generator=rng)
    targets = make_targets(pose.clamp(0, 640), torch.ones(batch, persons, keypoints),
                           torch.full((batch, persons), 200.0))
    poses = priors.points[:, None] + 20 * torch.rand(
        batch, points, keypoints, 2, generator=rng)
    scores = torch.rand(batch, points, generator=rng)
    start = time.perf_counter()
    with LargestTensor() as largest:
        person, _ = KeypointDynamicAssigner(topk).assign(
            scores, poses, targets, priors, torch.full((keypoints, ), 0.05))
    assert time.perf_counter() - start < 5  # 0.1 s; a loop over persons takes far longer
    assert largest.numel < batch * persons * points * keypoints / 20
    for b in range(batch):
        assert set(range(persons)) <= set(person[b].tolist())


@pytest.mark.parametrize('settings, message', [
    pytest.param(dict(window=4), 'window must be odd and positive, got 4', id='even'),
    pytest.param(dict(window=-1), 'window must be odd and positive, got -1', id='negative'),
    pytest.param(dict(topk=0), 'topk must be at least 1, got 0', id='topk'),
])
def test_errors(settings, message):
    with pytest.raises(ValueError, match=message):
        KeypointDynamicAssigner(**settings)


def test_registered():
    assigner = TASK_UTILS.build(dict(type='KeypointDynamicAssigner', topk=3))
    assert assigner.topk == 3

import pytest
import torch

from erpose.models.assigners import CentroidAssigner, ShrunkBoxAssigner, person_levels
from erpose.structures import PoseTargets, point_priors

PRIORS = point_priors([(16, 20), (8, 10), (4, 5)], (8, 16, 32))
K = 5


def crowd(seed, persons=6, batch=2):
    rng = torch.Generator().manual_seed(seed)
    centre = torch.rand(batch, persons, 1, 2, generator=rng) * torch.tensor([160., 128.])
    size = 4 * 2**(6 * torch.rand(batch, persons, 1, 1, generator=rng))
    keypoints = centre + size * (torch.rand(batch, persons, K, 2, generator=rng) - 0.5)
    labelled = (torch.rand(batch, persons, K, generator=rng) < 0.7).float()
    labelled[:, :, 0] = 1
    labelled[1, -1] = 0  # padding
    return PoseTargets(keypoints, labelled, torch.ones_like(labelled),
                       torch.ones(batch, persons), labelled.any(-1),
                       torch.zeros(batch, 0, 4))


def slow_box(targets, b, g):
    points = targets.keypoints[b, g][targets.labelled[b, g] > 0]
    low = points.min(0).values
    return torch.cat([low, torch.maximum(points.max(0).values, low + 1)])


def slow_level(box, size=4.0):
    root = ((box[2] - box[0]) * (box[3] - box[1])).sqrt().item()
    for index, level in enumerate(PRIORS.levels):
        if root < 2 * size * level.stride:
            return index
    return len(PRIORS.levels) - 1


@pytest.mark.parametrize('seed', range(5))
@pytest.mark.parametrize('centre', ['keypoints', 'box'])
def test_centroid_equals_a_slow_loop(centre, seed):
    targets = crowd(seed)
    person = CentroidAssigner(centre).assign(targets, PRIORS)
    for b in range(2):
        wanted = {}
        for g in range(targets.valid.shape[1]):
            if not targets.valid[b, g]:
                continue
            box = slow_box(targets, b, g)
            point = (box[:2] + box[2:]) / 2
            if centre == 'keypoints':
                point = targets.keypoints[b, g][targets.labelled[b, g] > 0].mean(0)
            level = PRIORS.levels[slow_level(box)]
            own = range(level.start, level.start + level.height * level.width)
            distance, prior = min(
                ((PRIORS.points[a] - point).norm().item(), a) for a in own)
            wanted.setdefault(prior, []).append((distance, g))
        expected = torch.full((len(PRIORS.points), ), -1)
        for prior, claims in wanted.items():
            expected[prior] = min(claims)[1]
        assert torch.equal(person[b], expected)


@pytest.mark.parametrize('seed', range(5))
@pytest.mark.parametrize('side', [1.5, 3.0, None])
def test_shrunk_box_equals_a_slow_loop(side, seed):
    targets = crowd(seed)
    person = ShrunkBoxAssigner(side).assign(targets, PRIORS)
    for b in range(2):
        for index, level in enumerate(PRIORS.levels):
            for a in range(level.start, level.start + level.height * level.width):
                claims = []
                for g in range(targets.valid.shape[1]):
                    if not targets.valid[b, g]:
                        continue
                    box = slow_box(targets, b, g)
                    area = ((box[2] - box[0]) * (box[3] - box[1])).item()
                    low, high = box[:2], box[2:]
                    if side is not None:
                        middle = (low + high) / 2
                        low = middle - side * level.stride / 2
                        high = middle + side * level.stride / 2
                    point = PRIORS.points[a]
                    if slow_level(box) == index and (point > low).all() and (
                            point < high).all():
                        claims.append((area, g))
                assert person[b, a] == (min(claims)[1] if claims else -1)


@pytest.mark.parametrize('assigner', [CentroidAssigner(), ShrunkBoxAssigner()])
def test_nobody(assigner):
    shapes = (K, 2), (K, ), (K, ), ()
    empty = PoseTargets(*(torch.zeros(2, 0, *shape) for shape in shapes),
                        torch.zeros(2, 0, dtype=torch.bool), torch.zeros(2, 0, 4))
    assert (assigner.assign(empty, PRIORS) == -1).all()


def test_every_person_in_the_picture_has_a_prior():
    """Alone, whatever the size, under the paper's shrunk area too."""
    for seed in range(20):
        targets = crowd(seed, persons=1, batch=2)
        targets.labelled[1] = 1
        targets = targets._replace(
            valid=torch.ones(2, 1, dtype=torch.bool),
            keypoints=targets.keypoints.clamp(min=20).minimum(torch.tensor([140., 108.])))
        for assigner in (CentroidAssigner(), ShrunkBoxAssigner()):
            assert (assigner.assign(targets, PRIORS) == 0).any(1).all()


def test_levels():
    sides = torch.tensor([1., 63.9, 64.1, 127.9, 128.1, 5000.])
    boxes = torch.stack([torch.zeros(6), torch.zeros(6), sides, sides], -1)[None]
    assert person_levels(boxes, PRIORS, 4.0).tolist() == [[0, 0, 1, 1, 2, 2]]


def test_wrong_centre():
    with pytest.raises(ValueError, match="one of .*, got 'nose'"):
        CentroidAssigner('nose')

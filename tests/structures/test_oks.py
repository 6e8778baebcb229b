import contextlib
import io

import numpy as np
import pycocotools.coco
import pycocotools.cocoeval
import pytest
import torch
import xtcocotools.coco
import xtcocotools.cocoeval

from erpose.structures import keypoint_error, mean_over_labelled, oks, pairwise_oks
from erpose.structures.oks import AREA_FLOOR

COCO_SIGMAS = np.array([
    .026, .025, .025, .035, .035, .079, .079, .072, .072, .062, .062, .107, .107, .087,
    .087, .089, .089
])


def random_poses(seed, *shape, num_keypoints=17, noise=8.0):
    """Predictions (*shape, K, 2) about targets, labels and areas above COCO's 32^2."""
    rng = torch.Generator().manual_seed(seed)
    target = 300 * torch.rand(*shape, num_keypoints, 2, generator=rng)
    pred = target + noise * torch.randn(target.shape, generator=rng)
    labelled = (torch.rand(*shape, num_keypoints, generator=rng) < 0.6).float()
    labelled[..., 0] = 1
    area = 32**2 + 3e4 * torch.rand(*shape, generator=rng)
    return pred, target, labelled, area


def coco_oks(tools, pred, target, labelled, area, sigmas):
    """COCOeval.computeOks of one image, (G, N)."""
    coco, evaluation = tools
    with contextlib.redirect_stdout(io.StringIO()):
        gt = coco.COCO()
        gt.dataset = dict(
            images=[dict(id=1)],
            categories=[dict(id=1, name='person')],
            annotations=[
                dict(id=g + 1, image_id=1, category_id=1, iscrowd=0, area=float(a),
                     bbox=[0, 0, 300, 300], num_keypoints=int(v.sum()),
                     keypoints=torch.cat([t, 2 * v[:, None]], 1).flatten().tolist())
                for g, (t, v, a) in enumerate(zip(target, labelled, area))
            ])
        gt.createIndex()
        dt = gt.loadRes([
            dict(image_id=1, category_id=1, score=1 - 0.01 * n,
                 keypoints=torch.cat([p, torch.ones(len(p), 1)], 1).flatten().tolist())
            for n, p in enumerate(pred)
        ])
        evaluator = evaluation.COCOeval(gt, dt, 'keypoints')
    evaluator.sigmas = evaluator.params.kpt_oks_sigmas = sigmas
    evaluator.params.imgIds, evaluator.params.catIds = [1], [1]
    evaluator._prepare()
    return torch.from_numpy(evaluator.computeOks(1, 1)).T


@pytest.mark.parametrize('seed', range(3))
@pytest.mark.parametrize('num_keypoints', [17, 5], ids=['coco', 'custom'])
@pytest.mark.parametrize('tools', [
    pytest.param((xtcocotools.coco, xtcocotools.cocoeval), id='xtcocotools'),
    pytest.param((pycocotools.coco, pycocotools.cocoeval), id='pycocotools'),
])
def test_equals_cocoeval(tools, num_keypoints, seed):
    pred, target, labelled, area = random_poses(seed, 6, num_keypoints=num_keypoints)
    sigmas = COCO_SIGMAS[-num_keypoints:]
    expected = coco_oks(tools, pred, target, labelled, area, sigmas).float()
    assert 0.2 < expected.diagonal().mean() < 0.95  # the case is not trivial

    ours = torch.from_numpy(sigmas)
    torch.testing.assert_close(pairwise_oks(pred, target, labelled, area, ours), expected)
    torch.testing.assert_close(
        oks(pred, target, labelled, area, ours), expected.diagonal())


@pytest.mark.parametrize('leading', [(), (3, )], ids=['one image', 'batch'])
def test_pairwise_is_aligned_broadcast(leading):
    sigmas = torch.tensor([0.05, 0.1, 0.2])
    pred = random_poses(0, *leading, 7, num_keypoints=3)[0]
    _, target, labelled, area = random_poses(1, *leading, 4, num_keypoints=3)
    area = 30 * area  # two independent sets of poses: large enough to resemble each other
    labelled[..., 0, :] = 0
    pairs = pairwise_oks(pred, target, labelled, area, sigmas)
    aligned = oks(pred.unsqueeze(-4), target.unsqueeze(-3), labelled.unsqueeze(-2),
                  area.unsqueeze(-1), sigmas)
    assert pairs.shape == (*leading, 4, 7)
    assert (pairs[..., 1:, :] > 1e-3).any()
    torch.testing.assert_close(pairs, aligned)


def test_error_of_a_known_distance():
    # d^2 = 3^2 + 4^2, e = d^2 / (2 s^2 (2 sigma)^2)
    error = keypoint_error(torch.tensor([[3., 4.]]), torch.zeros(1, 2),
                           torch.tensor(100.), torch.tensor([0.05]))
    torch.testing.assert_close(error, torch.tensor([25 / (2 * 100 * 0.1**2)]))


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
@pytest.mark.parametrize('function', [oks, pairwise_oks, keypoint_error])
def test_float32_for_half_precision(function, dtype):
    # 400^2 + 400^2 and 2 (2 sigma)^2 200^2 overflow float16
    sigmas = torch.tensor([0.5, 1.0])
    pred = torch.tensor([[[400., 400.], [0., 1.]]], dtype=dtype)
    target = torch.zeros(1, 2, 2, dtype=dtype)
    area = torch.tensor([200.**2], dtype=dtype)
    labelled = () if function is keypoint_error else (torch.ones(1, 2, dtype=dtype), )
    result = function(pred, target, *labelled, area, sigmas.to(dtype))
    expected = function(pred.float(), target.float(), *labelled, area.float(), sigmas)
    assert result.dtype == torch.float32
    assert result.isfinite().all()
    torch.testing.assert_close(result, expected, rtol=0, atol=0)


@pytest.mark.parametrize('function', [oks, pairwise_oks])
def test_area_has_a_floor(function):
    pred, target = torch.full((1, 1, 2), 2.0), torch.zeros(1, 1, 2)
    values = [
        function(pred, target, torch.ones(1, 1), torch.tensor([area]), torch.tensor([.1]))
        for area in (0.0, AREA_FLOOR, 2 * AREA_FLOOR)
    ]
    assert values[0] == values[1] < values[2]


@pytest.mark.parametrize('function', [oks, pairwise_oks])
def test_zero_without_labelled_keypoint(function):
    pose = torch.zeros(1, 3, 2)
    value = function(pose, pose, torch.zeros(1, 3), torch.ones(1), torch.full((3, ), .1))
    assert value.tolist() in ([0.0], [[0.0]])


@pytest.mark.parametrize('values, weight, expected', [
    pytest.param([1., 3.], [1., 1.], 2.0, id='all'),
    pytest.param([1., 3.], [0., 1.], 3.0, id='labelled only'),
    pytest.param([1., 3.], [3., 1.], 1.5, id='weighted'),
    pytest.param([1., 3.], [False, True], 3.0, id='bool'),
    pytest.param([1., 3.], [0., 0.], 0.0, id='none is 0, not NaN'),
])
@pytest.mark.parametrize('dtype', [torch.float32, torch.float16])
def test_mean_over_labelled(values, weight, expected, dtype):
    mean = mean_over_labelled(torch.tensor(values, dtype=dtype), torch.tensor(weight))
    assert mean == expected
    assert mean.dtype == dtype

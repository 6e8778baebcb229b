import numpy as np
import pytest
import torch
from mmpose.evaluation.functional import oks_nms as mmpose_oks_nms
from mmpose.evaluation.functional import soft_oks_nms as mmpose_soft_oks_nms
from mmpose.registry import TASK_UTILS
from torch._subclasses.fake_tensor import FakeTensorMode

from erpose.models.decoders import (
    BoxNMSPoseDecoder,
    OKSNMSPoseDecoder,
    PoseDecoder,
    Poses,
    decode_poses,
    oks_nms,
    soft_oks_nms,
)
from erpose.structures import point_priors

K = 3
PRIORS = point_priors([(4, 6), (2, 3), (1, 2)], (8, 16, 32))
A = len(PRIORS.points)
SIGMAS = torch.tensor([0.05, 0.1, 0.2])


def random_outputs(seed, batch=2):
    rng = torch.Generator().manual_seed(seed)
    scores = torch.rand(batch, A, generator=rng)
    return scores, torch.randn(batch, A, 3 * K, generator=rng)


def split(outputs):
    return outputs.split([2 * K, K], dim=-1)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize('seed', range(3))
@pytest.mark.parametrize('max_per_img', [1, 5, A, A + 50])
def test_equals_slow_loop(max_per_img, seed):
    scores, outputs = random_outputs(seed)
    poses = PoseDecoder(max_per_img).decode(scores, *split(outputs), PRIORS)
    count = min(max_per_img, A)
    assert poses.scores.shape == (2, count)
    assert poses.keypoints.shape == (2, count, K, 2)
    assert poses.visibilities.shape == (2, count, K)
    for b in range(2):
        ranked = sorted(range(A), key=lambda a: -scores[b, a])[:count]
        for n, a in enumerate(ranked):
            output = outputs[b, a].tolist()
            stride, (px, py) = PRIORS.strides[a].item(), PRIORS.points[a].tolist()
            assert poses.scores[b, n] == scores[b, a]
            for k in range(K):
                expected = [px + stride * output[2 * k], py + stride * output[2 * k + 1]]
                assert poses.keypoints[b, n, k].tolist() == pytest.approx(
                    expected, abs=1e-4)
                assert poses.visibilities[b, n, k] == pytest.approx(
                    sigmoid(output[2 * K + k]), abs=1e-6)


def test_ties_return_different_priors():
    _, outputs = random_outputs(0)
    poses = PoseDecoder(A).decode(
        torch.zeros(2, A), *split(outputs), PRIORS)
    everything = decode_poses(outputs[..., :2 * K], PRIORS.points, PRIORS.strides)
    for b in range(2):
        assert (sorted(poses.keypoints[b].flatten(1).tolist()) == sorted(
            everything[b].flatten(1).tolist()))


def test_zero_offsets_are_the_prior():
    keypoints = decode_poses(torch.zeros(A, 2 * K), PRIORS.points, PRIORS.strides)
    assert torch.equal(keypoints, PRIORS.points[:, None].expand(A, K, 2))


@pytest.mark.parametrize('max_per_img', [5, A + 50])
def test_shapes_do_not_depend_on_values(max_per_img):
    # fake tensors have no values: a shape or a branch that needs one raises
    with FakeTensorMode():
        priors = point_priors([(4, 6), (2, 3), (1, 2)], (8, 16, 32))
        poses = PoseDecoder(max_per_img).decode(
            torch.empty(2, A), torch.empty(2, A, 2 * K), torch.empty(2, A, K), priors)
    assert poses.keypoints.shape == (2, min(max_per_img, A), K, 2)


@pytest.mark.parametrize('max_per_img', [0, -1])
def test_needs_room_for_a_pose(max_per_img):
    with pytest.raises(ValueError, match=f'at least 1, got {max_per_img}'):
        PoseDecoder(max_per_img)


def random_crowd(seed, count=30, num_keypoints=17, size=80.0):
    """Poses about few centres, all with a keypoint box of size x size."""
    rng = torch.Generator().manual_seed(seed)
    centre = torch.randint(0, 4, (count, 1, 2), generator=rng) * 100.0
    pose = size * torch.rand(1, num_keypoints, 2, generator=rng)
    noise = 10 * torch.rand(count, 1, 1, generator=rng)  # duplicates to strangers
    pose = pose + noise * torch.randn(count, num_keypoints, 2, generator=rng)
    pose = pose.clamp(0, size)
    pose[:, 0], pose[:, 1] = 0, size
    return centre + pose


@pytest.mark.parametrize('seed', range(3))
@pytest.mark.parametrize('thr', [0.3, 0.6, 0.9])
def test_oks_nms_equals_mmpose(thr, seed):
    # Equal boxes, since the conventions differ elsewhere: MMPose takes the mean of the
    # two areas, erpose the better pose's.
    keypoints = random_crowd(seed)
    sigmas = torch.rand(17, generator=torch.Generator().manual_seed(seed)) * 0.1 + 0.02
    database = [
        dict(keypoints=np.concatenate([pose, np.ones((17, 1))], 1), area=80.0**2,
             score=1 - 0.01 * n) for n, pose in enumerate(keypoints.numpy())
    ]
    expected = sorted(mmpose_oks_nms(database, thr, sigmas=sigmas.numpy()))
    kept = oks_nms(keypoints, sigmas, thr)
    assert 0 < len(expected) < len(keypoints)  # some are suppressed
    assert kept.dtype == torch.bool
    assert kept.nonzero().flatten().tolist() == expected


def line(*shifts, size=100.0):
    """Poses of a size x size box, each shifted to the right."""
    pose = torch.tensor([[0., 0.], [size, 0.], [0., size]])
    return torch.stack([pose + torch.tensor([shift, 0.]) for shift in shifts])


# With sigma 0.05 and area 100^2 OKS is exp(-d^2 / 200): 0.61 at 10, 0.14 at 20 pixels.
@pytest.mark.parametrize('keypoints, thr, expected', [
    pytest.param(line(0, 0, 0), 0.5, [1, 0, 0], id='duplicates'),
    pytest.param(line(0, 20, 40), 0.5, [1, 1, 1], id='apart'),
    pytest.param(line(0, 10, 20), 0.5, [1, 0, 1], id='a suppressed pose suppresses nobody'),
    pytest.param(line(0, 10, 20, 30, 40), 0.5, [1, 0, 1, 0, 1], id='chain'),
    pytest.param(line(0, 10), 0.65, [1, 1], id='below the threshold'),
    pytest.param(line(0, 0), 1.0, [1, 1], id='not above 1'),
    pytest.param(torch.zeros(2, 3, 2), 0.5, [1, 0], id='points have an area (floor)'),
    pytest.param(line(0), 0.5, [1], id='one'),
    pytest.param(torch.zeros(0, 3, 2), 0.5, [], id='none'),
])
def test_oks_nms(keypoints, thr, expected):
    kept = oks_nms(keypoints, torch.full((3, ), 0.05), thr)
    assert kept.tolist() == [bool(e) for e in expected]


def test_oks_nms_takes_the_area_of_the_better_pose():
    # OKS 0.84 with the area of the large pose, 0.50 with the small one's
    large = torch.tensor([[0., 0.], [100., 0.], [0., 100.]])
    small = torch.tensor([[25., 25.], [75., 25.], [25., 75.]])
    sigmas = torch.full((3, ), 0.3)
    assert oks_nms(torch.stack([large, small]), sigmas, 0.6).tolist() == [True, False]
    assert oks_nms(torch.stack([small, large]), sigmas, 0.6).tolist() == [True, True]


def test_oks_nms_decoder_scores_duplicates_zero():
    scores, outputs = random_outputs(0)
    outputs[..., :2 * K] = 0  # the poses of neighbouring priors are duplicates
    outputs[..., 2:4] = 5  # and their box is 5 strides wide and high
    plain = PoseDecoder(12).decode(scores, *split(outputs), PRIORS)
    poses = OKSNMSPoseDecoder(SIGMAS.tolist(), nms_thr=0.5, max_per_img=12).decode(
        scores, *split(outputs), PRIORS)
    assert torch.equal(poses.keypoints, plain.keypoints)
    for b in range(2):
        kept = oks_nms(plain.keypoints[b], SIGMAS, 0.5)
        assert 0 < kept.sum() < 12
        assert torch.equal(poses.scores[b], plain.scores[b] * kept)


def test_not_predicted_visibility_is_one():
    scores, outputs = random_outputs(0)
    poses = PoseDecoder(7).decode(scores, split(outputs)[0], None, PRIORS)
    assert poses.visibilities.tolist() == torch.ones(2, 7, K).tolist()


@pytest.mark.parametrize('thr', [0.3, 0.8])
def test_soft_nms_equals_mmpose(thr):
    """Equal boxes, as above; MMPose returns poses in the order of suppression."""
    keypoints = random_crowd(0)
    sigmas = torch.rand(17, generator=torch.Generator().manual_seed(1)) * 0.1 + 0.02
    scores = torch.linspace(0.9, 0.1, len(keypoints))
    database = [
        dict(keypoints=np.concatenate([pose, np.ones((17, 1))], 1), area=80.0**2,
             score=float(score)) for pose, score in zip(keypoints.numpy(), scores)
    ]
    order = mmpose_soft_oks_nms(database, thr, max_dets=len(keypoints),
                                sigmas=sigmas.numpy())
    lowered = soft_oks_nms(keypoints, scores, sigmas, thr)
    assert (lowered <= scores + 1e-6).all() and (lowered < scores - 0.05).any()
    assert lowered.argsort(descending=True).tolist() == order.tolist()


@pytest.mark.parametrize('config', [
    dict(type='NMSFreePoseDecoder', max_per_img=7),
    dict(type='OKSNMSPoseDecoder', sigmas=[0.1], max_per_img=7),
    dict(type='BoxNMSPoseDecoder', sigmas=[0.1], max_per_img=7),
], ids=lambda config: config['type'])
def test_registered(config):
    assert TASK_UTILS.build(config).max_per_img == 7


def test_box_nms_compares_boxes():
    """Equal boxes, other poses: one person by boxes, two by OKS."""
    first = torch.tensor([[0., 0.], [40., 40.], [20., 0.]])
    second = torch.tensor([[40., 0.], [0., 40.], [20., 40.]])
    far = first + 100
    scores = torch.tensor([[0.9, 0.8, 0.7]])
    poses = Poses(scores, torch.stack([first, second, far])[None], torch.ones(1, 3, K))
    by_box = BoxNMSPoseDecoder(SIGMAS, nms_thr=0.65).suppress(poses)
    by_oks = OKSNMSPoseDecoder(SIGMAS, nms_thr=0.65).suppress(poses)
    assert by_box.scores[0].tolist() == pytest.approx([0.9, 0, 0.7])
    assert torch.equal(by_oks.scores, scores)
    half = torch.stack([first, second + torch.tensor([20., 0.]), far])[None]  # IoU 1/3
    for thr, kept in [(0.3, 0), (0.4, 0.8)]:
        by_box = BoxNMSPoseDecoder(SIGMAS, nms_thr=thr).suppress(
            poses._replace(keypoints=half))
        assert by_box.scores[0].tolist() == pytest.approx([0.9, kept, 0.7])


def test_soft_nms_sorts_anew():
    """The better one of a pair of duplicates, then the stranger, then the other."""
    poses = line(0, 0, 1000)
    fields = Poses(torch.tensor([[0.9, 0.8, 0.7]]), poses[None], torch.ones(1, 3, 3))
    soft = OKSNMSPoseDecoder([0.05] * 3, nms_thr=0.5, soft=True).suppress(fields)
    assert soft.scores[0].tolist() == pytest.approx([0.9, 0.7, 0.8 * np.exp(-2)])
    assert torch.equal(soft.keypoints[0], poses[[0, 2, 1]])

import numpy as np
import pytest
import torch
from mmpose.evaluation.functional import oks_nms as mmpose_oks_nms
from mmpose.evaluation.functional import soft_oks_nms as mmpose_soft_oks_nms
from mmpose.registry import TASK_UTILS
from torch._subclasses.fake_tensor import FakeTensorMode

from erpose.models.decoders import (
    BoxNMSPoseDecoder,
    NMSFreePoseDecoder,
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
    assert 0 < len(expected) < len(keypoints)  # the case says something
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
    """Equal boxes, as above; MMPose returns the order in which poses are done with."""
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
    dict(type='NMSFreePoseDecoder', flip_indices=[0], max_per_img=7),
    dict(type='OKSNMSPoseDecoder', sigmas=[0.1], max_per_img=7),
    dict(type='BoxNMSPoseDecoder', sigmas=[0.1], max_per_img=7),
], ids=lambda config: config['type'])
def test_registered(config):
    assert TASK_UTILS.build(config).max_per_img == 7


def test_box_nms_compares_boxes():
    """Equal boxes, other poses: boxes take them for one, OKS for two."""
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


FLIP = [0, 2, 1]


def scene(*people):
    """Scores and offsets where people are ((level, row, column), score, pose)."""
    priors = point_priors([(8, 12), (4, 6)], (8, 16))
    scores = torch.full((1, len(priors.points)), 1e-3)
    offsets = torch.zeros(1, len(priors.points), 3, 2)
    for (level, row, column), score, pose in people:
        prior = priors.levels[level].start + row * priors.levels[level].width + column
        scores[0, prior] = score
        offsets[0, prior] = (pose - priors.points[prior]) / priors.strides[prior]
    return scores, offsets.flatten(2), priors


def found(*people, flip_indices=FLIP):
    """The peaks' scores of those that stay, the lowest first: where no neighbour agrees, a
    person scores sqrt(s sqrt(s^2 / 9))."""
    scores, offsets, priors = scene(*people)
    poses = NMSFreePoseDecoder(flip_indices).decode(scores, offsets, None, priors)
    return sorted(3**0.5 * s for s in poses.scores[0].tolist() if s > 0.01)


def facing(x, y, size=12., turn=1.):
    """A pose about a centre; ``turn`` 1 faces the camera, -1 turns away, 0 is sideways."""
    return torch.tensor([[x, y - size], [x + turn * size / 2, y + size / 2],
                         [x - turn * size / 2, y + size / 2]])


FINE, COARSE = (0, 3, 3), (1, 1, 1)  # cells about (28, 28) and (24, 24)


def test_a_person_is_where_its_pose_is_not_where_its_cell_is():
    left, right = facing(20, 20), facing(36, 20)
    assert found(((0, 2, 2), .9, left), ((0, 2, 3), .8, right)) == pytest.approx([.8, .9])
    assert found(((0, 2, 2), .9, left), ((0, 6, 9), .8, left)) == pytest.approx([.9])


@pytest.mark.parametrize('apart, expected', [(8, [.9]), (16, [.8, .9])])
def test_people_are_two_cells_apart_at_least(apart, expected):
    assert found(((0, 2, 2), .9, facing(20, 20)),
                 ((0, 2, 4), .8, facing(20 + apart, 20))) == pytest.approx(expected)


@pytest.mark.parametrize('fine, coarse', [(.9, .8), (.8, .9)])
def test_a_person_found_on_two_levels_is_found_once(fine, coarse):
    pose = facing(28, 28)
    assert found((FINE, fine, pose), (COARSE, coarse, pose)) == pytest.approx([.9])


@pytest.mark.parametrize('turns, expected', [
    ((1, -1), [.8, .9]), ((-1, 1), [.8, .9]), ((-1, -1), [.9]), ((1, 0), [.9]),
    ((0, 1), [.9]), ((0, -1), [.9])])
def test_front_and_back_are_two_hypotheses(turns, expected):
    fine, coarse = (facing(28, 28, turn=turn) for turn in turns)
    assert found((FINE, .9, fine), (COARSE, .8, coarse)) == pytest.approx(expected)


def test_who_shows_both_sides_is_a_peak_among_both():
    """Beaten among those that show their front alone, it is no peak among the others."""
    assert found((FINE, .8, facing(28, 28, turn=0)), (COARSE, .9, facing(28, 28)),
                 ((0, 6, 9), .7, facing(28, 28, turn=-1))) == pytest.approx([.9])


@pytest.mark.parametrize('apart, shown', [(1.5, [True, True]), (2.5, [True, False]),
                                          (-2.5, [False, True])])
def test_the_side_is_the_mean_of_the_pairs(apart, shown):
    """Two pairs in a pose of size 10: 0.2 sizes on average are the border."""
    low, high = (0., 10 - apart) if apart > 0 else (-apart, 10.)
    pose = torch.tensor([[low + apart, 0.], [low, 0.], [high + apart, 10.], [high, 10.]])
    views = NMSFreePoseDecoder([1, 0, 3, 2])._views(pose[None, None])
    assert views.flatten().tolist() == shown


def test_keypoints_without_sides_have_one_field():
    front, back = facing(28, 28), facing(28, 28, turn=-1)
    assert found((FINE, .9, front), (COARSE, .8, back),
                 flip_indices=[0, 1, 2]) == pytest.approx([.9])


@pytest.mark.parametrize('size, expected', [(12., [.8, .9]), (100., [.9])])
def test_the_square_grows_with_the_pose(size, expected):
    """Two cells from the centre somebody else scores more."""
    assert found(((0, 2, 4), .9, facing(36, 20)),
                 ((1, 2, 1), .8, facing(36, 36, size))) == pytest.approx(expected)


@pytest.mark.parametrize('column, expected', [(8, [.9]), (9, [.8, .9])])
def test_the_square_reaches_eight_cells_at_most(column, expected):
    assert found(((0, 0, column), .9, facing(8 * column + 4, 4)),
                 ((0, 0, 0), .8, facing(4, 4, 500.))) == pytest.approx(expected)


@pytest.mark.parametrize('settings', [
    dict(), dict(reach=0, sideways=0), dict(reach=1), dict(sideways=0.5)])
def test_peaks_equal_a_slow_loop(settings):
    rng = torch.Generator().manual_seed(0)
    priors = point_priors([(9, 11), (5, 6)], (8, 16))
    count = len(priors.points)
    scores = torch.rand(2, count, generator=rng)
    offsets = 3 * torch.randn(2, count, 2 * K, generator=rng)
    decoder = NMSFreePoseDecoder(FLIP, max_per_img=count, **settings)
    poses = decoder.decode(scores, offsets, None, priors)
    reach, sideways = settings.get('reach', 0.15), settings.get('sideways', 0.2)
    for b in range(2):
        expected = sorted(slow_peaks(scores[b], offsets[b], priors, reach, sideways),
                          reverse=True)
        assert poses.scores[b].tolist() == pytest.approx(expected, rel=1e-4)
        assert 1 < sum(score > 0 for score in expected) < count


def slow_peaks(scores, offsets, priors, reach, sideways):
    """Score of the pose of each cell, 0 if another beats it."""
    scores = scores.tolist()
    poses = (offsets.unflatten(-1, (-1, 2)) * priors.strides[:, None, None]
             + priors.points[:, None])
    sizes = (poses.amax(1) - poses.amin(1)).prod(-1).sqrt().tolist()
    views = [{side for side in (1, -1)
              if side * float(pose[1, 0] - pose[2, 0]) >= -sideways * size}
             for pose, size in zip(poses, sizes)]
    finest = priors.levels[0]
    places = [(min(max(int(y // finest.stride), 0), finest.height - 1),
               min(max(int(x // finest.stride), 0), finest.width - 1))
              for x, y in poses.mean(1).tolist()]
    cells = [(level, y, x) for level in priors.levels
             for y in range(level.height) for x in range(level.width)]
    result = []
    for a, (level, y, x) in enumerate(cells):
        side = min(max(round(reach * sizes[a] / finest.stride), 1), 8)
        if any(score > scores[a] and view & views[a]
               and max(abs(i - j) for i, j in zip(place, places[a])) <= side
               for score, view, place in zip(scores, views, places)):
            result.append(0)
            continue
        around = [level.start + i * level.width + j
                  for i in range(max(y - 1, 0), min(y + 2, level.height))
                  for j in range(max(x - 1, 0), min(x + 2, level.width))]
        d2 = (poses[around] - poses[a]).square().sum(-1).mean(-1) / sizes[a]**2
        agreed = sum(scores[other]**2 * np.exp(-d / 2 / 0.07**2)
                     for other, d in zip(around, d2.tolist())) / 9
        result.append((scores[a] * agreed**0.5)**0.5)
    return result


@pytest.mark.parametrize('dtype', [torch.float32, torch.bfloat16])
def test_of_those_that_score_the_same_one_is_the_peak(dtype):
    priors = point_priors([(9, 11)], (8, ))
    poses = facing(44, 36).expand(99, K, 2)
    offsets = (poses - priors.points[:, None]) / 8
    poses = NMSFreePoseDecoder(FLIP).decode(
        torch.full((1, 99), .5, dtype=dtype), offsets.flatten(1)[None].to(dtype), None,
        priors)
    assert (poses.scores > 0).sum() == 1


def test_the_persons_are_among_the_best_thousand():
    priors = point_priors([(40, 40)], (8, ))
    poses = NMSFreePoseDecoder(FLIP, max_per_img=1600).decode(
        torch.rand(1, 1600), torch.zeros(1, 1600, 2 * K), None, priors)
    assert poses.scores.shape == (1, 1000)


@pytest.mark.parametrize('agreement', [0.07, 0.5])
def test_a_pose_is_the_mean_of_those_around_that_agree(agreement):
    rng = torch.Generator().manual_seed(0)
    priors = point_priors([(6, 7), (3, 4)], (8, 16))
    pose = 60 * torch.rand(K, 2, generator=rng)
    poses = pose + 2 * torch.randn(len(priors.points), K, 2, generator=rng)
    offsets = (poses - priors.points[:, None]) / priors.strides[:, None, None]
    for level, row, column in [(0, 1, 5), (0, 3, 2), (1, 1, 1)]:
        width = priors.levels[level].width
        cell = priors.levels[level].start + row * width + column
        scores = torch.rand(len(poses), generator=rng) / 2
        scores[cell] = 0.9
        found = NMSFreePoseDecoder(range(K), agreement=agreement).decode(
            scores[None], offsets.flatten(1)[None], None, priors)
        size = float((poses[cell].amax(0) - poses[cell].amin(0)).prod().sqrt())
        total = mean = 0
        for other in [cell + dy * width + dx for dy in (-1, 0, 1) for dx in (-1, 0, 1)]:
            d2 = float((poses[other] - poses[cell]).square().sum(1).mean()) / size**2
            weight = float(scores[other])**2 * np.exp(-d2 / 2 / agreement**2)
            total, mean = total + weight, mean + weight * poses[other]
        assert (mean / total - poses[cell]).abs().max() > 0.1
        torch.testing.assert_close(found.keypoints[0, 0], mean / total, rtol=0, atol=1e-3)
        assert float(found.scores[0, 0]) == pytest.approx((0.9 * (total / 9)**0.5)**0.5)


@pytest.mark.parametrize('cell', [(0, 0, 0), (0, 7, 0), (0, 7, 11), (1, 0, 0), (1, 3, 5)])
def test_nobody_agrees_from_beyond_a_border(cell):
    assert found((cell, .9, facing(20, 20))) == pytest.approx([.9])


def test_other_people_and_borders_do_not_move_a_pose():
    priors = point_priors([(2, 2)], (8, ))
    poses = 1e3 * torch.arange(4.).view(4, 1, 1) + 50 * torch.rand(4, K, 2)
    offsets = (poses - priors.points[:, None]) / 8
    found = NMSFreePoseDecoder(range(K)).decode(
        torch.tensor([[.6, .7, .8, .9]]), offsets.flatten(1)[None], None, priors)
    torch.testing.assert_close(found.keypoints[0, 0], poses[3])


def test_poses_without_size_or_score_are_finite():
    priors = point_priors([(3, 3)], (8, ))
    found = NMSFreePoseDecoder(range(K)).decode(
        torch.zeros(1, 9), torch.zeros(1, 9, 2 * K), None, priors)
    points = found.keypoints[0, :, 0].round()
    assert sorted(points.tolist()) == sorted(priors.points.tolist())


@pytest.mark.parametrize('settings', [
    dict(reach=-1), dict(sideways=-0.1), dict(reach=float('nan')),
    dict(sideways=float('nan')), dict(agreement=0), dict(agreement=float('nan'))])
def test_settings_out_of_range(settings):
    with pytest.raises(ValueError, match='must not be negative, agreement positive, got'):
        NMSFreePoseDecoder(FLIP, **settings)

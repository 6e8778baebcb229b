import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.structures import InstanceData
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample

from erpose import zoo
from erpose.models.assigners import Assignment
from erpose.models.decoders import HeatmapRefiner, NMSFreePoseDecoder, decode_poses
from erpose.models.heads import ERPoseHead
from erpose.models.heads.flip_test import mean_of_views
from erpose.models.layers import flatten_levels
from erpose.models.losses import FocalScoreLoss
from erpose.structures import collect_targets, keypoint_heatmaps

SIZE = 128
CHANNELS = 16
CUSTOM = dict(
    dataset_name='custom',
    keypoint_info={
        i: dict(name=f'point{i}', id=i, color=[0, 0, 0], type='upper', swap='')
        for i in range(5)
    },
    skeleton_info={},
    joint_weights=[1.] * 5,
    sigmas=[0.05, 0.06, 0.07, 0.08, 0.09])
COCO = dict(from_file='configs/_base_/datasets/coco.py')
CROWDPOSE = dict(from_file='configs/_base_/datasets/crowdpose.py')
EVERYWHERE = [-1, -1, SIZE + 1, SIZE + 1]


SMALL = dict(metainfo=CUSTOM, in_channels=CHANNELS, score_channels=8, pose_channels=8,
             num_convs=1, use_depthwise=False)


def build_head(**settings):
    """The configs' head, small."""
    torch.manual_seed(0)
    config = Config.fromfile(zoo.root() / 'configs/_base_/models/erpose_n.py').model.head
    head = MODELS.build(dict(config, **dict(SMALL, **settings)))
    head.init_weights()
    return head


def random_feats(batch=2, requires_grad=False):
    rng = torch.Generator().manual_seed(0)
    return tuple(
        torch.randn(batch, CHANNELS, SIZE // s, SIZE // s, generator=rng,
                    requires_grad=requires_grad) for s in (8, 16, 32))


def sample(persons=(), ignored=(), num_keypoints=5, unsupervised=(), size=30):
    """An image with persons about the given (x, y), and ignored boxes."""
    count = len(persons) + len(ignored)
    rng = torch.Generator().manual_seed(0)
    labels = InstanceData(
        keypoints=size * (torch.rand(count, num_keypoints, 2, generator=rng) - 0.5),
        keypoints_visible=torch.zeros(count, num_keypoints),
        keypoints_visible_weights=torch.ones(count, num_keypoints),
        areas=torch.full((count, ), 400.0),
        bboxes=torch.zeros(count, 4))
    for g, point in enumerate(persons):
        labels.keypoints[g] += torch.tensor(point, dtype=torch.float32)
        labels.keypoints_visible[g] = 1
    for g, box in enumerate(ignored, start=len(persons)):
        labels.bboxes[g] = torch.tensor(box, dtype=torch.float32)
    for person, keypoint in unsupervised:
        labels.keypoints_visible[person, keypoint] = 0
        labels.keypoints_visible_weights[person, keypoint] = 0
    return PoseDataSample(
        metainfo=dict(input_size=(SIZE, SIZE)), gt_instance_labels=labels)


# One on a prior of each level, so that each level has a positive from the start.
LEVELS = sample([(36, 36), (88, 88), (48, 112)], size=3)
PERSONS = [sample([(40, 40), (90, 80)]), sample([(64, 64)], ignored=[[0, 0, 20, 20]])]


@pytest.mark.parametrize('metainfo, num_keypoints, first_sigma', [
    pytest.param(COCO, 17, 0.026, id='coco'),
    pytest.param(CROWDPOSE, 14, 0.079, id='crowdpose'),
    pytest.param(CUSTOM, 5, 0.05, id='custom'),
])
def test_keypoints_and_sigmas_come_from_the_metainfo(metainfo, num_keypoints, first_sigma):
    head = build_head(metainfo=metainfo)
    assert head.num_keypoints == num_keypoints
    assert head.sigmas.shape == head.loss_pose.sigmas.shape == (num_keypoints, )
    assert head.sigmas[0] == pytest.approx(first_sigma)
    assert torch.equal(head.sigmas, head.loss_pose.sigmas)
    assert torch.equal(head.sigmas, head.oks_nms_decoder.sigmas)
    scores, poses, heatmaps = head(random_feats())
    assert [tuple(s.shape) for s in scores] == [(2, 1, n, n) for n in (16, 8, 4)]
    assert [p.shape[1] for p in poses] == [3 * num_keypoints] * 3
    assert [tuple(h.shape) for h in heatmaps] == [(2, num_keypoints, 16, 16)]
    samples = [sample([(40, 40)], num_keypoints=num_keypoints)] * 2
    losses = head.loss(random_feats(), samples)
    assert all(loss.isfinite() for loss in losses.values())


def test_sigma_mismatch_names_both_numbers():
    with pytest.raises(ValueError, match="'custom' has 5 keypoints but 4 sigmas"):
        build_head(metainfo=dict(CUSTOM, sigmas=[0.05] * 4))


def test_data_of_another_keypoint_set_names_both_numbers():
    with pytest.raises(ValueError, match='has 17 keypoints, the model 5'):
        build_head().loss(random_feats(), [sample([(40, 40)], num_keypoints=17)] * 2)


@pytest.mark.parametrize('samples, learns_poses', [
    pytest.param([LEVELS, PERSONS[1]], True, id='persons'),
    pytest.param([sample(), LEVELS], True, id='an image without'),
    pytest.param([sample(), sample()], False, id='no persons'),
    pytest.param([sample(ignored=[[0, 0, 50, 50]])] * 2, False, id='only ignored'),
])
@pytest.mark.parametrize('settings', [
    pytest.param({}, id='default'),
    pytest.param(dict(loss_heatmap=None, use_depthwise=True), id='without heatmaps'),
])
def test_every_parameter_gets_a_gradient(settings, samples, learns_poses):
    head = build_head(**settings)
    losses = head.loss(random_feats(), samples)
    names = {'loss_score', 'loss_pose', 'loss_vis'}
    assert 0 <= losses.pop('oks') <= 1  # a metric, not a loss
    assert set(losses) == names | (set() if settings else {'loss_heatmap'})
    assert all(loss.shape == () and loss.isfinite() for loss in losses.values())
    assert (losses['loss_pose'] > 0) == (losses['loss_vis'] > 0) == learns_poses
    sum(losses.values()).backward()
    for name, parameter in head.named_parameters():
        # a parameter without one stops distributed training, a zero is fine there
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        if learns_poses or 'pose_branch' not in name:
            assert parameter.grad.any(), name


@pytest.mark.parametrize('name', ['loss_score', 'loss_pose', 'loss_vis', 'loss_heatmap'])
def test_which_losses_shape_the_features(name):
    head, feats = build_head(), random_feats(requires_grad=True)
    head.loss(feats, PERSONS)[name].backward()
    assert [feat.grad is not None for feat in feats] == (
        [True, False, False] if name == 'loss_heatmap' else [True] * 3)
    learnt = {n.split('.')[0] for n, p in head.named_parameters() if p.grad is not None}
    assert learnt == {
        'loss_score': {'score_branch'},
        'loss_heatmap': {'heatmap_branch'}
    }.get(name, {'pose_branch'})


@pytest.mark.parametrize('autocast', [torch.float16, torch.bfloat16])
def test_loss_under_autocast(autocast):
    head = build_head()
    with torch.autocast('cpu', dtype=autocast):
        losses = head.loss(random_feats(), PERSONS)
    assert all(loss.dtype == torch.float32 for loss in losses.values())
    for name, loss in head.loss(random_feats(), PERSONS).items():
        torch.testing.assert_close(losses[name], loss, rtol=0.1, atol=0.05)


class FixedAssigner:
    """Returns given (image, prior, person, score)s and records the scores it gets."""

    def __init__(self, *positives):
        self.positives = positives

    def assign(self, scores, poses, targets, priors, sigmas):
        self.scores = scores
        person, target = torch.full(scores.shape, -1), torch.zeros(scores.shape)
        for image, prior, index, score in self.positives:
            person[image, prior], target[image, prior] = index, score
        return Assignment(person, target)


def test_losses_of_a_known_assignment():
    head, feats = build_head().eval(), random_feats()
    samples = [sample([(40, 40), (90, 80)], unsupervised=[(1, 2)]), sample([(64, 64)])]
    samples[0].gt_instance_labels.areas[1] = 900.0
    # prior, person: not in the order of the persons, and one image has one of two
    positives = [(0, 9, 1, 0.9), (0, 20, 0, 0.8), (1, 300, 0, 0.5)]
    head.assigner = FixedAssigner(*positives)
    losses = head.loss(feats, samples)

    logits, poses = (flatten_levels(maps) for maps in head(feats)[:2])
    logits = logits.squeeze(-1)
    torch.testing.assert_close(head.assigner.scores, logits.sigmoid())
    target = torch.zeros_like(logits)
    for image, prior, _, score in positives:
        target[image, prior] = score
    expected = head.loss_score(logits.reshape(-1, 1), target.reshape(-1, 1),
                               torch.ones(logits.numel())) / 2.2
    torch.testing.assert_close(losses['loss_score'], expected)
    head.loss_score = FocalScoreLoss()
    expected = head.loss_score(logits, target, torch.ones_like(logits)) / 2.2
    torch.testing.assert_close(head.loss(feats, samples)['loss_score'], expected)
    assert losses['oks'] == pytest.approx((0.9 + 0.8 + 0.5) / 3)

    priors, pose, visibility = head.priors(feats), 0, 0
    for image, prior, person, _ in positives:
        labels = samples[image].gt_instance_labels[person]
        keypoints = decode_poses(poses[image, prior, :10], priors.points[prior],
                                 priors.strides[prior])
        labelled = labels.keypoints_visible
        pose += head.loss_pose(keypoints[None], labels.keypoints, labelled,
                               labels.areas).sum() / 3
        visibility += head.loss_vis(poses[image, prior, None, 10:], labelled,
                                    labels.keypoints_visible_weights) / (3 * 5)
    torch.testing.assert_close(losses['loss_pose'], pose)
    torch.testing.assert_close(losses['loss_vis'], visibility)


@pytest.mark.parametrize('sigma', [1.0, 2.0])
def test_heatmap_loss(sigma):
    head, feats = build_head(heatmap_sigma=sigma).eval(), random_feats()
    goal = keypoint_heatmaps(collect_targets(PERSONS, 5), 16, 16, 8, sigma)
    mask = torch.ones(2, 1, 16, 16)
    mask[1, :, :2, :2] = 0  # the cells in the ignored box 0, 0, 20, 20
    expected = head.loss_heatmap(head.heatmap_branch([feats[0]])[0].sigmoid(), goal,
                                 mask=mask)
    torch.testing.assert_close(head.loss(feats, PERSONS)['loss_heatmap'], expected)


@pytest.mark.parametrize('logit', [-200.0, 200.0])
def test_saturated_heatmaps_have_a_loss(logit):
    head = build_head()
    torch.nn.init.constant_(head.heatmap_branch.outputs[0].bias, logit)
    assert head.loss(random_feats(), PERSONS)['loss_heatmap'].isfinite()


def score_gradients(head, samples):
    """Where ``loss_score`` has a gradient in the score logits, (B, A) bool; the priors."""
    maps = []
    handle = head.score_branch.register_forward_hook(
        lambda module, inputs, output: maps.extend(output))
    feats = random_feats(len(samples))
    loss = head.loss(feats, samples)['loss_score']
    handle.remove()
    gradients = torch.autograd.grad(loss, maps)
    return torch.cat([g.flatten(1) for g in gradients], 1) != 0, head.priors(feats)


def test_ignore_regions_silence_negatives_only():
    head = build_head()
    left = [-1, -1, 64, SIZE + 1]
    free, _ = score_gradients(head, [sample([(32, 64)]), sample()])
    assert free.all()
    reached, priors = score_gradients(
        head, [sample([(32, 64)], ignored=[left]), sample(ignored=[left])])
    inside = priors.points[:, 0] < 64
    assert reached[:, ~inside].all()  # negatives outside
    assert not reached[1, inside].any()  # negatives inside
    positives = reached[0] & inside
    assert 1 <= positives.sum() <= 10  # the person's priors, inside
    distance = (priors.points - torch.tensor([32., 64.])).abs().amax(-1)
    assert (distance[positives] <= 4 * priors.strides[positives]).all()


PAIR = [(40, 40), (90, 80)]


def silent_heatmaps(head, samples):
    """The (image, keypoint)s whose heatmap gets no gradient, and the gradient."""
    maps = []
    head.heatmap_branch.register_forward_hook(
        lambda module, inputs, output: maps.extend(output))
    loss = head.loss(random_feats(len(samples)), samples)['loss_heatmap']
    gradient, = torch.autograd.grad(loss, maps)
    reached = gradient.flatten(2).any(-1)
    return {tuple(index) for index in (~reached).nonzero().tolist()}, gradient


@pytest.mark.parametrize('samples, silent', [
    pytest.param([sample(PAIR)], set(), id='all keypoints known'),
    pytest.param([sample(PAIR, unsupervised=[(1, 2)])], {(0, 2)},
                 id='one person lacks keypoint 2'),
    pytest.param([sample([(40, 40)], unsupervised=[(0, 2)]), sample(PAIR)], {(0, 2)},
                 id='lacks it beside padding'),
    pytest.param([sample([(40, 40)]), sample(PAIR)], set(), id='padding is not unknown'),
    pytest.param([sample(ignored=[EVERYWHERE])], {(0, k) for k in range(5)},
                 id='all cells ignored'),
    pytest.param([sample()], set(), id='nobody: all is background'),
])
def test_heatmaps_without_supervision(samples, silent):
    assert silent_heatmaps(build_head(), samples)[0] == silent


def test_heatmap_cells_in_ignore_regions():
    _, gradient = silent_heatmaps(build_head(), [sample(ignored=[[-1, -1, 64, SIZE]])])
    assert not gradient[..., :8].any()
    assert gradient[..., 8:].all()


def test_unsupervised_keypoints_teach_no_visibility():
    head = build_head()
    samples = [sample([(40, 40)], unsupervised=[(0, 2)])]
    head.loss(random_feats(1), samples)['loss_vis'].backward()
    for output in head.pose_branch.outputs:
        visibility = output.bias.grad[10:]
        assert visibility[2] == 0
        assert not visibility.any() or (visibility[[0, 1, 3, 4]] != 0).all()
    assert any(output.bias.grad.any() for output in head.pose_branch.outputs)


def test_scores_init_score_bias_and_poses_at_the_prior():
    head = build_head()
    for branch in (head.score_branch, head.heatmap_branch):
        for output in branch.outputs:
            rare = torch.full_like(output.bias, 0.01)
            torch.testing.assert_close(output.bias.sigmoid(), rare)
    assert not any(output.bias.any() for output in head.pose_branch.outputs)


def trained(head):
    """A head away from its initialisation, in evaluation mode."""
    for parameter in head.parameters():
        parameter.data += 0.3 * torch.randn_like(parameter)
    return head.eval()


def predict(head, **test_cfg):
    with torch.no_grad():
        return head.predict(random_feats(), PERSONS, test_cfg)


@pytest.mark.parametrize('test_cfg', [{}, dict(oks_nms=True)], ids=['peaks', 'oks_nms'])
def test_predictions(test_cfg):
    head = trained(
        build_head(
            decoder=dict(type='NMSFreePoseDecoder', max_per_img=30),
            oks_nms_decoder=dict(type='OKSNMSPoseDecoder', max_per_img=20)))
    results = predict(head, **test_cfg)
    assert len(results) == 2
    with torch.no_grad():
        decoded = head.decode(random_feats(), **test_cfg).scores
    assert decoded.shape == (2, 20 if test_cfg else 30)
    for result, scores in zip(results, decoded):
        count = len(result)
        assert 0 < count == (scores > 0).sum()
        shapes = dict(keypoints=(count, 5, 2), keypoint_scores=(count, 5),
                      keypoints_visible=(count, 5), bboxes=(count, 4),
                      bbox_scores=(count, ), scores=(count, ), labels=(count, ))
        for name, shape in shapes.items():
            assert isinstance(result[name], np.ndarray) and result[name].shape == shape
        for name in ('scores', 'bbox_scores', 'keypoint_scores'):
            assert ((result[name] >= 0) & (result[name] <= 1)).all()
        assert (np.diff(result.scores) <= 0).all()
        np.testing.assert_array_equal(result.bbox_scores, result.scores)
        low, high = result.keypoints.min(1), result.keypoints.max(1)
        np.testing.assert_allclose(
            result.bboxes, np.concatenate([low, high], 1).clip(0, SIZE), atol=1e-4)
        assert (low < 0).any() or (high > SIZE).any()  # the clip above has an effect


def test_poses_are_the_peaks_of_the_scores():
    head, feats = trained(build_head()), random_feats()
    with torch.no_grad():
        *maps, (heatmap, ) = head(feats)
        logits, poses = (flatten_levels(levels) for levels in maps)
        found = head.decode(feats)
        everything = head.decode(feats, oks_nms=True).scores[0]
    decoder = NMSFreePoseDecoder()
    expected = decoder.decode(logits.squeeze(-1).sigmoid(), poses[..., :10],
                              poses[..., 10:], head.priors(feats))
    refined = HeatmapRefiner().refine(expected.keypoints, heatmap.sigmoid(), 8)
    assert (refined != expected.keypoints).any()
    expected = expected._replace(keypoints=refined)
    for one, other in zip(found, expected):
        torch.testing.assert_close(one, other)
    assert len(found.scores[0]) > 1 and (found.scores.diff() <= 0).all()
    assert everything.max() == logits.sigmoid()[0].max()


def test_boxes_are_clipped_to_the_width_and_height():
    head = trained(build_head())
    samples = [PoseDataSample(metainfo=dict(input_size=(96, 64)))] * 2
    with torch.no_grad():
        boxes = head.predict(random_feats(), samples)[0].bboxes
    assert boxes[:, 2].max() == 96 and boxes[:, 3].max() == 64


def test_score_threshold():
    head = trained(build_head())
    everything = predict(head)[0]
    threshold = float(everything.scores[2])
    kept = predict(head, score_thr=threshold)[0]
    assert len(kept) == (everything.scores > threshold).sum() == 2
    np.testing.assert_array_equal(kept.keypoints, everything.keypoints[:2])
    assert len(predict(head, score_thr=1.0)[0]) == 0


def test_without_heatmaps_poses_are_as_they_are_regressed():
    head = trained(build_head(loss_heatmap=None))
    with torch.no_grad():
        *maps, heatmaps = head(random_feats())
        found = head.decode(random_feats())
    assert heatmaps == []
    logits, poses = (flatten_levels(levels) for levels in maps)
    expected = head.decoder.decode(logits.squeeze(-1).sigmoid(), poses[..., :10],
                                   poses[..., 10:], head.priors(random_feats()))
    torch.testing.assert_close(found.keypoints, expected.keypoints)


@pytest.mark.parametrize('oks_nms', [False, True])
def test_flip_test_finds_the_poses_of_the_mean_of_both_views(oks_nms):
    head, feats = trained(build_head()), random_feats()
    other = tuple(feat.flip(0) for feat in feats)
    with torch.no_grad():
        found = head.predict([feats, other], PERSONS, dict(flip_test=True, oks_nms=oks_nms))
        maps = mean_of_views(head(feats), head(other), head.flip_indices, head.strides)
        head.forward = lambda _: maps
        expected = head.predict(feats, PERSONS, dict(oks_nms=oks_nms))
    for one, both in zip(expected, found):
        assert len(one) > 1
        np.testing.assert_array_equal(one.keypoints, both.keypoints)
        np.testing.assert_array_equal(one.scores, both.scores)


def test_multiscale_test_is_refused():
    with pytest.raises(ValueError, match='remove multiscale_test'):
        build_head().predict([random_feats()] * 2, PERSONS, dict(multiscale_test=True))


def test_registered():
    assert MODELS.get('ERPoseHead') is ERPoseHead

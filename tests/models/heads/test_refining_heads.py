"""PoseDet's and SMPR's heads: shared code, and statements of the papers."""
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.structures import InstanceData
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample

from erpose import zoo
from erpose.models.decoders import decode_poses
from erpose.models.layers import flatten_levels
from erpose.structures import collect_targets, pairwise_oks

SIZE, CHANNELS = 128, 16
HEADS = ('PoseDetHead', 'SMPRHead')
EVERYWHERE = [-1, -1, SIZE + 1, SIZE + 1]


def metainfo(count):
    names = [f'point{i}' for i in range(count)]
    return dict(
        dataset_name='custom',
        keypoint_info={
            i: dict(name=name, id=i, color=[0, 0, 0], type='upper',
                    swap={1: 'point2', 2: 'point1'}.get(i, ''))
            for i, name in enumerate(names)
        },
        skeleton_info={}, joint_weights=[1.] * count, sigmas=[0.08] * count)


def build(kind, count=5, **settings):
    torch.manual_seed(0)
    settings = dict(dict(feat_channels=8, num_convs=1), **settings)
    head = MODELS.build(dict(type=kind, metainfo=metainfo(count), in_channels=CHANNELS,
                             **settings))
    head.init_weights()
    return head


def random_feats(batch=2):
    rng = torch.Generator().manual_seed(0)
    return tuple(torch.randn(batch, CHANNELS, SIZE // s, SIZE // s, generator=rng)
                 for s in (8, 16, 32))


def sample(points=(), ignored=(), count=5, size=40):
    number = len(points) + len(ignored)
    rng = torch.Generator().manual_seed(0)
    labels = InstanceData(
        keypoints=size * (torch.rand(number, count, 2, generator=rng) - 0.5),
        keypoints_visible=torch.zeros(number, count), areas=torch.full((number, ), 900.0),
        keypoints_visible_weights=torch.ones(number, count),
        bboxes=torch.zeros(number, 4))
    for g, point in enumerate(points):
        labels.keypoints[g] += torch.tensor(point, dtype=torch.float32)
        labels.keypoints_visible[g] = 1
    for g, box in enumerate(ignored, start=len(points)):
        labels.bboxes[g] = torch.tensor(box, dtype=torch.float32)
    return PoseDataSample(metainfo=dict(input_size=(SIZE, SIZE)), gt_instance_labels=labels)


PERSONS = [sample([(40, 40), (90, 80)]), sample([(64, 64)], ignored=[[0, 0, 20, 20]])]


def with_offsets(head, samples, noise=0.0):
    """Replaces the head's outputs: every pose is that of the nearest person."""
    targets = collect_targets(samples, head.num_keypoints)
    priors = head.priors(random_feats(len(samples)))
    centre = targets.keypoints.mean(2)
    nearest = (priors.points[:, None] - centre[:, None]).norm(dim=-1).argmin(-1)
    goal = targets.keypoints[torch.arange(len(samples))[:, None], nearest]
    offsets = (goal - priors.points[:, None]) / priors.strides[:, None, None]
    offsets = offsets + noise * torch.randn(offsets.shape)
    return offsets.flatten(2), targets, priors


@pytest.mark.parametrize('kind', HEADS)
@pytest.mark.parametrize('count', [4, 5])
@pytest.mark.parametrize('settings', [
    {}, dict(shared=True, norm_cfg=dict(type='GN', num_groups=4), use_depthwise=False),
    dict(loss_heatmap=None)
], ids=['default', 'shared', 'no heatmaps'])
def test_every_parameter_gets_a_gradient(kind, count, settings):
    head = build(kind, count, **settings)
    samples = [sample([(40, 40), (90, 80)], count=count), sample(count=count)]
    losses = head.loss(random_feats(), samples)
    assert 0 <= losses.pop('oks') <= 1
    assert all(loss.isfinite() and loss.shape == () for loss in losses.values())
    assert ('loss_heatmap' in losses) == (settings.get('loss_heatmap', 0) is not None)
    sum(losses.values()).backward()
    missing = [name for name, p in head.named_parameters() if p.grad is None]
    assert missing == []


@pytest.mark.parametrize('kind', HEADS)
@pytest.mark.parametrize('samples', [[sample(), sample()],
                                     [sample(ignored=[[0, 0, 50, 50]])] * 2])
def test_nobody_to_learn(kind, samples):
    losses = build(kind).loss(random_feats(), samples)
    assert all(loss.isfinite() for loss in losses.values())
    for name, loss in losses.items():
        if name not in ('loss_score', 'loss_heatmap'):
            assert loss == 0


@pytest.mark.parametrize('kind', HEADS)
def test_regions_to_ignore_are_not_background(kind):
    head = build(kind)
    losses = head.loss(random_feats(), [sample(ignored=[EVERYWHERE])] * 2)
    assert losses['loss_score'] == 0 and losses['loss_heatmap'] == 0


@pytest.mark.parametrize('kind', HEADS)
def test_nearest_person_is_the_highest_oks(kind):
    head = build(kind)
    offsets, targets, priors = with_offsets(head, PERSONS, noise=0.2)
    oks, person = head.nearest_person(offsets, targets, priors)
    poses = decode_poses(offsets, priors.points, priors.strides)
    every = pairwise_oks(poses, targets.keypoints, targets.labelled, targets.area,
                         head.sigmas)
    every[~targets.valid] = 0
    assert torch.equal(oks, every.amax(1)) and (oks > 0.3).any()
    assert torch.equal(every.gather(1, person.unsqueeze(1)).squeeze(1), oks)
    assert targets.valid.gather(1, person)[oks > 0].all()


def test_posedet_positives_negatives_and_refined_follow_the_oks(monkeypatch):
    head = build('PoseDetHead')
    oks = torch.tensor([0.49, 0.55, 0.61, 0.69, 0.71]).repeat(68)[:336].repeat(2, 1)
    monkeypatch.setattr(head, 'nearest_person',
                        lambda *_: (oks, torch.zeros_like(oks).long()))
    seen = {}

    def score(logits, positive, weight):
        seen.update(positive=positive, weight=weight)
        return logits.sum() * 0

    monkeypatch.setattr(head.loss_score, 'forward', score)
    regressed = []
    monkeypatch.setattr(head, 'displacement_loss',
                        lambda loss, offsets, person, *_: regressed.append(person)
                        or offsets.sum() * 0)
    head.loss(random_feats(), [sample([(64, 64)])] * 2)
    assert torch.equal(seen['positive'], oks > 0.6)
    assert torch.equal(seen['weight'] == 0, (oks >= 0.5) & (oks <= 0.6))
    assert torch.equal(regressed[1] >= 0, oks > 0.7)
    assert (regressed[0] >= 0).sum() == 2  # the bypass learns one prior a person


@pytest.mark.parametrize('kind', HEADS)
def test_refinement_moves_the_refinement_alone(kind):
    """Equation 4 and section III-E: the first pose is the target's constant part."""
    head = build(kind, point_gradient=0.0)
    offsets, targets, priors = with_offsets(head, PERSONS)
    outputs = head._outputs(random_feats())
    coarse, fine = (flatten_levels(maps) for maps in outputs[:2])
    person = torch.zeros_like(coarse[..., 0]).long()
    loss = head.displacement_loss(getattr(head, 'loss_fine', None) or head.loss_refined,
                                  coarse.detach() + fine, person, targets, priors)
    loss.backward()
    assert all(p.grad is None or not p.grad.any() for p in head.pose_branch.parameters())
    assert any(p.grad is not None and p.grad.any()
               for p in head.refine_branch.parameters())


@pytest.mark.parametrize('share', [0.0, 0.1])
@pytest.mark.parametrize('kind', HEADS)
def test_share_of_the_gradient_that_moves_the_points(kind, share):
    head = build(kind, point_gradient=share)
    for branch in (head.refine_branch, head.score_branch):
        for output in branch.outputs:
            torch.nn.init.normal_(output.weight)
    head._outputs(random_feats())[2][0].sum().backward()  # the scores of a level
    grads = [p.grad for p in head.pose_branch.outputs[0].parameters()]
    moved = any(g is not None and g.abs().sum() > 0 for g in grads)
    assert moved == bool(share)


@pytest.mark.parametrize('kind, settings, names', [
    ('PoseDetHead', dict(refine=False), {'loss_coarse', 'loss_score', 'loss_heatmap'}),
    ('SMPRHead', dict(refine=False, pose_score=False),
     {'loss_initial', 'loss_score', 'loss_heatmap'}),
    ('SMPRHead', dict(refine_thr=None, pose_score=False),
     {'loss_initial', 'loss_refined', 'loss_score', 'loss_heatmap'}),
    ('SMPRHead', dict(assigner=dict(type='ShrunkBoxAssigner', side=None)),
     {'loss_initial', 'loss_refined', 'loss_score', 'loss_pose_score', 'loss_heatmap'}),
])
def test_rows_of_the_papers_tables_are_switches(kind, settings, names):
    head = build(kind, **settings)
    losses = head.loss(random_feats(), PERSONS)
    assert set(losses) - {'oks'} == names
    head.eval()
    with torch.no_grad():
        assert len(head.predict(random_feats(), PERSONS)[0]) > 0


def test_pose_score_without_refinement():
    with pytest.raises(ValueError, match='needs refine=True'):
        build('SMPRHead', refine=False)


@pytest.mark.parametrize('bias, oks, expected', [(0, 1, 0.6931), (12, 1, 0), (-12, 0, 0)])
def test_smpr_pose_score_learns_the_oks(bias, oks, expected, monkeypatch):
    """Its loss is 0 where the predicted pose score is the OKS."""
    head = build('SMPRHead')
    for output in head.pose_score_outputs:
        torch.nn.init.zeros_(output.weight)
        torch.nn.init.constant_(output.bias, bias)
    monkeypatch.setattr(head, 'nearest_person', lambda offsets, *_: (
        torch.full_like(offsets[..., 0], oks), torch.zeros_like(offsets[..., 0]).long()))
    loss = head.loss(random_feats(), PERSONS)['loss_pose_score']
    assert loss.item() == pytest.approx(expected, abs=1e-3)


def test_smpr_confidence_is_score_times_pose_score():
    head = build('SMPRHead').eval()
    feats = random_feats()
    with torch.no_grad():
        scores, _ = head(feats)
        _, _, logits, quality = head._outputs(feats)
    for level, s, q in zip(scores, logits, quality):
        torch.testing.assert_close(level, s.sigmoid() * q.sigmoid())


@pytest.mark.parametrize('kind', HEADS)
def test_a_flipped_view_is_turned_back(kind):
    head = build(kind).eval()
    feats = random_feats()
    with torch.no_grad():
        plain, size = head._view(feats, False)
        turned, _ = head._view(feats, True)
    assert size.tolist() == [SIZE, SIZE]
    expected = plain.keypoints[:, :, [0, 2, 1, 3, 4]].clone()
    expected[..., 0] = SIZE - 1 - expected[..., 0]
    torch.testing.assert_close(turned.keypoints, expected)


@pytest.mark.parametrize('name', ['posedet', 'smpr'])
def test_flip_and_multi_scale_testing(name):
    """With MMPose's estimator: more views, the same pixels."""
    config = Config.fromfile(
        zoo.root() / f'configs/experiments/{name}-n_1xb8-12e_coco-mini-lsp-320x320.py')
    config.model.backbone.init_cfg = config.model.neck.init_cfg = None
    torch.manual_seed(0)
    model = MODELS.build(config.model).eval()
    inputs = [torch.rand(1, 3, side, side) for side in (128, 64, 192)]
    meta = dict(input_size=(128, 128), input_center=np.array([64., 64.]),
                input_scale=np.array([128., 128.]), aug_scales=[0.5, 1.5])
    samples = [PoseDataSample(metainfo=meta, gt_instances=InstanceData())]
    model.test_cfg = dict(flip_test=True, multiscale_test=True)
    with torch.no_grad():
        views = model.predict(inputs, samples)[0].pred_instances
        model.test_cfg = {}
        plain = model.predict(inputs[0], samples)[0].pred_instances
    assert len(views) > len(plain) > 0
    assert (np.diff(views.scores[views.scores > 0]) <= 1e-6).all()
    assert 0 < views.keypoints.min() < views.keypoints.max() < 128


@pytest.mark.parametrize('kind', HEADS)
def test_deployed(kind):
    head = build(kind).eval()
    with torch.no_grad():
        before = head.predict(random_feats(), PERSONS)[0]
        head.switch_to_deploy()
        after = head.predict(random_feats(), PERSONS)[0]
    assert head.heatmap_branch is None
    np.testing.assert_array_equal(before.keypoints, after.keypoints)
    with pytest.raises(RuntimeError, match='cannot train after'):
        head.loss(random_feats(), PERSONS)

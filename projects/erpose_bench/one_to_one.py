"""On trial: a second, one-to-one score branch beside ER-Pose's, trained jointly.

Its layers look wider (a residual 5x5 depthwise convolution), its share of the loss rises
from 0.05 to 1 over half the training, and a margin of the logits keeps the best prior of a
person before the other priors that learn the person. Inference is top-k, gather, decode.
"""
import torch
from mmengine.hooks import Hook
from mmpose.registry import HOOKS, MODELS, TASK_UTILS
from torch import nn
from torch.nn.functional import softplus

from erpose.models.decoders import decode_poses
from erpose.models.heads.erpose_head import ERPoseHead, _best_of_each
from erpose.models.heads.pose_head import mean_count
from erpose.models.layers import LevelBranch, flatten_levels
from erpose.structures import collect_targets, inside_boxes


class Wide(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 5, padding=2, groups=channels)
        nn.init.zeros_(self.conv.weight)
        nn.init.zeros_(self.conv.bias)

    def forward(self, x):
        return x + self.conv(x)


@MODELS.register_module()
class OneToOneHead(ERPoseHead):
    def __init__(self, *args, margin_weight=0.5, **kwargs):
        super().__init__(*args, **kwargs)
        levels = len(self.strides)
        c, act = kwargs['in_channels'], kwargs['act_cfg']
        self.wide = nn.ModuleList(Wide(c) for _ in range(levels))
        self.one_branch = LevelBranch(levels, c, kwargs['score_channels'], 1, 2,
                                      use_depthwise=True, act_cfg=act)
        self.one_assigner = TASK_UTILS.build(dict(type='KeypointDynamicAssigner', topk=1))
        self.one_decoder = TASK_UTILS.build(dict(type='PoseDecoder'))
        self.share = 0.05
        self.margin_weight = margin_weight

    def one(self, feats):
        return self.one_branch([w(f) for w, f in zip(self.wide, feats)])

    def loss(self, feats, batch_data_samples, train_cfg={}):
        logits, offsets, visibilities = self._of_all_priors(
            self.score_branch(feats), self.pose_branch(feats))
        one_logits = flatten_levels(self.one(feats)).squeeze(-1)
        priors = self.priors(feats)
        keypoints = decode_poses(offsets.float(), priors.points, priors.strides)
        targets = collect_targets(batch_data_samples, self.num_keypoints, offsets.device)
        assigned = self.assigner.assign(logits.detach().sigmoid(), keypoints.detach(),
                                        targets, priors, self.sigmas)
        one = self.one_assigner.assign(one_logits.detach().sigmoid(), keypoints.detach(),
                                       targets, priors, self.sigmas)
        ignored = inside_boxes(priors.points, targets.ignore)
        losses = dict(
            oks=_best_of_each(assigned, targets.valid),
            loss_score=self._score_loss(logits, assigned, ignored),
            loss_one=self.share * self._score_loss(one_logits, one, ignored),
            loss_margin=self.share * self.margin_weight * self._margin(
                one_logits.float(), one, assigned))
        losses.update(self._pose_losses(keypoints, visibilities, assigned, targets))
        losses.update(self.heatmap_losses(feats, targets))
        return losses

    def _margin(self, logits, one, many):
        image, prior = torch.nonzero(one.person_index >= 0, as_tuple=True)
        person = one.person_index[image, prior]
        best = logits[image, prior]
        rivals = (many.person_index[image] == person.unsqueeze(-1)) & (
            one.person_index[image] < 0)
        gap = softplus(logits[image] - best.unsqueeze(-1) + 1.0) * rivals
        per = gap.sum(-1) / rivals.sum(-1).clamp(min=1)
        return per.sum() / mean_count(per.new_tensor(len(per)))


@HOOKS.register_module()
class RampHook(Hook):
    def __init__(self, start=0.05, end=1.0, fraction=0.5):
        self.start, self.end, self.fraction = start, end, fraction
    def before_train_iter(self, runner, batch_idx, data_batch=None):
        done = min(1.0, runner.iter / (runner.max_iters * self.fraction))
        model = runner.model.module if hasattr(runner.model, 'module') else runner.model
        model.head.share = self.start + (self.end - self.start) * done

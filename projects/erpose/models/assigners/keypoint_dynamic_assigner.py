"""Dynamic assignment of priors to persons by keypoints."""
from typing import NamedTuple, Tuple

import torch
from mmpose.registry import TASK_UTILS
from torch import Tensor

from erpose.structures import PointPriors, PoseTargets, keypoint_error, mean_over_labelled

TIE_BREAK = 1e-6
"""Weight of the similarity that never vanishes, to break ties of OKS."""


class Assignment(NamedTuple):
    """Assignment of the A priors of B images.

    Attributes:
        person_index (Tensor): Index g of the person assigned to each prior, -1 if none,
            (B, A).
        score (Tensor): Target of the score branch, 0 without a person, float32, (B, A).
    """
    person_index: Tensor
    score: Tensor


class Candidates(NamedTuple):
    """M candidate priors of each person.

    Attributes:
        prior (Tensor): Index of the prior, (B, G, M).
        valid (Tensor): Whether the prior exists and the person has a labelled keypoint,
            (B, G, M).
        oks (Tensor): OKS of the pose predicted at the prior, (B, G, M).
        alignment (Tensor): score^a * OKS^b with ties broken by distance, -1 if not valid,
            (B, G, M). Persons that compete for a prior are ranked by OKS, as the score of
            the prior is the same.
    """
    prior: Tensor
    valid: Tensor
    oks: Tensor
    alignment: Tensor


@TASK_UTILS.register_module()
class KeypointDynamicAssigner:
    """Keypoint-driven dynamic assignment (ours, after ER-Pose's abstract).

    1. *Candidates* of a person are the ``window`` x ``window`` cells around the centroid of
       its labelled keypoints, on every level. Their number M does not depend on A.
    2. *Alignment* of a candidate (TOOD's metric with OKS for IoU)::

           t = score^a OKS^b + 1e-6 mean_k 1 / (1 + u_k)

       where ``u_k^2`` is the normalised squared error of keypoint k, so that its OKS is
       ``exp(-u_k^2)``. The second term ranks by distance where every OKS is 0, as in the
       first steps.
    3. *Dynamic k*: each person takes its ``k`` candidates with the highest alignment, where
       k is the sum of its ``topk`` highest OKS (OTA), at least 1.
    4. *Conflicts*: a prior that several persons take goes to the one with the highest
       alignment. A person without a prior takes its best free candidate.
    5. *Score target* of a person's prior: ``t / max(t) * max(OKS)``, with maxima over the
       person's priors (TOOD).

    ``topk=1`` is the one-to-one assignment under the same metric.

    Args:
        topk (int): Maximum number of priors per person. Defaults to 10 (YOLOX, YOLOv10).
        score_power (float): a. Defaults to 0.5 (YOLOv10).
        oks_power (float): b. Defaults to 2.0. OKS varies more than IoU: with TOOD's 6 all
            but one target of a person are almost 0, and the scores rank poses worse.
        window (int): Side of the candidate window in cells, odd. Defaults to 5
            (YOLOX's centre radius of 2.5 strides).
    """

    def __init__(self,
                 topk: int = 10,
                 score_power: float = 0.5,
                 oks_power: float = 2.0,
                 window: int = 5) -> None:
        if window % 2 == 0 or window < 1:
            raise ValueError(f'window must be odd and positive, got {window}')
        if topk < 1:
            raise ValueError(f'topk must be at least 1, got {topk}')
        self.topk = topk
        self.score_power = score_power
        self.oks_power = oks_power
        self.window = window

    @torch.no_grad()
    def assign(self, scores: Tensor, poses: Tensor, targets: PoseTargets,
               priors: PointPriors, sigmas: Tensor) -> Assignment:
        """Assigns the priors of a batch.

        Args:
            scores (Tensor): Predicted scores in [0, 1], (B, A).
            poses (Tensor): Predicted keypoints in pixels, (B, A, K, 2).
            targets (PoseTargets): The persons.
            priors (PointPriors): The A priors.
            sigmas (Tensor): Keypoint sigmas, (K, ).
        """
        person_index = torch.full_like(scores, -1, dtype=torch.long)
        score = torch.zeros_like(scores, dtype=torch.float32)
        if targets.valid.shape[1] == 0:
            return Assignment(person_index, score)
        candidates = self._candidates(scores, poses, targets, priors, sigmas)
        person_index = resolve_conflicts(person_index, candidates, self._select(candidates))
        person_index = rescue_unassigned(person_index, candidates, targets.valid)
        return Assignment(person_index, soft_scores(person_index, candidates, score))

    def _candidates(self, scores: Tensor, poses: Tensor, targets: PoseTargets,
                    priors: PointPriors, sigmas: Tensor) -> Candidates:
        prior, exists = candidate_windows(self.centre(targets), priors, self.window)
        valid = exists & targets.valid.unsqueeze(-1)
        b, g, m = prior.shape
        k = poses.shape[2]
        flat = prior.reshape(b, g * m)
        pose = poses.flatten(2).gather(
            1, flat.unsqueeze(-1).expand(-1, -1, 2 * k)).reshape(b, g, m, k, 2)
        oks, nearness = self.similarity(pose, targets, sigmas)
        tie_break = TIE_BREAK * nearness
        score = scores.float().nan_to_num().gather(1, flat).reshape(b, g, m)
        alignment = score**self.score_power * oks**self.oks_power
        alignment = (alignment + tie_break).masked_fill(~valid, -1)
        return Candidates(prior, valid, oks, alignment)

    def centre(self, targets: PoseTargets) -> Tensor:
        """Centroid of the labelled keypoints, in pixels, (B, G, 2)."""
        return mean_over_labelled(
            targets.keypoints.transpose(-1, -2), targets.labelled.unsqueeze(-2))

    def similarity(self, poses: Tensor, targets: PoseTargets,
                   sigmas: Tensor) -> Tuple[Tensor, Tensor]:
        """OKS of M poses per person (B, G, M, K, 2), and a similarity that never vanishes.

        Returns:
            tuple[Tensor, Tensor]: Both in [0, 1], (B, G, M).
        """
        error = keypoint_error(poses, targets.keypoints.unsqueeze(2),
                               targets.area.unsqueeze(2), sigmas)
        error = error.nan_to_num(nan=torch.inf)  # poses of a diverged model may be NaN
        labelled = targets.labelled.unsqueeze(2)
        return (mean_over_labelled(torch.exp(-error), labelled),
                mean_over_labelled(1 / (1 + error.sqrt()), labelled))

    def _select(self, candidates: Candidates) -> Tensor:
        """The k most aligned candidates of each person, bool, (B, G, M)."""
        topk = min(self.topk, candidates.oks.shape[-1])
        best_oks = (candidates.oks * candidates.valid).topk(topk, -1).values
        k = best_oks.sum(-1, keepdim=True).int().clamp(min=1)
        chosen = candidates.alignment.topk(topk, -1).indices
        within_k = torch.arange(topk, device=k.device) < k
        selected = torch.zeros_like(candidates.valid).scatter(-1, chosen, within_k)
        return selected & candidates.valid


def candidate_windows(centre: Tensor, priors: PointPriors,
                      window: int) -> Tuple[Tensor, Tensor]:
    """Finds the priors in the window around each person's centre (B, G, 2) on all levels.

    Returns:
        tuple[Tensor, Tensor]: Prior indices (B, G, M), and whether the cell lies on the
        feature map (B, G, M), with M = levels * window^2.
    """
    reach = window // 2
    offset = torch.arange(-reach, reach + 1, device=centre.device)
    dy, dx = (d.reshape(-1) for d in torch.meshgrid(offset, offset, indexing='ij'))
    indices, exists = [], []
    for stride, height, width, start in priors.levels:
        cell = (centre / stride).floor().long()
        x = cell[..., 0:1].clamp(0, width - 1) + dx
        y = cell[..., 1:2].clamp(0, height - 1) + dy
        exists.append((x >= 0) & (x < width) & (y >= 0) & (y < height))
        indices.append(
            (start + y * width + x).masked_fill(~exists[-1], start))
    return torch.cat(indices, -1), torch.cat(exists, -1)


def resolve_conflicts(person_index: Tensor, candidates: Candidates,
                      wants: Tensor) -> Tensor:
    """Assigns each wanted prior to the person with the highest OKS there.

    Args:
        person_index (Tensor): Assignment so far, (B, A).
        candidates (Candidates): The candidates.
        wants (Tensor): Whether the person wants the prior, bool, (B, G, M).

    Returns:
        Tensor: The assignment including the wanted priors, (B, A).
    """
    num_persons = wants.shape[1]
    prior = candidates.prior.flatten(1)
    alignment = candidates.alignment.masked_fill(~wants, -1).flatten(1)
    highest = torch.full_like(person_index, -1, dtype=alignment.dtype).scatter_reduce(
        1, prior, alignment, 'amax')
    wins = wants.flatten(1) & (alignment == highest.gather(1, prior))
    index = torch.arange(num_persons, device=person_index.device)
    index = index.view(1, -1, 1).expand_as(wants).flatten(1)
    index = index.masked_fill(~wins, num_persons)  # the first person wins a tie
    first = torch.full_like(person_index, num_persons).scatter_reduce(
        1, prior, index, 'amin')
    return torch.where(first < num_persons, first, person_index)


def rescue_unassigned(person_index: Tensor, candidates: Candidates,
                      valid: Tensor) -> Tensor:
    """Assigns persons without a prior their best free candidate, in rounds.

    A person without a free candidate takes one from a person with several priors. Each
    round serves at least one of the persons that want the same prior, so at most G rounds
    are needed.

    Note: In one round, two persons may take the last two priors of a third, which then
    takes part in the next round. A person stays without a prior only if there are more
    persons than cells around one point.

    Args:
        person_index (Tensor): Assignment so far, (B, A).
        candidates (Candidates): The candidates.
        valid (Tensor): False for padding, bool, (B, G).

    Returns:
        Tensor: The assignment, (B, A).
    """
    batch, num_persons = valid.shape
    for _ in range(num_persons):
        held = person_index.new_zeros(batch, num_persons + 1)
        held = held.scatter_add(1, person_index + 1, torch.ones_like(person_index))
        owner = person_index.gather(1, candidates.prior.flatten(1))
        spare = held.gather(1, owner + 1).reshape_as(candidates.prior) > 1
        free = owner.reshape_as(candidates.prior) < 0
        unassigned = (valid & (held[:, 1:] == 0)).unsqueeze(-1) & candidates.valid
        allowed = unassigned & torch.where((unassigned & free).any(-1, keepdim=True), free,
                                           spare & ~free)
        if not allowed.any():
            break
        best = candidates.alignment.masked_fill(~allowed, -1).argmax(-1, keepdim=True)
        wants = torch.zeros_like(allowed).scatter(-1, best, True) & allowed
        person_index = resolve_conflicts(person_index, candidates, wants)
    return person_index


def soft_scores(person_index: Tensor, candidates: Candidates, score: Tensor) -> Tensor:
    """TOOD's target: alignment, scaled so that its maximum is the person's highest OKS.

    Args:
        person_index (Tensor): The assignment, (B, A).
        candidates (Candidates): The candidates.
        score (Tensor): Zeros, (B, A).

    Returns:
        Tensor: In [0, 1], (B, A).
    """
    slot = torch.arange(candidates.prior.shape[1], device=person_index.device)
    prior = candidates.prior.flatten(1)
    mine = (person_index.gather(1, prior).reshape_as(candidates.prior)
            == slot.view(1, -1, 1)) & candidates.valid
    alignment = candidates.alignment * mine
    best_alignment = alignment.amax(-1, keepdim=True).clamp(min=1e-12)
    best_oks = (candidates.oks * mine).amax(-1, keepdim=True)
    target = alignment / best_alignment * best_oks
    return score.scatter_reduce(1, prior, target.flatten(1), 'amax')

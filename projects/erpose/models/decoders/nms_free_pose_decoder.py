"""The decoder without NMS: persons are peaks, and poses that agree are averaged."""
from typing import Optional, Tuple

import torch
from mmpose.registry import TASK_UTILS
from torch import Tensor

from erpose.structures import PointPriors

from .pose_decoder import (
    PoseDecoder,
    Poses,
    pose_sizes,
    poses_at,
    take,
    topk_scores,
    visibilities_at,
)


@TASK_UTILS.register_module()
class NMSFreePoseDecoder(PoseDecoder):
    """Decodes one-to-many scores into one pose a person (ours).

    The N candidates are the best scores of all levels, best first. Everything below reads
    two N x N matrices, how far apart the candidates stand and how alike they are:

    - A pose stands at its *centre* ``c_i``, the mean of its keypoints, whichever prior
      predicts it: candidates for one person stand together, two persons whom neighbouring
      priors predict stand apart.
    - *Agreement* of candidate j with candidate i, of size ``S_i``
      (:func:`~erpose.models.decoders.pose_decoder.pose_sizes`)::

          a_ij = exp(-mean_k |p_ik - p_jk|^2 / (2 (agreement S_i)^2))

    1. *Where the persons are*: candidate i is a peak, ``w_i = 1``, where no better one
       stands within ``max(reach S_i, stride)`` of it, along x and along y. Where a better
       one does, i keeps ``w_i = min_j second_view (1 - a_ij)``: a repetition of j keeps
       nothing, and another hypothesis about the same person (left and right exchanged, a
       front taken for a back) a reduced score, so that it ranks after the peaks.
    2. *Mean of neighbours* (``average``), after box voting (Gidaris and Komodakis, 2015):
       neighbouring priors mostly predict the same person, and their errors are partly
       independent. The pose is the mean of what agrees, and a pose that few confirm ranks
       lower::

           p_i = sum_j s_j^2 a_ij p_j / sum_j s_j^2 a_ij
           score_i = w_i sqrt(s_i min(1, sqrt(sum_j s_j^2 a_ij / 9)))

       The 9 is a person's usual number of candidates, a 3x3 window. Without the mean,
       ``p_i`` stays and ``score_i = w_i s_i``.

    All shapes are static: the cost does not depend on how many people there are.

    Args:
        num_candidates (int): N. Defaults to 200.
        reach (float): In sizes of the pose. Defaults to 0.2.
        agreement (float): In sizes of the pose. Defaults to 0.07.
        second_view (float): Largest share of its score that a candidate keeps where a
            better one stands; 0 removes it. Defaults to 0.5.
        average (bool): Take the mean of neighbours. Defaults to True.
        max_per_img (int): See :class:`PoseDecoder`.
    """

    def __init__(self, num_candidates: int = 200, reach: float = 0.2,
                 agreement: float = 0.07, second_view: float = 0.5, average: bool = True,
                 max_per_img: int = 100):
        super().__init__(max_per_img)
        if num_candidates < max_per_img:
            raise ValueError(f'num_candidates must be at least max_per_img, got '
                             f'{num_candidates} and {max_per_img}')
        if not (reach >= 0 and agreement > 0 and 0 <= second_view <= 1):
            raise ValueError('reach must not be negative, agreement positive and '
                             f'second_view in [0, 1], got {reach}, {agreement} and '
                             f'{second_view}')
        self.num_candidates = num_candidates
        self.reach = reach
        self.agreement = agreement
        self.second_view = second_view
        self.average = average
        self.better = torch.ones(num_candidates, num_candidates).tril(-1)  # [i, j]: j is

    def decode(self, scores: Tensor, offsets: Tensor, visibilities: Optional[Tensor],
               priors: PointPriors) -> Poses:
        """As :meth:`PoseDecoder.decode`."""
        scores, index = topk_scores(scores, self.num_candidates)
        poses = poses_at(index, offsets, priors)
        stride = priors.levels[0].stride
        sizes = pose_sizes(poses, stride).unsqueeze(-1)
        apart, distance2 = pairwise_distances(poses)
        agreement = torch.exp(-distance2 / (2 * (self.agreement * sizes).square()))
        near = (apart < (self.reach * sizes).clamp(min=stride)).to(apart)
        kept = self._kept_share(near, agreement)
        if self.average:
            weights = scores.square().unsqueeze(1) * agreement
            total = weights.sum(-1, keepdim=True).clamp(min=1e-12)
            poses = ((weights / total) @ poses.flatten(2)).unflatten(-1, (-1, 2))
            scores = (scores * (total.squeeze(-1) / 9).sqrt().clamp(max=1)).sqrt()
        scores, order = topk_scores(scores * kept, self.max_per_img)
        return Poses(scores, take(poses.flatten(2), order).unflatten(-1, (-1, 2)),
                     visibilities_at(index.gather(1, order), visibilities, offsets))

    def _kept_share(self, near: Tensor, agreement: Tensor) -> Tensor:
        """w (B, N) of candidates, best first, from two matrices (B, N, N)."""
        count = near.shape[-1]
        beaten = near * self.better[:count, :count].to(near)
        return (1 - beaten * (1 - self.second_view * (1 - agreement))).amin(-1)


def pairwise_distances(poses: Tensor) -> Tuple[Tensor, Tensor]:
    """How far apart the poses of an image stand, and how different they are.

    The second is ``|c_i - c_j|^2 + mean_k |r_ik - r_jk|^2`` with ``p_ik = c_i + r_ik``: of
    the centred ``r`` a matrix product keeps float32's precision.

    Args:
        poses (Tensor): In pixels, (B, N, K, 2).

    Returns:
        tuple[Tensor, Tensor]: The larger of |dx| and |dy| between the centres, in pixels,
        and the squared distance, the mean over the keypoints, in pixels^2: (B, N, N).
    """
    centres = poses.mean(-2, keepdim=True)
    shapes = (poses - centres).flatten(2)
    dx, dy = ((c.transpose(1, 2) - c).abs() for c in centres.squeeze(2).split(1, -1))
    square = shapes.square().sum(-1, keepdim=True)
    different = (square + square.transpose(1, 2)
                 - 2 * shapes @ shapes.transpose(1, 2)).clamp(min=0) / poses.shape[2]
    return torch.maximum(dx, dy), dx.square() + dy.square() + different

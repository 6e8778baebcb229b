"""NMS-free decoder: selects peaks of the scores and averages similar poses."""
from typing import Optional, Tuple

import numpy as np
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
    """Decodes one-to-many scores: several priors predict each person (ours).

    The candidates are the N highest scores of all levels, highest first. Candidate i has
    the score ``s_i``, the keypoints ``p_ik``, their mean ``c_i`` and the size ``S_i``
    (:func:`~erpose.models.decoders.pose_decoder.pose_sizes`). Its similarity to j is::

        a_ij = exp(-mean_k |p_ik - p_jk|^2 / (2 (agreement S_i)^2))

    1. *Peaks*. Candidate i is a peak if no candidate j with a higher score has its centre
       within ``r = max(reach S_i, stride)`` of its own, along x and along y. It keeps the
       share ``w_i`` of its score::

           w_i = 1                                                    if i is a peak
                 min over such j of  second_view (1 - a_ij)           otherwise

       A duplicate of j keeps almost nothing. A different pose in the same place is a second
       view of the same person, with left and right or front and back exchanged. It keeps a
       part of its score, so that it ranks after the first.
    2. *Mean of neighbours* (``average``), after box voting (Gidaris and Komodakis, 2015).
       Neighbouring priors mostly predict the same person, with partly independent errors::

           p_i     <- sum_j s_j^2 a_ij p_j / sum_j s_j^2 a_ij
           score_i <- w_i sqrt(s_i min(1, sqrt(sum_j s_j^2 a_ij / 9)))

       A pose with the support of few candidates ranks lower; 9 candidates, a 3x3 window,
       are full support. Without the mean, ``score_i = w_i s_i``.

    There is no sequential suppression. All pairs are compared at once, in fixed shapes, so
    that the cost does not depend on the number of people.

    Note: The centre is that of the pose, not of its prior. It is the same for priors of
    several levels that predict one person, but differs for neighbouring priors that predict
    two persons.

    Args:
        num_candidates (int): N; each person has about ten. Defaults to 300.
        reach (float): Radius of a peak, relative to the size of the pose. Defaults to 0.2.
        agreement (float): Scale of the similarity, relative to the size of the pose.
            Defaults to 0.07.
        second_view (float): Largest share of the score that a candidate keeps if it is not
            a peak; 0 removes it. Defaults to 0.5.
        average (bool): Whether to average neighbours. Defaults to True.
        max_per_img (int): See :class:`PoseDecoder`.
    """

    def __init__(self, num_candidates: int = 300, reach: float = 0.2,
                 agreement: float = 0.07, second_view: float = 0.5, average: bool = True,
                 max_per_img: int = 100) -> None:
        super().__init__(max_per_img)
        if num_candidates < max_per_img:
            raise ValueError(f'num_candidates must be at least max_per_img, got '
                             f'{num_candidates} and {max_per_img}')
        if not (reach >= 0 and agreement > 0 and 0 <= second_view <= 1):
            raise ValueError('reach must be at least 0, agreement positive and second_view '
                             f'in [0, 1], got {reach}, {agreement} and {second_view}')
        self.num_candidates = num_candidates
        self.reach = reach
        self.agreement = agreement
        self.second_view = second_view
        self.average = average

    def decode(self, scores: Tensor, offsets: Tensor, visibilities: Optional[Tensor],
               priors: PointPriors) -> Poses:
        """See :meth:`PoseDecoder.decode`."""
        scores, index = topk_scores(scores, self.num_candidates)
        poses = poses_at(index, offsets, priors)
        stride = priors.levels[0].stride
        sizes = pose_sizes(poses, stride).unsqueeze(-1)
        distance, distance2 = pairwise_distances(poses)
        similarity = torch.exp(-distance2 / (2 * (self.agreement * sizes).square()))
        near = (distance < (self.reach * sizes).clamp(min=stride)).to(distance)
        kept = self._kept_share(near, similarity)
        if self.average:
            weights = scores.square().unsqueeze(1) * similarity
            total = weights.sum(-1, keepdim=True).clamp(min=1e-12)
            poses = ((weights / total) @ poses.flatten(2)).unflatten(-1, (-1, 2))
            scores = (scores * (total.squeeze(-1) / 9).sqrt().clamp(max=1)).sqrt()
        scores, order = topk_scores(scores * kept, self.max_per_img)
        return Poses(scores, take(poses.flatten(2), order).unflatten(-1, (-1, 2)),
                     visibilities_at(index.gather(1, order), visibilities, offsets))

    def _kept_share(self, near: Tensor, similarity: Tensor) -> Tensor:
        """w (B, N) from ``near``, 1 where j is near i, and a: both (B, N, N)."""
        # 1 where j has the higher score. Made by numpy, so that it is a constant of the
        # exported graph: OpenCV supports neither slices nor comparisons of constants.
        higher = torch.from_numpy(np.tri(near.shape[-1], k=-1, dtype=np.float32))
        beaten = near * higher.to(near)
        return (1 - beaten * (1 - self.second_view * (1 - similarity))).amin(-1)


def pairwise_distances(poses: Tensor) -> Tuple[Tensor, Tensor]:
    """Computes the distances of all pairs of poses in an image.

    With ``p_ik = c_i + r_ik``, the mean squared distance of the keypoints is
    ``|c_i - c_j|^2 + mean_k |r_ik - r_jk|^2``. Centring avoids cancellation in the float32
    matrix product.

    Args:
        poses (Tensor): In pixels, (B, N, K, 2).

    Returns:
        tuple[Tensor, Tensor]: The larger of |dx| and |dy| between the centres, in pixels,
        and the mean squared distance of the keypoints, in pixels^2: both (B, N, N).
    """
    centres = poses.mean(-2, keepdim=True)
    shapes = (poses - centres).flatten(2)
    dx, dy = ((c.transpose(1, 2) - c).abs() for c in centres.squeeze(2).split(1, -1))
    square = shapes.square().sum(-1, keepdim=True)
    different = (square + square.transpose(1, 2)
                 - 2 * shapes @ shapes.transpose(1, 2)).clamp(min=0) / poses.shape[2]
    return torch.maximum(dx, dy), dx.square() + dy.square() + different

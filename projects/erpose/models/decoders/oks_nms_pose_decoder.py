"""Decoder with OKS-NMS, hard or soft."""
from typing import Optional, Sequence

import torch
from mmpose.registry import TASK_UTILS
from torch import Tensor

from erpose.structures import PointPriors, pairwise_oks

from .pose_decoder import PoseDecoder, Poses, sort_poses


@TASK_UTILS.register_module()
class OKSNMSPoseDecoder(PoseDecoder):
    """Decodes outputs with duplicates: top-k, then OKS-NMS.

    Args:
        sigmas (Sequence[float]): Keypoint sigmas, (K, ). The head passes the data set's.
        nms_thr (float): A pose whose OKS with a better one exceeds this is a duplicate.
            Defaults to 0.5.
        soft (bool): Soft-NMS: multiplies the scores of poses that overlap a better one by
            ``exp(-OKS^2 / nms_thr)`` instead of removing them. Defaults to False.
        max_per_img (int): Poses kept per image before NMS. Defaults to 300.
    """

    kind = 'oks'
    """Measure of overlap, for the metadata of exported files."""

    def __init__(self, sigmas: Sequence[float], nms_thr: float = 0.5, soft: bool = False,
                 max_per_img: int = 300) -> None:
        super().__init__(max_per_img)
        self.sigmas = torch.as_tensor(sigmas)
        self.nms_thr = nms_thr
        self.soft = soft

    def candidates(self, scores: Tensor, offsets: Tensor, visibilities: Optional[Tensor],
                   priors: PointPriors) -> Poses:
        """Decodes as :meth:`PoseDecoder.decode`, including duplicates."""
        return super().decode(scores, offsets, visibilities, priors)

    def decode(self, scores: Tensor, offsets: Tensor, visibilities: Optional[Tensor],
               priors: PointPriors) -> Poses:
        """Decodes as :meth:`PoseDecoder.decode`; duplicates get a score of 0."""
        return self.suppress(self.candidates(scores, offsets, visibilities, priors))

    def suppress(self, poses: Poses) -> Poses:
        """Lowers the scores of duplicates; input and output are sorted, best first."""
        if self.soft:
            scores = torch.stack([
                soft_oks_nms(keypoints, scores, self.sigmas, self.nms_thr)
                for keypoints, scores in zip(poses.keypoints, poses.scores)
            ])
            return sort_poses(poses._replace(scores=scores))
        kept = torch.stack([
            oks_nms(keypoints, self.sigmas, self.nms_thr)
            for keypoints in poses.keypoints
        ])
        return poses._replace(scores=poses.scores * kept)


def oks_nms(keypoints: Tensor, sigmas: Tensor, thr: float) -> Tensor:
    """Greedy OKS-NMS over poses sorted by score, best first.

    MMPose's ``oks_nms`` compares single pairs in numpy, which takes 13 times as long for
    300 different poses and does not run on the GPU, and gives poses without extent no area.
    The area here is that of the better pose's keypoint box. (MMPose uses the mean of both,
    which is the same for duplicates, as they have one size.)

    Args:
        keypoints (Tensor): In pixels, (N, K, 2).
        sigmas (Tensor): Keypoint sigmas, (K, ).
        thr (float): Poses with a larger OKS with a kept pose are suppressed.

    Returns:
        Tensor: True for kept poses, bool, (N, ).
    """
    duplicate_of = torch.triu(_similarity(keypoints, sigmas) > thr, diagonal=1)
    kept = torch.ones(len(keypoints), dtype=torch.bool, device=keypoints.device)
    for row in range(len(keypoints)):  # greedy: suppressed poses do not suppress others
        kept &= ~(duplicate_of[row] & kept[row])
    return kept


def soft_oks_nms(keypoints: Tensor, scores: Tensor, sigmas: Tensor, thr: float) -> Tensor:
    """Gaussian Soft-NMS with OKS instead of IoU.

    In each round, the best remaining pose is selected, and the scores of the others are
    multiplied by ``exp(-OKS^2 / thr)`` with it. MMPose's ``soft_oks_nms`` does the same but
    takes 22 times as long, and returns the order instead of the lowered scores, which rank
    people across images.

    Args:
        keypoints (Tensor): In pixels, (N, K, 2).
        scores (Tensor): (N, ).
        sigmas (Tensor): Keypoint sigmas, (K, ).
        thr (float): Sigma of the Gaussian.

    Returns:
        Tensor: The lowered scores, (N, ).
    """
    factor = torch.exp(-_similarity(keypoints, sigmas).square() / thr)
    scores, done = scores.clone(), torch.zeros_like(scores, dtype=torch.bool)
    for _ in range(len(scores)):
        best = scores.masked_fill(done, -1).argmax()
        done[best] = True
        scores = torch.where(done, scores, scores * factor[best])
    return scores


def _similarity(keypoints: Tensor, sigmas: Tensor) -> Tensor:
    """OKS of all pairs of poses, with the area of the row, (N, N)."""
    size = keypoints.amax(-2) - keypoints.amin(-2)
    return pairwise_oks(keypoints, keypoints, torch.ones_like(keypoints[..., 0]),
                        size.prod(-1), sigmas)

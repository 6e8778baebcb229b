"""Decodes the outputs at all priors to the poses of an image."""
from typing import NamedTuple, Optional, Tuple

import torch
from mmpose.registry import TASK_UTILS
from torch import Tensor
from torch.nn.functional import embedding

from erpose.structures import PointPriors


class Poses(NamedTuple):
    """N poses of each image, best first.

    Attributes:
        scores (Tensor): Scores of the poses in [0, 1], to rank them, (B, N).
        keypoints (Tensor): Pixels of the network input, (B, N, K, 2).
        visibilities (Tensor): Probability that the keypoint is labelled, (B, N, K).
    """
    scores: Tensor
    keypoints: Tensor
    visibilities: Tensor


def sort_poses(poses: Poses) -> Poses:
    """Sorts the poses of each image, best first."""
    order = poses.scores.argsort(dim=1, descending=True)
    rows = torch.arange(len(order), device=order.device).unsqueeze(1)
    return Poses(*(field[rows, order] for field in poses))


def decode_poses(offsets: Tensor, points: Tensor, strides: Tensor) -> Tensor:
    """Computes keypoints in pixels from offsets in strides.

    Args:
        offsets (Tensor): Offsets from the prior, in strides, (..., N, 2K).
        points (Tensor): Centres of the priors in pixels, (..., N, 2).
        strides (Tensor): Strides of the priors in pixels, (..., N).

    Returns:
        Tensor: (..., N, K, 2).
    """
    offsets = (offsets * strides.unsqueeze(-1)).unflatten(-1, (-1, 2))
    return offsets + points.unsqueeze(-2)


def pose_sizes(poses: Tensor, least: float) -> Tensor:
    """Square root of the area of the box around the keypoints.

    Args:
        poses (Tensor): In pixels, (..., K, 2).
        least (float): Lower bound of width and height of the box, in pixels, so that one
            keypoint, or keypoints on a line, have a size.

    Returns:
        Tensor: In pixels, (...).
    """
    width, height = (poses.amax(-2) - poses.amin(-2)).clamp(min=least).sqrt().unbind(-1)
    return width * height  # product of the roots, to avoid overflow in half precision


@TASK_UTILS.register_module()
class PoseDecoder:
    """Selects the top-k scores and decodes only these.

    No step depends on the number of people, and all shapes are static.

    Args:
        max_per_img (int): N, the poses returned per image. Defaults to 100: the evaluations
            of COCO and CrowdPose use 20, and a COCO image has at most 91 people.
    """

    def __init__(self, max_per_img: int = 100) -> None:
        if max_per_img < 1:
            raise ValueError(f'max_per_img must be at least 1, got {max_per_img}')
        self.max_per_img = max_per_img

    def decode(self, scores: Tensor, offsets: Tensor, visibilities: Optional[Tensor],
               priors: PointPriors) -> Poses:
        """Decodes a batch.

        Args:
            scores (Tensor): In [0, 1], (B, A).
            offsets (Tensor): From the priors, in strides, (B, A, 2K).
            visibilities (Tensor, optional): Logits, (B, A, K). If None, all visibilities
                are 1.
            priors (PointPriors): The A priors.
        """
        scores, index = topk_scores(scores, self.max_per_img)
        return Poses(scores, poses_at(index, offsets, priors),
                     visibilities_at(index, visibilities, offsets))


def topk_scores(scores: Tensor, count: int) -> Tuple[Tensor, Tensor]:
    """The ``count`` highest scores (B, A), highest first, and their indices: both (B, N).

    If there are fewer, all are returned. (A graph with dynamic size is traced with unknown
    A, so its input must have at least ``count`` priors.)
    """
    if isinstance(scores.shape[1], int):
        count = min(count, scores.shape[1])
    return scores.topk(count, dim=1)


def poses_at(index: Tensor, offsets: Tensor, priors: PointPriors) -> Tensor:
    """Poses (B, N, K, 2), in pixels, of the priors ``index`` (B, N); offsets (B, A, 2K)."""
    return decode_poses(take(offsets, index), embedding(index, priors.points),
                        embedding(index, priors.strides.unsqueeze(-1)).squeeze(-1))


def visibilities_at(index: Tensor, visibilities: Optional[Tensor],
                    offsets: Tensor) -> Tensor:
    """Probabilities (B, N, K) of the priors ``index`` (B, N); 1 if not predicted."""
    if visibilities is None:
        return offsets.new_ones(*index.shape, offsets.shape[-1] // 2)
    return take(visibilities, index).sigmoid()


def take(values: Tensor, index: Tensor) -> Tensor:
    """The rows ``index`` (B, N) of ``values`` (B, A, C): (B, N, C)."""
    return values.gather(1, index.unsqueeze(-1).expand(-1, -1, values.shape[-1]))

"""Object keypoint similarity (OKS), as COCO defines it.

``e_k = d_k^2 / (2 s^2 (2 sigma_k)^2)`` and ``OKS = mean_k exp(-e_k)`` over the labelled
keypoints k, where ``d_k`` is the distance in pixels and ``s^2`` the person's area.
"""
import torch
from torch import Tensor

AREA_FLOOR = 32.0
"""Lower bound of the area in OKS, in pixels^2. With smaller areas, OKS underflows for any
realistic distance."""


def keypoint_error(pred: Tensor, target: Tensor, area: Tensor,
                   sigmas: Tensor) -> Tensor:
    """Computes the normalised squared error ``e_k`` of each keypoint.

    Args:
        pred (Tensor): Predicted keypoints in pixels, (..., K, 2).
        target (Tensor): Ground truth keypoints in pixels, broadcastable to ``pred``.
        area (Tensor): Area of the persons in pixels^2, broadcastable to (...).
        sigmas (Tensor): The data set's keypoint sigmas, (K, ).

    Returns:
        Tensor: float32, (..., K).
    """
    distance2 = (pred.float() - target.float()).square().sum(-1)
    scale2 = 2 * (2 * sigmas.float()).square() * area.float().clamp(
        min=AREA_FLOOR).unsqueeze(-1)
    return distance2 / scale2


def oks(pred: Tensor, target: Tensor, labelled: Tensor, area: Tensor,
        sigmas: Tensor) -> Tensor:
    """Computes the OKS of aligned (or broadcastable) poses.

    Args:
        pred (Tensor): Predicted keypoints in pixels, (..., K, 2).
        target (Tensor): Ground truth keypoints in pixels, broadcastable to ``pred``.
        labelled (Tensor): 1 where the keypoint is labelled, else 0, (..., K).
        area (Tensor): Area of the persons in pixels^2, (...).
        sigmas (Tensor): The data set's keypoint sigmas, (K, ).

    Returns:
        Tensor: float32 in [0, 1], (...); 0 where no keypoint is labelled.
    """
    similarity = torch.exp(-keypoint_error(pred, target, area, sigmas))
    return mean_over_labelled(similarity, labelled)


def pairwise_oks(pred: Tensor, target: Tensor, labelled: Tensor, area: Tensor,
                 sigmas: Tensor) -> Tensor:
    """Computes the OKS of each of N predictions with each of G persons.

    Args:
        pred (Tensor): Predicted keypoints in pixels, (..., N, K, 2).
        target (Tensor): Ground truth keypoints in pixels, (..., G, K, 2).
        labelled (Tensor): 1 where the keypoint is labelled, else 0, (..., G, K).
        area (Tensor): Area of the persons in pixels^2, (..., G).
        sigmas (Tensor): The data set's keypoint sigmas, (K, ).

    Returns:
        Tensor: float32 in [0, 1], (..., G, N).
    """
    pred, target, labelled = pred.float(), target.float(), labelled.float()
    scale2 = 2 * area.float().clamp(min=AREA_FLOOR)
    total = pred.new_zeros(*target.shape[:-2], pred.shape[-3])
    for k, sigma in enumerate(sigmas.tolist()):
        delta = pred[..., None, :, k, :] - target[..., :, None, k, :]
        error = delta.square().sum(-1) / (scale2 * (2 * sigma)**2).unsqueeze(-1)
        total += torch.exp(-error) * labelled[..., k].unsqueeze(-1)
    return total / labelled.sum(-1).clamp(min=1).unsqueeze(-1)


def mean_over_labelled(values: Tensor, weight: Tensor) -> Tensor:
    """Weighted mean of (..., K) values, 0 where all weights are 0."""
    weight = weight.to(values)
    return (values * weight).sum(-1) / weight.sum(-1).clamp(min=1e-6)

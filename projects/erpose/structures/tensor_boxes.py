"""Boxes around keypoints of predictions and targets, as tensors."""
import torch
from torch import Tensor


def pose_boxes(keypoints: Tensor) -> Tensor:
    """Boxes xyxy around all keypoints of predicted poses: (..., 4) of (..., K, 2)."""
    return torch.cat([keypoints.amin(-2), keypoints.amax(-2)], -1)


def target_boxes(keypoints: Tensor, labelled: Tensor) -> Tensor:
    """Boxes around the labelled keypoints, at least one pixel wide and high.

    Args:
        keypoints (Tensor): In pixels, (..., K, 2).
        labelled (Tensor): Non-zero where the keypoint is labelled, (..., K).

    Returns:
        Tensor: xyxy, (..., 4); one pixel at the origin if no keypoint is labelled.
    """
    hidden = (labelled == 0).unsqueeze(-1)
    low = keypoints.masked_fill(hidden, torch.inf).amin(-2)
    high = keypoints.masked_fill(hidden, -torch.inf).amax(-2)
    none = hidden.all(-2)  # padding
    low, high = low.masked_fill(none, 0), high.masked_fill(none, 0)
    return torch.cat([low, torch.maximum(high, low + 1)], -1)

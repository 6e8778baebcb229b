"""The ground truth of a batch as padded tensors."""
from typing import List, NamedTuple, Optional

import torch
from mmengine.structures import BaseDataElement
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence


class PoseTargets(NamedTuple):
    """Persons of B images, padded to G, the largest number in an image.

    Attributes:
        keypoints (Tensor): Pixels of the network input, float32, (B, G, K, 2).
        labelled (Tensor): 1 where a keypoint is labelled, float32, (B, G, K).
        supervised (Tensor): 1 where ``labelled`` can be supervised, 0 for keypoints that
            the person's data set does not define, float32, (B, G, K).
        area (Tensor): Pixels^2 of the network input, float32, (B, G).
        valid (Tensor): False for padding, bool, (B, G).
        ignore (Tensor): xyxy boxes of crowd regions and of persons without labelled
            keypoints, inside which nothing is negative. float32, (B, I, 4), zero-padded.
    """
    keypoints: Tensor
    labelled: Tensor
    supervised: Tensor
    area: Tensor
    valid: Tensor
    ignore: Tensor


def collect_targets(data_samples: List[BaseDataElement],
                    num_keypoints: int,
                    device: Optional[torch.device] = None) -> PoseTargets:
    """Stacks the ``gt_instance_labels`` of a batch.

    A person without a labelled keypoint is not a target; its box, if any, is ignored.

    Args:
        data_samples (list[PoseDataSample]): Their ``gt_instance_labels`` have ``keypoints``
            (G, K, 2), ``keypoints_visible`` (G, K), ``areas`` (G, ) and, optionally,
            ``keypoints_visible_weights`` (G, K) and ``bboxes`` (G, 4).
        num_keypoints (int): K of the model.
        device (torch.device): Device of the targets.

    Raises:
        ValueError: If the number of keypoints in the data is not K.
    """
    persons, ignored = [], []
    for sample in data_samples:
        labels = sample.gt_instance_labels
        if len(labels) and labels.keypoints.shape[1] != num_keypoints:
            raise ValueError(
                f'the data set has {labels.keypoints.shape[1]} keypoints, the model '
                f"{num_keypoints}: set the head's metainfo to that of the data set")
        keypoints = labels.keypoints.float().reshape(-1, num_keypoints, 2)
        labelled = (labels.keypoints_visible > 0).float().reshape(-1, num_keypoints)
        supervised = labels.get('keypoints_visible_weights', torch.ones_like(labelled))
        boxes = labels.get('bboxes', keypoints.new_zeros(len(keypoints), 4))
        is_person = labelled.any(-1)
        persons.append([
            field[is_person].float().to(device)
            for field in (keypoints, labelled, supervised, labels.areas)
        ])
        ignored.append(boxes[~is_person].float().to(device))
    keypoints, labelled, supervised, area = (
        pad_sequence(list(field), batch_first=True) for field in zip(*persons))
    return PoseTargets(keypoints, labelled, supervised, area, labelled.any(-1),
                       pad_sequence(ignored, batch_first=True))


def inside_boxes(points: Tensor, boxes: Tensor) -> Tensor:
    """Finds the points that lie inside any box of the image.

    Args:
        points (Tensor): x, y in pixels, (A, 2).
        boxes (Tensor): xyxy in pixels, (B, I, 4). Zero boxes contain nothing.

    Returns:
        Tensor: bool, (B, A).
    """
    low, high = boxes[..., None, :2], boxes[..., None, 2:]
    return ((points > low) & (points < high)).all(-1).any(1)

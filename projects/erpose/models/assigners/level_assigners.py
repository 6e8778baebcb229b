"""Fixed assignment: each person to the level of its size, there to where it stands."""
from typing import Optional, Sequence

import torch
from mmpose.registry import TASK_UTILS
from torch import Tensor

from erpose.structures import PointPriors, PoseTargets, mean_over_labelled, target_boxes

CENTRES = ('keypoints', 'box')


@TASK_UTILS.register_module()
class CentroidAssigner:
    """The prior that is closest to the person, on the level of its size (PoseDet, 3.2).

    Where two persons want one prior, the closer one has it and the other none.

    Args:
        centre (str): 'keypoints': the centroid of the labelled keypoints; 'box': the
            centre of the box around them. Defaults to 'keypoints' (Table 5).
        size (float): A person of a box with this root of the area, in strides, is on the
            border between the level and the finer one. Defaults to 4 (RepPoints, which
            the paper starts from).
    """

    def __init__(self, centre: str = 'keypoints', size: float = 4.0) -> None:
        if centre not in CENTRES:
            raise ValueError(f'centre must be one of {CENTRES}, got {centre!r}')
        self.centre = centre
        self.size = size

    @torch.no_grad()
    def assign(self, targets: PoseTargets, priors: PointPriors) -> Tensor:
        """Index of the person that each prior learns, -1 if none, (B, A)."""
        batch, persons = targets.valid.shape
        person = targets.valid.new_full((batch, len(priors.points)), -1, dtype=torch.long)
        if persons == 0:
            return person
        boxes = target_boxes(targets.keypoints, targets.labelled)
        centre = boxes.unflatten(-1, (2, 2)).mean(-2)
        if self.centre == 'keypoints':
            centre = mean_over_labelled(targets.keypoints.transpose(-1, -2),
                                        targets.labelled.unsqueeze(-2))
        level = person_levels(boxes, priors, self.size)
        prior = torch.zeros_like(level)
        for index, (stride, height, width, start) in enumerate(priors.levels):
            x, y = (centre / stride).floor().long().unbind(-1)
            there = start + y.clamp(0, height - 1) * width + x.clamp(0, width - 1)
            prior = torch.where(level == index, there, prior)
        distance = (priors.points[prior] - centre).square().sum(-1)
        distance = distance.masked_fill(~targets.valid, torch.inf)
        closest = torch.full_like(person, torch.inf, dtype=distance.dtype).scatter_reduce(
            1, prior, distance, 'amin')
        wins = targets.valid & (distance == closest.gather(1, prior))
        slot = torch.arange(persons, device=person.device).expand_as(prior)
        slot = slot.masked_fill(~wins, persons)  # equally close: the first person
        first = torch.full_like(person, persons).scatter_reduce(1, prior, slot, 'amin')
        return torch.where(first < persons, first, person)


@TASK_UTILS.register_module()
class ShrunkBoxAssigner:
    """All priors near the centre of the person's box, on the level of its size.

    SMPR, section III-C. A prior in several persons' areas goes to the smallest box.

    Args:
        side (float, optional): Of the area about the centre of the box around the labelled
            keypoints, in strides. Defaults to 1.5. None: the whole box (Table I,
            "baseline").
        size (float): As in :class:`CentroidAssigner`.
    """

    def __init__(self, side: Optional[float] = 1.5, size: float = 4.0) -> None:
        self.side = side
        self.size = size

    @torch.no_grad()
    def assign(self, targets: PoseTargets, priors: PointPriors) -> Tensor:
        """Index of the person that each prior learns, -1 if none, (B, A)."""
        batch, persons = targets.valid.shape
        if persons == 0:
            return targets.valid.new_full((batch, len(priors.points)), -1, dtype=torch.long)
        boxes = target_boxes(targets.keypoints, targets.labelled)
        low, high = boxes.unsqueeze(2).split(2, -1)
        if self.side is not None:
            centre, half = (low + high) / 2, self.side * priors.strides[:, None] / 2
            low, high = centre - half, centre + half
        inside = ((priors.points > low) & (priors.points < high)).all(-1)  # (B, G, A)
        counts = [level.height * level.width for level in priors.levels]
        own = torch.arange(len(counts), device=boxes.device).repeat_interleave(
            torch.tensor(counts, device=boxes.device))
        level = person_levels(boxes, priors, self.size)
        inside &= (own == level.unsqueeze(-1)) & targets.valid.unsqueeze(-1)
        area = (boxes[..., 2:] - boxes[..., :2]).prod(-1, keepdim=True)
        smallest, person = area.expand_as(inside).masked_fill(~inside, torch.inf).min(1)
        return person.masked_fill(smallest.isinf(), -1)


def person_levels(boxes: Tensor, priors: PointPriors, size: float) -> Tensor:
    """Index of the level whose stride fits the person (RepPoints).

    Args:
        boxes (Tensor): xyxy in pixels, (B, G, 4).
        priors (PointPriors): Their strides double from level to level.
        size (float): The root of a box's area is at least this many strides of its level,
            and less than twice as many, but for the first and the last level.

    Returns:
        Tensor: long, (B, G).
    """
    strides: Sequence[int] = [level.stride for level in priors.levels]
    root = (boxes[..., 2:] - boxes[..., :2]).clamp(min=1).prod(-1).sqrt()
    level = torch.log2(root / (size * strides[0])).floor().long()
    return level.clamp(0, len(strides) - 1)

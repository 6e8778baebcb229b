"""Fixed assignment by the size and position of each person."""
from typing import Optional, Sequence

import torch
from mmpose.registry import TASK_UTILS
from torch import Tensor

from erpose.structures import PointPriors, PoseTargets, mean_over_labelled, target_boxes

CENTRES = ('keypoints', 'box')


@TASK_UTILS.register_module()
class CentroidAssigner:
    """Assigns the closest prior on the level of the person's size (PoseDet, 3.2).

    If two persons share the closest prior, the closer one gets it and the other none.

    Args:
        centre (str): 'keypoints': the centroid of the labelled keypoints; 'box': the
            centre of the box around them. Defaults to 'keypoints' (Table 5).
        size (float): Smallest root of the box area on a level, in its strides, see
            :func:`person_levels`. Defaults to 4 (RepPoints, which the paper starts from).
    """

    def __init__(self, centre: str = 'keypoints', size: float = 4.0) -> None:
        if centre not in CENTRES:
            raise ValueError(f'centre must be one of {CENTRES}, got {centre!r}')
        self.centre = centre
        self.size = size

    @torch.no_grad()
    def assign(self, targets: PoseTargets, priors: PointPriors) -> Tensor:
        """Returns the index of the person assigned to each prior, -1 if none, (B, A)."""
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
            cell = start + y.clamp(0, height - 1) * width + x.clamp(0, width - 1)
            prior = torch.where(level == index, cell, prior)
        distance = (priors.points[prior] - centre).square().sum(-1)
        distance = distance.masked_fill(~targets.valid, torch.inf)
        closest = torch.full_like(person, torch.inf, dtype=distance.dtype).scatter_reduce(
            1, prior, distance, 'amin')
        wins = targets.valid & (distance == closest.gather(1, prior))
        slot = torch.arange(persons, device=person.device).expand_as(prior)
        slot = slot.masked_fill(~wins, persons)  # the first person wins a tie
        first = torch.full_like(person, persons).scatter_reduce(1, prior, slot, 'amin')
        return torch.where(first < persons, first, person)


@TASK_UTILS.register_module()
class ShrunkBoxAssigner:
    """Assigns all priors near the centre of the person's box, on the level of its size.

    See SMPR, section III-C. A prior in the areas of several persons goes to the smallest
    box.

    Args:
        side (float, optional): Side of the area around the centre of the box around the
            labelled keypoints, in strides. None: the whole box (Table I, "baseline").
            Defaults to 1.5.
        size (float): See :class:`CentroidAssigner`.
    """

    def __init__(self, side: Optional[float] = 1.5, size: float = 4.0) -> None:
        self.side = side
        self.size = size

    @torch.no_grad()
    def assign(self, targets: PoseTargets, priors: PointPriors) -> Tensor:
        """Returns the index of the person assigned to each prior, -1 if none, (B, A)."""
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
    """Finds the level that fits the size of each person (RepPoints).

    Args:
        boxes (Tensor): xyxy in pixels, (B, G, 4).
        priors (PointPriors): Priors whose strides double from level to level.
        size (float): The root of the box area is at least ``size`` and less than
            ``2 * size`` strides of the level, except on the first and the last level.

    Returns:
        Tensor: long, (B, G).
    """
    strides: Sequence[int] = [level.stride for level in priors.levels]
    root = (boxes[..., 2:] - boxes[..., :2]).clamp(min=1).prod(-1).sqrt()
    level = torch.log2(root / (size * strides[0])).floor().long()
    return level.clamp(0, len(strides) - 1)

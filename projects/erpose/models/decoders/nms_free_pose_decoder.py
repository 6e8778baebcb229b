"""The decoder without NMS: the peaks of the scores are the persons."""
from typing import Optional, Sequence, Tuple

import torch
from mmpose.registry import TASK_UTILS
from torch import Tensor
from torch.nn.functional import max_pool2d

from erpose.structures import PointPriors

from .pose_decoder import (
    PoseDecoder,
    Poses,
    best,
    pose_sizes,
    poses_at,
    sort_poses,
    visibilities_at,
)

CANDIDATES = 1000
"""Poses of an image, the best, among which the persons are."""
MAX_REACH = 8
"""Reach of the largest square in cells: there are as many max-poolings."""


@TASK_UTILS.register_module()
class NMSFreePoseDecoder(PoseDecoder):
    """The persons are the peaks of the scores (after CenterNet, section 4).

    1. *Where*: a pose stands at the centre of its keypoints, whichever prior of whichever
       level predicts it; so all that say the same stand together, and two persons whom
       neighbouring priors predict, apart. The map has the cells of the finest level.
    2. *Two fields*: poses that the camera sees from opposite sides compete in fields of
       their own, as CenterNet's classes do; those seen from the side, in both. A model that
       cannot tell a front from a back has two hypotheses, and AP pays for both.
    3. *Peaks*: a person is what nothing outscores in a square about it, as large as the
       pose asks. Of poses that score the same, as many do in half precision, one is first.
    4. *Agreement*: the cells about a prior mostly hold the same person. Its pose is the
       mean of those that agree (after box voting, Gidaris and Komodakis 2015), with weights
       ``score^2 exp(-d^2 / 2)``, d being the distance to the peak's pose, root mean square
       over the keypoints, in units of ``agreement``. Its score is the geometric mean of the
       peak's and of the root mean square of the nine, in which one counts as it agrees: a
       pose that its neighbours do not confirm ranks lower.

    No two persons are compared, no step depends on how many people there are, and every
    shape is static: the cost is that of a few max-poolings and gathers. What is no peak
    comes last, with a score of 0.

    Args:
        flip_indices (Sequence[int]): The keypoint on the other side of the body, itself
            where there is none, (K, ). The head passes the data set's.
        reach (float): From the centre to the sides of the square, in sizes of the pose: the
            square root of the area of the box around its keypoints. One cell at least, and
            :data:`MAX_REACH` at most. Defaults to 0.15.
        sideways (float): A pose is seen from the side where its left and its right
            keypoints are, on average, no farther apart than this along x, in its sizes.
            Defaults to 0.2.
        agreement (float): In sizes of the pose. Defaults to 0.07.
        max_per_img (int): See :class:`PoseDecoder`.
    """

    def __init__(self, flip_indices: Sequence[int], reach: float = 0.15,
                 sideways: float = 0.2, agreement: float = 0.07, max_per_img: int = 100):
        super().__init__(max_per_img)
        if not (reach >= 0 and sideways >= 0 and agreement > 0):
            raise ValueError('reach and sideways must not be negative, agreement positive, '
                             f'got {reach}, {sideways} and {agreement}')
        self.reach = reach
        self.sideways = sideways
        self.agreement = agreement
        pairs = max(sum(k < other for k, other in enumerate(flip_indices)), 1)
        self.side = [[((k < other) - (k > other)) / pairs, 0.]
                     for k, other in enumerate(flip_indices)]

    def decode(self, scores: Tensor, offsets: Tensor, visibilities: Optional[Tensor],
               priors: PointPriors) -> Poses:
        """As :meth:`PoseDecoder.decode`; poses are means of what agrees, which their
        scores count, and those that are no peaks have a score of 0."""
        high, index = best(scores, CANDIDATES)
        peaks = self._peaks(poses_at(index, offsets, priors), priors)
        high, order = best(high * peaks, self.max_per_img)
        index = index.gather(1, order)
        agreed, poses = self._agreed(index, scores, offsets, priors)
        return sort_poses(Poses((high * agreed).sqrt(), poses,
                                visibilities_at(index, visibilities, offsets)))

    def _peaks(self, poses: Tensor, priors: PointPriors) -> Tensor:
        """Whether poses (B, N, K, 2), in pixels and best first, are peaks, bool, (B, N)."""
        stride, height, width, _ = priors.levels[0]
        x, y = (poses.mean(-2) / stride).floor().long().unbind(-1)
        cell = (y.clamp(0, height - 1) * width + x.clamp(0, width - 1)).unsqueeze(1)
        views = self._views(poses)
        rank = torch.arange(poses.shape[1], 0, -1, dtype=torch.float, device=poses.device)
        field = rank.new_zeros(*views.shape[:2], height * width).scatter_reduce(
            2, cell.expand(views.shape), rank * views, 'amax')
        field = field.unflatten(-1, (height, width))
        squares = []
        for _ in range(MAX_REACH):
            field = max_pool2d(field, 3, stride=1, padding=1)
            squares.append(field)
        reach = (self.reach * pose_sizes(poses) / stride).round().long().clamp(1, MAX_REACH)
        square = (reach.unsqueeze(1) - 1) * height * width + cell
        highest = torch.stack(squares, 2).flatten(2).gather(2, square.expand(views.shape))
        return ((highest <= rank) | ~views).all(1)

    def _views(self, poses: Tensor) -> Tensor:
        """Which of two sides poses (B, N, K, 2) show, or both, bool, (B, 2, N)."""
        apart = (poses * poses.new_tensor(self.side)).sum((-2, -1))
        margin = self.sideways * pose_sizes(poses)
        return torch.stack([apart >= -margin, apart <= margin], 1)

    def _agreed(self, index: Tensor, scores: Tensor, offsets: Tensor,
                priors: PointPriors) -> Tuple[Tensor, Tensor]:
        """Scores (B, N) and poses (B, N, K, 2) of the priors ``index`` (B, N): root mean
        squares and means of what agrees."""
        near, exists = _around(index, priors)
        poses = poses_at(near.flatten(1), offsets, priors).unflatten(1, near.shape[1:])
        scores = scores.gather(1, near.flatten(1)).view(near.shape).clamp(min=1e-3)
        peak = poses[:, :, 4:5]
        unit = self.agreement * pose_sizes(peak).clamp(min=1e-3)
        distance = (poses - peak).square().sum(-1).mean(-1).sqrt() / unit
        weight = scores.square() * torch.exp(-distance.square() / 2) * exists
        share = weight / weight.sum(-1, keepdim=True)
        return weight.mean(-1).sqrt(), (share[..., None, None] * poses).sum(2)


def _around(index: Tensor, priors: PointPriors) -> Tuple[Tensor, Tensor]:
    """Priors ``index`` (B, N) with the eight cells around each, (B, N, 9), and whether they
    exist.

    The cell itself is the fifth. At a border some of the nine do not exist or lie
    elsewhere: what those predict does not agree.
    """
    width = torch.cat([index.new_full((level.height * level.width, ), level.width)
                       for level in priors.levels])[index].unsqueeze(-1)
    step = torch.arange(-1, 2, device=index.device)
    near = (index.unsqueeze(-1) + width * step).unsqueeze(-1) + step
    near = near.flatten(-2)
    inside = near.clamp(0, len(priors.points) - 1)
    return inside, inside == near

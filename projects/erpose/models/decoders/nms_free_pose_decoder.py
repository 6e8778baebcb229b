"""The decoder without NMS: the peaks of the scores are the persons."""
from typing import List, Sequence

from mmdet.models.utils import get_local_maximum
from mmpose.registry import TASK_UTILS
from torch import Tensor

from .pose_decoder import PoseDecoder


@TASK_UTILS.register_module()
class NMSFreePoseDecoder(PoseDecoder):
    """Peaks of the score maps, then their top-k (CenterNet, section 4).

    The cost is that of one max-pooling a level: no two poses are compared, no step depends
    on how many people there are, and every shape is static. Levels are not compared either:
    a person may peak on two. Neighbours of exactly equal scores stay both.

    Args:
        window (int): Side of the square, in cells, within which a peak is the highest.
            Odd; 1 leaves all scores. Defaults to 3.
        max_per_img (int): See :class:`PoseDecoder`.
    """

    def __init__(self, window: int = 3, max_per_img: int = 100):
        super().__init__(max_per_img)
        if window % 2 == 0 or window < 1:
            raise ValueError(f'window must be odd and positive, got {window}')
        self.window = window

    def peaks(self, scores: Sequence[Tensor]) -> List[Tensor]:
        """L maps (B, 1, H, W) of scores in [0, 1], with 0 wherever a neighbour's is
        higher."""
        return [get_local_maximum(score, self.window) for score in scores]

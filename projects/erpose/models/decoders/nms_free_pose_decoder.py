"""The decoder without NMS: the peaks of the scores are the persons."""
from typing import List, Sequence

from mmpose.registry import TASK_UTILS
from torch import Tensor
from torch.nn.functional import max_pool2d, pad

from .pose_decoder import PoseDecoder


@TASK_UTILS.register_module()
class NMSFreePoseDecoder(PoseDecoder):
    """Peaks of the score maps, then their top-k (CenterNet, section 4).

    The cost is that of two max-poolings a level: no two poses are compared, no step
    depends on how many people there are, and every shape is static. Levels are not compared
    either. Of neighbours that score the same, as many do in half precision, the first in
    reading order stays.

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
        higher, or equal and earlier."""
        return [score * _is_peak(score, self.window) for score in scores]


def _is_peak(score: Tensor, window: int) -> Tensor:
    """bool, (B, 1, H, W)."""
    reach = window // 2
    peak = score == max_pool2d(score, window, stride=1, padding=reach)
    row = max_pool2d(score, (1, window), stride=1, padding=(0, reach))
    for distance in range(1, reach + 1):
        peak &= score > pad(row, (0, 0, distance, 0))[..., :-distance, :]
        peak &= score > pad(score, (distance, 0))[..., :-distance]
    return peak

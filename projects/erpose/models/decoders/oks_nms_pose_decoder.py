"""The decoder that the one-to-many outputs need: top-k, then OKS-NMS."""
import torch
from mmpose.registry import TASK_UTILS
from torch import Tensor

from erpose.structures import PointPriors, pairwise_oks

from .nms_free_pose_decoder import NMSFreePoseDecoder, Poses


@TASK_UTILS.register_module()
class OKSNMSPoseDecoder(NMSFreePoseDecoder):
    """Decodes one-to-many outputs, to measure what NMS-free costs and saves.

    Args:
        sigmas (Sequence[float]): Keypoint sigmas, (K, ). The head passes the data set's.
        nms_thr (float): A pose whose OKS with a better one exceeds this is a duplicate.
            Defaults to 0.8.
        max_per_img (int): Poses kept an image before NMS. Defaults to 300.
    """

    def __init__(self, sigmas, nms_thr: float = 0.8, max_per_img: int = 300):
        super().__init__(max_per_img)
        self.sigmas = torch.as_tensor(sigmas)
        self.nms_thr = nms_thr

    def decode(self, scores: Tensor, poses: Tensor, priors: PointPriors) -> Poses:
        """As :meth:`NMSFreePoseDecoder.decode`; duplicates stay, with the score 0."""
        poses = super().decode(scores, poses, priors)
        kept = torch.stack([
            oks_nms(keypoints, self.sigmas, self.nms_thr)
            for keypoints in poses.keypoints
        ])
        return poses._replace(scores=poses.scores * kept)


def oks_nms(keypoints: Tensor, sigmas: Tensor, thr: float) -> Tensor:
    """Greedy OKS-NMS over poses sorted by score, best first.

    The area is that of the better pose's keypoint box. (MMPose's ``oks_nms`` takes the mean
    of both boxes: the same for duplicates, which are of one size.)

    Args:
        keypoints (Tensor): In pixels, (N, K, 2).
        sigmas (Tensor): Keypoint sigmas, (K, ).
        thr (float): Suppress what has a larger OKS with a kept pose.

    Returns:
        Tensor: Kept, bool, (N, ).
    """
    size = keypoints.amax(-2) - keypoints.amin(-2)
    similarity = pairwise_oks(keypoints, keypoints,
                              torch.ones_like(keypoints[..., 0]), size.prod(-1), sigmas)
    duplicate_of = torch.triu(similarity > thr, diagonal=1)
    kept = torch.ones(len(keypoints), dtype=torch.bool, device=keypoints.device)
    for row in range(len(keypoints)):  # greedy: a suppressed pose suppresses nobody
        kept &= ~(duplicate_of[row] & kept[row])
    return kept

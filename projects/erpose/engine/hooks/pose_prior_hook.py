"""Initialises the pose branch with the mean pose of the data set."""
import numpy as np
import torch
from mmengine.dataset import BaseDataset
from mmengine.hooks import Hook
from mmengine.model import BaseModel
from mmengine.runner import Runner
from mmengine.runner.checkpoint import CheckpointLoader
from mmpose.registry import HOOKS

from .checkpoint_fit_hook import unwrapped, weights_of


@HOOKS.register_module()
class PosePriorHook(Hook):
    """Sets the biases of the pose branch to the mean pose of the training annotations.

    Without it all keypoints start at the prior, and OKS, which the assignment relies on, is
    0 for every person. With it, each level starts with a person of its typical size. The
    hook does nothing if training resumes or if the ``load_from`` checkpoint contains this
    pose branch; one with another number of keypoints, or of a backbone only, does not.

    Args:
        size (float): Square root of the typical person's area, in strides of the level.
            Defaults to 4.
    """

    def __init__(self, size: float = 4.0) -> None:
        self.size = size

    def before_train(self, runner: Runner) -> None:
        model = unwrapped(runner)
        if runner.iter > 0 or (runner._load_from and _has_pose_branch(
                runner._load_from, model)):
            return
        head = model.head
        pose = mean_pose(runner.train_dataloader.dataset, head.num_keypoints)
        with torch.no_grad():
            for output in head.pose_branch.outputs:
                offsets = output.bias[:2 * head.num_keypoints]
                offsets.copy_(torch.from_numpy(self.size * pose).reshape(-1))
        runner.logger.info('pose branch starts at the mean pose of the training set')


def _has_pose_branch(path: str, model: BaseModel) -> bool:
    """Whether a checkpoint has the biases of the model's pose branch in the same shapes."""
    weights = weights_of(CheckpointLoader.load_checkpoint(path, 'cpu', logger='silent'))
    return all(
        f'head.pose_branch.outputs.{level}.bias' in weights
        and weights[f'head.pose_branch.outputs.{level}.bias'].shape == output.bias.shape
        for level, output in enumerate(model.head.pose_branch.outputs))


def mean_pose(dataset: BaseDataset, num_keypoints: int) -> np.ndarray:
    """Mean keypoints about the centroid, in units of the square root of the area.

    Args:
        dataset: A COCO-style data set of MMPose, or a ``CombinedDataset`` of such.
        num_keypoints (int): K. Sub-sets with another K are skipped.

    Returns:
        np.ndarray: float32, (K, 2).
    """
    total, count = np.zeros((num_keypoints, 2)), np.zeros((num_keypoints, 1))
    for part in getattr(dataset, 'datasets', [dataset]):
        for index in range(len(part)):
            info = part.get_data_info(index)
            if info['keypoints'].shape[1] != num_keypoints:
                break
            labelled = info['keypoints_visible'][..., None] > 0
            centroid = (info['keypoints'] * labelled).sum(1, keepdims=True)
            centroid = centroid / labelled.sum(1, keepdims=True).clip(min=1)
            scale = np.sqrt(np.maximum(info['area'], 1)).reshape(-1, 1, 1)
            total += ((info['keypoints'] - centroid) / scale * labelled).sum(0)
            count += labelled.sum(0)
    return (total / count.clip(min=1)).astype(np.float32)

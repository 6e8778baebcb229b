from .keypoint_dataset import KeypointDataset
from .transforms import (
    FilterPersons,
    LoadTrainImage,
    PackPoseTargets,
    PoseMixUp,
    PoseMosaic,
    PoseRandomFlip,
)

__all__ = ['FilterPersons', 'KeypointDataset', 'LoadTrainImage', 'PackPoseTargets',
           'PoseMixUp', 'PoseMosaic', 'PoseRandomFlip']

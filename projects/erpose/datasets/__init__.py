from .keypoint_dataset import KeypointDataset
from .transforms import (
    FilterPersons,
    LoadTestImage,
    LoadTrainImage,
    PackPoseTargets,
    PoseMixUp,
    PoseMosaic,
    PoseRandomFlip,
)

__all__ = ['FilterPersons', 'KeypointDataset', 'LoadTestImage', 'LoadTrainImage',
           'PackPoseTargets', 'PoseMixUp', 'PoseMosaic', 'PoseRandomFlip']

from .in_memory import InMemoryBatches
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

__all__ = ['FilterPersons', 'InMemoryBatches', 'KeypointDataset', 'LoadTestImage',
           'LoadTrainImage', 'PackPoseTargets', 'PoseMixUp', 'PoseMosaic',
           'PoseRandomFlip']

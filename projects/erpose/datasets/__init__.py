from .keypoint_dataset import KeypointDataset
from .transforms import FilterPersons, LoadTrainImage, PackPoseTargets, PoseRandomFlip

__all__ = ['FilterPersons', 'KeypointDataset', 'LoadTrainImage', 'PackPoseTargets',
           'PoseRandomFlip']

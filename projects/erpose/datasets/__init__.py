from .keypoint_dataset import KeypointDataset
from .transforms import FilterPersons, LoadTestImage, LoadTrainImage, PackPoseTargets

__all__ = ['FilterPersons', 'KeypointDataset', 'LoadTestImage', 'LoadTrainImage',
           'PackPoseTargets']

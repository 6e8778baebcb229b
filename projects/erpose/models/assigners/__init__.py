from .box_dynamic_assigner import BoxDynamicAssigner
from .keypoint_dynamic_assigner import Assignment, KeypointDynamicAssigner
from .level_assigners import CentroidAssigner, ShrunkBoxAssigner, person_levels

__all__ = [
    'Assignment', 'BoxDynamicAssigner', 'CentroidAssigner', 'KeypointDynamicAssigner',
    'ShrunkBoxAssigner', 'person_levels'
]

from .box_dynamic_assigner import BoxDynamicAssigner
from .keypoint_dynamic_assigner import Assignment, KeypointDynamicAssigner

__all__ = ['Assignment', 'BoxDynamicAssigner', 'KeypointDynamicAssigner']

from .keypoint_dynamic_assigner import Assignment, KeypointDynamicAssigner

__all__ = ['Assignment', 'KeypointDynamicAssigner']

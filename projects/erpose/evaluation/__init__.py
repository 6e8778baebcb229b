from .duplicates import duplicate_rate
from .pose_metric import PoseMetric

__all__ = ['PoseMetric', 'duplicate_rate']

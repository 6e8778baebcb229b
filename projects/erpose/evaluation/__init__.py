from .diagnosis import diagnose, match
from .duplicates import duplicate_rate
from .failure_sheet import failure_sheet
from .pose_metric import PoseMetric, metric_of_files

__all__ = ['PoseMetric', 'diagnose', 'duplicate_rate', 'failure_sheet', 'match',
           'metric_of_files']

from .diagnosis import diagnose, match
from .duplicates import DuplicateRates, duplicate_rates
from .failure_sheet import failure_sheet
from .pose_metric import PoseMetric, metric_of_files

__all__ = ['DuplicateRates', 'PoseMetric', 'diagnose', 'duplicate_rates', 'failure_sheet',
           'match', 'metric_of_files']

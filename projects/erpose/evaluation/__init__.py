from .duplicates import DuplicateRates, duplicate_rates
from .pose_metric import PoseMetric, metric_of_files

__all__ = ['DuplicateRates', 'PoseMetric', 'duplicate_rates', 'metric_of_files']

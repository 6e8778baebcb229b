from .branches import AlignedBranch, LevelBranch, LevelStem, flatten_levels, per_level
from .point_aggregation import PointAggregation

__all__ = [
    'AlignedBranch', 'LevelBranch', 'LevelStem', 'PointAggregation', 'flatten_levels',
    'per_level'
]

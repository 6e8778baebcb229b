from .branches import LevelBranch, flatten_levels

__all__ = ['LevelBranch', 'flatten_levels']

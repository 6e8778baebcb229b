"""Synthetic crowds: images of articulated figures with exact keypoint annotations."""
from .annotate import annotate
from .crowd_index import crowd_index
from .scene import render_scene
from .skeleton import Skeleton
from .writer import generate

__all__ = ['Skeleton', 'annotate', 'crowd_index', 'generate', 'render_scene']

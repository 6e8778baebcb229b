"""Makes the photographs that the project trains and tests on from the official data sets.

The files in ``image_ids`` list the images of COCO and Leeds Sports Pose in each set. Images
and annotations are scaled down.
"""
from .coco import build_coco
from .image_set import image_ids
from .lsp import build_lsp
from .scenes import build_scenes

__all__ = ['build_coco', 'build_lsp', 'build_scenes', 'image_ids']

"""Annotation files in COCO's format: images found, people checked and completed.

It needs numpy, OpenCV and Pillow alone, not PyTorch and MMPose.
"""

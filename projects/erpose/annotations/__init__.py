"""Reads COCO annotation files: finds images, checks and completes annotations.

Needs only numpy, OpenCV and Pillow, not PyTorch or MMPose.
"""

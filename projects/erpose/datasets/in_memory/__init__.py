"""Training from memory: images are kept decoded on the device and augmented in batches.

For machines on which decoding and augmentation are slower than the GPU.
"""
from .batches import InMemoryBatches
from .image_store import ImageStore

__all__ = ['ImageStore', 'InMemoryBatches']

"""Training from memory: decoded images on the device, augmented there in whole batches.

For machines whose GPU waits for the decoding and augmentation of images otherwise.
"""
from .batches import InMemoryBatches
from .image_store import ImageStore

__all__ = ['ImageStore', 'InMemoryBatches']

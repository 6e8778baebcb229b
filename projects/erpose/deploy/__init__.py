"""Export, and a runtime that needs numpy, OpenCV and ONNX Runtime alone."""
from .letterbox import Fit, letterbox
from .people import People
from .predictor import Predictor

__all__ = ['Fit', 'People', 'Predictor', 'letterbox']

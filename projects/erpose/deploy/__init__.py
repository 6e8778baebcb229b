"""Export, and a runtime that needs numpy, OpenCV and ONNX Runtime alone."""
from .decode import DecoderSettings, decode_maps
from .letterbox import Fit, letterbox
from .people import People
from .predictor import Predictor

__all__ = ['DecoderSettings', 'Fit', 'People', 'Predictor', 'decode_maps', 'letterbox']

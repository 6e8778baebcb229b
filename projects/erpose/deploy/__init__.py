"""Export to ONNX, and a runtime that only needs numpy, OpenCV and ONNX Runtime."""
from erpose.imaging import Fit, People, letterbox

from .decode import DecoderSettings, decode_maps
from .predictor import Predictor

__all__ = ['DecoderSettings', 'Fit', 'People', 'Predictor', 'decode_maps', 'letterbox']

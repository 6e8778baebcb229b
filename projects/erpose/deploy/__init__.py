"""Export to ONNX, and a runtime that only needs numpy, OpenCV and ONNX Runtime."""
import sys
from importlib import import_module

from erpose.imaging import Fit, People, letterbox

from .decode import DecoderSettings, decode_maps
from .predictor import Predictor

__all__ = ['DecoderSettings', 'Fit', 'People', 'Predictor', 'decode_maps', 'letterbox']

# Until 0.1 also a module (see erpose.moved, whose import would replace the function).
sys.modules[f'{__name__}.letterbox'] = import_module('erpose.imaging.letterbox')

"""Export to ONNX, and a runtime that only needs numpy, OpenCV and ONNX Runtime."""
import sys
from importlib import import_module

from erpose.imaging import Fit, People, letterbox

from .decode import DecoderSettings, decode_maps
from .predictor import Predictor

__all__ = ['DecoderSettings', 'Fit', 'People', 'Predictor', 'decode_maps', 'letterbox']

# Backward compatibility: these modules have moved to erpose.imaging.
for _name in ('draw', 'letterbox', 'people', 'sources', 'writers'):
    sys.modules[f'{__name__}.{_name}'] = import_module(f'erpose.imaging.{_name}')

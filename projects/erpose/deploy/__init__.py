"""Export, and a runtime that needs numpy, OpenCV and ONNX Runtime alone."""
import sys
from importlib import import_module

from erpose.imaging import Fit, People, letterbox

from .decode import DecoderSettings, decode_maps
from .predictor import Predictor

__all__ = ['DecoderSettings', 'Fit', 'People', 'Predictor', 'decode_maps', 'letterbox']

# Programs written before erpose.imaging import these modules from here.
for _name in ('draw', 'letterbox', 'people', 'sources', 'writers'):
    sys.modules[f'{__name__}.{_name}'] = import_module(f'erpose.imaging.{_name}')

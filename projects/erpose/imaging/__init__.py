"""Pictures and videos, and the people in them, with numpy, OpenCV and Pillow alone."""
from .draw import draw
from .letterbox import Fit, letterbox
from .people import People
from .sources import Frame, frames, read_image

__all__ = ['Fit', 'Frame', 'People', 'draw', 'frames', 'letterbox', 'read_image']

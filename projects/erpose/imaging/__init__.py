"""Images, videos and the people in them. Needs only numpy, OpenCV and Pillow."""
from .coco_ids import CocoIds
from .draw import draw
from .images import as_image, decode_image, read_image
from .letterbox import Fit, letterbox
from .people import People, Person
from .sources import Frame, frames

__all__ = ['CocoIds', 'Fit', 'Frame', 'People', 'Person', 'as_image', 'decode_image',
           'draw', 'frames', 'letterbox', 'read_image']

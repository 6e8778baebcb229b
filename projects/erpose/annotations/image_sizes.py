"""Sizes of image files from their headers, held against the annotation file's."""
import warnings
from pathlib import Path
from typing import List, NamedTuple, Optional, Set, Tuple, Union

from PIL import Image

from erpose.imaging.images import exif_orientation, read_image

TOLERANCE = 1
"""Pixels between the size in the file and the image's: rounding."""
MOST_CHECKED = 10_000
"""Images whose headers are read, evenly spread over larger sets."""
MOST_WRONG = 0.1
"""Share of the images with another size than stated, above which a set is refused."""


class ImageHeader(NamedTuple):
    """Size of an image as it is trained on, and its EXIF orientation (1: none)."""
    width: int
    height: int
    orientation: int

    @property
    def size(self) -> Tuple[int, int]:
        return self.width, self.height

    def mismatch(self, path: str, width: int, height: int) -> str:
        """The message of an image that has another size than stated, empty if it fits."""
        if max(abs(self.width - width), abs(self.height - height)) <= TOLERANCE:
            return ''
        exif = ', EXIF rotation applied,' if self.orientation != 1 else ''
        return (f'{path} is {self.width}x{self.height}{exif} but {width}x{height} in the '
                'annotation file: its keypoints would lie elsewhere')


def read_header(path: Union[str, Path]) -> Optional[ImageHeader]:
    """Size of an image as :func:`~erpose.imaging.read_image` returns it.

    None if it is no image. Pixels are read only of what Pillow does not open, and of turned
    TIFF files, whose header says the size before or after turning, as Pillow's version has
    it.
    """
    turned = 1
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')  # of many pixels, of odd EXIF
            with Image.open(path) as file:
                (width, height), turned = file.size, exif_orientation(file)
                if turned < 5:
                    return ImageHeader(width, height, turned)
                if file.format != 'TIFF':
                    return ImageHeader(height, width, turned)
    except Exception:  # Pillow's decoders raise what they like
        pass
    try:
        height, width = read_image(path).shape[:2]
    except ValueError:
        return None
    return ImageHeader(width, height, turned)


def size_mismatches(images: List[dict]) -> Tuple[dict, Set[int], int]:
    """Images whose size is not the stated one, and those that are no images.

    Args:
        images (list[dict]): With ``id``, ``img_path`` and perhaps ``width`` and ``height``,
            as the annotation file states them.

    Returns:
        tuple[dict, set[int], int]: Message by image id, ids of files that are no images,
        and how many images were looked at.
    """
    stated = [image for image in images if 'width' in image]
    stated = stated[::max(-(-len(stated) // MOST_CHECKED), 1)]
    wrong, broken = {}, set()
    for image in stated:
        header = read_header(image['img_path'])
        if header is None:
            broken.add(image['id'])
            continue
        message = header.mismatch(image['img_path'], image['width'], image['height'])
        if message:
            wrong[image['id']] = message
    return wrong, broken, len(stated)


def refuse_wrong_sizes(wrong: dict, checked: int, path: str) -> None:
    """Raises ValueError if more than :data:`MOST_WRONG` of the images have another size."""
    if len(wrong) <= MOST_WRONG * checked:
        return
    remedy = ('correct "width", "height" and the keypoints of the file, or use the images '
              'that were annotated')
    if any('EXIF' in message for message in wrong.values()):
        remedy += '; an image annotated without its rotation must lose its EXIF tag'
    raise ValueError(f'{path}: {len(wrong)} of {checked} images have another size than the '
                     f'file states, for example {"; ".join(list(wrong.values())[:3])}. '
                     f'Remedy: {remedy}')

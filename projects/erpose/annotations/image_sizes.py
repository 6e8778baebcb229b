"""Compares the sizes of image files with those in the annotation file."""
import warnings
from pathlib import Path
from typing import List, NamedTuple, Optional, Set, Tuple, Union

from PIL import Image

from erpose.imaging.images import exif_orientation, read_image

TOLERANCE = 1
"""Allowed difference of the sizes, in pixels, for rounding."""
MOST_CHECKED = 10_000
"""Maximum number of images to check; larger sets are sampled evenly."""
MOST_WRONG = 0.1
"""Maximum share of images with a wrong size; above it the data set is refused."""


class ImageHeader(NamedTuple):
    """Size of an image with its EXIF rotation applied, and its orientation (1: none)."""
    width: int
    height: int
    orientation: int

    @property
    def size(self) -> Tuple[int, int]:
        return self.width, self.height

    def mismatch(self, path: str, width: int, height: int) -> str:
        """Message about an image whose size is not the stated one, else empty."""
        if max(abs(self.width - width), abs(self.height - height)) <= TOLERANCE:
            return ''
        exif = ', EXIF rotation applied,' if self.orientation != 1 else ''
        return (f'{path} is {self.width}x{self.height}{exif} but {width}x{height} in the '
                'annotation file, so its keypoints would be misplaced')


def read_header(path: Union[str, Path]) -> Optional[ImageHeader]:
    """Size of an image as :func:`~erpose.imaging.read_image` returns it.

    None if the file is not an image. Usually only the header is read. Pixels are decoded
    for formats that Pillow cannot open, and for rotated TIFF files, whose size is that
    before or after rotation depending on Pillow's version.
    """
    turned = 1
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')  # about large images and invalid EXIF
            with Image.open(path) as file:
                (width, height), turned = file.size, exif_orientation(file)
                if turned < 5:
                    return ImageHeader(width, height, turned)
                if file.format != 'TIFF':
                    return ImageHeader(height, width, turned)
    except Exception:  # Pillow's decoders may raise anything
        pass
    try:
        height, width = read_image(path).shape[:2]
    except ValueError:
        return None
    return ImageHeader(width, height, turned)


def size_mismatches(images: List[dict]) -> Tuple[dict, Set[int], int]:
    """Finds images whose size is not the stated one, and files that are not images.

    Args:
        images (list[dict]): Entries of the annotation file with ``id``, ``img_path`` and,
            optionally, ``width`` and ``height``.

    Returns:
        tuple[dict, set[int], int]: Messages by image id, ids of files that are not images,
        and the number of checked images.
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
        remedy += '. If images were annotated without EXIF rotation, remove the EXIF tag'
    raise ValueError(f'{path}: {len(wrong)} of {checked} images have another size than the '
                     f'file states, for example {"; ".join(list(wrong.values())[:3])}. '
                     f'To fix this, {remedy}')

"""Reads and converts images to uint8 BGR, (H, W, 3)."""
import io
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional, Sequence, Set, Tuple, Union

import cv2
import numpy as np

from .letterbox import MAX_SIDE

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

Picture = Union[np.ndarray, 'PillowImage', str, Path]
"""Types of images, see :func:`as_image`."""
Name = Union[str, Path]
"""Name of an image in error messages."""

ORIENTATION = 0x0112
"""EXIF tag. Values above 4 exchange width and height."""
TIFF = (b'II*\0', b'MM\0*')
HEIC = (b'heic', b'heix', b'heim', b'heis', b'hevc', b'hevx', b'mif1', b'msf1')
AVIF = (b'avif', b'avis')
"""Container brands that Pillow decodes, but most OpenCV wheels do not."""
OTHERS = ('GIF', 'TGA', 'PCX')
"""Formats that Pillow decodes, but OpenCV does not, or only from version 5 on."""
INTEGER_RANGES = [2**bits - 1 for bits in (8, 10, 12, 14, 16)]
"""Largest values of cameras and scanners with that many bits."""

logger = logging.getLogger(__name__)


def read_image(path: Union[str, Path]) -> np.ndarray:
    """Reads an image file as uint8 BGR, (H, W, 3), for training and prediction.

    The EXIF rotation is applied, transparency is dropped, and :func:`to_bytes` scales
    values of more than 8 bits.

    Raises:
        ValueError: If the file is missing, cannot be decoded or is too large. The message
            names it.
    """
    try:
        data = np.fromfile(path, dtype=np.uint8)  # cv2.imread fails on non-ASCII names
    except OSError as error:
        raise ValueError(f'{path}: {error.strerror}') from None
    return decode_image(data, path)


def decode_image(data: Union[bytes, np.ndarray], name: Union[str, Path] = 'the image'
                 ) -> np.ndarray:
    """Decodes the bytes of an image file like :func:`read_image`.

    Args:
        data (bytes): Content of the file.
        name (str): Name of the image in error messages.
    """
    data = np.frombuffer(data, np.uint8)
    container = _container(data[:64].tobytes())
    image = _decode_heif(data, name, container) if container else _decode(data)
    if image is None:
        image = _decode_other(data, name)
    if image is None:
        raise ValueError(f'{name}: not an image that OpenCV can read '
                         f'({data.size} bytes)')
    _check_size(image.shape[1::-1], name)
    return _to_bgr(image, name)


def as_image(image: Picture) -> np.ndarray:
    """Converts an image to uint8 BGR, (H, W, 3).

    Args:
        image (np.ndarray | PIL.Image.Image | str | Path): An array in OpenCV's channel
            order, BGR (H, W, 3), BGRA (H, W, 4), or grey (H, W) or (H, W, 1), of any
            numeric type, see :func:`to_bytes`; a PIL image; or a path.

    Raises:
        ValueError: If ``image`` is anything else.
    """
    if isinstance(image, (str, Path)):
        return read_image(image)
    if hasattr(image, 'getexif'):  # a PIL image; Pillow is optional
        return _from_pillow(image, 'the image')
    shape: Tuple[int, ...] = getattr(image, 'shape', ())
    if (not isinstance(image, np.ndarray) or image.dtype.kind not in 'buif'
            or len(shape) not in (2, 3) or len(shape) == 3 and shape[2] not in (1, 3, 4)
            or 0 in shape):
        got = f'{image.dtype} {tuple(shape)}' if hasattr(image, 'dtype') else repr(image)
        if image is None:
            got = 'None, which cv2.imread returns for a file that it cannot read'
        raise ValueError('an image must be a non-empty array of shape (H, W), (H, W, 1), '
                         '(H, W, 3) BGR or (H, W, 4) BGRA, a PIL image or a path; '
                         f'got {got[:200]}')
    return _to_bgr(image, 'the image')


def to_bytes(pixels: np.ndarray, name: Union[str, Path] = 'the image') -> np.ndarray:
    """Scales pixels of any numeric type to uint8, by their range; logs this once.

    The range is 0 to the smallest of 1 (floats only) and the maxima of 8, 10, 12, 14 and 16
    bits that covers all values, so that a 12-bit image in a 16-bit file is not too dark. If
    values are negative or cover less than a quarter of it (temperatures, depths), the
    range is their minimum to their maximum. NaN becomes the lowest value.
    """
    if pixels.dtype == np.uint8:
        return pixels
    if pixels.dtype == bool:
        return pixels.astype(np.uint8) * 255
    finite = pixels[np.isfinite(pixels)]
    if not finite.size:
        raise ValueError(f'{name}: all pixels are NaN or infinite')
    least, most = float(finite.min()), float(finite.max())
    low, high = _range(least, most, pixels.dtype.kind == 'f')
    _say_once(f'{name} has {pixels.dtype} values from {least:g} to {most:g}: scaling '
              f'{low:g} to {high:g} to 0 to 255. Further images are scaled likewise, each '
              'by its own range')
    shares = (np.nan_to_num(pixels, nan=low, posinf=high, neginf=low)
              .astype(np.float64) - low) / (high - low)
    return np.round(255 * shares.clip(0, 1)).astype(np.uint8)


def exif_orientation(picture: Any) -> int:
    """EXIF orientation of a PIL image, 1 to 8; 1 if there is none."""
    turn = picture.getexif().get(ORIENTATION, 1)
    return turn if turn in range(1, 9) else 1


def _container(head: bytes) -> Optional[str]:
    """'HEIC' or 'AVIF' by the brands in the file's first box, None for other files."""
    if head[4:8] != b'ftyp':
        return None
    box = head[8:int.from_bytes(head[:4], 'big')]
    brands = [box[start:start + 4] for start in range(0, len(box), 4)]
    if any(brand in AVIF for brand in brands):
        return 'AVIF'
    return 'HEIC' if any(brand in HEIC for brand in brands) else None


def _decode(data: np.ndarray) -> Optional[np.ndarray]:
    """Decodes by OpenCV, with any depth, and rotates; None if it is not an image."""
    turn = None if data[:4].tobytes() in TIFF else _orientation(data)
    flags = cv2.IMREAD_ANYDEPTH
    if turn is not None:  # OpenCV rotates TIFF itself, but WebP only from version 5 on
        flags |= cv2.IMREAD_IGNORE_ORIENTATION
    try:
        if not data.size:
            return None
        image = cv2.imdecode(data, flags | cv2.IMREAD_COLOR)
        if image is None:  # grey float and int32 TIFF
            image = cv2.imdecode(data, flags)
    except cv2.error:  # larger than OpenCV's limit
        return None
    return image if image is None or turn is None else _turned(image, turn)


def _orientation(data: np.ndarray) -> Optional[int]:
    """EXIF orientation, 1 to 8; None without Pillow or if it cannot read the file."""
    try:
        from PIL import Image
        with Image.open(io.BytesIO(data.tobytes())) as file:
            return exif_orientation(file)
    except Exception:  # Pillow's decoders may raise anything
        return None


def _turned(image: np.ndarray, orientation: int) -> np.ndarray:
    if orientation > 4:
        image = cv2.transpose(image)
    flip = {2: 1, 3: -1, 4: 0, 6: 1, 7: -1, 8: 0}.get(orientation)  # cv2.flip's code
    return image if flip is None else cv2.flip(image, flip)


def _decode_heif(data: np.ndarray, name: Name, kind: str) -> np.ndarray:
    """Decodes HEIC and AVIF by Pillow and its plugin.

    Raises:
        ValueError: If decoding fails. The message names a missing package.
    """
    try:
        from PIL import Image
    except ImportError:
        raise ValueError(f'{name}: reading {kind} needs Pillow: pip install pillow '
                         'pillow-heif') from None
    try:
        import pillow_heif
        pillow_heif.register_heif_opener()
    except ImportError:
        pass
    Image.init()
    reader = {'HEIC': 'HEIF', 'AVIF': 'AVIF'}[kind]
    if reader not in Image.OPEN:
        package = dict(HEIC='pillow-heif', AVIF='pillow>=11.3')[kind]
        raise ValueError(f"{name}: reading {kind} needs '{package}': pip install "
                         f"'{package}', or convert the image to JPEG")
    try:
        with Image.open(io.BytesIO(data.tobytes()), formats=[reader]) as file:
            return _from_pillow(file, name)
    except Exception as error:  # Pillow's decoders may raise anything
        raise ValueError(f'{name}: Pillow cannot read this {kind} image: '
                         f'{error}') from None


def _decode_other(data: np.ndarray, name: Name) -> Optional[np.ndarray]:
    """Decodes the first frame of :data:`OTHERS` by Pillow.

    None for other files, damaged ones and without Pillow.
    """
    try:
        from PIL import Image
        with Image.open(io.BytesIO(data.tobytes()), formats=OTHERS) as file:
            return _from_pillow(file, name)
    except Exception:  # Pillow's decoders may raise anything
        return None


def _from_pillow(file: Any, name: Name) -> np.ndarray:
    from PIL import ImageOps
    _check_size(file.size, name)
    file = ImageOps.exif_transpose(file)
    if file.mode in ('F', 'I') or file.mode.startswith('I;'):
        return _to_bgr(np.asarray(file), name)
    return np.ascontiguousarray(np.asarray(file.convert('RGB'))[..., ::-1])


def _check_size(size: Sequence[int], name: Name) -> None:
    if max(size) > MAX_SIDE:
        raise ValueError(f'{name} is {size[0]}x{size[1]}: no side may exceed {MAX_SIDE} '
                         'pixels. Resize the image')


def _to_bgr(image: np.ndarray, name: Name) -> np.ndarray:
    """Converts any number of channels and any depth to uint8, (H, W, 3)."""
    if image.ndim == 3 and image.shape[2] == 4:
        image = image[..., :3]
    image = to_bytes(image, name)
    if image.ndim == 2 or image.shape[2] == 1:
        image = np.repeat(image.reshape(*image.shape[:2], 1), 3, axis=2)
    return np.ascontiguousarray(image)


def _range(least: float, most: float, floats: bool) -> Tuple[float, float]:
    """The values that are mapped to 0 and 255."""
    tops = [1, *INTEGER_RANGES] if floats else INTEGER_RANGES
    high = next((top for top in tops if most <= top), most)
    if most > least and (least < 0 or most - least < high / 4):
        return least, most
    return min(least, 0), high


_said: Set[str] = set()


def _say_once(message: str) -> None:
    if not _said:
        _said.add(message)
        logger.warning(message)

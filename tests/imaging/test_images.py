"""Pictures of every kind become uint8 BGR, or an error says what was expected."""
import io
import logging
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, features

from erpose.annotations.image_sizes import read_header
from erpose.datasets import LoadTestImage
from erpose.imaging import as_image, decode_image, images, read_image
from erpose.imaging.images import to_bytes

RAMP = np.linspace(0, 1, 48 * 64).reshape(48, 64)
COLOUR = np.dstack([RAMP, RAMP[::-1], RAMP[:, ::-1]])  # BGR
BYTES = np.round(255 * COLOUR).astype(np.uint8)
ORIENTATION = 0x0112


@pytest.fixture(autouse=True)
def nothing_said_yet(monkeypatch):
    monkeypatch.setattr(images, '_said', set())


@pytest.mark.parametrize('values, low, high', [
    ((255 * RAMP).astype(np.uint16), 0, 255),
    ((1023 * RAMP).astype(np.uint16), 0, 255),
    ((4095 * RAMP).astype(np.uint16), 0, 255),
    ((65535 * RAMP).astype(np.uint16), 0, 255),
    ((3000 * RAMP).astype(np.uint16), 0, 187),  # 12 bits, not stretched
    ((28000 + 2000 * RAMP).astype(np.uint16), 0, 255),  # a thermal camera's
    ((1000 * RAMP - 500).astype(np.int16), 0, 255),
    ((10**6 * RAMP).astype(np.int32), 0, 255),
    (RAMP.astype(np.float32), 0, 255),
    (0.5 * RAMP, 0, 128),
    (255 * RAMP, 0, 255),
    (4095 * RAMP, 0, 255),
    (RAMP * 40 - 20, 0, 255),
    (RAMP * 1e-3, 0, 255),
    (np.where(RAMP > 0.5, np.nan, 2 * RAMP), 0, 255),
    (np.where(RAMP > 0.9, np.inf, RAMP), 0, 255),
    (RAMP > 0.5, 0, 255),
])
def test_numbers_are_scaled_by_their_range(values, low, high):
    pixels = to_bytes(values)
    assert pixels.dtype == np.uint8
    assert (pixels.min(), pixels.max()) == (low, high)


@pytest.mark.parametrize('values, level', [
    (np.zeros((4, 4), np.uint16), 0), (np.full((4, 4), 4095, np.uint16), 255),
    (np.full((4, 4), 1.0), 255), (np.full((4, 4), -3.0), 0), (np.zeros((4, 4)), 0)])
def test_one_value_everywhere(values, level):
    assert (to_bytes(values) == level).all()


def test_a_picture_without_a_number_is_refused():
    with pytest.raises(ValueError, match=r'a\.tif: all pixels are NaN or infinite'):
        to_bytes(np.full((4, 4), np.nan), 'a.tif')


def test_scaling_is_reported_once(tmp_path, caplog):
    for name in 'ab':
        cv2.imwrite(str(tmp_path / f'{name}.png'), (4095 * RAMP).astype(np.uint16))
        with caplog.at_level(logging.WARNING):
            read_image(tmp_path / f'{name}.png')
    message, = caplog.messages
    assert 'a.png has uint16 values from 0 to 4095: scaling 0 to 4095' in message


@pytest.mark.parametrize('suffix, pixels', [
    ('.png', (65535 * COLOUR).astype(np.uint16)), ('.png', (4095 * RAMP).astype(np.uint16)),
    ('.tif', (4095 * COLOUR).astype(np.uint16)), ('.tif', (4095 * RAMP).astype(np.uint16)),
    ('.tif', COLOUR), ('.tif', RAMP.astype(np.float32)),
    ('.tif', (10**6 * RAMP).astype(np.int32)), ('.pgm', (4095 * RAMP).astype(np.uint16)),
    ('.pfm', COLOUR.astype(np.float32)), ('.pfm', RAMP.astype(np.float32)),
    ('.png', np.dstack([65535 * COLOUR, 65535 * RAMP]).astype(np.uint16))])
def test_files_of_more_than_8_bits_in_training_and_prediction(suffix, pixels, tmp_path):
    path = tmp_path / f'a{suffix}'
    assert cv2.imwrite(str(path), pixels)
    expected = BYTES if pixels.ndim == 3 else np.dstack([BYTES[..., 0]] * 3)
    assert np.abs(read_image(path).astype(int) - expected).max() <= 1
    trained = LoadTestImage()(dict(img_path=str(path)))['img']
    assert (trained == read_image(path)).all()


def saved(path, orientation=1, **options):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    Image.fromarray(BYTES[..., ::-1]).save(path, exif=exif, **options)
    return path


def stored_as_seen(orientation):
    """The picture as a viewer shows it, by Pillow."""
    turns = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}  # Image.Transpose
    image = Image.fromarray(BYTES)
    return np.asarray(image.transpose(turns[orientation]) if orientation > 1 else image)


@pytest.mark.parametrize('suffix', ['.jpg', '.png', '.tif', '.webp', '.avif'])
@pytest.mark.parametrize('orientation', range(1, 9))
def test_exif_turns_every_format(suffix, orientation, tmp_path):
    if suffix == '.avif' and not features.check('avif'):
        pytest.skip('this Pillow writes no AVIF')
    path = saved(tmp_path / f'a{suffix}', orientation)
    seen = stored_as_seen(orientation)
    assert read_header(path).size == seen.shape[1::-1]
    assert np.abs(read_image(path).astype(int) - seen).mean() < 8
    assert (LoadTestImage()(dict(img_path=str(path)))['img'] == read_image(path)).all()


@pytest.mark.parametrize('suffix', ['.gif', '.tga', '.pcx'])
def test_formats_that_pillow_reads(suffix, tmp_path):
    path = tmp_path / f'a{suffix}'
    Image.fromarray(BYTES[..., ::-1]).save(path)
    assert np.abs(read_image(path).astype(int) - BYTES).mean() < 8
    assert read_header(path).size == (64, 48)


@pytest.mark.parametrize('orientation', [0, 9, 'six'])
def test_an_invalid_orientation_is_ignored(orientation, tmp_path, monkeypatch):
    monkeypatch.setattr(Image.Exif, 'get', lambda *_: orientation)
    assert read_image(saved(tmp_path / 'a.jpg')).shape == BYTES.shape


def test_without_pillow_opencv_turns_what_it_can(tmp_path, monkeypatch):
    path = saved(tmp_path / 'a.jpg', 6)
    monkeypatch.setitem(sys.modules, 'PIL', None)
    assert read_image(path).shape == (64, 48, 3)


@pytest.mark.parametrize('brand, package', [
    (b'heic', 'pillow-heif'), (b'mif1', 'pillow-heif'), (b'avif', 'pillow>=11.3')])
def test_a_format_without_a_reader_names_the_package(brand, package, tmp_path, monkeypatch):
    path = tmp_path / 'IMG_1.HEIC'
    path.write_bytes(b'\0\0\0\x14ftyp' + brand + b'\0\0\0\0' + bytes(100))
    monkeypatch.setitem(sys.modules, 'pillow_heif', None)
    Image.init()
    for name in ('AVIF', 'HEIF'):
        monkeypatch.delitem(Image.OPEN, name, raising=False)
    with pytest.raises(ValueError, match=rf"IMG_1\.HEIC.*pip install '{package}'"):
        read_image(path)
    monkeypatch.setitem(sys.modules, 'PIL', None)
    with pytest.raises(ValueError, match='pip install pillow pillow-heif'):
        read_image(path)


def test_heic(tmp_path):
    heif = pytest.importorskip('pillow_heif')
    heif.register_heif_opener()
    path = saved(tmp_path / 'IMG_1.HEIC', quality=95)
    assert np.abs(read_image(path).astype(int) - BYTES).mean() < 8
    assert read_header(path).size == (64, 48)


@pytest.mark.skipif(not features.check('avif'), reason='this Pillow writes no AVIF')
def test_a_broken_avif(tmp_path):
    data = saved(tmp_path / 'a.avif').read_bytes()
    with pytest.raises(ValueError, match='Pillow cannot read this AVIF image'):
        decode_image(data[:len(data) // 2], 'half.avif')


GREY = np.dstack([BYTES[..., 0]] * 3)


@pytest.mark.parametrize('given, expected', [
    (BYTES, BYTES), (BYTES[..., 0], GREY), (BYTES[..., :1], GREY),
    (np.dstack([BYTES, BYTES[..., 0]]), BYTES), (BYTES.astype(np.uint16) * 257, BYTES),
    (BYTES / 255, BYTES), (BYTES.astype(np.float32), BYTES), (BYTES[::-1], BYTES[::-1]),
    (Image.fromarray(BYTES[..., ::-1]), BYTES),
    (Image.fromarray(BYTES[..., ::-1]).convert('RGBA'), BYTES),
    (Image.fromarray(BYTES[..., 0]), GREY),
    (Image.fromarray((BYTES[..., 0] / 255).astype(np.float32)), GREY),
    (Image.fromarray(BYTES[..., 0].astype(np.uint16) * 257), GREY),
    (Image.fromarray(BYTES[..., 0] > 127), np.where(GREY > 127, 255, 0)),
])
def test_what_programs_hold(given, expected):
    image = as_image(given)
    assert image.dtype == np.uint8 and image.flags.c_contiguous
    assert (image == expected).all()


def test_pictures_of_pillow_are_turned(tmp_path):
    with Image.open(saved(tmp_path / 'a.png', 6)) as image:
        assert (as_image(image) == stored_as_seen(6)).all()


@pytest.mark.parametrize('kind', [str, Path])
def test_paths(kind, tmp_path):
    assert (as_image(kind(saved(tmp_path / 'a.png'))) == BYTES).all()


@pytest.mark.parametrize('given, got', [
    (None, 'None, which cv2.imread returns'), (7, '7'), ([[1, 2]], r'\[\[1, 2\]\]'),
    (np.zeros((3, 48, 64), np.uint8), r'uint8 \(3, 48, 64\)'),
    (np.zeros((0, 4, 3), np.uint8), r'uint8 \(0, 4, 3\)'), (np.zeros(4), r'float64 \(4,\)'),
    (np.zeros((4, 4), complex), 'complex'), (np.array([['a']]), '<U1'),
    (np.zeros((2, 4, 4, 3), np.uint8), r'uint8 \(2, 4, 4, 3\)'), (b'data', "b'data'")])
def test_anything_else_is_one_error(given, got):
    with pytest.raises(ValueError, match=rf'an image must be a .* of shape .*; got {got}'):
        as_image(given)


def test_bytes_of_a_file():
    buffer = io.BytesIO()
    Image.fromarray(BYTES[..., ::-1]).save(buffer, 'PNG')
    assert (decode_image(buffer.getvalue()) == BYTES).all()
    with pytest.raises(ValueError, match='upload: not an image that OpenCV can read'):
        decode_image(b'', 'upload')

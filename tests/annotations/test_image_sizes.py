"""Sizes of images from their headers."""
import time

import pytest
from PIL import Image

from erpose.annotations.image_sizes import read_header, refuse_wrong_sizes, size_mismatches
from erpose.imaging import read_image


def picture(path, size=(64, 48), orientation=None, **options):
    exif = Image.Exif()
    if orientation:
        exif[0x0112] = orientation
    Image.new('RGB', size, (9, 99, 200)).save(path, exif=exif, **options)
    return path


@pytest.mark.parametrize('suffix', ['jpg', 'png', 'bmp', 'webp', 'tif'])
def test_size(tmp_path, suffix):
    assert read_header(picture(tmp_path / f'a.{suffix}')) == (64, 48, 1)


@pytest.mark.parametrize('orientation', range(1, 9))
def test_turned_as_its_tag_says(tmp_path, orientation):
    path = picture(tmp_path / 'a.jpg', orientation=orientation)
    size = (48, 64) if orientation > 4 else (64, 48)
    assert read_header(path) == (*size, orientation)


@pytest.mark.parametrize('orientation', [9, 65535])
def test_an_invalid_orientation_is_ignored(tmp_path, orientation):
    path = picture(tmp_path / 'a.jpg', orientation=orientation)
    assert read_header(path) == (64, 48, 1) and read_image(path).shape == (48, 64, 3)


@pytest.mark.parametrize('content', [b'', b'no image', b'\xff\xd8\xff'])
def test_no_image(tmp_path, content):
    (tmp_path / 'a.jpg').write_bytes(content)
    assert read_header(tmp_path / 'a.jpg') is None
    assert read_header(tmp_path / 'gone.jpg') is None


@pytest.mark.parametrize('orientation, stated, message', [
    (None, (64, 48), None),
    (None, (65, 47), None),  # rounded
    (None, (128, 96), 'is 64x48 but 128x96 in'),
    (None, (48, 64), 'is 64x48 but 48x64 in'),
    (6, (48, 64), None),
    (6, (64, 48), 'is 48x64, EXIF rotation applied, but 64x48 in'),
])
def test_mismatch_names_both_sizes_and_exif_where_there_is_a_tag(
        tmp_path, orientation, stated, message):
    path = str(picture(tmp_path / 'a.jpg', orientation=orientation))
    wrong, _, checked = size_mismatches(
        [dict(id=7, img_path=path, width=stated[0], height=stated[1])])
    assert checked == 1
    if message is None:
        assert not wrong
        return
    assert path in wrong[7] and message in wrong[7]
    with pytest.raises(ValueError, match='1 of 1 images have another size') as error:
        refuse_wrong_sizes(wrong, checked, 'a.json')
    assert ('EXIF' in str(error.value)) == bool(orientation)


def test_unknown_sizes_are_not_compared_and_broken_files_are_returned(tmp_path):
    picture(tmp_path / 'a.jpg')
    (tmp_path / 'b.jpg').write_bytes(b'no image')
    images = [dict(id=1, img_path=str(tmp_path / 'a.jpg')),
              dict(id=2, img_path=str(tmp_path / 'b.jpg'), width=4, height=4)]
    assert size_mismatches(images) == ({}, {2}, 1)


def test_a_tenth_is_let_pass():
    wrong = dict.fromkeys(range(10), 'x is 2x2 but 3x3')
    refuse_wrong_sizes(wrong, 100, 'a.json')
    with pytest.raises(ValueError, match='11 of 100'):
        refuse_wrong_sizes({**wrong, 10: 'y'}, 100, 'a.json')


def test_takes_milliseconds(tmp_path):
    path = picture(tmp_path / 'a.jpg', (4000, 3000), orientation=6)
    begin = time.perf_counter()
    for _ in range(20):
        read_header(path)
    assert (time.perf_counter() - begin) / 20 < 0.02  # decoding takes 50 ms

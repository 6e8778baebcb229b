"""Images from strangers in training, test and deployment: the same pixels, or an error that
names the file and the cause."""
import json
import re
import struct
import zlib
from unittest.mock import patch

import cv2
import numpy as np
import pytest
from mmpose.apis import MMPoseInferencer
from networks_of_constants import network
from PIL import Image

from erpose.annotations.image_sizes import read_header
from erpose.cli import main
from erpose.datasets import KeypointDataset, LoadTestImage, LoadTrainImage
from erpose.deploy import Predictor
from erpose.imaging.images import read_image
from erpose.imaging.letterbox import letterbox

SIZE = (128, 96)
ORIENTATION = 0x0112
SECONDS = 60

PICTURE = cv2.GaussianBlur(
    np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8), (0, 0), 2)


def encoded(suffix, pixels=PICTURE):
    return cv2.imencode(suffix, pixels)[1].tobytes()


def saved(path, mode='RGB', pixels=PICTURE[..., ::-1], **options):
    """Saves with Pillow, for formats that OpenCV does not write."""
    Image.fromarray(pixels).convert(mode).save(path, **options)


def bomb(path, side=20000):
    """A PNG of 100 bytes that claims 20,000 x 20,000 pixels, 1.1 GiB."""
    def chunk(name, data):
        return (struct.pack('>I', len(data)) + name + data
                + struct.pack('>I', zlib.crc32(name + data)))

    header = struct.pack('>IIBBBBB', side, side, 8, 2, 0, 0, 0)
    path.write_bytes(b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', header)
                     + chunk(b'IDAT', zlib.compress(b'\0' * 99)) + chunk(b'IEND', b''))


def write(name, data):
    return name, lambda path: path.write_bytes(data() if callable(data) else data)


USED = {
    # name: (file, writer, (width, height))
    'jpeg': (*write('a.jpg', lambda: encoded('.jpg')), (64, 48)),
    '1x1': (*write('a.png', lambda: encoded('.png', PICTURE[:1, :1])), (1, 1)),
    '1 px wide': (*write('a.png', lambda: encoded('.png', PICTURE[:, :1])), (1, 48)),
    '20,000 px wide': (*write(
        'a.png', lambda: encoded('.png', np.tile(PICTURE, (1, 313, 1))[:, :20000])),
        (20000, 48)),
    '20,000 px high, 1 wide': (*write(
        'a.png', lambda: encoded('.png', np.zeros((20000, 1, 3), np.uint8))), (1, 20000)),
    '16-bit': (*write('a.png', lambda: encoded('.png', PICTURE.astype(np.uint16) * 257)),
               (64, 48)),
    '16-bit TIFF': (*write('a.tif', lambda: encoded('.tif', PICTURE.astype(np.uint16))),
                    (64, 48)),
    'grey': (*write('a.png', lambda: encoded('.png', PICTURE[..., 0])), (64, 48)),
    'grey JPEG': (*write('a.jpg', lambda: encoded('.jpg', PICTURE[..., 0])), (64, 48)),
    'alpha': ('a.png', lambda path: saved(path, 'RGBA'), (64, 48)),
    'grey and alpha': ('a.png', lambda path: saved(path, 'LA'), (64, 48)),
    'palette': ('a.png', lambda path: saved(path, 'P'), (64, 48)),
    'one bit': ('a.png', lambda path: saved(path, '1'), (64, 48)),
    'CMYK': ('a.jpg', lambda path: saved(path, 'CMYK'), (64, 48)),
    'WebP': ('a.webp', saved, (64, 48)),
    'PNG called .jpg': (*write('a.jpg', lambda: encoded('.png')), (64, 48)),
    'JPEG called .bmp': (*write('a.bmp', lambda: encoded('.jpg')), (64, 48)),
    'no ASCII in the name': (*write('Füße.png', lambda: encoded('.png')), (64, 48)),
}
REFUSED = {
    'zero bytes': write('a.jpg', b''),
    'JPEG header alone': write('a.jpg', b'\xff\xd8\xff\xe0'),
    'JPEG cut off': write('a.jpg', lambda: encoded('.jpg')[:-300]),
    'large JPEG cut off': write(
        'a.jpg', lambda: encoded('.jpg', np.tile(PICTURE, (20, 20, 1)))[:20000]),
    'cut off in the header': write('a.jpg', lambda: encoded('.jpg')[:200]),
    'PNG cut off in the header': write('a.png', lambda: encoded('.png')[:20]),
    'text called .jpg': write('a.jpg', b'not an image\n'),
    'HTML called .jpg': write('a.jpg', b'<!DOCTYPE html><html>404</html>'),
    'random bytes': write('a.png', np.random.default_rng(1).bytes(5000)),
    'claims 20,000 x 20,000': ('a.png', bomb),
    'claims 60,000 x 60,000': ('a.png', lambda path: bomb(path, 60000)),
    '40,000 px wide': write('a.png', lambda: encoded(
        '.png', np.zeros((2, 40000, 3), np.uint8))),
}


@pytest.fixture(scope='module')
def model(tmp_path_factory):
    return network(tmp_path_factory.mktemp('onnx') / 'model.onnx', [1, 3, *SIZE[::-1]])


@pytest.fixture(scope='module')
def predictor(model):
    return Predictor(model, threads=1)


@pytest.fixture(scope='module')
def inferencer():
    return MMPoseInferencer('erpose-n')


def annotated(path, metainfo, size=None, keypoints=(3, 3, 2, 9, 9, 2, 20, 20, 2), **kwargs):
    """A data set of this image with one person."""
    image = dict(id=1, file_name=path.name)
    if size:
        image.update(width=size[0], height=size[1])
    file = path.parent / 'annotations.json'
    file.write_text(json.dumps(dict(
        images=[image], annotations=[dict(id=1, image_id=1, keypoints=list(keypoints))])))
    return KeypointDataset(metainfo=metainfo, ann_file=str(file), serialize_data=False,
                           data_prefix=dict(img=str(path.parent)), **kwargs)


def pipeline(load):
    return [dict(type=load),
            dict(type='BottomupRandomAffine', input_size=(64, 64), scale_type='long',
                 bbox_keep_corner=False, clip_border=True),
            dict(type='YOLOXHSVRandomAug'), dict(type='RandomFlip'),
            dict(type='FilterPersons'), dict(type='PackPoseTargets')]


@pytest.mark.parametrize('name', USED)
def test_used_everywhere_alike(name, tmp_path, metainfo, model, predictor, inferencer,
                               time_limit, capsys):
    file, writer, size = USED[name]
    path = tmp_path / file
    writer(path)
    with time_limit(SECONDS):
        trained, tested = (load()(dict(img_path=str(path)))
                           for load in (LoadTrainImage, LoadTestImage))
        deployed = read_image(path)
        assert trained['img'].shape == (*size[::-1], 3) and trained['img'].dtype == np.uint8
        assert (trained['img'] == tested['img']).all()
        assert (trained['img'] == deployed).all()
        sample = annotated(path, metainfo, pipeline=pipeline('LoadTrainImage'))[0]
        assert sample['inputs'].shape == (3, 64, 64)
        people = predictor(deployed, 0)
        assert np.isfinite(people.keypoints).all()
        found = next(inferencer(str(path), bbox_thr=0))['predictions'][0]
        assert found and np.isfinite(np.array([p['keypoints'] for p in found])).all()
        assert main(['predict', str(model), str(path), '--score', '0', '--threads', '1',
                     '--out', str(tmp_path / 'out')]) == 0

    assert len(list((tmp_path / 'out').iterdir())) == 1


@pytest.mark.parametrize('name', ['16-bit', 'CMYK', 'alpha', 'WebP', 'jpeg'])
def test_pixels_are_those_of_the_picture(name, tmp_path):
    """Not darker, and red and blue not exchanged; the encodings are lossy."""
    file, writer, _ = USED[name]
    writer(tmp_path / file)
    difference = np.abs(read_image(tmp_path / file).astype(int) - PICTURE)
    assert difference.mean() < (0.01 if file.endswith('.png') else 8)


@pytest.mark.parametrize('name', REFUSED)
def test_refused_by_name_and_cause(name, tmp_path, metainfo, model, inferencer, time_limit,
                                   capsys):
    file, writer = REFUSED[name]
    path = tmp_path / file
    writer(path)
    good = tmp_path / 'good.png'
    good.write_bytes(encoded('.png'))
    with time_limit(SECONDS):
        for read in (lambda: read_image(path),
                     lambda: LoadTestImage()(dict(img_path=str(path))),
                     lambda: next(inferencer(str(path)))):
            with pytest.raises(ValueError) as error:
                read()
            said = str(error.value)
            assert str(path) in said
            assert re.search('not an image|cannot read|no side may exceed', said)
        size = {'large JPEG cut off': (1280, 960), '40,000 px wide': (40000, 2)}
        if read_header(path) is not None:  # pixels are not looked at beforehand
            data = annotated(path, metainfo, size.get(name, (64, 48)),
                             pipeline=pipeline('LoadTrainImage'))
            with patch('erpose.datasets.transforms.print_log') as log:
                sample = data[0]
            assert not len(sample['data_samples'].gt_instance_labels)
            assert str(path) in log.call_args.args[0]
        assert main(['predict', str(model), str(path), str(good), '--no-draw',
                     '--threads', '1']) == 1
    said = capsys.readouterr()
    assert 'in 1 picture;' in said.out  # the others go on
    assert f'skipped {path}' in said.err and 'Traceback' not in said.err


@pytest.mark.parametrize('name', ['zero bytes', 'text called .jpg', 'random bytes'])
@pytest.mark.parametrize('test_mode', [False, True])
@pytest.mark.parametrize('size', [None, (64, 48)], ids=['no size', 'size'])
def test_files_that_are_not_images_are_skipped_before_the_first_epoch(
        size, test_mode, name, tmp_path, metainfo):
    file, writer = REFUSED[name]
    writer(tmp_path / file)
    with patch('erpose.datasets.keypoint_dataset.print_log') as log, \
            pytest.raises(ValueError, match=f'1 x image: cannot be read.*{file}'):
        annotated(tmp_path / file, metainfo, size, test_mode=test_mode)
    assert log.called


def test_a_missing_image(tmp_path):
    path = str(tmp_path / 'gone.jpg')
    for read in (read_image, lambda p: LoadTestImage()(dict(img_path=p))):
        with pytest.raises(ValueError, match=r'gone\.jpg.*No such file'):
            read(path)


def test_arrays_larger_than_opencv_warps():
    with pytest.raises(ValueError, match='40000x2: no side may exceed 32766 pixels'):
        letterbox(np.zeros((2, 40000, 3), np.uint8), SIZE)


# EXIF

TURNS = {
    # orientation: where the stored image's upper left corner is seen
    1: ('upper', 'left'), 2: ('upper', 'right'), 3: ('lower', 'right'),
    4: ('lower', 'left'), 5: ('upper', 'left'), 6: ('upper', 'right'),
    7: ('lower', 'right'), 8: ('lower', 'left'),
}


@pytest.mark.parametrize('suffix', ['.jpg', '.png', '.tif', '.webp', '.avif'])
@pytest.mark.parametrize('orientation', TURNS)
@pytest.mark.parametrize('stated', [True, False])
def test_exif_coordinates_are_those_of_the_picture_as_seen(
        suffix, orientation, stated, tmp_path, metainfo):
    """Training, test and deployment see a white square where the annotation says.

    Annotations are made on the picture as viewers and OpenCV show it: turned.
    """
    pixels = np.zeros((40, 80, 3), np.uint8)
    pixels[:12, :12] = 255
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    path = tmp_path / f'a{suffix}'
    saved(path, pixels=pixels, exif=exif, **({'quality': 95} if suffix == '.jpg' else {}))
    width, height = (80, 40) if orientation < 5 else (40, 80)
    side, flank = TURNS[orientation]
    x = 6 if flank == 'left' else width - 6
    y = 6 if side == 'upper' else height - 6
    person = [x, y, 2, x - 4, y - 4, 2, x + 4, y + 4, 2]

    deployed = read_image(path)
    assert deployed.shape[:2] == (height, width)
    data = annotated(path, metainfo, (width, height) if stated else None, person)
    info = data.get_data_info(0)
    np.testing.assert_allclose(info['bbox'], [[x - 4, y - 4, x + 4, y + 4]])
    for load in (LoadTrainImage, LoadTestImage):
        loaded = load()(dict(info))
        assert (loaded['img'] == deployed).all()
        for px, py in loaded['keypoints'][0].astype(int):
            assert loaded['img'][py, px].min() > 200
    fitted, fit = letterbox(deployed, SIZE)
    ys, xs = np.nonzero(fitted.min(-1) > 200)
    np.testing.assert_allclose(
        fit.to_image(np.array([xs.mean(), ys.mean()])), [x - 0.5, y - 0.5], atol=1)


def test_exif_ignored_by_the_annotator_is_reported(tmp_path, metainfo):
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    path = tmp_path / 'a.jpg'
    saved(path, exif=exif)
    with pytest.raises(ValueError,
                       match='a.jpg is 48x64, EXIF rotation applied, but 64x48'):
        annotated(path, metainfo, (64, 48), pipeline=pipeline('LoadTrainImage'))


# Fuzzing

def test_fuzz(cases, tmp_path, time_limit):
    """Encoded images with bytes changed, cut out or cut off: one outcome everywhere."""
    rng = np.random.default_rng(0)
    valid = [encoded(suffix) for suffix in ('.jpg', '.png', '.bmp', '.webp', '.tif')]
    path, outcomes = tmp_path / 'fuzz.img', set()
    for _ in range(cases // 4):  # a large one takes a second
        data = bytearray(valid[rng.integers(len(valid))])
        for _ in range(rng.integers(1, 6)):
            place = int(rng.integers(min(len(data), rng.choice([40, 400, len(data)]))))
            if rng.random() < 0.7:
                data[place] = rng.integers(256)
            else:
                del data[place:place + int(rng.integers(1, len(data)))]
                data += b'\0'
        path.write_bytes(data)
        with time_limit(SECONDS):
            deployed = attempt(lambda: read_image(path))
            tested = attempt(lambda: LoadTestImage()(dict(img_path=str(path)))['img'])
        if isinstance(deployed, str) or isinstance(tested, str):
            assert str(path) in deployed and str(path) in tested
            outcome = 'refused'
        else:
            assert (deployed == tested).all() and deployed.dtype == np.uint8
            fitted, fit = letterbox(deployed, SIZE)
            assert fitted.shape == (*SIZE[::-1], 3) and fit.scale > 0
            outcome = 'used'
        outcomes.add(outcome)
    assert outcomes == {'used', 'refused'}


def attempt(action):
    try:
        return action()
    except ValueError as error:
        return str(error)

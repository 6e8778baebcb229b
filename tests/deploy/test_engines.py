"""The default and the raw file give ONNX Runtime's results on other engines."""
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest

from erpose.deploy import DecoderSettings, Predictor, decode_maps, letterbox
from erpose.deploy.compress import to_float16, to_int8
from erpose.imaging.images import read_image

TOLERANCE = 0.01  # pixels, of poses that score more than 0.05
OPENCV_5 = Path(sys.prefix) / 'opencv5'  # see the Makefile

OPERATORS = {
    'Conv', 'Sigmoid', 'Relu', 'HardSwish', 'HardSigmoid', 'MaxPool', 'Resize',
    'Concat', 'Split', 'Slice', 'Reshape', 'Transpose', 'Squeeze', 'Unsqueeze', 'Expand',
    'Cast', 'TopK', 'Gather', 'GatherElements', 'MatMul', 'Add', 'Sub', 'Mul', 'Div', 'Pow',
    'Sqrt', 'Exp', 'Abs', 'Neg', 'Floor', 'Min', 'Max', 'Clip', 'Less', 'Equal',
    'ReduceMean', 'ReduceMax', 'ReduceMin', 'ReduceSum'}
"""What every engine runs. A file of open size also reads sizes (Shape), and a quantised one
has QuantizeLinear and DequantizeLinear."""


@pytest.fixture(scope='module')
def pixels(fixed_file, crowd):
    size = Predictor(fixed_file).input_size
    images = [letterbox(read_image(path), size)[0] for path in sorted(crowd.iterdir())]
    return np.stack(images).transpose(0, 3, 1, 2).astype(np.float32)


@pytest.fixture(scope='module')
def expected(fixed_file, pixels):
    """Boxes with scores, and keypoints, of each image by ONNX Runtime."""
    predictor = Predictor(fixed_file)
    return [predictor.forward(image[None]) for image in pixels]


def assert_equal(found, expected):
    for ours, theirs in zip(found, expected):
        scores = theirs[0][0, :, 4]
        np.testing.assert_allclose(ours[0][0, :, 4], scores, atol=1e-4)
        gaps = np.abs(np.diff(scores, prepend=2, append=-1))
        clear = (scores > 0.05) & (gaps[:-1] > 1e-4) & (gaps[1:] > 1e-4)
        assert clear.any()
        for one, other in zip(ours, theirs):
            np.testing.assert_allclose(one[0, clear], other[0, clear], rtol=0,
                                       atol=TOLERANCE)


@pytest.mark.parametrize('variant', ['fixed', 'open', 'raw', 'float16', 'int8'])
def test_operators(variant, fixed_file, open_file, raw_file, crowd, tmp_path):
    files = dict(fixed=fixed_file, open=open_file, raw=raw_file)
    if variant == 'float16':
        files[variant] = to_float16(fixed_file, tmp_path / 'half.onnx')
    elif variant == 'int8':
        images = [read_image(path) for path in sorted(crowd.iterdir())]
        files[variant] = to_int8(fixed_file, tmp_path / 'int8.onnx', images)
    model = onnx.load(files[variant])
    onnx.checker.check_model(model, full_check=True)
    extra = dict(open={'Shape'}, int8={'QuantizeLinear', 'DequantizeLinear'})
    used = {node.op_type for node in model.graph.node}
    assert used <= OPERATORS | extra.get(variant, set()), used - OPERATORS
    assert {node.domain for node in model.graph.node} <= {'', 'ai.onnx'}
    constants = {value.name for value in model.graph.initializer}
    topk = [node for node in model.graph.node if node.op_type == 'TopK']
    assert len(topk) == (0 if variant == 'raw' else 2)
    assert all(node.input[1] in constants for node in topk)


def test_raw_is_convolutions(raw_file):
    used = {node.op_type for node in onnx.load(raw_file).graph.node}
    assert not used & {'TopK', 'Gather', 'GatherElements', 'Reshape', 'Cast', 'Less'}


def test_raw_finds_the_same_people(raw_file, expected, pixels):
    predictor = Predictor(raw_file)
    assert_equal([predictor.forward(image[None]) for image in pixels], expected)


def test_openvino(fixed_file, expected, pixels):
    openvino = pytest.importorskip('openvino')
    model = openvino.Core().compile_model(str(fixed_file), 'CPU',
                                          {'INFERENCE_PRECISION_HINT': 'f32'})
    found = []
    for image in pixels:
        result = model(image[None])
        found.append([result['dets'], result['keypoints']])
    assert_equal(found, expected)


RUN_OPENCV = '''
import sys
import cv2
import numpy as np
network = cv2.dnn.readNetFromONNX(sys.argv[1])
pixels = np.load(sys.argv[2])
names = sys.argv[4:]
results = []
for image in pixels:
    network.setInput(image[None])
    results.append(dict(zip(names, network.forward(names))))
np.savez(sys.argv[3], version=cv2.__version__,
         **{name: np.stack([r[name] for r in results]) for name in names})
'''


def test_ncnn(raw_file, expected, pixels, tmp_path):
    """The raw file, converted as in docs/deploy.md: pnnx stores float16 by default."""
    ncnn = pytest.importorskip('ncnn')
    pnnx = Path(pytest.importorskip('pnnx').__file__).parent / 'pnnx'
    (tmp_path / 'raw.onnx').write_bytes(raw_file.read_bytes())
    subprocess.run([pnnx, 'raw.onnx', 'inputshape=[1,3,128,160]', 'fp16=0'], cwd=tmp_path,
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    network = ncnn.Net()
    for option in ('use_fp16_packed', 'use_fp16_storage', 'use_fp16_arithmetic'):
        setattr(network.opt, option, False)
    network.load_param(str(tmp_path / 'raw.ncnn.param'))
    network.load_model(str(tmp_path / 'raw.ncnn.bin'))
    model = onnx.load(raw_file)
    found = []
    for image in pixels:
        extractor = network.create_extractor()
        image = np.ascontiguousarray(image)  # Mat does not keep it alive
        extractor.input('in0', ncnn.Mat(image).clone())
        maps = {output.name: np.array(extractor.extract(f'out{number}')[1])[None]
                for number, output in enumerate(model.graph.output)}
        found.append(decode_maps(maps, settings_of(model)))
    assert_equal(found, expected)


def settings_of(model):
    info = {entry.key: entry.value for entry in model.metadata_props}
    return DecoderSettings(**json.loads(info['decoder']))


@pytest.mark.parametrize('version', ['installed', '5'])
@pytest.mark.parametrize('raw', [False, True], ids=['decoded', 'raw'])
def test_opencv(version, raw, fixed_file, raw_file, expected, pixels, tmp_path):
    """In a process of its own: both versions are called cv2."""
    path = raw_file if raw else fixed_file
    environment = dict(os.environ)
    if version == '5':
        if not OPENCV_5.is_dir():
            pytest.skip(f'no OpenCV 5 in {OPENCV_5}: `make install` puts it there')
        environment['PYTHONPATH'] = str(OPENCV_5)
    names = [output.name for output in onnx.load(path).graph.output]
    np.save(tmp_path / 'pixels.npy', pixels)
    subprocess.run([sys.executable, '-c', RUN_OPENCV, path, tmp_path / 'pixels.npy',
                    tmp_path / 'found.npz', *names], check=True, env=environment)
    found = np.load(tmp_path / 'found.npz')
    assert str(found['version']).startswith('5.') == (version == '5')
    if raw:
        settings = settings_of(onnx.load(path))
        results = [decode_maps({name: found[name][i] for name in names}, settings)
                   for i in range(len(pixels))]
    else:
        results = [[found[name][i] for name in names] for i in range(len(pixels))]
    assert_equal(results, expected)

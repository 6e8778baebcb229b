"""The ONNX file computes what PyTorch computes, and says what a client must know."""
import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from erpose.deploy import letterbox
from erpose.deploy.export import PoseNetwork, export_onnx
from erpose.deploy.sources import read_image

TOLERANCE = 1e-3  # pixels
REAL = Path(__file__).parents[3] / 'shared/data/coco-mini/val/images'


def session(path):
    return onnxruntime.InferenceSession(str(path), providers=['CPUExecutionProvider'])


def compare(network, path, pixels):
    """Both runtimes; poses whose scores differ by less than rounding may change places."""
    with torch.no_grad():
        expected = [output.numpy() for output in network(torch.from_numpy(pixels))]
    dets, keypoints = session(path).run(None, dict(input=pixels))
    assert dets.shape == expected[0].shape and keypoints.shape == expected[1].shape
    scores = expected[0][..., 4]
    np.testing.assert_allclose(dets[..., 4], scores, atol=1e-5)
    gaps = np.abs(np.diff(scores, axis=1, prepend=2, append=-1))
    clear = (gaps[:, :-1] > 2e-5) & (gaps[:, 1:] > 2e-5)
    assert clear[:, :10].mean() > 0.5
    for ours, theirs in ((dets, expected[0]), (keypoints, expected[1])):
        np.testing.assert_allclose(ours[clear], theirs[clear], atol=TOLERANCE)


def crowds(crowd, count, size):
    images = [letterbox(read_image(p), size)[0] for p in sorted(crowd.iterdir())[:count]]
    return np.stack(images).transpose(0, 3, 1, 2).astype(np.float32)


def test_fixed_size(network, fixed_file, crowd):
    compare(network[0], fixed_file, crowds(crowd, 1, (128, 96)))


@pytest.mark.parametrize('count, size', [(1, (128, 96)), (3, (64, 64)), (2, (160, 192))])
def test_open_batch_and_size(network, open_file, crowd, count, size):
    compare(network[0], open_file, crowds(crowd, count, size))


@pytest.mark.skipif(not REAL.exists(), reason='real photographs are not here')
def test_real_photographs(network, open_file):
    compare(network[0], open_file, crowds(REAL, 4, (320, 320)))


def test_no_nms_and_no_custom_operator(fixed_file, open_file):
    for path in (fixed_file, open_file):
        nodes = onnx.load(path).graph.node
        assert {node.domain for node in nodes} <= {'', 'ai.onnx'}
        assert sum(node.op_type == 'TopK' for node in nodes) == 1
        assert not any(node.op_type in ('NonMaxSuppression', 'BatchNormalization', 'Loop')
                       for node in nodes)


def test_opset_names_and_metadata(fixed_file):
    model = onnx.load(fixed_file)
    assert min(entry.version for entry in model.opset_import) >= 17
    assert [entry.name for entry in model.graph.input] == ['input']
    assert [entry.name for entry in model.graph.output] == ['dets', 'keypoints']
    info = {p.key: json.loads(p.value) for p in model.metadata_props}
    assert info['keypoints'][0] == 'nose' and len(info['sigmas']) == 17
    assert info['input_size'] == [128, 96] and info['pad'] == 114
    assert all(0 <= k < 17 for link in info['skeleton'] for k in link)


def test_no_place_of_this_machine_in_the_file(fixed_file):
    content = fixed_file.read_bytes()
    assert b'.py"' not in content and b'site-packages' not in content


@pytest.mark.parametrize('size', [(100, 96), (32, 64), (0, 0)])
def test_a_size_that_does_not_fit_is_refused(network, tmp_path, size):
    with pytest.raises(ValueError, match='multiples of 32'):
        export_onnx(*network, tmp_path / 'x.onnx', size)


def test_a_head_with_nms_is_refused():
    model = torch.nn.Module()
    model.head = torch.nn.Linear(1, 1)
    with pytest.raises(ValueError, match='Linear has no NMS-free output'):
        PoseNetwork(model)

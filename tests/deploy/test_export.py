"""The ONNX file computes what PyTorch computes, and its metadata describe it."""
import copy
import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from mmengine.config import Config
from mmpose.structures import PoseDataSample

from erpose import zoo
from erpose.deploy import Predictor, letterbox
from erpose.deploy.export import export_onnx, metadata
from erpose.deploy.networks import pose_network
from erpose.engine import deployed_model
from erpose.imaging.images import read_image

TOLERANCE = 1e-3  # pixels
REAL = Path(__file__).parents[3] / 'shared/data/coco-mini/val/images'


@pytest.fixture
def config(shipped):
    return Config.fromfile(shipped['Config'])


def session(path):
    return onnxruntime.InferenceSession(str(path), providers=['CPUExecutionProvider'])


def compare(network, path, pixels):
    """Compares the file with the network in float64, so that all rounding is the file's.

    Poses whose scores differ by rounding may swap places. Those that score 0.05 or less may
    differ by 5 TOLERANCE: rounding is larger there.
    """
    exact = copy.deepcopy(network).double()
    with torch.no_grad():
        expected = [output.numpy() for output in exact(torch.from_numpy(pixels).double())]
    dets, keypoints = session(path).run(None, dict(input=pixels))
    assert dets.shape == expected[0].shape and keypoints.shape == expected[1].shape
    scores = expected[0][..., 4]
    np.testing.assert_allclose(dets[..., 4], scores, atol=1e-4)
    gaps = np.abs(np.diff(scores, axis=1, prepend=2, append=-1))
    clear = (gaps[:, :-1] > 2e-5) & (gaps[:, 1:] > 2e-5)
    shown = clear & (scores > 0.05)
    assert shown.any(1).all()
    for ours, theirs in ((dets, expected[0]), (keypoints, expected[1])):
        np.testing.assert_allclose(ours[shown], theirs[shown], rtol=0, atol=TOLERANCE)
        np.testing.assert_allclose(ours[clear], theirs[clear], rtol=0, atol=5 * TOLERANCE)


def crowds(crowd, count, size):
    images = [letterbox(read_image(p), size)[0] for p in sorted(crowd.iterdir())[:count]]
    return np.stack(images).transpose(0, 3, 1, 2).astype(np.float32)


def test_fixed_size(network, fixed_file, crowd):
    compare(network[0], fixed_file, crowds(crowd, 1, (160, 128)))


@pytest.mark.parametrize('count, size', [(1, (128, 128)), (3, (128, 160)), (2, (160, 192))])
def test_open_batch_and_size(network, open_file, crowd, count, size):
    compare(network[0], open_file, crowds(crowd, count, size))


@pytest.mark.skipif(not REAL.exists(), reason='real photographs are not here')
def test_real_photographs(network, open_file):
    compare(network[0], open_file, crowds(REAL, 4, network[1]['input_size']))


def test_torch_export_is_the_same_network(network, crowd):
    inputs = torch.from_numpy(crowds(crowd, 1, (128, 96)))
    program = torch.export.export(network[0], (inputs, )).module()
    with torch.no_grad():
        for ours, theirs in zip(program(inputs), network[0](inputs)):
            torch.testing.assert_close(ours, theirs, rtol=0, atol=TOLERANCE)


def test_opset_names_and_metadata(fixed_file):
    model = onnx.load(fixed_file)
    assert min(entry.version for entry in model.opset_import) >= 17
    assert [entry.name for entry in model.graph.input] == ['input']
    assert [entry.name for entry in model.graph.output] == ['dets', 'keypoints']
    info = {p.key: json.loads(p.value) for p in model.metadata_props}
    assert info['keypoints'][0] == 'nose' and len(info['sigmas']) == 17
    assert info['input_size'] == [160, 128] and info['pad'] == 114
    assert all(0 <= k < 17 for link in info['skeleton'] for k in link)


def test_no_place_of_this_machine_in_the_file(fixed_file):
    content = fixed_file.read_bytes()
    assert b'.py"' not in content and b'site-packages' not in content


@pytest.mark.parametrize('bgr_to_rgb', [False, True])
def test_pixels_are_normalised_as_in_training(config, bgr_to_rgb):
    config.model.data_preprocessor.update(bgr_to_rgb=bgr_to_rgb, mean=[120, 110, 100])
    network = pose_network(deployed_model(config))
    image = torch.randint(0, 256, (3, 64, 96), dtype=torch.uint8)
    expected = network.model.data_preprocessor(
        dict(inputs=[image], data_samples=[PoseDataSample()]))['inputs']
    torch.testing.assert_close(network.normalise(image[None].float()), expected)


def test_the_size_is_the_configs_unless_given(config, tmp_path):
    resize = config.test_dataloader.dataset.pipeline[1]
    assert resize.type == 'BottomupResize'
    assert metadata(config)['input_size'] == resize.input_size
    network = torch.nn.Conv2d(3, 1, 1)
    network.output_names = ['map']
    path = export_onnx(network, dict(input_size=(96, 64)), tmp_path / 'n.onnx')
    model = onnx.load(path)
    shape = model.graph.input[0].type.tensor_type.shape
    assert [side.dim_value for side in shape.dim] == [1, 3, 64, 96]
    assert {p.key: p.value for p in model.metadata_props} == dict(input_size='[96, 64]')
    with pytest.raises(ValueError, match='no input_size.*--size'):
        export_onnx(network, dict(input_size=None), tmp_path / 'n.onnx')


@pytest.mark.parametrize('size', [(100, 96), (32, 64), (0, 0)])
def test_a_size_that_does_not_fit_is_refused(network, tmp_path, size):
    with pytest.raises(ValueError, match='multiples of 32'):
        export_onnx(*network, tmp_path / 'x.onnx', size)


def test_a_head_that_is_not_known_is_refused():
    model = torch.nn.Module()
    model.head = torch.nn.Linear(1, 1)
    with pytest.raises(ValueError, match='Linear cannot be exported'):
        pose_network(model)


@pytest.fixture(scope='module', params=[
    'yolo_pose', *(pytest.param(name, marks=pytest.mark.slow)
                   for name in ('posedet', 'smpr'))])
def with_duplicates(request, crowd):
    """A config of a system that needs NMS, with random weights whose scores spread."""
    name = request.param
    config = Config.fromfile(zoo.root() / 'configs/experiments' / (
        f'{name}-n_1xb8-12e_coco-mini-lsp-320x320.py'))
    torch.manual_seed(0)
    model = deployed_model(config).train()
    images = (torch.from_numpy(crowds(crowd, 4, (128, 96))) - 114) / 57
    with torch.no_grad():
        for _ in range(60):  # statistics of normalisation
            model.head(model.extract_feat(images))
    if name == 'yolo_pose':
        scores, sizes = model.head.head_module, model.head.head_module.out_bbox
        scores = (*scores.out_cls, *scores.out_obj)
    else:
        scores, sizes = model.head.score_branch.outputs, model.head.pose_branch.outputs
    for output in scores:
        torch.nn.init.normal_(output.weight, std=0.3)
        torch.nn.init.zeros_(output.bias)
    for output in sizes:  # boxes and poses of some cells, which overlap
        torch.nn.init.constant_(output.bias, 1.5)
        if name == 'yolo_pose':
            output.weight.data *= 0.3  # within the image
        else:
            output.bias.data[::4] = -1.5
            model.head.decoder.nms_thr = 0.2
    return config, model.eval()


@pytest.mark.slow
def test_a_system_with_nms_leaves_it_to_the_client(with_duplicates, tmp_path, crowd):
    """The same people as MMPose's; the predictor removes duplicates."""
    config, model = with_duplicates
    network = pose_network(model)
    info = dict(metadata(config), nms=network.nms)
    path = export_onnx(network, info, tmp_path / 'n.onnx', (128, 96))
    compare(network, path, crowds(crowd, 1, (128, 96)))
    nodes = onnx.load(path).graph.node
    assert {node.domain for node in nodes} <= {'', 'ai.onnx'}
    image = letterbox(read_image(sorted(crowd.iterdir())[0]), (128, 96))[0]
    people = Predictor(path)(image, score_thr=0)
    inputs = torch.from_numpy(image.transpose(2, 0, 1).copy())
    sample = PoseDataSample(metainfo=dict(input_size=(128, 96), img_shape=(96, 128)))
    data = model.data_preprocessor(dict(inputs=[inputs], data_samples=[sample]))
    with torch.no_grad():
        expected = model.head.predict(model.extract_feat(data['inputs']), [sample],
                                      test_cfg=dict(model.test_cfg, score_thr=0))[0]
    soft = network.nms.get('soft')
    assert 1 < len(people.scores) < 252 or soft  # of 252 candidates
    np.testing.assert_allclose(people.scores, expected.scores, atol=1e-4)
    clear = np.abs(np.diff(expected.scores, prepend=2)) > 1e-3
    clear &= np.abs(np.diff(expected.scores, append=-1)) > 1e-3
    assert clear.sum() > 1
    np.testing.assert_allclose(people.keypoints[clear], expected.keypoints[clear],
                               atol=0.01)
    np.testing.assert_allclose(people.visibilities[clear], expected.keypoint_scores[clear],
                               atol=1e-4)

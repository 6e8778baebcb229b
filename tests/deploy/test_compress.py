import json

import numpy as np
import onnx
import pytest

from erpose.deploy import Predictor
from erpose.deploy.compress import split_nodes, to_float16, to_int8
from erpose.imaging.images import read_image


@pytest.fixture(scope='module')
def images(crowd):
    return [read_image(path) for path in sorted(crowd.iterdir())]


def best(path, image, count=5):
    people = Predictor(path)(image, score_thr=0)
    assert len(people.scores) >= count
    return people.scores[:count], people.keypoints[:count]


def test_nodes_after_the_last_convolutions(fixed_file):
    model = onnx.load(fixed_file)
    last, after = split_nodes(model)
    assert len(last) == 7  # scores and poses of three levels, heatmaps
    assert any('topk' in name.lower() for name in after)
    assert not set(last) & set(after)


def test_float16_is_half_as_large_and_close(fixed_file, images, tmp_path):
    half = to_float16(fixed_file, tmp_path / 'half.onnx')
    assert half.stat().st_size < 0.7 * fixed_file.stat().st_size
    scores, poses = best(fixed_file, images[0])
    half_scores, half_poses = best(half, images[0])
    np.testing.assert_allclose(half_scores, scores, atol=0.005)
    np.testing.assert_allclose(half_poses, poses, atol=1)


def test_float16_leaves_everything_after_the_network_in_float32(fixed_file, tmp_path):
    model = onnx.load(fixed_file)
    half = onnx.load(to_float16(fixed_file, tmp_path / 'half.onnx'))
    nodes = {node.name: node for node in half.graph.node}
    after = set(split_nodes(model)[1])
    for node in model.graph.node:
        if node.name in after:
            same = nodes[node.name]
            assert (same.op_type, same.output) == (node.op_type, node.output)
            assert [name.replace('_float32', '') for name in same.input] == node.input
    types = {value.name: value.type.tensor_type.elem_type
             for value in onnx.shape_inference.infer_shapes(half).graph.value_info}
    types.update({tensor.name: tensor.data_type for tensor in half.graph.initializer})
    assert onnx.TensorProto.FLOAT16 in types.values()
    for name in after:
        assert onnx.TensorProto.FLOAT16 not in [
            types.get(value) for value in (*nodes[name].input, *nodes[name].output)]


def test_int8_keeps_metadata_and_rank(fixed_file, images, tmp_path):
    small = to_int8(fixed_file, tmp_path / 'small.onnx', images)
    assert small.stat().st_size < 0.7 * fixed_file.stat().st_size
    assert not list(tmp_path.glob('*.prepared.onnx'))
    info = {p.key: json.loads(p.value) for p in onnx.load(small).metadata_props}
    assert info['input_size'] == [160, 128]
    scores, poses = best(fixed_file, images[0], 1)
    small_scores, small_poses = best(small, images[0], 1)
    np.testing.assert_allclose(small_scores, scores, atol=0.1)
    np.testing.assert_allclose(small_poses[..., :2], poses[..., :2], atol=5)

"""ONNX files in the format of `erpose export`, but of constants, with any mistake."""
import copy
import json

import numpy as np
import onnx
from onnx import TensorProto, helper

FINE = dict(keypoints=['a', 'b'], skeleton=[[0, 1]], colours=[[1, 2, 3]] * 2,
            sigmas=[0.1, 0.1], input_size=[64, 32], nms=None)


def network(path, inputs=None, dets=(1, 3, 5), poses=(1, 3, 2, 3), declared=None,
            value=1.0, names=('dets', 'keypoints'), kind=TensorProto.FLOAT, **properties):
    """A network of constants with the given outputs."""
    inputs = [1, 3, 32, 64] if inputs is None else inputs
    nodes = [
        helper.make_node('Constant', [], [name], value=helper.make_tensor(
            name, TensorProto.FLOAT, shape, np.full(shape, value, np.float32).ravel()))
        for name, shape in zip(names, (dets, poses))]
    declared = declared or (dets, poses)
    graph = helper.make_graph(
        nodes, 'hostile', [helper.make_tensor_value_info('input', kind, inputs)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
         for name, shape in zip(names, declared)])
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid('', 17)], ir_version=8)
    helper.set_model_props(model, {
        key: text if isinstance(text, str) else json.dumps(text)
        for key, text in dict(copy.deepcopy(FINE), **properties).items()})
    onnx.save(model, path)
    return path

"""Converts ONNX files to float16, or to int8 calibrated on the user's images."""
import json
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, Iterable, List, Optional, Tuple, Union

import numpy as np

from erpose.imaging.letterbox import letterbox

if TYPE_CHECKING:
    import onnx

CALIBRATION_PIXELS = 64 * 320 * 320
"""Pixels of all inputs. ONNX Runtime keeps the activations of all images, about 2 GB."""


def to_float16(source: Union[str, Path], target: Union[str, Path]) -> Path:
    """Converts the network to float16; input, outputs and decoder stay float32.

    Above 512, float16 has a resolution of half a pixel, and squared distances exceed its
    range. So the nodes after the last convolution are left out of the conversion, and
    appended unchanged.
    """
    import onnx
    from onnxruntime.transformers.float16 import convert_float_to_float16
    from onnxruntime.transformers.onnx_model import OnnxModel
    model = onnx.load(source)
    after = set(split_nodes(model)[1])
    decoder = [node for node in model.graph.node if node.name in after]
    read = {name for node in decoder for name in node.input}
    types = {value.name: value
             for value in onnx.shape_inference.infer_shapes(model).graph.value_info}

    half = onnx.load(source)
    network = [node for node in half.graph.node if node.name not in after]
    maps = [name for node in network for name in node.output if name in read]
    _replace(half.graph.node, network)
    _replace(half.graph.output, [types[name] for name in maps])
    half = convert_float_to_float16(half, keep_io_types=True, disable_shape_infer=False)

    constants = [c for c in model.graph.initializer if c.name in read]
    own = {c.name: f'{c.name}_float32' for c in constants}  # the network's are float16
    for constant in constants:
        constant.name = own[constant.name]
    for node in decoder:
        _replace(node.input, [own.get(name, name) for name in node.input])
    nodes = {node.name: node for node in half.graph.node}  # has a cast once per consumer
    _replace(half.graph.node, [*nodes.values(), *decoder])
    used = {name for node in half.graph.node for name in node.input}
    _replace(half.graph.initializer, [
        c for c in [*half.graph.initializer, *constants] if c.name in used])
    _replace(half.graph.output, model.graph.output)
    _replace(half.graph.value_info, [])
    OnnxModel(half).topological_sort()  # the converter appends its casts
    onnx.checker.check_model(half, full_check=True)
    onnx.save(half, target)
    return Path(target)


def _replace(field: Any, values: Iterable[Any]) -> None:
    """Replaces the content of a repeated field of a protobuf message."""
    values = list(values)
    del field[:]
    field.extend(values)


def to_int8(source: Union[str, Path], target: Union[str, Path],
            images: Iterable[np.ndarray]) -> Path:
    """Quantises the convolutions to int8 (QDQ, one scale per channel).

    Depthwise convolutions, the stem and the last convolutions stay float32, and outliers of
    the activations are clipped. Otherwise most of the AP is lost (see docs/deploy.md).

    Args:
        source (str): A float32 file of :func:`export_onnx`.
        target (str): The file to write.
        images (Iterable[np.ndarray]): Images like those to predict, uint8 BGR (H, W, 3).
            The first ones, up to ``CALIBRATION_PIXELS``, calibrate the activations.
    """
    import onnx
    from onnxruntime.quantization import (
        CalibrationDataReader,
        CalibrationMethod,
        QuantFormat,
        QuantType,
        quantize_static,
    )
    from onnxruntime.quantization.shape_inference import quant_pre_process
    model = onnx.load(source)
    size = json.loads(next(
        p.value for p in model.metadata_props if p.key == 'input_size'))

    class Images(CalibrationDataReader):

        def __init__(self) -> None:
            count = max(1, CALIBRATION_PIXELS // (size[0] * size[1]))
            self.batches = islice(images, count)

        def get_next(self) -> Optional[Dict[str, np.ndarray]]:
            image = next(self.batches, None)
            if image is None:
                return None
            pixels, _ = letterbox(image, size)
            return dict(input=pixels.transpose(2, 0, 1)[None].astype(np.float32))

    last, _ = split_nodes(model)
    prepared = Path(target).with_suffix('.prepared.onnx')
    quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
    try:
        quantize_static(
            str(prepared), str(target), Images(), quant_format=QuantFormat.QDQ,
            per_channel=True, activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8, op_types_to_quantize=['Conv'],
            calibrate_method=CalibrationMethod.Percentile,
            nodes_to_exclude=last + _delicate_nodes(onnx.load(prepared)))
    finally:
        prepared.unlink()
    quantised = onnx.load(target)
    del quantised.metadata_props[:]
    quantised.metadata_props.extend(model.metadata_props)
    onnx.checker.check_model(quantised, full_check=True)
    onnx.save(quantised, target)
    return Path(target)


def _delicate_nodes(model: 'onnx.ModelProto') -> List[str]:
    """Names of the depthwise convolutions and those of the stem."""
    return [node.name for node in model.graph.node if node.op_type == 'Conv' and (
        '.stem.' in node.name
        or any(a.name == 'group' and a.i > 1 for a in node.attribute))]


def split_nodes(model: 'onnx.ModelProto') -> Tuple[List[str], List[str]]:
    """Names of the last convolutions, and of the nodes on which no convolution depends."""
    producer = {name: node for node in model.graph.node for name in node.output}
    feeds, stack = set(), [n for n in model.graph.node if n.op_type == 'Conv']
    while stack:
        for name in stack.pop().input:
            node = producer.get(name)
            if node is not None and node.name not in feeds:
                feeds.add(node.name)
                stack.append(node)
    last = [n.name for n in model.graph.node
            if n.op_type == 'Conv' and n.name not in feeds]
    after = [n.name for n in model.graph.node
             if n.op_type != 'Conv' and n.name not in feeds]
    return last, after

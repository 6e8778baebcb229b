"""Exports a config and a checkpoint to an ONNX file of standard operators, without NMS."""
import ast
import json
from pathlib import Path
from typing import TYPE_CHECKING, Dict, Optional, Tuple, Union

import torch
from mmengine.config import Config
from mmpose.registry import DATASETS

from erpose.engine import deployed_model
from erpose.imaging.letterbox import MULTIPLE
from erpose.structures.metainfo import parse_metainfo
from erpose.version import __version__

from .networks import PoseNetwork, pose_network
from .predictor import LEAST_OPEN_SIDE

if TYPE_CHECKING:
    import onnx

OPSET = 18
"""The lowest opset that PyTorch's exporter supports."""


def load_network(config: Union[str, Config], checkpoint: str,
                 raw: bool = False) -> Tuple[PoseNetwork, dict]:
    """Builds the network of a config with a checkpoint's weights, and its metadata.

    Args:
        config (str | Config): Config of the model.
        checkpoint (str): Its weights.
        raw (bool): Output ER-Pose's maps, which the client decodes.
    """
    config = Config.fromfile(config) if not isinstance(config, Config) else config
    network = pose_network(deployed_model(config, checkpoint), raw)
    info = dict(metadata(config), nms=network.nms)
    return network, dict(info, decoder=network.decoder) if raw else info


def metadata(config: Config) -> dict:
    """Metadata that clients need, as stored in the file: JSON values by key."""
    dataset = config.val_dataloader.dataset
    info = (config.model.head.get('metainfo') or dataset.get('metainfo')
            or DATASETS.get(dataset.type).METAINFO)
    info = parse_metainfo(info)
    names = [info['keypoint_id2name'][k] for k in range(info['num_keypoints'])]
    return dict(
        erpose_version=__version__,
        model=Path(config.filename).stem if config.filename else '',
        keypoints=names,
        skeleton=[list(map(int, link)) for link in info['skeleton_links']],
        sigmas=[round(float(s), 6) for s in info['sigmas']],
        colours=[list(map(int, c)) for c in info['keypoint_colors']],
        channels='BGR',
        input_size=config.get('input_size'),
        pad=114,
        mean_std='inside')


def export_onnx(network: PoseNetwork, info: dict, path: Union[str, Path],
                input_size: Optional[Tuple[int, int]] = None,
                dynamic: bool = False) -> Path:
    """Writes the network to an ONNX file.

    Args:
        network (PoseNetwork): Network returned by :func:`load_network`.
        info (dict): Metadata returned by :func:`load_network`.
        path (str): The file to write.
        input_size (tuple[int, int], optional): Width and height, multiples of 32.
            Defaults to the config's.
        dynamic (bool): Make batch, height and width dynamic. ``input_size`` is then the
            client's default, and each side must be at least 128 pixels. Defaults to False:
            batch 1.

    Returns:
        Path: The written file.
    """
    try:
        import onnx
        import onnxscript  # noqa: F401  (PyTorch's exporter needs it)
    except ImportError as error:
        raise ImportError(f"{error}: pip install 'erpose[export]'") from None
    size = input_size or info['input_size']
    if not size:
        raise ValueError('the config has no input_size: set it with --size')
    width, height = size
    least = LEAST_OPEN_SIDE if dynamic else 64
    if width % MULTIPLE or height % MULTIPLE or min(width, height) < least:
        raise ValueError(f'width and height must be multiples of {MULTIPLE} and at least '
                         f'{least}, got {width}x{height}')
    path = Path(path)
    batch = 2 if dynamic else 1  # the exporter specialises a batch of 1 to a constant
    example = torch.zeros(batch, 3, height, width)
    shapes = ({0: 'batch', 2: 'height', 3: 'width'}, ) if dynamic else None
    torch.onnx.export(
        network, (example, ), str(path), input_names=['input'],
        output_names=network.output_names, opset_version=OPSET, dynamo=True,
        external_data=False, dynamic_shapes=shapes, verbose=False)
    model = onnx.load(path)
    properties = dict(info, input_size=[width, height])
    onnx.helper.set_model_props(
        model, {key: json.dumps(value) for key, value in properties.items()})
    _name_by_module(model.graph)
    for part in (*model.graph.node, *model.graph.value_info, *model.graph.input,
                 *model.graph.output):
        del part.metadata_props[:]  # the exporter stores local file names in them
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)
    return path


def _name_by_module(graph: 'onnx.GraphProto') -> None:
    """Names nodes and values after their modules, for profilers and viewers."""
    names: Dict[str, str] = {value.name: value.name for value in graph.output}
    used: Dict[str, int] = {}
    for node in graph.node:
        notes = {note.key: note.value for note in node.metadata_props}
        scopes = ast.literal_eval(notes.get('pkg.torch.onnx.name_scopes', "['', '']"))
        module = scopes[-2].removeprefix('model.') or 'network'
        name = f'{module}/{node.op_type}'
        used[name] = used.get(name, 0) + 1
        node.name = name if used[name] == 1 else f'{name}_{used[name]}'
        for place, value in enumerate(node.output):
            names.setdefault(value, node.name if place == 0 else f'{node.name}.{place}')
    for node in graph.node:
        node.input[:] = [names.get(value, value) for value in node.input]
        node.output[:] = [names.get(value, value) for value in node.output]
    for value in graph.value_info:
        value.name = names.get(value.name, value.name)

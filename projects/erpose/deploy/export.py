"""From a config and a checkpoint to one ONNX file: no NMS, no custom operator."""
import json
from pathlib import Path
from typing import Tuple, Union

import torch
from mmengine.config import Config
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from torch import Tensor, nn

from erpose.engine import deployed_model
from erpose.structures import pose_boxes
from erpose.version import __version__

OPSET = 18
"""The lowest that PyTorch's exporter writes."""


class PoseNetwork(nn.Module):
    """The deployed model with pixels at both ends.

    Normalisation is inside, so that a client feeds the letterboxed image as OpenCV reads
    it. Outputs are named and shaped as those of RTMO's ONNX files.

    Args:
        model (nn.Module): A ``BottomupPoseEstimator`` with an NMS-free head.
    """

    def __init__(self, model: nn.Module):
        super().__init__()
        if not hasattr(model.head, 'decode'):
            raise ValueError(f'{type(model.head).__name__} has no NMS-free output to '
                             'export: only ER-Pose does')
        self.model = model
        preprocessor = model.data_preprocessor
        self.register_buffer('mean', preprocessor.mean.clone())
        self.register_buffer('scale', 1 / preprocessor.std)

    def forward(self, image: Tensor) -> Tuple[Tensor, Tensor]:
        """Poses of a batch, best first.

        Args:
            image (Tensor): float32 BGR in [0, 255], letterboxed, (B, 3, H, W).

        Returns:
            tuple[Tensor, Tensor]: ``dets`` (B, N, 5): x1, y1, x2, y2 of the box around the
            keypoints, and the pose's score; ``keypoints`` (B, N, K, 3): x, y and the
            probability that the keypoint is in the picture. In pixels of the input.
        """
        feats = self.model.extract_feat((image - self.mean) * self.scale)
        poses = self.model.head.decode(feats)
        boxes = pose_boxes(poses.keypoints)
        return (torch.cat([boxes, poses.scores.unsqueeze(-1)], -1),
                torch.cat([poses.keypoints, poses.visibilities.unsqueeze(-1)], -1))


def load_network(config: Union[str, Config], checkpoint: str) -> Tuple[PoseNetwork, dict]:
    """The network of a config with a checkpoint's weights, and its metadata."""
    config = Config.fromfile(config) if not isinstance(config, Config) else config
    model = deployed_model(config, checkpoint)
    return PoseNetwork(model).eval(), metadata(config)


def metadata(config: Config) -> dict:
    """What a client must know, as it stands in the file: JSON values by key."""
    info = parse_pose_metainfo(dict(config.model.head.metainfo))
    names = [info['keypoint_id2name'][k] for k in range(info['num_keypoints'])]
    return dict(
        erpose_version=__version__,
        model=Path(config.filename).stem if config.filename else '',
        keypoints=names,
        skeleton=[list(map(int, link)) for link in info['skeleton_links']],
        sigmas=[round(float(s), 6) for s in info['sigmas']],
        colours=[list(map(int, c)) for c in info['keypoint_colors']],
        channels='BGR',
        pad=114,
        mean_std='inside')


def export_onnx(network: PoseNetwork, info: dict, path: Union[str, Path],
                input_size: Tuple[int, int] = (640, 640), dynamic: bool = False) -> Path:
    """Writes the network to an ONNX file.

    Args:
        network (PoseNetwork): From :func:`load_network`.
        info (dict): Its metadata, from there too.
        path (str): The file to write.
        input_size (tuple[int, int]): Width and height, multiples of 32.
        dynamic (bool): Leave batch, height and width open: then ``input_size`` is what a
            client takes unless told otherwise. Defaults to False: batch 1.

    Returns:
        Path: The file.
    """
    try:
        import onnx
        import onnxscript  # noqa: F401  (PyTorch's exporter needs it)
    except ImportError as error:
        raise ImportError(f"{error}: pip install 'erpose[export]'") from None
    width, height = input_size
    if width % 32 or height % 32 or min(width, height) < 64:
        raise ValueError(f'width and height must be multiples of 32, at least 64: got '
                         f'{width}x{height}')
    path = Path(path)
    batch = 2 if dynamic else 1  # the exporter takes a batch of 1 for a constant
    example = torch.zeros(batch, 3, height, width)
    shapes = ({0: 'batch', 2: 'height', 3: 'width'}, ) if dynamic else None
    torch.onnx.export(
        network, (example, ), str(path), input_names=['input'],
        output_names=['dets', 'keypoints'], opset_version=OPSET, dynamo=True,
        external_data=False, dynamic_shapes=shapes, verbose=False)
    model = onnx.load(path)
    properties = dict(info, input_size=[width, height])
    onnx.helper.set_model_props(
        model, {key: json.dumps(value) for key, value in properties.items()})
    for node in model.graph.node:  # the exporter's notes name files of this machine
        del node.metadata_props[:]
    for value in (*model.graph.value_info, *model.graph.input, *model.graph.output):
        del value.metadata_props[:]
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return path

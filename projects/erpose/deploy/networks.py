"""Models with pixels at both ends, as they go into a file."""
from typing import Optional, Tuple

import torch
from mmpose.models import BottomupPoseEstimator
from mmpose.models.heads.hybrid_heads import YOLOXPoseHead
from torch import Tensor, nn

from erpose.deploy.decode import DecoderSettings
from erpose.models.decoders import Poses, decode_poses
from erpose.models.heads import ERPoseHead, RefiningPoseHead
from erpose.models.layers import flatten_levels
from erpose.structures import pose_boxes


class PoseNetwork(nn.Module):
    """A deployed model with pixels at both ends.

    Normalisation is inside, so that a client feeds the letterboxed image as OpenCV reads
    it. Outputs are named and shaped as those of RTMO's ONNX files.

    Args:
        model (BottomupPoseEstimator): With an NMS-free head.

    Attributes:
        nms (dict, optional): What a client has still to do, see
            :func:`~erpose.deploy.suppress.suppress`. None: nothing.
        output_names (list[str]): Of the tensors that :meth:`forward` returns.
    """
    nms: Optional[dict] = None
    output_names = ['dets', 'keypoints']
    mean: Tensor
    scale: Tensor

    def __init__(self, model: BottomupPoseEstimator) -> None:
        super().__init__()
        self.model = model
        preprocessor = model.data_preprocessor
        self.to_rgb = preprocessor._channel_conversion
        self.register_buffer('mean', preprocessor.mean.clone())
        self.register_buffer('scale', 1 / preprocessor.std)

    def forward(self, image: Tensor) -> Tuple[Tensor, ...]:
        """Poses of a batch, best first.

        Args:
            image (Tensor): float32 BGR in [0, 255], letterboxed, (B, 3, H, W).

        Returns:
            tuple[Tensor, Tensor]: ``dets`` (B, N, 5): x1, y1, x2, y2 of the box, and the
            pose's score; ``keypoints`` (B, N, K, 3): x, y and the probability that the
            keypoint is in the picture. In pixels of the input.
        """
        poses, boxes = self.decode(self.model.extract_feat(self.normalise(image)))
        return (torch.cat([boxes, poses.scores.unsqueeze(-1)], -1),
                torch.cat([poses.keypoints, poses.visibilities.unsqueeze(-1)], -1))

    def normalise(self, image: Tensor) -> Tensor:
        """As the model's data preprocessor does it."""
        return ((image.flip(1) if self.to_rgb else image) - self.mean) * self.scale

    def decode(self, feats: Tuple[Tensor, ...]) -> Tuple[Poses, Tensor]:
        """The best N poses of each image, and boxes around their keypoints."""
        poses = self.model.head.decode(feats)
        return poses, pose_boxes(poses.keypoints)


class RawNetwork(PoseNetwork):
    """ER-Pose without its decoder: normalisation, convolutions, and the maps as they are.

    Args:
        model (BottomupPoseEstimator): With an ``ERPoseHead``.

    Attributes:
        decoder (dict): Settings of :func:`~erpose.deploy.decode.decode_maps`.
    """

    def __init__(self, model: BottomupPoseEstimator) -> None:
        super().__init__(model)
        if not isinstance(model.head, ERPoseHead):
            raise ValueError(f'only ERPoseHead has a raw file, not '
                             f'{type(model.head).__name__}')
        head, decoder = model.head, model.head.decoder
        self.decoder = DecoderSettings(
            strides=list(head.strides), num_candidates=decoder.num_candidates,
            reach=decoder.reach, agreement=decoder.agreement,
            second_view=decoder.second_view, average=decoder.average,
            max_per_img=decoder.max_per_img, refiner_reach=head.refiner.reach)._asdict()
        self.output_names = [f'{kind}_{stride}' for kind in ('scores', 'poses')
                             for stride in head.strides]
        if head.heatmap_branch is not None:
            self.output_names.append(f'heatmaps_{head.strides[0]}')

    def forward(self, image: Tensor) -> Tuple[Tensor, ...]:
        """The maps of :meth:`ERPoseHead.forward` in the order of ``output_names``."""
        scores, poses, heatmaps = self.model.head(
            self.model.extract_feat(self.normalise(image)))
        return (*scores, *poses, *heatmaps)


class PiecewiseSigmoid(nn.Module):
    """``nn.Hardsigmoid``, of RTMDet's channel attention, in plain arithmetic.

    OpenCV takes ``x * HardSigmoid(y)`` for ``HardSwish(y)``.
    """

    def forward(self, x: Tensor) -> Tensor:
        return (x / 6 + 0.5).clamp(0, 1)


class CandidateNetwork(PoseNetwork):
    """PoseDet or SMPR: duplicates are left to the client.

    Args:
        model (BottomupPoseEstimator): With a ``RefiningPoseHead``.
    """

    def __init__(self, model: BottomupPoseEstimator) -> None:
        super().__init__(model)
        decoder = model.head.decoder
        self.nms = dict(kind=decoder.kind, threshold=decoder.nms_thr, soft=decoder.soft)

    def decode(self, feats: Tuple[Tensor, ...]) -> Tuple[Poses, Tensor]:
        poses = self.model.head.candidates(feats)
        return poses, pose_boxes(poses.keypoints)


class BoxPoseNetwork(PoseNetwork):
    """MMPose's YOLO-Pose: boxes are predicted, and duplicates are left to the client.

    Args:
        model (BottomupPoseEstimator): With a ``YOLOXPoseHead``.
        max_per_img (int): N, the candidates returned an image. Defaults to 1000.
    """

    def __init__(self, model: BottomupPoseEstimator, max_per_img: int = 1000) -> None:
        super().__init__(model)
        self.nms = dict(kind='box', threshold=model.test_cfg.get('nms_thr', 1.0))
        self.max_per_img = max_per_img

    def decode(self, feats: Tuple[Tensor, ...]) -> Tuple[Poses, Tensor]:
        head = self.model.head
        score, objectness, boxes, offsets, visibilities = (
            flatten_levels(maps).float() for maps in head(feats))
        priors = torch.cat(head.prior_generator.grid_priors(
            [f.shape[-2:] for f in feats], device=feats[0].device, with_stride=True))
        scores = score.sigmoid().amax(-1) * objectness.sigmoid().squeeze(-1)
        scores, index = scores.topk(min(self.max_per_img, scores.shape[1]), dim=1)
        boxes, offsets, visibilities = (
            x.gather(1, index.unsqueeze(-1).expand(-1, -1, x.shape[-1]))
            for x in (boxes, offsets, visibilities))
        points, strides = priors[index, :2], priors[index, 2]
        centres, sizes = boxes.split(2, -1)
        centres = centres * strides.unsqueeze(-1) + points
        halves = sizes.exp() * strides.unsqueeze(-1) / 2
        poses = Poses(scores, decode_poses(offsets, points, strides),
                      visibilities.sigmoid())
        return poses, torch.cat([centres - halves, centres + halves], -1)


def pose_network(model: BottomupPoseEstimator, raw: bool = False) -> PoseNetwork:
    """The network of a deployed model.

    Args:
        model (BottomupPoseEstimator): From :func:`~erpose.engine.deployed_model`.
        raw (bool): ER-Pose's maps alone, to be decoded by the client.

    Raises:
        ValueError: If its head has no output that fits.
    """
    for module in model.modules():
        for name, child in module.named_children():
            if isinstance(child, nn.Hardsigmoid):
                setattr(module, name, PiecewiseSigmoid())
    if raw:
        return RawNetwork(model).eval()
    for head, network in ((ERPoseHead, PoseNetwork), (RefiningPoseHead, CandidateNetwork),
                          (YOLOXPoseHead, BoxPoseNetwork)):
        if isinstance(model.head, head):
            return network(model).eval()
    raise ValueError(f'{type(model.head).__name__} is not exported: the heads of ER-Pose, '
                     'PoseDet, SMPR and YOLO-Pose are')

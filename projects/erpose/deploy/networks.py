"""Networks to export: from pixels of the input to poses in pixels."""
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
    """A deployed model that takes and returns pixels.

    It includes the normalisation, so that the input is the letterboxed image as OpenCV
    reads it. Names and shapes of the outputs are those of RTMO's ONNX files.

    Args:
        model (BottomupPoseEstimator): A model with an NMS-free head.

    Attributes:
        nms (dict, optional): NMS that is left to the client, see
            :func:`~erpose.deploy.suppress.suppress`. None if there is none.
        output_names (list[str]): Names of the tensors that :meth:`forward` returns.
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
        """Predicts the poses of a batch, best first.

        Args:
            image (Tensor): float32 BGR in [0, 255], letterboxed, (B, 3, H, W).

        Returns:
            tuple[Tensor, Tensor]: ``dets`` (B, N, 5): x1, y1, x2, y2 of the box, and the
            pose's score; ``keypoints`` (B, N, K, 3): x, y and the probability that the
            keypoint is in the image. In pixels of the input.
        """
        poses, boxes = self.decode(self.model.extract_feat(self.normalise(image)))
        return (torch.cat([boxes, poses.scores.unsqueeze(-1)], -1),
                torch.cat([poses.keypoints, poses.visibilities.unsqueeze(-1)], -1))

    def normalise(self, image: Tensor) -> Tensor:
        """Normalises as the model's data preprocessor does."""
        return ((image.flip(1) if self.to_rgb else image) - self.mean) * self.scale

    def decode(self, feats: Tuple[Tensor, ...]) -> Tuple[Poses, Tensor]:
        """The best N poses of each image, and boxes around their keypoints."""
        poses = self.model.head.decode(feats)
        return poses, pose_boxes(poses.keypoints)


class RawNetwork(PoseNetwork):
    """ER-Pose without its decoder: outputs the maps of the head.

    Args:
        model (BottomupPoseEstimator): A model with an ``ERPoseHead``.

    Attributes:
        decoder (dict): Settings of :func:`~erpose.deploy.decode.decode_maps`.
    """

    def __init__(self, model: BottomupPoseEstimator) -> None:
        super().__init__(model)
        if not isinstance(model.head, ERPoseHead):
            raise ValueError('raw export needs an ERPoseHead, got '
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
    """``nn.Hardsigmoid`` of RTMDet's channel attention, in elementary operators.

    OpenCV wrongly fuses ``x * HardSigmoid(y)`` to ``HardSwish(y)``.
    """

    def forward(self, x: Tensor) -> Tensor:
        return (x / 6 + 0.5).clamp(0, 1)


class CandidateNetwork(PoseNetwork):
    """PoseDet or SMPR; the client removes duplicates.

    Args:
        model (BottomupPoseEstimator): A model with a ``RefiningPoseHead``.
    """

    def __init__(self, model: BottomupPoseEstimator) -> None:
        super().__init__(model)
        decoder = model.head.decoder
        self.nms = dict(kind=decoder.kind, threshold=decoder.nms_thr, soft=decoder.soft)

    def decode(self, feats: Tuple[Tensor, ...]) -> Tuple[Poses, Tensor]:
        poses = self.model.head.candidates(feats)
        return poses, pose_boxes(poses.keypoints)


class BoxPoseNetwork(PoseNetwork):
    """MMPose's YOLO-Pose, which predicts boxes; the client removes duplicates.

    Args:
        model (BottomupPoseEstimator): A model with a ``YOLOXPoseHead``.
        max_per_img (int): N, the candidates returned per image. Defaults to 1000.
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
    """Builds the network to export of a deployed model.

    Args:
        model (BottomupPoseEstimator): From :func:`~erpose.engine.deployed_model`.
        raw (bool): Output ER-Pose's maps, which the client decodes.

    Raises:
        ValueError: If the head cannot be exported.
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
    raise ValueError(f'{type(model.head).__name__} cannot be exported: expected a head of '
                     'ER-Pose, PoseDet, SMPR or YOLO-Pose')

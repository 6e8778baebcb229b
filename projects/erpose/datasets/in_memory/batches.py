"""Data set of whole batches that are augmented on the device."""
from typing import List, Optional, Sequence, Tuple

import torch
from mmengine.registry import FUNCTIONS
from mmengine.structures import InstanceData
from mmpose.registry import DATASETS
from mmpose.structures import PoseDataSample
from torch import Tensor

from .affine import PAD, apply, compose, fit, random_affine, warp
from .colour import jitter_hsv
from .image_store import ImageStore, Persons


@DATASETS.register_module()
class InMemoryBatches(torch.utils.data.Dataset):
    """A data set whose items are whole batches, augmented on the device.

    Half of the samples are mosaics, the others single images. Both get a random affine
    transform, colour jitter and flips, with the settings of ``photographs_256.py``. The
    data loader must have ``batch_size=1``, ``collate_fn=dict(type='first')`` and no
    workers.

    Args:
        dataset (dict): The data set to load: a ``CombinedDataset`` without a pipeline, or
            any other data set of MMPose.
        batch_size (int): Samples per batch.
        input_size (tuple[int, int]): Width and height of the samples, in pixels.
        side (int): Side of the canvas of each image, in pixels. Defaults to 416.
        mosaic (float): Share of mosaics. Defaults to 0.5.
        zoom_out (tuple[float, float]): Range of the visible part of a mosaic, which is two
            inputs wide. Defaults to (0.35, 0.8).
        zoom_in (tuple[float, float]): Range of the visible part of a single image. Defaults
            to (0.7, 1.2).
        shift (float): Maximum shift, relative to the size of the image. Defaults to 0.1.
        rotate (float): Maximum angle in degrees. Defaults to 10.
        device (str, optional): Device of the images. Defaults to None: the GPU if there is
            one.
    """

    def __init__(self, dataset: dict, batch_size: int, input_size: Tuple[int, int],
                 side: int = 416, mosaic: float = 0.5,
                 zoom_out: Tuple[float, float] = (0.35, 0.8),
                 zoom_in: Tuple[float, float] = (0.7, 1.2), shift: float = 0.1,
                 rotate: float = 10.0, device: Optional[str] = None) -> None:
        source = DATASETS.build(dataset)
        source.full_init()
        self.metainfo = source.metainfo
        device = device or ('cuda' if torch.cuda.is_available() else 'cpu')
        parts = getattr(source, 'datasets', [source])
        self.stores = [ImageStore(part, side, device) for part in parts]
        lengths = getattr(source, 'lens', [len(source)])
        self.shares = torch.tensor(lengths, dtype=torch.float32)
        self.flip_indices = list(self.metainfo['flip_indices'])
        self.batch_size, self.input_size = batch_size, (input_size[0], input_size[1])
        self.mosaic, self.zoom_out, self.zoom_in = mosaic, zoom_out, zoom_in
        self.shift, self.rotate = shift, rotate

    def __len__(self) -> int:
        return int(self.shares.sum()) // self.batch_size

    def full_init(self) -> None:
        """Does nothing (interface of MMEngine's data sets): all data are loaded already."""

    def __getitem__(self, index: int) -> dict:
        tiled = int((torch.rand(self.batch_size) < self.mosaic).sum())
        batches = []
        if tiled:
            batches.append(self._mosaics(tiled))
        if tiled < self.batch_size:
            batches.append(self._single(self.batch_size - tiled))
        images = torch.cat([images for images, _ in batches])
        persons = [person for _, people in batches for person in people]
        return dict(inputs=jitter_hsv(images), data_samples=persons)

    def _draw(self, count: int) -> Tuple[Tensor, Tensor, Persons]:
        """Draws ``count`` random images: pixels, sizes and persons."""
        numbers = torch.multinomial(self.shares, count, replacement=True)
        images, sizes, persons = [], [], []
        for part, store in enumerate(self.stores):
            wanted = int((numbers == part).sum())
            rows = torch.randint(len(store), (wanted, ), device=store.images.device)
            images.append(store.images[rows])
            sizes.append(store.sizes[rows])
            persons.append([field[rows] for field in store.persons])
        most = max(fields[-1].shape[1] for fields in persons)
        persons = Persons(*(torch.cat([_widen(f, most) for f in field])
                            for field in zip(*persons)))
        order = torch.randperm(count, device=images[0].device)
        return (torch.cat(images)[order], torch.cat(sizes)[order],
                Persons(*(field[order] for field in persons)))

    def _single(self, count: int) -> Tuple[Tensor, List[PoseDataSample]]:
        images, sizes, persons = self._draw(count)
        matrix, flipped = self._flipped(random_affine(
            sizes, self.input_size, self.zoom_in, self.shift, self.rotate))
        shown, inside = warp(images, sizes, matrix, self.input_size)
        people = _clipped(_moved(persons, matrix), self.input_size)
        return torch.where(inside, shown, PAD), self._packed(people, flipped)

    def _mosaics(self, count: int) -> Tuple[Tensor, List[PoseDataSample]]:
        width, height = self.input_size
        images, sizes, persons = self._draw(4 * count)
        device = images.device
        low = sizes.new_tensor([0.5 * width, 0.5 * height])
        centre = (low + 2 * low * torch.rand(count, 2, device=device)).floor()
        matrix, fitted = fit(sizes, self.input_size)
        corner = torch.tensor([[1, 1], [0, 1], [1, 0], [0, 0]], device=device)
        place = centre.repeat_interleave(4, 0) - corner.repeat(count, 1) * fitted
        inner = torch.cat([matrix[..., :2], matrix[..., 2:] + place.unsqueeze(-1)], -1)
        people = _clipped(_moved(persons, inner), (2 * width, 2 * height))
        people = Persons(*(field.unflatten(0, (count, 4)).flatten(1, 2)
                           for field in people))
        canvas = sizes.new_tensor([2 * width, 2 * height]).expand(count, 2)
        outer, flipped = self._flipped(random_affine(
            canvas, self.input_size, self.zoom_out, self.shift, self.rotate))
        shown, inside = warp(images, sizes, compose(outer.repeat_interleave(4, 0), inner),
                             self.input_size)
        inside &= self._on_canvas(outer, canvas).repeat_interleave(4, 0)
        output = torch.full_like(shown[::4], PAD)
        for tile in range(4):  # tiles do not overlap
            output = torch.where(inside[tile::4], shown[tile::4], output)
        people = _clipped(_moved(people, outer), self.input_size)
        return output, self._packed(people, flipped)

    def _on_canvas(self, outer: Tensor, canvas: Tensor) -> Tensor:
        """Whether pixels of the output show the mosaic, bool, (B, 1, H, W)."""
        nothing = canvas.new_zeros(len(canvas), 1, 1, 1, dtype=torch.uint8)
        return warp(nothing, canvas, outer, self.input_size)[1]

    def _flipped(self, matrix: Tensor) -> Tuple[Tensor, Tensor]:
        """Adds a flip to half of the maps; returns them and which, bool, (B, )."""
        flipped = torch.rand(len(matrix), device=matrix.device) < 0.5
        mirror = matrix.new_tensor([[-1, 0, self.input_size[0] - 1], [0, 1, 0]])
        mirrored = compose(mirror.expand_as(matrix), matrix)
        return torch.where(flipped.view(-1, 1, 1), mirrored, matrix), flipped

    def _packed(self, persons: Persons, flipped: Tensor) -> List[PoseDataSample]:
        """Packs targets as ``FilterPersons`` and ``PackPoseTargets`` do."""
        boxes, labelled = persons.boxes, persons.labelled
        narrow = (boxes[..., 2:] - boxes[..., :2]).amin(-1) <= 4
        kept = persons.exists & ((labelled > 0).any(-1) | ~narrow)
        samples = []
        for i in range(len(boxes)):
            order = self.flip_indices if flipped[i] else slice(None)
            rows = kept[i]
            labels = InstanceData(
                bboxes=boxes[i, rows], areas=persons.areas[i, rows],
                labels=rows.new_zeros(int(rows.sum()), dtype=torch.long),
                keypoints=persons.keypoints[i, rows][:, order],
                keypoints_visible=labelled[i, rows][:, order],
                keypoints_visible_weights=persons.supervised[i, rows][:, order])
            samples.append(PoseDataSample(
                metainfo=dict(img_id=-1, img_path='', input_size=self.input_size),
                gt_instance_labels=labels))
        return samples


def _moved(persons: Persons, matrix: Tensor) -> Persons:
    """Applies affine maps (N, 2, 3) to persons (N, G)."""
    keypoints = apply(matrix.unsqueeze(1), persons.keypoints)
    x1, y1, x2, y2 = persons.boxes.unbind(-1)
    corners = torch.stack([x1, y1, x2, y1, x2, y2, x1, y2], -1).unflatten(-1, (4, 2))
    corners = apply(matrix.unsqueeze(1), corners)
    zoom = torch.linalg.det(matrix[..., :2]).abs()
    return persons._replace(
        keypoints=keypoints, areas=persons.areas * zoom.unsqueeze(1),
        boxes=torch.cat([corners.amin(-2), corners.amax(-2)], -1))


def _clipped(persons: Persons, size: Tuple[int, int]) -> Persons:
    """Clips boxes to the image, and marks keypoints outside as not labelled."""
    limit = persons.boxes.new_tensor(size)
    inside = ((persons.keypoints >= 0) & (persons.keypoints <= limit)).all(-1)
    boxes = torch.minimum(persons.boxes.unflatten(-1, (2, 2)).clamp(min=0), limit)
    return persons._replace(labelled=persons.labelled * inside, boxes=boxes.flatten(-2))


@FUNCTIONS.register_module()
def first(items: Sequence[dict]) -> dict:
    """Returns the only item of a list, which is a batch already."""
    return items[0]


def _widen(field: Tensor, most: int) -> Tensor:
    """Pads persons (N, G, ...) to G = ``most``."""
    missing = most - field.shape[1]
    return torch.cat([field, field.new_zeros(len(field), missing, *field.shape[2:])], 1)

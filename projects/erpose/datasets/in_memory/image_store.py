"""Keeps all decoded images of a data set, with their persons, on a device."""
from typing import List, NamedTuple, Union

import cv2
import numpy as np
import torch
from mmengine.dataset import BaseDataset
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence


class Persons(NamedTuple):
    """Persons of images, padded to G, the largest number in an image.

    Attributes:
        keypoints (Tensor): In pixels, float32, (N, G, K, 2).
        labelled (Tensor): 1 where a keypoint is labelled, float32, (N, G, K).
        supervised (Tensor): 1 where the data set defines the keypoint, float32, (N, G, K).
        boxes (Tensor): xyxy in pixels, float32, (N, G, 4).
        areas (Tensor): In pixels^2, float32, (N, G).
        exists (Tensor): False for padding, bool, (N, G).
    """
    keypoints: Tensor
    labelled: Tensor
    supervised: Tensor
    boxes: Tensor
    areas: Tensor
    exists: Tensor


class ImageStore:
    """Decoded images on a device, each in the corner of a square canvas.

    Args:
        dataset: A data set of MMPose whose items have ``img``, ``keypoints``,
            ``keypoints_visible``, ``bbox`` and ``area``. Its pipeline loads images without
            augmentation.
        side (int): Side of the canvas, in pixels. Larger images are scaled down to it.
        device: Device of images and persons.

    Attributes:
        images (Tensor): uint8, (N, 3, side, side).
        sizes (Tensor): Width and height of each image in pixels, float32, (N, 2).
        persons (Persons): Persons of the images.
    """

    def __init__(self, dataset: BaseDataset, side: int,
                 device: Union[str, torch.device] = 'cpu') -> None:
        items = [_item(dataset[index], side) for index in range(len(dataset))]
        self.images = torch.zeros(len(items), 3, side, side, dtype=torch.uint8,
                                  device=device)
        for index, item in enumerate(items):
            pixels = torch.from_numpy(item['img']).permute(2, 0, 1)
            self.images[index, :, :pixels.shape[1], :pixels.shape[2]] = pixels.to(device)
        sizes = [item['img'].shape[1::-1] for item in items]
        self.sizes = torch.tensor(sizes, dtype=torch.float32, device=device)
        self.persons = _stack(items, device)

    def __len__(self) -> int:
        return len(self.images)


def _item(data: dict, side: int) -> dict:
    """Image and persons of a sample, scaled down to the canvas if necessary."""
    image, visible = data['img'], data['keypoints_visible']
    keypoints, boxes, areas = (data[name].astype(np.float32)
                               for name in ('keypoints', 'bbox', 'area'))
    labelled, supervised = ((visible[..., 0], visible[..., 1]) if visible.ndim == 3 else
                            (visible, np.ones_like(visible)))
    scale = side / max(image.shape[:2])
    if scale < 1:
        height, width = image.shape[:2]
        size = max(round(width * scale), 1), max(round(height * scale), 1)
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        factor = np.array([size[0] / width, size[1] / height], np.float32)
        keypoints = (keypoints + 0.5) * factor - 0.5  # relative to pixel corners
        boxes = ((boxes.reshape(-1, 2, 2) + 0.5) * factor - 0.5).reshape(-1, 4)
        areas = areas * factor.prod()
    return dict(img=image, keypoints=keypoints, labelled=(labelled > 0).astype(np.float32),
                supervised=supervised.astype(np.float32), boxes=boxes, areas=areas)


def _stack(items: List[dict], device: Union[str, torch.device]) -> Persons:
    names = ('keypoints', 'labelled', 'supervised', 'boxes', 'areas')
    fields = {name: pad_sequence([torch.from_numpy(item[name]) for item in items],
                                 batch_first=True).to(device) for name in names}
    counts = torch.tensor([len(item['areas']) for item in items], device=device)
    exists = torch.arange(fields['areas'].shape[1], device=device) < counts.unsqueeze(1)
    return Persons(**fields, exists=exists)

"""Affine maps of batches against OpenCV and MMPose's transforms, one image at a time."""
import cv2
import numpy as np
import pytest
import torch
from mmpose.datasets.transforms import BottomupRandomAffine

from erpose.datasets.in_memory.affine import (
    apply,
    compose,
    fit,
    invert,
    random_affine,
    warp,
)
from erpose.datasets.transforms import fit_image


def canvas(image, side):
    """The image in the corner of a batch of one canvas, and its size."""
    height, width = image.shape[:2]
    pixels = torch.zeros(1, 3, side, side, dtype=torch.uint8)
    pixels[0, :, :height, :width] = torch.from_numpy(image).permute(2, 0, 1)
    return pixels, torch.tensor([[float(width), float(height)]])


def smooth_image(width, height):
    rng = np.random.default_rng(0)
    small = rng.integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)


@pytest.mark.parametrize('seed', range(5))
def test_warp_is_opencvs(seed):
    image = smooth_image(60, 44)
    pixels, sizes = canvas(image, 64)
    torch.manual_seed(seed)
    matrix = random_affine(sizes, (48, 40), (0.5, 1.2), 0.1, 30)
    shown, inside = warp(pixels, sizes, matrix, (48, 40))
    expected = cv2.warpAffine(image, matrix[0].numpy(), (48, 40), flags=cv2.INTER_LINEAR,
                              borderMode=cv2.BORDER_REPLICATE)
    inner = inside[0, 0].numpy()
    assert inner.mean() > 0.3
    ours = shown[0].permute(1, 2, 0).numpy()
    assert np.abs(ours - expected)[inner].max() < 3  # OpenCV rounds to 1/32 of a pixel


@pytest.mark.parametrize('size, output', [((60, 44), (48, 48)), ((30, 80), (64, 40))])
def test_random_affine_draws_as_mmpose(size, output, monkeypatch):
    """The same numbers give the same matrix, to 0.01 pixels of the output."""
    transform = BottomupRandomAffine(
        output, shift_factor=0.1, rotate_factor=10, scale_factor=(0.35, 0.8),
        scale_type='long', distribution='uniform')
    rng = np.random.default_rng(0)
    for _ in range(10):
        shift, part, angle = rng.random(2), rng.random(), rng.random()
        monkeypatch.setattr(transform, '_get_transform_params', lambda: (
            (2 * shift - 1) * 0.1, np.array([0.35 + 0.45 * part]),  # noqa: B023
            (2 * angle - 1) * 10, np.zeros(2)))  # noqa: B023
        keypoints = (rng.random((2, 5, 2)) * size).astype(np.float32)
        done = transform(dict(
            img=np.zeros((*size[::-1], 3), np.uint8), img_shape=size[::-1],
            keypoints=keypoints, keypoints_visible=np.ones((2, 5))))
        draws = iter([torch.tensor(shift)[None], torch.tensor([part]),
                      torch.tensor([angle])])
        monkeypatch.setattr(torch, 'rand', lambda *_, **__: next(draws).float())  # noqa: B023
        matrix = random_affine(torch.tensor([size]).float(), output, (0.35, 0.8), 0.1, 10)
        moved = apply(matrix, torch.from_numpy(keypoints).flatten(0, 1)[None])[0]
        np.testing.assert_allclose(moved, done['keypoints'].reshape(-1, 2), atol=0.01)


@pytest.mark.parametrize('size', [(60, 44), (31, 80), (5, 5)])
def test_fit_is_that_of_the_mosaic(size):
    keypoints = (np.random.default_rng(0).random((1, 4, 2)) * size).astype(np.float32)
    data = dict(img=np.zeros((*size[::-1], 3), np.uint8), keypoints=keypoints.copy(),
                bbox=np.array([[0., 0., *size]], np.float32), area=np.ones(1, np.float32))
    fit_image(data, (48, 40))
    matrix, fitted = fit(torch.tensor([size]).float(), (48, 40))
    assert fitted[0].tolist() == list(data['img'].shape[1::-1])
    moved = apply(matrix, torch.from_numpy(keypoints))
    np.testing.assert_allclose(moved, data['keypoints'], atol=1e-4)


def test_compose_and_invert():
    torch.manual_seed(0)
    one, other, points = torch.randn(3, 2, 3), torch.randn(3, 2, 3), torch.randn(3, 5, 2)
    torch.testing.assert_close(apply(compose(one, other), points),
                               apply(one, apply(other, points)), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(apply(invert(one), apply(one, points)), points, atol=1e-3,
                               rtol=1e-3)

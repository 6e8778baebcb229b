import cv2
import numpy as np
import torch

from erpose.datasets.in_memory.colour import bgr_to_hsv, hsv_to_bgr, jitter_hsv


def images():
    return np.random.default_rng(0).integers(0, 256, (2, 9, 7, 3), dtype=np.uint8)


def test_hsv_is_opencvs():
    pixels = images()
    hsv = torch.stack(bgr_to_hsv(torch.from_numpy(pixels).permute(0, 3, 1, 2).float()), -1)
    for ours, image in zip(hsv.numpy(), pixels):
        theirs = cv2.cvtColor(image, cv2.COLOR_BGR2HSV).astype(float)
        apart = np.abs(ours - theirs)
        apart[..., 0] = np.minimum(apart[..., 0], 180 - apart[..., 0])
        assert apart.max() <= 1  # OpenCV rounds


def test_and_back():
    pixels = torch.from_numpy(images()).permute(0, 3, 1, 2).float()
    torch.testing.assert_close(hsv_to_bgr(*bgr_to_hsv(pixels)), pixels, atol=0.01, rtol=0)


def test_jitter_changes_each_image_by_itself():
    torch.manual_seed(0)
    pixels = torch.from_numpy(images()[:1]).permute(0, 3, 1, 2).float().repeat(20, 1, 1, 1)
    changed = jitter_hsv(pixels)
    assert changed.shape == pixels.shape
    assert ((changed >= 0) & (changed <= 255.01)).all()
    means = changed.mean((1, 2, 3))
    assert means.unique().numel() > 5 and (means - pixels[0].mean()).abs().max() < 35

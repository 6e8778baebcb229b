"""Images are fitted as in training, and points map back to the image."""
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from mmpose.datasets.transforms import BottomupResize

from erpose.deploy import letterbox
from erpose.imaging.letterbox import enclosing_size

SIDES = st.integers(8, 300)


@settings(max_examples=40, deadline=None)
@given(SIDES, SIDES, st.sampled_from([(64, 64), (128, 64), (64, 96)]))
def test_equals_mmpose(width, height, size):
    image = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    expected = BottomupResize(size, pad_val=(114, 114, 114)).transform(
        dict(img=image, ori_shape=(height, width)))
    ours, fit = letterbox(image, size)
    difference = np.abs(ours.astype(int) - expected['img'])
    assert (difference > 1).mean() < 0.01, difference.max()
    point = np.array([[3.0, 5.0]])
    theirs = (point / size * expected['input_scale'] + expected['input_center']
              - 0.5 * expected['input_scale'])
    np.testing.assert_allclose(fit.to_image(point), theirs, atol=1e-3)


@given(SIDES, SIDES, st.floats(-50, 500), st.floats(-50, 500))
def test_there_and_back(width, height, x, y):
    _, fit = letterbox(np.zeros((height, width, 3), np.uint8), (96, 64))
    point = np.array([x, y])
    np.testing.assert_allclose(fit.to_image(point * fit.scale + fit.shift), point,
                               atol=1e-6)


@given(SIDES, SIDES, st.sampled_from([(416, 416), (640, 384), (130, 200)]))
@example(273, 364, (512, 512))  # in floating point a little more than 384 x 512
def test_the_enclosing_size_leaves_out_border_alone(width, height, bound):
    image = np.zeros((height, width, 3), np.uint8)
    size = enclosing_size(image, bound, least=128)
    fit, whole = letterbox(image, size)[1], letterbox(image, bound)[1]
    assert fit.scale == pytest.approx(whole.scale)
    for side, most, filled in zip(size, bound, (width * fit.scale, height * fit.scale)):
        assert side == most or side % 32 == 0
        assert filled - 1e-3 < side <= most
        assert side == 128 or side - filled < 32 - 1e-3


@pytest.mark.parametrize('image', [
    np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8), np.zeros((4, 4, 3)),
    np.zeros((0, 4, 3), np.uint8)])
def test_values_that_are_not_images_are_refused(image):
    with pytest.raises(ValueError, match='image'):
        letterbox(image, (64, 64))

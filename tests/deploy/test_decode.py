"""The decoder in numpy is the one of the head."""
import numpy as np
import pytest
import torch

from erpose.deploy import DecoderSettings, decode_maps
from erpose.models.decoders import HeatmapRefiner, NMSFreePoseDecoder
from erpose.models.layers import flatten_levels
from erpose.structures import point_priors

K, STRIDES, SIZES = 5, (8, 16, 32), [(12, 16), (6, 8), (3, 4)]


@pytest.mark.parametrize('average', [True, False])
@pytest.mark.parametrize('heatmaps', [True, False])
def test_equals_decoder_and_refiner(average, heatmaps):
    rng = torch.Generator().manual_seed(0)
    scores, poses = ([torch.randn(2, channels, *size, generator=rng) for size in SIZES]
                     for channels in (1, 3 * K))
    heat = torch.randn(2, K, *SIZES[0], generator=rng) - 3  # about the refiner's threshold
    decoder = NMSFreePoseDecoder(60, average=average, max_per_img=20)
    refiner = HeatmapRefiner()
    found = decoder.decode(flatten_levels(scores).squeeze(-1).sigmoid(),
                           *flatten_levels(poses).split([2 * K, K], -1),
                           point_priors(SIZES, STRIDES))
    keypoints = found.keypoints
    if heatmaps:
        keypoints = refiner.refine(keypoints, heat.sigmoid(), STRIDES[0])
        assert (keypoints - found.keypoints).abs().mean() > 0.5  # it does something

    maps = {f'{kind}_{stride}': level.numpy()
            for kind, levels in (('scores', scores), ('poses', poses))
            for stride, level in zip(STRIDES, levels)}
    maps.update({'heatmaps_8': heat.numpy()} if heatmaps else {})
    dets, decoded = decode_maps(maps, DecoderSettings(
        STRIDES, 60, decoder.reach, decoder.agreement, decoder.second_view, average, 20,
        refiner.reach))
    assert dets.shape == (2, 20, 5) and decoded.shape == (2, 20, K, 3)
    assert (np.diff(dets[..., 4]) <= 0).all() and np.ptp(dets[..., 4]) > 0.1
    np.testing.assert_allclose(dets[..., 4], found.scores, atol=1e-5)
    np.testing.assert_allclose(decoded[..., :2], keypoints, atol=0.01)
    np.testing.assert_allclose(decoded[..., 2], found.visibilities, atol=1e-5)
    np.testing.assert_allclose(dets[..., :4], torch.cat(
        [keypoints.amin(2), keypoints.amax(2)], -1), atol=0.01)

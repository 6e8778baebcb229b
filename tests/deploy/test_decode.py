"""The decoder in numpy equals the head's."""
import numpy as np
import pytest
import torch

from erpose.deploy import DecoderSettings, decode_maps
from erpose.models.decoders import HeatmapRefiner, NMSFreePoseDecoder
from erpose.structures import point_priors

K, STRIDES, SIZES = 5, (8, 16, 32), [(12, 16), (6, 8), (3, 4)]


@pytest.mark.parametrize('average', [True, False])
@pytest.mark.parametrize('heatmaps', [True, False])
def test_equals_decoder_and_refiner(average, heatmaps):
    rng = torch.Generator().manual_seed(0)
    priors = point_priors(SIZES, STRIDES)
    count = len(priors.points)
    scores = torch.randn(2, count, 1, generator=rng)
    poses = torch.randn(2, count, 3 * K, generator=rng)
    person = 40 + 40 * torch.rand(K, 2, generator=rng)  # in pixels: half agree about it
    offsets = (person - priors.points[:, None]) / priors.strides[:, None, None]
    poses[:, ::2, :2 * K] = 0.02 * poses[:, ::2, :2 * K] + offsets[::2].flatten(1)
    heat = torch.randn(2, K, *SIZES[0], generator=rng) - 3  # about the refiner's threshold
    decoder = NMSFreePoseDecoder(60, average=average, max_per_img=20)
    refiner = HeatmapRefiner()
    found = decoder.decode(scores.squeeze(-1).sigmoid(), *poses.split([2 * K, K], -1),
                           priors)
    keypoints = found.keypoints
    if heatmaps:
        keypoints = refiner.refine(keypoints, heat.sigmoid(), STRIDES[0])
        assert (keypoints - found.keypoints).abs().mean() > 0.5  # the refiner has an effect

    maps = {}
    for kind, outputs in (('scores', scores), ('poses', poses)):
        levels = outputs.transpose(1, 2).split([h * w for h, w in SIZES], -1)
        for stride, size, level in zip(STRIDES, SIZES, levels):
            maps[f'{kind}_{stride}'] = level.unflatten(-1, size).numpy()
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

"""Programs that know RTMO's ONNX files run ours unchanged."""
import numpy as np
import pytest

from erpose.deploy import Predictor, letterbox
from erpose.deploy.sources import read_image

rtmlib = pytest.importorskip('rtmlib', reason='pip install --no-deps rtmlib')


def test_rtmlib_finds_the_same_people(fixed_file, crowd):
    predictor = Predictor(fixed_file)
    client = rtmlib.RTMO(str(fixed_file), model_input_size=predictor.input_size[::-1],
                         backend='onnxruntime', nms_thr=1.0, score_thr=0.0)
    for path in sorted(crowd.iterdir()):
        # Of the input's size: clients differ in where they put an image of another.
        image = letterbox(read_image(path), predictor.input_size)[0]
        keypoints, visibilities = client(image)
        people = predictor(image, score_thr=0)
        assert len(keypoints) == len(people.scores) > 0
        for found, seen in zip(keypoints[:5], visibilities[:5]):
            distance = np.abs(people.keypoints - found).max((1, 2))
            nearest = distance.argmin()
            assert distance[nearest] < 0.01, distance.min()
            np.testing.assert_allclose(people.visibilities[nearest], seen, atol=1e-3)

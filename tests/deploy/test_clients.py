"""Other programs read our files and results; the examples in docs/deploy.md run."""
import re
from pathlib import Path

import numpy as np
import pytest
from mmpose.structures import PoseDataSample
from mmpose.visualization import PoseLocalVisualizer

from erpose.deploy import Predictor, letterbox
from erpose.imaging.images import read_image

DOCUMENT = Path(__file__).parents[2] / 'docs/deploy.md'


def example(word):
    """Returns the Python example of the document that contains the word."""
    blocks = re.findall(r'```python\n(.*?)```', DOCUMENT.read_text(), re.DOTALL)
    return next(block for block in blocks if word in block)


def test_supervision_and_mmpose_read_the_people(fixed_file, crowd):
    pytest.importorskip('supervision')
    people = Predictor(fixed_file)(read_image(sorted(crowd.iterdir())[0]), score_thr=0)
    names = dict(people=people)
    exec(example('supervision'), names)
    assert len(names['points']) == len(names['instances']) == len(people.scores) > 0
    np.testing.assert_array_equal(names['points'].xy, people.keypoints)
    np.testing.assert_array_equal(names['points'].detection_confidence, people.scores)
    sample = PoseDataSample(pred_instances=names['instances'])
    visualizer = PoseLocalVisualizer()
    image = np.zeros((120, 160, 3), np.uint8)
    assert visualizer.add_datasample('people', image, sample, draw_gt=False).any()


def test_a_service(fixed_file, crowd, tmp_path, monkeypatch):
    testclient = pytest.importorskip('fastapi.testclient')
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'erpose-n.onnx').write_bytes(fixed_file.read_bytes())
    names = {}
    exec(example('FastAPI'), names)
    client = testclient.TestClient(names['app'])
    picture = sorted(crowd.iterdir())[0]
    answer = client.post('/people', files=dict(picture=picture.read_bytes()))
    assert answer.json() == names['predictor'](read_image(picture)).to_coco(0)
    for broken in (b'nothing', b''):
        assert client.post('/people', files=dict(picture=broken)).status_code == 400


def test_rtmlib_finds_the_same_people(fixed_file, crowd):
    rtmlib = pytest.importorskip('rtmlib', reason='pip install --no-deps rtmlib')
    predictor = Predictor(fixed_file)
    client = rtmlib.RTMO(str(fixed_file), model_input_size=predictor.input_size[::-1],
                         backend='onnxruntime', nms_thr=1.0, score_thr=0.0)
    for path in sorted(crowd.iterdir()):
        # Of the input's size, because clients place images of other sizes differently.
        image = letterbox(read_image(path), predictor.input_size)[0]
        keypoints, visibilities = client(image)
        people = predictor(image, score_thr=0)
        assert len(keypoints) == len(people.scores) > 0
        for found, seen in zip(keypoints[:5], visibilities[:5]):
            distance = np.abs(people.keypoints - found).max((1, 2))
            nearest = distance.argmin()
            assert distance[nearest] < 0.01, distance.min()
            np.testing.assert_allclose(people.visibilities[nearest], seen, atol=1e-3)


@pytest.mark.parametrize('word', ['openvino', 'decode_maps'])
def test_other_engines(word, fixed_file, raw_file, crowd, tmp_path, monkeypatch):
    """The examples of the document give the outputs of ONNX Runtime."""
    if word == 'openvino':
        pytest.importorskip('openvino')
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'erpose-n.onnx').write_bytes(fixed_file.read_bytes())
    (tmp_path / 'raw.onnx').write_bytes(raw_file.read_bytes())
    predictor = Predictor(fixed_file)
    pixels, _ = predictor.prepare([read_image(sorted(crowd.iterdir())[0])])
    names = dict(pixels=pixels)
    exec(example(word), names)
    dets, keypoints = predictor.forward(pixels)
    np.testing.assert_allclose(names['dets'][0, 0], dets[0, 0], atol=0.01)
    np.testing.assert_allclose(names['keypoints'][0, 0], keypoints[0, 0], atol=0.01)

import json

import cv2
import numpy as np
import onnx
import pytest
from mmengine.config import Config
from mmpose.apis import inference_bottomup, init_model
from onnxruntime.tools.onnx_model_utils import make_dim_param_fixed
from PIL import Image

from erpose.deploy import Predictor
from erpose.imaging.images import read_image


def same(a, b, atol=1e-2):
    for name in ('keypoints', 'visibilities', 'scores', 'boxes'):
        ours, theirs = getattr(a, name), getattr(b, name)
        np.testing.assert_allclose(ours, theirs, atol=atol)


def test_people_are_in_pixels_of_the_image(fixed_file, image):
    people = Predictor(fixed_file)(image, score_thr=0)
    n = len(people.scores)
    assert people.keypoints.shape == (n, 17, 2) and people.boxes.shape == (n, 4)
    assert (np.diff(people.scores) <= 0).all()
    np.testing.assert_allclose(people.boxes[:, :2], people.keypoints.min(1), atol=1e-2)
    np.testing.assert_allclose(people.boxes[:, 2:], people.keypoints.max(1), atol=1e-2)


def test_types_of_images(fixed_file, image, tmp_path):
    predictor = Predictor(fixed_file)
    cv2.imwrite(str(tmp_path / 'a.png'), image)
    expected = predictor(image, 0)
    for given in (tmp_path / 'a.png', str(tmp_path / 'a.png'),
                  Image.fromarray(image[..., ::-1]), np.dstack([image, image[..., 0]])):
        same(predictor(given, 0), expected, atol=0)
    grey = predictor(image[..., 0], 0)
    same(predictor(image[..., :1], 0), grey, atol=0)
    with pytest.raises(ValueError, match='got None, which cv2.imread returns'):
        predictor(None)
    for one in (image, image[..., 0], 'photo.jpg', Image.fromarray(image), None):
        with pytest.raises(ValueError, match='takes a list of images'):
            predictor.predict(one)


def test_threshold(fixed_file, image):
    predictor = Predictor(fixed_file)
    everyone = predictor(image, score_thr=0)
    middle = float(np.median(everyone.scores))
    some = predictor(image, score_thr=middle)
    assert len(some.scores) == (everyone.scores > middle).sum() > 0


def test_batches_do_not_change_the_result(open_file, fixed_file, image):
    images = [image, image[:50], image[:, :40], np.ascontiguousarray(image[::-1])]
    together = Predictor(open_file).predict(images, 0)
    for alone, people in zip(images, together):
        same(Predictor(open_file)(alone, 0), people)
    assert len(Predictor(fixed_file).predict(images, 0)) == 4
    assert Predictor(open_file).predict([], 0) == []


def test_a_fixed_batch_is_filled(open_file, tmp_path, image):
    model = onnx.load(open_file)
    make_dim_param_fixed(model.graph, 'batch', 3)
    path = tmp_path / 'three.onnx'
    onnx.save(model, path)
    images = [image, image[:50], image[:, :40], image]
    filled = Predictor(path).predict(images, 0)
    assert len(filled) == len(images)
    for alone, people in zip(Predictor(open_file).predict(images, 0), filled):
        same(alone, people)


def test_other_input_sizes(open_file, fixed_file, image):
    assert Predictor(open_file).input_size == (128, 160)
    other = Predictor(open_file, input_size=(192, 128))
    assert other(image, 0).keypoints.shape[1:] == (17, 2)
    with pytest.raises(ValueError, match='at least 128 pixels, got 128x96'):
        Predictor(open_file, input_size=(128, 96))
    with pytest.raises(ValueError, match='has the fixed input size 160x128'):
        Predictor(fixed_file, input_size=(64, 64))


def test_an_open_input_is_as_small_as_the_image_allows(open_file):
    predictor = Predictor(open_file, input_size=(256, 256))
    wide = np.zeros((120, 200, 3), np.uint8)
    assert predictor.prepare([wide])[0].shape == (1, 3, 160, 256)
    assert predictor.prepare([wide[:20]])[0].shape == (1, 3, 128, 256)
    assert predictor.prepare([wide, wide[:, :120]])[0].shape == (2, 3, 256, 256)
    assert Predictor(open_file).prepare([wide])[0].shape == (1, 3, 128, 128)


def test_says_which_provider_runs(fixed_file):
    predictor = Predictor(fixed_file, providers=['CPUExecutionProvider'], threads=1)
    assert predictor.provider == 'CPUExecutionProvider'
    with pytest.raises(ValueError, match='are not available: this onnxruntime has'):
        Predictor(fixed_file, providers=['NoSuchProvider'])


def test_wrong_files(tmp_path):
    with pytest.raises(FileNotFoundError, match='erpose export'):
        Predictor(tmp_path / 'none.onnx')
    broken = tmp_path / 'broken.onnx'
    broken.write_bytes(b'not a model')
    with pytest.raises(ValueError, match='broken.onnx is not an ONNX model'):
        Predictor(broken)
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node('Identity', ['x'], ['y'])], 'other',
        [onnx.helper.make_tensor_value_info('x', 1, [1])],
        [onnx.helper.make_tensor_value_info('y', 1, [1])])
    opset = [onnx.helper.make_opsetid('', 17)]
    onnx.save(onnx.helper.make_model(graph, opset_imports=opset, ir_version=8), broken)
    with pytest.raises(ValueError, match=r'has x tensor.*; expected .* input \(B'):
        Predictor(broken)


def test_coco_results(fixed_file, image):
    people = Predictor(fixed_file)(image, 0).above(0)
    first = people.to_coco('a.jpg')[0]
    assert first['image_id'] == 'a.jpg' and first['category_id'] == 1
    assert len(first['keypoints']) == 51 and len(first['bbox']) == 4
    np.testing.assert_allclose(first['keypoints'][0], people.keypoints[0, 0, 0], atol=0.01)


@pytest.mark.filterwarnings('ignore')
def test_equals_mmpose_on_the_same_image(shipped, fixed_file, crowd):
    """Colours, scale and padding are those of the validation pipeline."""
    image = read_image(sorted(crowd.iterdir())[0])
    predictor = Predictor(fixed_file)
    config = Config.fromfile(shipped['Config'])
    config.test_dataloader.dataset.pipeline[1].input_size = predictor.input_size
    expected = inference_bottomup(init_model(config, shipped['Weights'], 'cpu'),
                                  image)[0].pred_instances
    people = predictor(image, score_thr=0.02)
    count = (expected.bbox_scores > 0.02).sum()
    assert len(people.scores) == count > 3
    np.testing.assert_allclose(people.scores, expected.bbox_scores[:count], atol=0.01)
    np.testing.assert_allclose(people.keypoints[0], expected.keypoints[0], atol=1)


@pytest.mark.parametrize('change, message', [
    (lambda info: info.pop('decoder'), 'metadata "decoder" expects none'),
    (lambda info: info['decoder'].update(strides=[8, 16, 64]), "'scores_64'"),
    (lambda info: info['decoder'].update(reach='far'), 'invalid metadata "decoder"'),
    (lambda info: info['decoder'].update(num_candidates=0), 'invalid metadata "decoder"'),
    (lambda info: info['decoder'].pop('average'), 'invalid metadata "decoder"'),
])
def test_a_raw_file_says_how_it_is_decoded(change, message, raw_file, tmp_path):
    model = onnx.load(raw_file)
    info = {p.key: json.loads(p.value) for p in model.metadata_props}
    change(info)
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, {k: json.dumps(v) for k, v in info.items()})
    onnx.save(model, tmp_path / 'changed.onnx')
    with pytest.raises(ValueError, match=message):
        Predictor(tmp_path / 'changed.onnx')

"""MoveNet compared with exported models, with a fake interpreter."""
import json
import sys
from types import ModuleType

import cv2
import numpy as np
import pytest

from erpose.evaluation import metric_of_files
from erpose_bench.peers import compare, movenet_subject, report


class Interpreter:
    """Finds one person: its keypoints are the white dots' columns, in order."""

    def __init__(self, path, num_threads=None):
        self.shape = (1, 1, 1, 3)

    def get_input_details(self):
        return [dict(index=0, shape=np.array(self.shape))]

    def get_output_details(self):
        return [dict(index=1)]

    def resize_tensor_input(self, index, shape, strict):
        self.shape = tuple(shape)

    def allocate_tensors(self):
        pass

    def set_tensor(self, index, pixels):
        assert pixels.dtype == np.uint8 and pixels.shape == self.shape
        self.pixels = pixels[0]

    def invoke(self):
        height, width = self.pixels.shape[:2]
        count, _, _, centres = cv2.connectedComponentsWithStats(
            (self.pixels[..., 0] > 127).astype(np.uint8))  # RGB: red
        points = centres[1:] + 0.5
        points = points[np.argsort(points[:, 0])]
        assert count == 18
        people = np.zeros((1, 6, 56), np.float32)
        people[0, 0, :51] = np.concatenate(
            [points[:, 1:] / height, points[:, :1] / width, np.ones((17, 1))], 1).ravel()
        people[0, :, 55] = 0.9, 0.01, 0, 0, 0, 0
        people[0, 0, 51:55] = 0.1, 0.2, 0.3, 0.4
        self.output = people

    def get_tensor(self, index):
        return self.output


@pytest.fixture
def litert(monkeypatch):
    module = ModuleType('ai_edge_litert.interpreter')
    module.Interpreter = Interpreter
    monkeypatch.setitem(sys.modules, 'ai_edge_litert', ModuleType('ai_edge_litert'))
    monkeypatch.setitem(sys.modules, 'ai_edge_litert.interpreter', module)


@pytest.fixture
def scene(tmp_path):
    """A wide image of 17 red dots, and its annotation."""
    image = np.zeros((150, 400, 3), np.uint8)
    points = [(20 + 22 * k, 30 + 90 * (k % 2)) for k in range(17)]
    for point in points:
        cv2.circle(image, point, 5, (0, 0, 255), -1)
    cv2.imwrite(str(tmp_path / '1.png'), image)
    (tmp_path / 'annotations.json').write_text(json.dumps(dict(
        images=[dict(id=1, file_name='1.png', width=400, height=150)],
        annotations=[dict(id=1, image_id=1, category_id=1, iscrowd=0, num_keypoints=17,
                          keypoints=[v for x, y in points for v in (x, y, 2)],
                          bbox=[20, 30, 352, 90], area=20000)])))
    return tmp_path, image, np.array(points)


@pytest.mark.parametrize('size', [256, 384])
def test_movenets_people_are_in_pixels_of_the_image(size, litert, scene):
    _, image, points = scene
    subject = movenet_subject('movenet.tflite', size)
    pixels = subject.before([image])
    assert pixels.shape[2] == size and pixels.shape[1] % 32 == 0
    people, = subject.after(subject.forward(pixels))
    assert people.scores.tolist() == pytest.approx([0.9])
    np.testing.assert_allclose(people.keypoints[0], points + 0.5, atol=1)
    scale = 400 / size
    expected = [0.2 * pixels.shape[2], 0.1 * pixels.shape[1], 0.4 * pixels.shape[2],
                0.3 * pixels.shape[1]]
    np.testing.assert_allclose(people.boxes[0], np.array(expected) * scale, rtol=0.02)


def test_comparison(litert, scene):
    root, _, _ = scene
    metric = metric_of_files(str(root / 'annotations.json'),
                             'configs/_base_/datasets/coco.py')
    subjects = [movenet_subject('movenet.tflite', size) for size in (256, 384)]
    rows = compare(subjects, root, metric, timed=1, rounds=2)
    for row in rows.values():
        assert row['AP'] == pytest.approx(100) and row['milliseconds'] > 0
    assert rows['movenet, 256']['ratio'] == 1
    lines = report(rows).splitlines()
    assert lines[0].startswith('| model, input') and len(lines) == 4


def test_without_litert(monkeypatch):
    monkeypatch.setitem(sys.modules, 'ai_edge_litert.interpreter', None)
    with pytest.raises(ImportError, match='pip install ai-edge-litert'):
        movenet_subject('movenet.tflite', 256)

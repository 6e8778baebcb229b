"""Annotation files: refused files and derived fields."""
import json

import pytest

from erpose.annotations.coco_file import complete_annotation, load_annotation_file

GOOD = dict(image_id=1, keypoints=[10, 20, 2, 30, 60, 1, 0, 0, 0])


def test_missing_fields_are_derived_from_the_labelled_keypoints():
    ann, derived = dict(GOOD), set()
    assert complete_annotation(ann, 3, derived) is None
    assert ann['bbox'] == [10, 20, 20, 40]
    assert ann['area'] == pytest.approx(0.53 * 20 * 40)
    assert (ann['num_keypoints'], ann['iscrowd'], ann['category_id']) == (2, 0, 1)
    assert derived == {'bbox', 'area'}


def test_what_is_there_stays():
    ann, derived = dict(GOOD, bbox=[1, 2, 3, 4], area=5.0, num_keypoints=2), set()
    complete_annotation(ann, 3, derived)
    assert (ann['bbox'], ann['area'], derived) == ([1, 2, 3, 4], 5.0, set())


def test_a_person_without_keypoints_keeps_its_box():
    ann = dict(image_id=1, bbox=[0, 0, 5, 5], iscrowd=1)
    assert complete_annotation(ann, 3, set()) is None
    assert ann['num_keypoints'] == 0 and len(ann['keypoints']) == 9


@pytest.mark.parametrize('change, reason', [
    (dict(keypoints=[float('nan'), 0, 2] + [0] * 6), 'NaN'),
    (dict(keypoints=[float('inf'), 0, 2] + [0] * 6), 'NaN or infinite'),
    (dict(keypoints=['1', 0, 2] + [0] * 6), 'not a list of numbers'),
    (dict(keypoints=[True, 0, 2] + [0] * 6), 'not a list of numbers'),
    (dict(keypoints='nine'), 'not a list of numbers'),
    (dict(keypoints=[0] * 8), 'multiple of 3'),
    (dict(bbox=[0, 0, 5]), 'bbox'),
    (dict(bbox=[0, 0, 5, float('nan')]), 'bbox'),
    (dict(area='big'), 'area'),
], ids=lambda v: v if isinstance(v, str) else '')
def test_broken_annotations_say_why(change, reason):
    assert reason in complete_annotation(dict(GOOD, **change), 3, set())


def test_wrong_number_of_keypoints_names_both():
    with pytest.raises(ValueError, match='has 3 keypoints.*defines 17'):
        complete_annotation(dict(GOOD), 17, set())


def test_no_image_id():
    assert 'image_id' in complete_annotation(dict(keypoints=[0] * 9), 3, set())


@pytest.mark.parametrize('content, message', [
    ('{"images": [', 'not a JSON file'),
    ('[]', 'no list "images"'),
    ('{"images": []}', 'no list "annotations"'),
    ('{"images": [{"id": 1}], "annotations": []}', r'images\[0\] has no'),
    (json.dumps(dict(images=[dict(id=1, file_name='a')] * 2, annotations=[])), 'the id 1'),
    (json.dumps(dict(images=[dict(id=2**60, file_name='a')], annotations=[])), '15 digits'),
    ('PK\x03\x04', 'is compressed. Unpack it'),
])
def test_broken_files_name_file_and_cause(tmp_path, content, message):
    path = tmp_path / 'annotations.json'
    path.write_text(content)
    with pytest.raises(ValueError, match=message) as error:
        load_annotation_file(str(path))
    assert str(path) in str(error.value)


@pytest.mark.parametrize('encoding', ['utf-8', 'utf-8-sig', 'utf-16', 'utf-32'])
def test_encodings(tmp_path, encoding):
    path, content = tmp_path / 'é.json', '{"images": [], "annotations": [], "é": "é"}'
    path.write_text(content, encoding=encoding)
    assert load_annotation_file(str(path))['é'] == 'é'


@pytest.mark.parametrize('width, height, size', [
    (64, 48, (64, 48)), (64.0, 48.0, (64, 48)), ('64', '48', (64, 48)), (64.5, 48, None),
    ('64 px', 48, None), (0, 48, None), (-64, 48, None), (None, 48, None),
    (True, 48, None), (1e9, 48, None)])
def test_sizes_of_images(tmp_path, width, height, size):
    path = tmp_path / 'a.json'
    path.write_text(json.dumps(dict(annotations=[], images=[
        dict(id=1, file_name='a', width=width, height=height)])))
    image, = load_annotation_file(str(path))['images']
    assert (image.get('width'), image.get('height')) == (size or (None, None))


def test_missing_file_says_what_to_check(tmp_path):
    with pytest.raises(FileNotFoundError, match='data_root'):
        load_annotation_file(str(tmp_path / 'no.json'))

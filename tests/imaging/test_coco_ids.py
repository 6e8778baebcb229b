"""Results that plain pycocotools reads."""
import json

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from erpose.imaging import CocoIds, Frame, People
from erpose.imaging.writers import Records

NAMES = ['nose', 'left', 'right']
POSE = np.array([[[20.0, 10], [12, 30], [36, 30]]])
PEOPLE = People(POSE, np.ones((1, 3)), np.ones(1), np.array([[12.0, 10, 36, 30]]))


@pytest.fixture
def annotations(tmp_path):
    """Writes an annotation file of one image, changed by the keywords."""
    def write(**changes):
        content = dict(
            images=[dict(id=7, file_name='a.jpg', width=64, height=48)],
            categories=[dict(id=0, name='toy', keypoints=NAMES)],
            annotations=[dict(
                id=1, image_id=7, category_id=0, iscrowd=0, area=600, bbox=[12, 10, 24, 20],
                num_keypoints=3, keypoints=[20, 10, 2, 12, 30, 2, 36, 30, 2])])
        path = tmp_path / 'annotations.json'
        path.write_text(json.dumps(dict(content, **changes)), encoding='utf-8')
        return path
    return write


def average_precision(annotations, results):
    truth = COCO(str(annotations))
    evaluation = COCOeval(truth, truth.loadRes(results), 'keypoints')
    evaluation.params.kpt_oks_sigmas = np.full(3, 0.05)
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    return evaluation.stats[0]


def test_pycocotools_reads_the_json(annotations, tmp_path):
    file = annotations()
    records = Records(NAMES, CocoIds(file, NAMES))
    records.add(Frame(None, '/photos/a.jpg'), PEOPLE)
    records.write_json(tmp_path / 'people.json')
    assert average_precision(file, str(tmp_path / 'people.json')) == pytest.approx(1)


@pytest.mark.parametrize('order', [NAMES, NAMES[::-1], ['RIGHT ', 'Nose', 'left']])
def test_keypoints_come_in_the_order_of_the_file(order, annotations):
    file = annotations(categories=[dict(id=0, name='toy', keypoints=NAMES)])
    turned = [NAMES.index(name.strip().lower()) for name in order]
    people = PEOPLE.replace(keypoints=POSE[:, turned])  # of a model that orders so
    results = people.to_coco('a.jpg', ids=CocoIds(file, order))
    assert average_precision(file, results) == pytest.approx(1)


@pytest.mark.parametrize('name, source', [
    ('a.jpg', 'a.jpg'), ('a.jpg', '/b/a.jpg'), ('b/a.jpg', 'c/a.jpg'), ('b/a.jpg', 'a.jpg'),
    ('b\\a.jpg', '/x/b/a.jpg'), ('A.JPG', 'a.jpg'), ('a%20b.jpg', 'a b.jpg'),
    ('http://h/b/a.jpg?t=1', 'a.jpg'), ('./a.jpg', 'a.jpg'), (' a.jpg ', 'a.jpg'),
    ('u\u0308.jpg', '\u00fc.jpg'), ('clip.mp4#3', 'x/clip.mp4#3')])
def test_names_that_are_the_same(name, source, annotations):
    ids = CocoIds(annotations(images=[dict(id=7, file_name=name),
                                      dict(id=8, file_name='other.jpg')]))
    assert ids.image_id(source) == 7


TWO = [dict(id=1, file_name='a/1.jpg'), dict(id=2, file_name='b/1.jpg')]


def test_folders_tell_names_apart(annotations):
    ids = CocoIds(annotations(images=TWO))
    assert ids.image_id('/x/b/1.jpg') == 2
    for source, count in (('c/1.jpg', '2'), ('2.jpg', 'no')):
        with pytest.raises(ValueError, match=f'{count} images of .* have this name'):
            ids.image_id(source)


def test_names_with_and_without_folders_differ(annotations):
    ids = CocoIds(annotations(images=[dict(id=1, file_name='a.jpg'),
                                      dict(id=2, file_name='b/a.jpg')]))
    assert [ids.image_id(name) for name in ('a.jpg', 'c/a.jpg', 'c/b/a.jpg')] == [1, 1, 2]


def test_unlisted_pictures_are_left_out_and_reported(annotations, tmp_path):
    records = Records(NAMES, CocoIds(annotations(images=TWO[:1]), NAMES))
    for source in ('x/a/1.jpg', 'x/c/1.jpg', '2.jpg'):
        records.add(Frame(None, source), PEOPLE)
    assert [person['image_id'] for person in records.people] == [1]
    assert 'x/c/1.jpg: matches image 1, as does x/a/1.jpg' in records.unlisted[0]
    assert '2.jpg: no images of' in records.unlisted[1]
    records.write_csv(tmp_path / 'p.csv')
    assert len((tmp_path / 'p.csv').read_text().splitlines()) == 4


PERSON = dict(id=3, name='person', keypoints=NAMES)
TOY = dict(id=0, name='toy', keypoints=NAMES)


@pytest.mark.parametrize('categories, category_id', [
    ([TOY], 0), ([TOY, PERSON], 3), ([PERSON, dict(id=4, name='car')], 3),
    ([PERSON, dict(id=4, name='hand', keypoints=['x', 'y'])], 3),
    ([dict(id=5, name='person')], 5), ([dict(id=0, name='toy'), dict(id=2, name='car')], 0),
    ([], 0)])
def test_the_category_is_the_one_that_fits(categories, category_id, annotations):
    assert CocoIds(annotations(categories=categories), NAMES).category_id == category_id


@pytest.mark.parametrize('changes, message', [
    (dict(categories=[TOY, dict(TOY, id=2, name='doll')]),
     "'toy' with 3 keypoints, 'doll' with 3 keypoints"),
    (dict(categories=[dict(id=1, name='hand', keypoints=['x'])]),
     "one category with 3 keypoints, found 'hand' with 1 keypoints"),
    (dict(images=[dict(id=1, file_name=None)]), 'not an annotation file'),
    (dict(images=None), 'not an annotation file'),
    (dict(images=[dict(id=1)]), r"not an annotation file .*KeyError: 'file_name'")])
def test_files_that_do_not_fit(changes, message, annotations):
    with pytest.raises(ValueError, match=message):
        CocoIds(annotations(**changes), NAMES)


def test_a_file_that_is_not_json(tmp_path):
    (tmp_path / 'a.json').write_bytes(b'\xff\xd8')
    with pytest.raises(ValueError, match='not an annotation file'):
        CocoIds(tmp_path / 'a.json')

"""Annotation files from strangers: used correctly, or refused with file name and cause.

Each case is one file. It goes through ``KeypointDataset`` with the pipeline of a training,
and through ``PoseMetric``'s ground truth.
"""
import copy
import json
import random
import re
from collections import Counter
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from mmengine.config import Config

from erpose import zoo
from erpose.datasets import KeypointDataset
from erpose.evaluation import PoseMetric

SIDE = 64
SECONDS = 20
"""A case takes milliseconds."""
ODD = [
    None, True, False, 0, 1, -1, 2, 3, 0.5, -0.0, 1e-320, 1e6, 1e7, 1e39, 1e308, 2**31,
    2**53, 2**63, 2**64, 10**400, -10**400, float('nan'), float('inf'), -float('inf'), '',
    '1', '1.5', 'nan', 'person', '\ud800', '\0', '../../x', 'x' * 999, [], {}, [[]],
    [None], ['1'], [1], [1, 2, 3, 4], [0, 0, 0, 0], [5, 5, -3, -3], [0.0] * 9, [1e308] * 9,
    [1, 1, 2] * 17, {'id': 1}, [{}], {'counts': [9, 4], 'size': [5, 5]},
]


def small(value):
    """Shrinks a pipeline from 640x640 to 64x64."""
    if isinstance(value, dict):
        return {key: small(child) for key, child in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(map(small, value))
    return SIDE if value == 640 else value


COCO = Config.fromfile(zoo.root() / 'configs/_base_/datasets/coco_640.py')
PIPELINES = [small(COCO.train_pipeline), small(COCO.closing_pipeline)]
"""Mosaic and mixup, and the closing epochs'."""


def dataset(path, images, metainfo, pipeline=(), **kwargs):
    return KeypointDataset(
        metainfo=metainfo, ann_file=str(path), data_prefix=dict(img=str(images)),
        pipeline=list(pipeline), serialize_data=False, **kwargs)


def check(text: str, path, images, metainfo) -> str:
    """Passes one file through everything; returns 'used' or 'refused'."""
    path.write_text(text, encoding='utf-8', errors='surrogatepass')
    with patch('erpose.datasets.keypoint_dataset.print_log') as log, \
            patch('erpose.evaluation.pose_metric.print_log'):
        loaded = attempt(path, lambda: dataset(path, images, metainfo, PIPELINES[1]))
        tested = attempt(path, lambda: dataset(path, images, metainfo, test_mode=True))
        judged = attempt(path, lambda: ground_truth(path, metainfo))
        said = [call.args[0] for call in log.call_args_list]
    if isinstance(loaded, str):
        assert isinstance(tested, str) or not any(
            len(tested.get_data_info(i).get('keypoints', ())) for i in range(len(tested)))
    if isinstance(tested, str):
        assert isinstance(loaded, str)
    if not isinstance(judged, str):
        judge(judged, path)
    if isinstance(loaded, str):
        return 'refused'
    assert not isinstance(judged, str), judged
    check_coordinates(loaded, json.loads(text.lstrip('\ufeff')), said)
    for pipeline in PIPELINES:
        train(dataset(path, images, metainfo, pipeline))
    return 'used'


def ground_truth(path, metainfo):
    metric = PoseMetric(ann_file=str(path))
    metric.dataset_meta = KeypointDataset._load_metainfo(metainfo)
    return metric


def attempt(path, action):
    """Returns the action's result, or its error, which must name the file."""
    try:
        return action()
    except (ValueError, FileNotFoundError) as error:
        text = str(error)
        assert str(path) in text and len(text) < 900
        assert len(text.replace(str(path), '').strip()) > 15  # a cause, not only the name
        return text


def check_coordinates(data, content, said):
    """Labels in training are in the file, and the log counts the others."""
    ordered = not any('keypoints are reordered' in line for line in said)
    there = [(ann['image_id'], labels(ann['keypoints'], ordered))
             for ann in content['annotations'] if isinstance(ann, dict)
             and isinstance(ann.get('image_id'), (int, float))
             and isinstance(ann.get('keypoints'), list)]
    kept = 0
    for i in range(len(data)):
        info = data.get_data_info(i)
        kept += len(info['keypoints'])
        for points, visible, raw in zip(info['keypoints'], info['keypoints_visible'],
                                        info['raw_ann_info']):
            if visible.any():
                values = np.reshape(raw['keypoints'], (-1, 3))
                assert (points == values[:, :2].astype(np.float32)).all()
                assert (visible == (values[:, 2] > 0)).all()
                # Impossible labels are dropped; none is added.
                mine = labels(raw['keypoints'], ordered)
                assert any(image == info['img_id'] and mine <= labelled
                           for image, labelled in there)
    skipped = sum(int(count) for line in said
                  for count in re.findall(r'skipped (\d+) x annotation', line))
    assert kept * 2 + skipped == len(content['annotations']) * 2  # loaded twice


def labels(values, ordered=True):
    """Index (if the order counts), x and y of the labelled keypoints."""
    rows = zip(values[::3], values[1::3], values[2::3])
    return {(k * ordered, x, y) for k, (x, y, v) in enumerate(rows) if v in (1, 2)
            and isinstance(x, (int, float)) and isinstance(y, (int, float))}


def train(data):
    """Augments every sample: finite values, labelled keypoints in the picture."""
    for i in range(len(data)):
        random.seed(i), np.random.seed(i)
        sample = data[i]
        labels = sample['data_samples'].gt_instance_labels
        assert sample['inputs'].shape == (3, SIDE, SIDE)
        fields = [labels.keypoints, labels.bboxes, labels.areas, labels.keypoints_visible]
        assert all(np.isfinite(np.asarray(field)).all() for field in fields)
        visible = np.asarray(labels.keypoints_visible)
        assert np.isin(visible, (0, 1)).all()
        seen = np.asarray(labels.keypoints)[visible > 0]
        # Clipped to [0, width], then flipped to width - 1 - x, as MMPose does.
        assert ((seen >= -1) & (seen <= SIDE)).all()
        assert (np.asarray(labels.areas)[(visible > 0).any(1)] > 0).all()


def judge(metric, path):
    """Evaluates exact predictions of the labelled people: a score, no error."""
    people = [dict(image_id=ann['image_id'], category_id=1, keypoints=ann['keypoints'],
                   score=1.0)
              for ann in metric.coco.dataset['annotations']
              if ann['num_keypoints'] and not ann['iscrowd']
              and ann['image_id'] in metric.coco.imgs]
    if not people:
        return None
    results = path.with_suffix('.people.json')
    results.write_text(json.dumps(people))
    stats = metric.evaluate_file(results)
    assert all(-1 <= value <= 1 for value in stats.values()), stats
    return stats


# Fuzzing

def containers(node):
    """Every list and object of a JSON value, outermost first."""
    if isinstance(node, (dict, list)):
        yield node
        for child in (node.values() if isinstance(node, dict) else node):
            yield from containers(child)


@st.composite
def mutated(draw, valid):
    """A valid file with one to four mistakes; rarely also broken as text."""
    content = copy.deepcopy(valid)
    for _ in range(draw(st.integers(1, 4))):
        places = [node for node in containers(content) if len(node)]
        node = places[draw(st.integers(0, len(places) - 1))] if places else content
        keys = list(node) if isinstance(node, dict) else range(len(node))
        if not len(keys):
            break
        key = draw(st.sampled_from(keys))
        kind = draw(st.sampled_from(('replace', 'replace', 'delete', 'repeat', 'swap')))
        if kind == 'delete':
            del node[key]
        elif kind == 'repeat' and isinstance(node, list):
            node.insert(key, copy.deepcopy(node[key]))
        elif kind == 'swap' and isinstance(node, list):
            other = draw(st.integers(0, len(node) - 1))
            node[key], node[other] = node[other], node[key]
        else:
            node[key] = copy.deepcopy(draw(st.sampled_from(ODD)))
    text = json.dumps(content, ensure_ascii=draw(st.booleans()))
    if draw(st.integers(0, 19)) == 0:
        text = text[:draw(st.integers(0, len(text)))]
    return text


NUMBERS = st.one_of(st.integers(-5, 70), st.floats(-5, 70), st.sampled_from(ODD))
KEYPOINTS = st.lists(st.tuples(NUMBERS, NUMBERS, st.sampled_from((0, 1, 2, 2, -1, 0.5))),
                     min_size=3, max_size=3).map(lambda rows: [v for r in rows for v in r])
SANE_POINTS = st.lists(
    st.tuples(st.integers(-9, 80), st.integers(-9, 80), st.sampled_from((0, 1, 2))),
    min_size=3, max_size=3).map(lambda rows: [v for r in rows for v in r])
ODDLY = st.sampled_from(ODD)


def annotations():
    """People with any field missing or odd."""
    return st.fixed_dictionaries(
        dict(image_id=st.one_of(st.integers(0, 4), st.integers(1, 3), ODDLY)),
        optional=dict(
            id=st.one_of(st.integers(-1, 5), ODDLY),
            keypoints=st.one_of(SANE_POINTS, SANE_POINTS, KEYPOINTS, ODDLY),
            bbox=st.one_of(st.lists(st.integers(-9, 80), min_size=4, max_size=4), ODDLY),
            area=st.one_of(st.floats(-1, 5000), ODDLY),
            num_keypoints=st.one_of(st.integers(0, 4), ODDLY),
            iscrowd=st.one_of(st.integers(0, 1), ODDLY),
            category_id=st.one_of(st.integers(0, 3), ODDLY),
            segmentation=ODDLY))


@st.composite
def generated(draw, names):
    """Files made from scratch: odd people in valid files, and the reverse."""
    image = st.fixed_dictionaries(
        dict(id=st.integers(1, 4), file_name=st.sampled_from(names)),
        optional=dict(width=st.one_of(st.just(64), ODDLY),
                      height=st.one_of(st.just(48), ODDLY),
                      crowdIndex=st.one_of(st.floats(0, 1), st.none())))
    images = draw(st.lists(image, max_size=4, unique_by=lambda i: i['id']))
    people = draw(st.lists(annotations(), max_size=8))
    if images and draw(st.booleans()):  # otherwise mostly nobody is labelled
        people.append(person(image_id=images[0]['id']))
    content = dict(images=images, annotations=people)
    if draw(st.booleans()):
        content['categories'] = draw(st.one_of(
            st.just([dict(id=1, name='person')]), st.just([dict(id=0)]), ODDLY))
    return json.dumps(content)


def fuzz(strategy, cases, action):
    outcomes = Counter()

    @settings(max_examples=cases, deadline=None, database=None, derandomize=cases <= 1000,
              suppress_health_check=list(HealthCheck), print_blob=True,
              phases=(Phase.generate, Phase.shrink))
    @given(strategy)
    def run(text):
        outcomes[action(text)] += 1

    run()
    # Some are refused and some used, otherwise the test proves nothing.
    assert min(outcomes['used'], outcomes['refused']) > cases / 20


@pytest.mark.parametrize('kind', ['mutated', 'generated'])
def test_fuzz(kind, cases, crowd, metainfo, tmp_path, time_limit):
    root, content = crowd
    strategy = mutated(content) if kind == 'mutated' else generated(
        [image['file_name'] for image in content['images']] + ['gone.jpg'])

    def action(text):
        with time_limit(SECONDS):
            return check(text, tmp_path / 'fuzz.json', root / 'images', metainfo)

    fuzz(strategy, cases, action)


# Mistakes of real files

def person(**fields):
    return dict(dict(image_id=1, category_id=1, iscrowd=0, num_keypoints=3, area=538,
                     keypoints=[6, 28, 2, 1, 40, 2, 10, 2, 2], bbox=[0, 0, 16, 42]),
                **fields)


def first(**fields):
    """Changes the first person."""
    return lambda content: content['annotations'][0].update(fields)


def without(field):
    return lambda content: content['annotations'][0].pop(field)


def images(**fields):
    """Changes the first image's entry."""
    return lambda content: content['images'][0].update(fields)


def points(*values):
    return first(keypoints=list(values) + [9] * 3)


def everybody(**fields):
    return lambda content: [ann.update(fields) for ann in content['annotations']]


def people(count):
    def change(content):
        rng = np.random.default_rng(0)
        content['annotations'] = [
            person(keypoints=[*rng.uniform(0, 47, 2), 2] * 3, bbox=[0, 0, 9, 9])
            for _ in range(count)]

    return change


RLE = dict(counts=[100, 50, 2922], size=[48, 64])
CORPUS = {
    # name: (change, error); the error is None where every person stays usable
    'valid': (lambda c: None, None),
    'byte order mark': (lambda c: '\ufeff' + json.dumps(c), None),
    'no area': (without('area'), None),
    'no bbox': (without('bbox'), None),
    'no id': (without('id'), None),
    'no iscrowd': (without('iscrowd'), None),
    'no category_id': (without('category_id'), None),
    'no num_keypoints': (without('num_keypoints'), None),
    'no categories': (lambda c: c.pop('categories'), None),
    'no image size': (lambda c: [i.pop('width') for i in c['images']], None),
    'image size as text': (images(width='64', height='48'), None),
    'image size 0': (images(width=0, height=0), None),
    'null for what is missing': (
        first(area=None, bbox=None, id=None, iscrowd=None, segmentation=None), None),
    'area 0': (first(area=0), None),
    'area of almost 0': (first(area=1e-320), None),
    'area negative': (first(area=-5), None),
    'bbox of zero size': (first(bbox=[5, 5, 0, 0]), None),
    'bbox of negative size': (first(bbox=[30, 30, -9, -9]), None),
    'bbox outside the image': (first(bbox=[900, 900, 10, 10]), None),
    'num_keypoints wrong': (first(num_keypoints=0), None),
    'num_keypoints as text': (first(num_keypoints='3'), None),
    'ids twice': (everybody(id=1), None),
    'ids twice, across images': (
        lambda c: [a.update(id=a['image_id']) for a in c['annotations']], None),
    'ids from 0': (
        lambda c: [a.update(id=i) for i, a in enumerate(c['annotations'])], None),
    'ids as text': (lambda c: [a.update(id=str(a['id'])) for a in c['annotations']], None),
    'category 0': (everybody(category_id=0), None),
    'categories of others': (lambda c: c.update(categories=[dict(id=7, name='dog')]), None),
    'polygon, RLE and none': (
        lambda c: [a.update(segmentation=s) for a, s in
                   zip(c['annotations'], ([[1, 1, 9, 1, 9, 9]], None, RLE))], None),
    'RLE and none': (
        lambda c: [a.update(segmentation=s) for a, s in zip(c['annotations'], (RLE, None))],
        None),
    'RLE crowd': (
        lambda c: c['annotations'].append(person(
            iscrowd=1, segmentation=RLE, keypoints=[0] * 9, num_keypoints=0)), None),
    'keypoints of a crowd empty': (
        lambda c: c['annotations'].append(person(iscrowd=1, keypoints=[])), None),
    'keypoints of a crowd null': (
        lambda c: c['annotations'].append(person(iscrowd=1, keypoints=None)), None),
    '500 people': (people(500), None),
    # skipped and counted, with the reason
    'keypoints NaN': (points(float('nan'), 1, 2, 4, 4, 2), 'keypoints are NaN or infinite'),
    'keypoints infinite': (points(float('inf'), 1, 2, 4, 4, 2), 'are NaN or infinite'),
    'keypoints huge': (points(1e39, 1, 2, 4, 4, 2), 'beyond 1000000 pixels'),
    'keypoints of 400 digits': (points(10**400, 1, 2, 4, 4, 2), 'beyond 1000000 pixels'),
    'keypoints as text': (points('4', '1', 2, 4, 4, 2), 'are not a list of numbers'),
    'keypoints as rows': (first(keypoints=[[1, 1, 2]] * 3), 'are not a list of numbers'),
    'keypoints without visibility': (first(keypoints=[1] * 8), 'not a multiple of 3'),
    'visibility -1': (points(4, 1, -1, 4, 4, 2), 'visibility is not 0, 1 or 2'),
    'visibility a score': (points(4, 1, 0.93, 4, 4, 2), 'visibility is not 0, 1 or 2'),
    'bbox NaN': (first(bbox=[0, 0, float('nan'), 4]), 'bbox is not four finite numbers'),
    'bbox as text': (first(bbox=['0', '0', '4', '4']), 'bbox is not four finite numbers'),
    'bbox of three': (first(bbox=[0, 0, 4]), 'bbox is not four finite numbers'),
    'area as text': (first(area='538'), 'area is not a finite number'),
    'area NaN': (first(area=float('nan')), 'area is not a finite number'),
    'iscrowd as text': (first(iscrowd='0'), 'iscrowd is not 0 or 1'),
    'category as text': (first(category_id='person'), 'category_id is not an integer'),
    'image_id as text': (first(image_id='1'), 'no integer image_id'),
    'no image_id': (without('image_id'), 'no integer image_id'),
    'image_id unknown': (first(image_id=99), 'its image is not usable or not listed'),
    'null among annotations': (
        lambda c: c['annotations'].__setitem__(0, None), 'no integer image_id'),
    # refused
    '0 people': (people(0), 'has nothing to train on'),
    'nobody usable': (everybody(area='x'), 'has nothing to train on'),
    'no images': (lambda c: c.update(images=[]), 'has nothing to train on'),
    'images not there': (
        lambda c: [i.update(file_name=f'no_{i["file_name"]}') for i in c['images']],
        'Check data_root and data_prefix'),
    'other keypoints': (first(keypoints=[1, 1, 2] * 17), 'has 17 keypoints'),
    'image ids twice': (lambda c: c['images'].append(c['images'][0]), 'images have the id'),
    'image id as text': (images(id='1'), "images[0] has the id '1', expected an integer"),
    'image id a list': (images(id=[1]), "images[0] has the id '[1]'"),
    'file_name a number': (images(file_name=1), "has the file_name '1'"),
    'file_name of NUL': (
        lambda c: [i.update(file_name='\0') for i in c['images']], 'Check data_root'),
    'crowdIndex as text': (images(crowdIndex='0.5'), "has the crowdIndex '0.5'"),
    'categories a text': (lambda c: c.update(categories='person'), '"categories" must be'),
    'annotations an object': (
        lambda c: c.update(annotations={}), 'has no list "annotations"'),
    'a list': (lambda c: '[]', 'has no list "images"'),
    'empty file': (lambda c: '', 'is not a JSON file'),
    'cut off': (lambda c: json.dumps(c)[:-40], 'is not a JSON file'),
    'nested 100,000 deep': (lambda c: '[' * 100000, 'is not a JSON file'),
    'a number of 5,000 digits': (lambda c: '9' * 5000, 'is not a JSON file'),
}


@pytest.mark.parametrize('name', CORPUS)
def test_mistakes_of_real_files(name, crowd, metainfo, tmp_path, time_limit):
    root, content = crowd
    content = copy.deepcopy(content)
    change, error = CORPUS[name]
    text = change(content)
    text = text if isinstance(text, str) else json.dumps(content)
    path = tmp_path / 'annotations.json'
    with time_limit(60 if name == '500 people' else SECONDS):
        outcome = check(text, path, root / 'images', metainfo)
    with patch('erpose.datasets.keypoint_dataset.print_log') as log:
        said = attempt(path, lambda: dataset(path, root / 'images', metainfo))
    if outcome == 'refused':
        assert error in said
        return
    logged = ' '.join(call.args[0] for call in log.call_args_list)
    assert (error or 'skipped') in logged if error else 'skipped' not in logged, logged
    if name != '500 people':  # the evaluation takes an image's best 20
        assert judge(ground_truth(path, metainfo), path)['AP'] == pytest.approx(1)


@pytest.mark.parametrize('text', [b'\xff\xfe{\0', b'\x89PNG\r\n\x1a\n', b'\x80\x02.'],
                         ids=['UTF-16', 'image', 'pickle'])
def test_files_that_are_not_text(text, tmp_path, metainfo):
    path = tmp_path / 'annotations.json'
    path.write_bytes(text)
    for load in (lambda: dataset(path, tmp_path, metainfo),
                 lambda: ground_truth(path, metainfo)):
        assert 'is not a JSON file' in attempt(path, load)


def test_a_derived_box_replaces_one_of_no_size(crowd, metainfo, tmp_path):
    root, content = crowd
    path = tmp_path / 'annotations.json'
    content = copy.deepcopy(content)
    content['annotations'] = [person(bbox=[5, 5, 0, 0], area=0)]
    path.write_text(json.dumps(content))
    info = dataset(path, root / 'images', metainfo).get_data_info(0)
    assert info['bbox'].tolist() == [[1, 2, 10, 40]]
    assert info['area'] == pytest.approx(0.53 * 9 * 38)


def test_keypoints_outside_the_image_are_not_trained(crowd, metainfo, tmp_path):
    root, content = crowd
    path = tmp_path / 'annotations.json'
    content = copy.deepcopy(content)
    content['annotations'] = [person(keypoints=[30, 20, 2, -900, 20, 2, 30, 5000, 1])]
    path.write_text(json.dumps(content))
    for pipeline in PIPELINES:
        data = dataset(path, root / 'images', metainfo, pipeline)
        train(data)
        np.random.seed(0)
        visible = np.asarray(
            data[0]['data_samples'].gt_instance_labels.keypoints_visible)
        assert (visible.sum(1) <= 1).all()


def test_stated_size_of_another_image(crowd, metainfo, tmp_path):
    """An error before training and in a test: the keypoints do not match the image."""
    root, content = crowd
    path = tmp_path / 'annotations.json'
    content = copy.deepcopy(content)
    content['images'][0].update(width=48, height=64)
    path.write_text(json.dumps(content))
    for test_mode in (False, True):
        with pytest.raises(ValueError, match='1 of 3 images.* is 64x48 but 48x64 in the'):
            dataset(path, root / 'images', metainfo, test_mode=test_mode)

"""A training reads the exports of annotation tools, with their quirks."""
import json
import re

import pytest
from own_toys import pictures, poses

from erpose.own_data.coco import find_annotation_files
from toys import NAMES, POSE, toy

POINTS = [POSE[0:2], POSE[3:5], POSE[6:8]]
CATEGORY = dict(id=1, name='toy', keypoints=NAMES, skeleton=[[1, 2], [1, 3]])


def write(path, name='{}.jpg', number=4, categories=(CATEGORY, ), first=1, **fields):
    """An annotation file of images, with a toy on each."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = dict(
        images=[dict(id=i, file_name=name.format(i), width=64, height=48)
                for i in range(first, first + number)],
        annotations=[dict(toy(i, id=i), **fields) for i in range(first, first + number)])
    if categories is not None:
        content['categories'] = list(categories)
    path.write_text(json.dumps(content))
    return json.loads(json.dumps(content))


def cvat(root):
    """Labels without keypoints beside the skeleton, and an empty track."""
    content = write(root / 'annotations/person_keypoints_default.json', categories=[
        dict(id=1, name='toy', supercategory='', keypoints=['1', '2', '3'],
             skeleton=[[1, 2]]), dict(id=2, name='ball', supercategory='')],
        attributes=dict(occluded=False))
    content['annotations'].append(dict(toy(1, id=9), keypoints=[], bbox=[], area=0))
    (root / 'annotations/person_keypoints_default.json').write_text(json.dumps(content))
    pictures(*(root / f'images/default/{i}.jpg' for i in range(1, 5)))
    return dict(words=[root], names=['1', '2', '3'], limbs=[(0, 1)], sizes=(3, 1))


def roboflow(root):
    """A placeholder category of the same name; each split beside its images."""
    placeholder = dict(id=0, name='toy', supercategory='none')
    for split, number in (('train', 4), ('valid', 2), ('test', 1)):
        write(root / split / '_annotations.coco.json', '{}_jpg.rf.0a1b.jpg', number,
              [placeholder, dict(CATEGORY, supercategory='toy')])
        pictures(*(root / split / f'{i}_jpg.rf.0a1b.jpg' for i in range(1, number + 1)))
    return dict(words=[root], sizes=(4, 2))


def label_studio(root):
    """Ids from 0, backslashes, no names of keypoints."""
    write(root / 'result.json', 'images\\{}.jpg', categories=[dict(id=0, name='toy')],
          first=0, category_id=0)
    pictures(*(root / f'images/{i}.jpg' for i in range(4)))
    return dict(words=[root / 'result.json'], limbs=[], sizes=(3, 1),
                names=['keypoint_1', 'keypoint_2', 'keypoint_3'])


def coco_annotator(root):
    """Booleans in place of numbers, paths of its container, images without annotations."""
    content = write(root / 'toys-1.json', iscrowd=False, isbbox=True, color='#fff')
    content['images'].append(dict(id=7, file_name='7.jpg', width=64, height=48,
                                  path='/datasets/toys/7.jpg', annotated=False))
    (root / 'toys-1.json').write_text(json.dumps(content))
    pictures(*(root / f'photos/{i}.jpg' for i in (1, 2, 3, 4, 7)))
    return dict(words=[root / 'toys-1.json', '--images', root / 'photos'], sizes=(3, 1))


def labelme(root):
    """Output of conversion scripts: no categories, no sizes, images in JPEGImages."""
    path = root / 'annotations.json'
    content = write(path, 'JPEGImages/{}.jpg', categories=None)
    content['images'] = [dict(id=i['id'], file_name=i['file_name'])
                         for i in content['images']]
    content['annotations'] = [dict(id=a['id'], image_id=a['image_id'], keypoints=POSE)
                              for a in content['annotations']]
    path.write_text(json.dumps(content))
    pictures(*(root / f'JPEGImages/{i}.jpg' for i in range(1, 5)))
    return dict(words=[path], limbs=[], sizes=(3, 1),
                names=['keypoint_1', 'keypoint_2', 'keypoint_3'])


def coco(root):
    """Files of other tasks, and images of the same names in both folders."""
    for split, number in (('train2017', 4), ('val2017', 2)):
        write(root / f'annotations/person_keypoints_{split}.json', number=number)
        (root / f'annotations/captions_{split}.json').write_text('{"images": []}')
        pictures(*(root / split / f'{i}.jpg' for i in range(1, number + 1)))
    return dict(words=[root], sizes=(4, 2))


def two_files(root):
    """Of different folders, the second with its keypoints in another order."""
    write(root / 'a.json', 'a/{}.jpg')
    write(root / 'b.json', 'b/{}.jpg', 2, [dict(CATEGORY, keypoints=[
        NAMES[0], NAMES[2], NAMES[1]])], keypoints=[*POSE[:3], *POSE[6:], *POSE[3:6]])
    pictures(*(root / f'{f}/{i}.jpg' for f in 'ab' for i in range(1, 5)))
    return dict(words=[root / 'a.json', '--val', root / 'b.json'], sizes=(4, 2))


def several_categories(root):
    doll = dict(id=2, name='doll', keypoints=['a', 'b'])
    content = write(root / 'a.json', categories=[CATEGORY, doll])
    content['annotations'].append(dict(toy(1, id=9, category_id=2), keypoints=POSE[:6]))
    (root / 'a.json').write_text(json.dumps(content))
    pictures(*(root / f'{i}.jpg' for i in range(1, 5)))
    return dict(words=[root / 'a.json', '--category', 'toy'], sizes=(3, 1))


@pytest.mark.parametrize('export', [
    cvat, roboflow, label_studio, coco_annotator, labelme, coco, two_files,
    several_categories], ids=lambda e: e.__name__)
def test_exports(export, init):
    root = init.folder / 'horses'
    root.mkdir()
    expected = export(root)
    before = {path: path.read_bytes() for path in root.rglob('*') if path.is_file()}
    assert init(*expected['words']) == 0, init.error
    train, val = init.load()
    assert (len(train), len(val)) == expected['sizes']
    assert poses(train, val) == [POINTS] * (len(train) + len(val))
    names = expected.get('names', NAMES)
    assert list(train.metainfo['keypoint_name2id']) == names
    assert train.metainfo['flip_indices'] == ([0, 2, 1] if names == NAMES else [0, 1, 2])
    assert train.metainfo['skeleton_links'] == expected.get('limbs', [(0, 1), (0, 2)])
    if export is not label_studio:  # whose names fit no file as they stand
        assert 'another name' not in train.report.text
    assert not {i['img_id'] for i in train} & {i['img_id'] for i in val} or '--val' in str(
        expected['words']) or export in (roboflow, coco)
    assert before == {path: path.read_bytes() for path in root.rglob('*') if path.is_file()}


@pytest.mark.parametrize('files, chosen', [
    (['a.json'], ['a.json']),
    (['train.json', 'val.json'], ['train.json', 'val.json']),
    (['train.json', 'test.json'], ['train.json']),
    (['annotations/instances_Train.json', 'annotations/instances_Validation.json'],
     ['annotations/instances_Train.json', 'annotations/instances_Validation.json']),
    (['train/annotations.json', 'val/annotations.json'],
     ['train/annotations.json', 'val/annotations.json']),
    (['val.json'], ['val.json']),
    (['a.json', 'b.json'], 'it is not clear which to train on: a.json, b.json'),
    (['train_1.json', 'train_2.json'], 'not clear'),
    ([], 'contains neither a data.yaml'),
], ids=str)
def test_annotation_files_of_a_folder(files, chosen, tmp_path):
    for name in files:
        write(tmp_path / name)
    if isinstance(chosen, str):
        with pytest.raises(ValueError, match=chosen):
            find_annotation_files(tmp_path)
    else:
        assert find_annotation_files(tmp_path) == [tmp_path / name for name in chosen]


def test_files_without_keypoints_are_passed_over(tmp_path):
    write(tmp_path / 'a.json')
    write(tmp_path / 'boxes.json', keypoints=None)
    (tmp_path / 'package.json').write_text('{}')
    assert find_annotation_files(tmp_path) == [tmp_path / 'a.json']
    (tmp_path / 'a.json').unlink()
    with pytest.raises(ValueError, match='none is a COCO file with labelled keypoints'):
        find_annotation_files(tmp_path)


DOLL = dict(id=2, name='doll', keypoints=['a', 'b', 'c'])


@pytest.mark.parametrize('change, words, said', [
    (lambda c: c.pop('images'), [], 'has no list "images"'),
    (lambda c: c['annotations'].clear(), [], 'none of its 0 annotations has a labelled'),
    (lambda c: (c['categories'].append(DOLL), c['annotations'][0].update(category_id=2)),
     [], r"'toy' \(id 1\) with 3 labelled .*'doll' \(id 2\) with 1 .*--category 'toy'"),
    (lambda c: None, ['--category', 'doll'], "no category 'doll': choose one of 'toy'"),
    (lambda c: c['categories'][0].update(keypoints=['a', 'b']), [],
     "annotations have 3 keypoints, but category 'toy' lists 2"),
    (lambda c: (c['categories'].clear(), c['annotations'][0].update(keypoints=POSE[:6])),
     [], 'annotations have 3 keypoints, but others have 2'),
    (lambda c: [i.update(file_name=f'x{i["id"]}.png') for i in c['images']], [],
     'none of the 4 images .* Set their folder with --images'),
    (lambda c: [i.update(width=128, height=96) for i in c['images']], [],
     '4 of 4 images have another size'),
    (lambda c: [a.update(keypoints=[v / 64 if k % 3 < 2 else v for k, v in enumerate(POSE)])
                for a in c['annotations']], [], 'between 0 and 1'),
    (lambda c: c['annotations'].__delitem__(slice(1, None)), [], 'only one image has'),
])
def test_errors(change, words, said, init):
    content = write(init.folder / 'a.json')
    pictures(*(init.folder / f'{i}.jpg' for i in range(1, 5)))
    change(content)
    (init.folder / 'a.json').write_text(json.dumps(content))
    assert init('a.json', *words) == 1
    assert re.search(said, init.error) and len(init.error.splitlines()) == 1
    assert 'a.json' in init.error and not (init.folder / 'out').exists()

"""The report on an annotation file, logged once by data set and metric."""
import logging

import pytest

from erpose.annotations.annotation_report import AnnotationReport
from erpose.evaluation import PoseMetric
from toys import POSE, toy, toy_metainfo


def all_areas(toys):
    for ann in toys.content['annotations']:
        ann['area'] = 1e9


def set_first(**fields):
    return lambda toys: toys.first.update(fields)


def add(**fields):
    return lambda toys: toys.content['annotations'].append(toy(id=9, **fields))


NEITHER = 'skipped 1 x annotation: it has neither keypoints nor a box'
FOUND = [
    # change, persons left, report
    (lambda toys: None, 4, ''),
    (all_areas, 4, '4 areas are larger than their box: derived from the keypoints'),
    (set_first(area=1100), 4, '1 areas are larger than their box'),
    (set_first(area=900), 4, ''),
    (set_first(area=930), 4, ''),  # rounded
    (set_first(area=5000, bbox=[0, 0, 640, 480]), 4, '1 areas are larger than their image'),
    (set_first(area=1e30), 4, '1 areas are larger than their box'),
    (set_first(area=float('inf'), bbox=None), 4, '1 areas are larger than their image'),
    (set_first(area=None), 4, 'derived area from the keypoints for 1 of 4 annotations'),
    (add(), 4, 'skipped 1 x annotation: it repeats the keypoints of another one'),
    (add(bbox=[0, 0, 64, 48]), 4, 'skipped 1 x annotation: it repeats the keypoints'),
    (add(image=2), 4, 'skipped 1 x annotation: it repeats the keypoints'),
    (add(keypoints=[21, *POSE[1:]]), 5, ''),
    (add(keypoints=[0] * 9), 5, ''),  # a person to ignore
    (add(keypoints=[], bbox=[0, 0, 0, 0]), 4, NEITHER),
    (add(keypoints=None, bbox=None), 4, NEITHER),
    (add(keypoints=[0] * 9, bbox=[]), 4, NEITHER),
    (add(keypoints=[5, 5, 0] * 3, bbox=[5, 5, 0, 9]), 4, NEITHER),
    (lambda toys: toys.content['images'].append(dict(toys.content['images'][0], id=9)), 4,
     '1 images are listed again under another id'),
    (add(image=77), 4, 'its image is not usable or not listed'),
]


@pytest.mark.parametrize('change, persons, said', FOUND)
def test_findings(toys, change, persons, said):
    change(toys)
    data = toys.load()
    assert sum(len(info['bbox']) for info in map(data.get_data_info, range(len(data)))
               ) == persons
    assert said in toys.said and bool(said) == bool(toys.said)
    assert data.report.text == toys.said
    toys.truth()
    assert not toys.said  # the data set reported it


@pytest.mark.parametrize('change, persons, said', FOUND[1:3] + FOUND[7:8])
def test_the_metric_reports_without_the_data_set(toys, change, persons, said):
    change(toys)
    assert len(toys.truth().coco.anns) == persons and said in toys.said


def test_the_metric_takes_the_file_of_the_test_data_set(toys):
    all_areas(toys)
    metainfo = dict(toy_metainfo(), dataset_name='toys of their own')
    metric = PoseMetric()
    metric.dataset_meta = toys.load(metainfo=metainfo, test_mode=True).metainfo
    assert [ann['area'] < 600 for ann in metric.coco.anns.values()] == [True] * 4


def test_a_test_reports_that_people_of_skipped_images_are_missed(toys):
    (toys.folder / 'images/1.jpg').unlink()
    toys.load()
    assert 'AP counts' not in toys.said
    toys.load(test_mode=True)
    assert 'AP counts the people of skipped images as missed' in toys.said
    assert toys.ap([dict(image_id=i, category_id=1, score=.9, keypoints=POSE)
                    for i in (2, 3, 4)]) == pytest.approx(0.75, abs=0.01)


def test_absurd_areas_do_not_forgive(toys):
    beside = [dict(image_id=i, category_id=1, score=.9, keypoints=[
        v + 10 * (k % 3 == 0) for k, v in enumerate(POSE)]) for i in (1, 2, 3, 4)]
    assert toys.ap(beside) == 0
    all_areas(toys)
    assert toys.ap(beside) == 0


def test_nothing_labelled_is_refused(toys):
    for ann in toys.content['annotations']:
        del ann['keypoints']
    message = 'none of its 4 annotations has a labelled keypoint'
    for read in (toys.load, toys.truth, lambda: toys.load(test_mode=True)):
        with pytest.raises(ValueError, match=message):
            read()
    toys.content['annotations'] = []
    with pytest.raises(ValueError, match='none of its 0 annotations has a labelled'):
        toys.load(test_mode=True)


def test_images_of_annotations_without_anything_are_counted(toys):
    for ann in toys.content['annotations'][:2]:
        ann.update(keypoints=[], bbox=[0, 0, 0, 0], area=0)
    assert len(toys.load()) == 2
    assert '2 of 4 images have no annotation and are not used' in toys.said
    assert 'skipped 2 x annotation: it has neither keypoints nor a box' in toys.said


def test_report():
    report = AnnotationReport('a.json')
    assert not report.text and report.level == logging.INFO
    report.derived['bbox'], report.total = 3, 4
    assert report.text == 'a.json: derived bbox from the keypoints for 3 of 4 annotations'
    assert report.level == logging.INFO
    report.count('are odd', 2)
    assert report.text.splitlines()[2] == '  2 are odd' and report.level == logging.WARNING
    assert report.news() and not report.news()

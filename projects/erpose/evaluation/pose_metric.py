"""COCO's keypoint metric, AP by crowd level and the duplicate rate."""
import contextlib
import io
import json
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any, Dict, List, Optional, Union

from mmengine.logging import MessageHub, print_log
from mmengine.registry import init_default_scope
from mmpose.evaluation.metrics import CocoMetric
from mmpose.registry import METRICS
from xtcocotools.coco import COCO
from xtcocotools.cocoeval import COCOeval

from erpose.annotations.coco_file import load_annotations
from erpose.annotations.keypoint_categories import Category
from erpose.imaging.image_names import base_name
from erpose.structures.metainfo import parse_metainfo

from .duplicates import DEPLOYED_SCORE, duplicate_rates

CROWD_LEVELS = {
    'easy AP': (-1, 0.1),
    'medium AP': (0.1, 0.8),
    'hard AP': (0.8, 1),
    'crowd AP': (0.1, 1),
}
"""Intervals (above, up to] of crowdIndex: CrowdPose's levels, and all crowded images."""


@METRICS.register_module()
class PoseMetric(CocoMetric):
    """:class:`CocoMetric` plus AP by crowd level and the duplicate rate.

    - Missing boxes and areas of the ground truth are derived from the keypoints, instead of
      giving an AP of 0.
    - ``easy AP``, ``medium AP``, ``hard AP``: AP on images with a crowdIndex up to 0.1, up
      to 0.8 and above (CrowdPose's levels); ``crowd AP``: on all images above 0.1. Levels
      without annotated people are left out.
    - ``duplicate rate``, ``duplicate rate at 0.3``: share of the matched detections that
      repeat a person already found, left and right exchanged or not, at the best F1 and at
      the default score of ``erpose predict``; see :func:`duplicate_rates`.

    Args:
        score_mode (str): Defaults to 'bbox': the pose score is not changed.
        nms_mode (str): Defaults to 'none': the detections are not changed.
        category (int | str | list): As in :class:`KeypointDataset`. Defaults to None: that
            of the data set.
        **kwargs: As :class:`CocoMetric`.
    """

    coco: COCO

    def __init__(self, ann_file: Optional[str] = None, score_mode: str = 'bbox',
                 nms_mode: str = 'none', category: Optional[Category] = None,
                 **kwargs: Any) -> None:
        super().__init__(
            ann_file=None, score_mode=score_mode, nms_mode=nms_mode, **kwargs)
        self.ann_file, self.category = ann_file, category

    @property
    def dataset_meta(self) -> dict:
        return self._dataset_meta

    @dataset_meta.setter
    def dataset_meta(self, dataset_meta: dict) -> None:
        dataset_meta = parse_metainfo(dataset_meta)
        if self.coco is None:
            self.ann_file = self.ann_file or MessageHub.get_current_instance().get_info(
                f'{dataset_meta["dataset_name"]}_ann_file')  # of the test data set
        if self.coco is None and self.ann_file is not None:
            self.coco = self._load_ground_truth(self.ann_file, dataset_meta)
        CocoMetric.dataset_meta.fset(self, dataset_meta)

    def _load_ground_truth(self, ann_file: str, dataset_meta: dict) -> COCO:
        category = self.category if self.category is not None else dataset_meta.get(
            'category')
        content, report = load_annotations(ann_file, dataset_meta, category)
        news = report.news()
        if news:
            print_log(news, 'current', level=report.level)
        content['categories'] = [dict(id=1, name='person')]  # as in the results
        for ann in content['annotations']:
            ann['category_id'] = 1
        coco = COCO()
        coco.dataset = content
        coco.anno_file = [ann_file]  # keypoints_crowd reads crowdIndex from the file
        with contextlib.redirect_stdout(io.StringIO()):
            coco.createIndex()
        return coco

    def evaluate_file(self, path: Union[str, Path]) -> Dict[str, float]:
        """Computes the metrics of a result file, see :meth:`read_people`."""
        people = self.read_people(path)
        with tempfile.TemporaryDirectory() as folder:
            prefix = f'{folder}/people'
            Path(f'{prefix}.keypoints.json').write_text(json.dumps(people))
            with contextlib.redirect_stdout(io.StringIO()):
                return dict(self._do_python_keypoint_eval(prefix))

    def read_people(self, path: Union[str, Path]) -> List[dict]:
        """Reads a file in COCO's result format, such as `erpose predict` writes.

        Args:
            path (str): JSON file. An ``image_id`` is an id or a file name of the annotation
                file; if several images have that name, its folders tell them apart.

        Raises:
            ValueError: If the file is not in that format, is empty, or contains an image
                that is not annotated.
        """
        try:
            people = json.loads(Path(path).read_text())
        except ValueError as error:
            raise ValueError(f'{path} is not JSON: {error}') from None
        number = self.dataset_meta['num_keypoints']
        if not isinstance(people, list) or not people or not all(
                _is_person(person, number) for person in people):
            raise ValueError(f"{path} has no people in COCO's result format: expected a "
                             f'list of dicts with image_id, keypoints (3 x {number} '
                             'numbers) and score')
        namesakes = defaultdict(list)
        for image in self.coco.imgs.values():
            namesakes[base_name(image['file_name'])].append(image)
        for person in people:
            image = person['image_id']
            if image not in self.coco.imgs:
                found = _called(str(image), namesakes[base_name(str(image))])
                if len(found) != 1:
                    raise ValueError(f'{path}: image {image!r} matches {len(found)} images '
                                     f'of {self.ann_file}, expected one')
                person['image_id'] = found[0]['id']
            person['category_id'] = 1  # as in the ground truth
        return people

    def _do_python_keypoint_eval(self, outfile_prefix: str) -> list:
        with contextlib.redirect_stdout(io.StringIO()):  # it prints what it returns
            stats = super()._do_python_keypoint_eval(outfile_prefix)
        with contextlib.redirect_stdout(io.StringIO()):
            detections = self.coco.loadRes(f'{outfile_prefix}.keypoints.json')
            evaluation = COCOeval(self.coco, detections, self.iou_type,
                                  self.dataset_meta['sigmas'], self.use_area)
            evaluation.params.useSegm = None
            if self.iou_type == 'keypoints':
                stats += _crowd_levels(self.coco, evaluation)
        rates = duplicate_rates(self.coco, detections, self.dataset_meta['sigmas'],
                                self.dataset_meta['flip_indices'], self.use_area)
        return [*stats, ('duplicate rate', rates.at_best_f1),
                (f'duplicate rate at {DEPLOYED_SCORE}', rates.deployed)]


def metric_of_files(annotations: str, metainfo: str) -> PoseMetric:
    """Builds the metric of an annotation file, outside a runner.

    Args:
        annotations (str): JSON file in COCO's format.
        metainfo (str): Metainfo file of MMPose.
    """
    init_default_scope('mmpose')
    metric = PoseMetric(annotations)
    metric.dataset_meta = parse_metainfo(dict(from_file=metainfo))
    return metric


def _is_person(person: Any, num_keypoints: int) -> bool:
    return (isinstance(person, dict) and {'image_id', 'keypoints', 'score'} <= set(person)
            and isinstance(person['image_id'], (int, str))
            and isinstance(person['score'], (int, float))
            and isinstance(person['keypoints'], list)
            and len(person['keypoints']) == 3 * num_keypoints
            and all(isinstance(value, (int, float)) for value in person['keypoints']))


def _called(path: str, namesakes: List[dict]) -> List[dict]:
    """The images, of those with one base name, whose folders match a path."""
    if len(namesakes) < 2:
        return namesakes
    found = [image for image in namesakes
             if f'/{_posix(path)}'.endswith(f'/{_posix(image["file_name"])}')]
    longest = max((len(_posix(image['file_name'])) for image in found), default=0)
    return [image for image in found if len(_posix(image['file_name'])) == longest]


def _posix(path: str) -> str:
    return Path(path.replace('\\', '/')).as_posix()


def _crowd_levels(coco: COCO, evaluation: COCOeval) -> list:
    stats = []
    for name, (above, up_to) in CROWD_LEVELS.items():
        images = [i for i, image in coco.imgs.items()
                  if above < image.get('crowdIndex', -1) <= up_to]
        evaluation.params.imgIds = images
        if images and any(a['num_keypoints'] for i in images for a in coco.imgToAnns[i]):
            evaluation.evaluate()
            evaluation.accumulate()
            evaluation.summarize()
            stats.append((name, evaluation.stats[0]))
    return stats

"""COCO-style data set for any keypoint set, with or without boxes and areas."""
import logging
from itertools import chain
from typing import Any, Dict, List, Optional, Tuple

import numpy as np
from mmengine.logging import print_log
from mmpose.datasets.datasets.base import BaseCocoStyleDataset
from mmpose.registry import DATASETS

from erpose.annotations.annotation_report import AnnotationReport
from erpose.annotations.coco_file import complete_annotations, load_annotation_file
from erpose.annotations.keypoint_categories import Category
from erpose.annotations.usable_images import usable_images
from erpose.structures.metainfo import parse_metainfo


@DATASETS.register_module()
class KeypointDataset(BaseCocoStyleDataset):
    """A COCO-style data set that needs neither boxes nor areas.

    COCO, CrowdPose and a user's own data differ only in their metainfo:
    ``metainfo=dict(from_file='configs/_base_/datasets/coco.py')``. Missing fields are
    derived from the keypoints, and unusable annotations are skipped; one log message counts
    both. A file that does not fit the metainfo is an error.

    Args:
        metainfo (dict): Metainfo of the data set, see :func:`parse_metainfo`. Required.
        data_mode (str): Defaults to 'bottomup': one sample per image.
        category (int | str | list): Name or id of the category whose keypoints are used,
            or a list of categories that share their keypoints. The metric uses the same.
            Defaults to None: the only category with keypoints.
        keep_empty (bool): Whether to train on images without people as negatives. Images
            with a skipped annotation are excluded. Defaults to False.
        **kwargs: See :class:`BaseCocoStyleDataset`.

    Attributes:
        report (AnnotationReport): Report on the annotation file.
    """

    def __init__(self, metainfo: Optional[dict] = None, data_mode: str = 'bottomup',
                 category: Optional[Category] = None, keep_empty: bool = False,
                 **kwargs: Any) -> None:
        if not metainfo:
            raise ValueError('KeypointDataset needs metainfo, for example metainfo=dict('
                             "from_file='configs/_base_/datasets/coco.py')")
        self.category, self.keep_empty = category, keep_empty
        super().__init__(metainfo=metainfo, data_mode=data_mode, **kwargs)

    @classmethod
    def _load_metainfo(cls, metainfo: Optional[dict] = None) -> dict:
        return parse_metainfo(metainfo or {})

    def _load_annotations(self) -> Tuple[List[dict], List[dict]]:
        content = load_annotation_file(self.ann_file)
        self.report = report = AnnotationReport(self.ann_file)
        interval = max(self.sample_interval, 1)
        listed = [image for image in content['images'] if image['id'] % interval == 0]
        images = usable_images(listed, self.data_prefix['img'] or '', report)
        if self.test_mode and len(images) < len(listed):
            report.note('AP counts the people of skipped images as missed')
        use = 'test' if self.test_mode else 'train'
        complete_annotations(content, self.metainfo, self.category, report, use)
        self._metainfo.update(CLASSES=content['categories'], category=self.category)

        instances: Dict[int, List[dict]] = {image_id: [] for image_id in images}
        for ann in content['annotations']:
            if ann['image_id'] not in images:
                report.skipped['annotation: its image is not usable or not listed'] += 1
                continue
            instances[ann['image_id']].append(
                self.parse_data_info(
                    dict(raw_ann_info=ann, raw_img_info=images[ann['image_id']])))
        if not self.test_mode:
            self._note_empty(instances)
        if report.text:
            print_log(report.text, 'current', level=report.level)
            report.news()  # marks the lines as logged, so that the metric skips them
        if not (images if self.test_mode else any(instances.values())):
            raise report.refuse(use, len(images))
        return list(chain.from_iterable(instances.values())), list(images.values())

    def _note_empty(self, instances: dict) -> None:
        empty = {image_id for image_id, persons in instances.items() if not persons}
        if not empty:
            return
        text = f'{len(empty)} of {len(instances)} images have no annotation and '
        if not self.keep_empty:
            text += 'are not used'
        else:
            unlabelled = len(empty & self.report.unlabelled_images)
            text += 'are used as negatives'
            text += f', except {unlabelled} with skipped annotations' * bool(unlabelled)
        self.report.note(text, logging.INFO)

    def _get_bottomup_data_infos(self, instance_list: List[dict],
                                 image_list: List[dict]) -> List[dict]:
        infos = super()._get_bottomup_data_infos(instance_list, image_list)
        if self.keep_empty and not self.test_mode:
            used = {info['img_id'] for info in infos} | self.report.unlabelled_images
            infos += [self._empty_info(image) for image in image_list
                      if image['img_id'] not in used]
        return infos

    def _empty_info(self, image: dict) -> dict:
        """Data of an image without people."""
        number = self.metainfo['num_keypoints']
        return dict(
            img_id=image['img_id'], img_path=image['img_path'],
            bbox=np.zeros((0, 4), np.float32), bbox_score=np.zeros(0, np.float32),
            keypoints=np.zeros((0, number, 2), np.float32),
            keypoints_visible=np.zeros((0, number), np.float32),
            area=np.zeros(0, np.float32), category_id=np.zeros(0, int),
            stated_size=np.array([[image['width'], image['height']]]),
            num_keypoints=[], iscrowd=[], segmentation=[], id=[], raw_ann_info=[],
            invalid_segs=[])

    def parse_data_info(self, raw_data_info: dict) -> dict:
        info, image = super().parse_data_info(raw_data_info), raw_data_info['raw_img_info']
        info['stated_size'] = np.array([[image['width'], image['height']]])
        if info['iscrowd']:  # the evaluation ignores it, even with labelled keypoints
            info['keypoints_visible'] = np.zeros_like(info['keypoints_visible'])
        return info

"""Four pictures of a toy with three keypoints, as a data set and as ground truth."""
import copy
import json
from unittest.mock import patch

import cv2
import numpy as np

from erpose.datasets import KeypointDataset
from erpose.evaluation import PoseMetric

NAMES = ['head', 'left_hand', 'right_hand']
POSE = [20, 10, 2, 12, 30, 2, 36, 30, 2]


def toy_metainfo():
    swaps = dict(left_hand='right_hand', right_hand='left_hand')
    return dict(
        dataset_name='toy',
        keypoint_info={k: dict(name=n, id=k, swap=swaps.get(n, ''))
                       for k, n in enumerate(NAMES)},
        skeleton_info={0: dict(link=('left_hand', 'right_hand'))},
        joint_weights=[1.0] * 3, sigmas=[0.05] * 3)


class Toys:
    """An annotation file of four images with one toy each, which tests change and read.

    Attributes:
        content (dict): Content of the file.
        said (str): Log of the data set and the metric when they last read it.
    """

    def __init__(self, folder):
        self.folder, self.said = folder, ''
        self.content = dict(
            images=[dict(id=i, file_name=f'{i}.jpg', width=64, height=48)
                    for i in range(1, 5)],
            annotations=[toy(i) for i in range(1, 5)],
            categories=[dict(id=1, name='toy', keypoints=list(NAMES))])
        (folder / 'images').mkdir()
        for i in range(1, 5):
            cv2.imwrite(str(folder / f'images/{i}.jpg'), np.full((48, 64, 3), 40 * i, 'u1'))

    @property
    def first(self) -> dict:
        return self.content['annotations'][0]

    def write(self):
        path = self.folder / 'annotations.json'
        path.write_text(json.dumps(self.content))
        return str(path)

    def load(self, pipeline=(), **kwargs) -> KeypointDataset:
        with patch('erpose.datasets.keypoint_dataset.print_log') as log:
            kwargs = dict(dict(metainfo=toy_metainfo()), **kwargs)
            data = KeypointDataset(
                ann_file=self.write(), data_prefix=dict(img=str(self.folder / 'images')),
                pipeline=list(pipeline), serialize_data=False, **kwargs)
        self.said = ' '.join(call.args[0] for call in log.call_args_list)
        assert log.call_count <= 1
        return data

    def truth(self, **kwargs) -> PoseMetric:
        metric = PoseMetric(self.write(), **kwargs)
        with patch('erpose.evaluation.pose_metric.print_log') as log:
            metric.dataset_meta = KeypointDataset._load_metainfo(toy_metainfo())
        self.said = ' '.join(call.args[0] for call in log.call_args_list)
        return metric

    def people(self) -> list:
        """Toys as used in training: image, and x, y, labelled of each keypoint."""
        data = self.load()
        return [(info['img_id'], np.c_[points, seen].reshape(-1).tolist())
                for info in map(data.get_data_info, range(len(data)))
                for points, seen in zip(info['keypoints'], info['keypoints_visible'])]

    def ap(self, people) -> float:
        path = self.folder / 'people.json'
        path.write_text(json.dumps(people))
        return self.truth().evaluate_file(path)['AP']


def toy(image=1, **fields):
    return dict(dict(id=image, image_id=image, category_id=1, iscrowd=0, area=600,
                     bbox=[10, 8, 30, 30], keypoints=list(POSE)), **copy.deepcopy(fields))

"""Runs `erpose init` on small data sets of toys, and loads the results."""
from pathlib import Path

import cv2
import numpy as np
from mmengine.config import Config

from erpose.cli import main
from erpose.datasets import KeypointDataset


def pictures(*paths, size=(64, 48)):
    for number, path in enumerate(paths):
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), np.full((*size[::-1], 3), 10 * number % 250, np.uint8))


class Init:
    """Runs the command in a folder; its output goes to ``out``.

    Attributes:
        said, error (str): Its last output to stdout and stderr.
    """

    def __init__(self, folder, capsys):
        self.folder, self._capsys = folder, capsys

    def __call__(self, *words) -> int:
        code = main(['init', *map(str, words), '--out', str(self.folder / 'out')])
        self.said, self.error = self._capsys.readouterr()
        return code

    def config(self) -> Config:
        path, = (p for p in self.folder.glob('out/*.py') if 'keypoints' not in p.stem)
        return Config.fromfile(path)

    def load(self):
        """The training and the validation set of the config."""
        config = self.config()
        return [KeypointDataset(**{
            **{k: v for k, v in loader.dataset.items() if k != 'type'},
            'pipeline': [], 'serialize_data': False})
            for loader in (config.train_dataloader, config.val_dataloader)]


def poses(*datasets):
    """Labelled keypoints of all individuals: x, y of each, rounded."""
    return [np.round(points[seen > 0], 1).tolist()
            for data in datasets for info in map(data.get_data_info, range(len(data)))
            for points, seen in zip(info['keypoints'], info['keypoints_visible'])
            if seen.any()]

"""Makes ``coco-mini`` and ``coco-more`` from COCO 2017."""
import json
from pathlib import Path
from typing import Dict

from .image_set import Photograph, image_ids, write_set

LONGEST_SIDE = {'coco-mini/train': 416, 'coco-mini/val': 512, 'coco-more/train': 416}
"""Of the images in each set, in pixels."""


def build_coco(coco: Path, out: Path) -> Dict[str, int]:
    """Makes ``coco-mini`` and ``coco-more`` from COCO 2017.

    Args:
        coco (Path): Folder with ``annotations/person_keypoints_{train,val}2017.json``,
            ``train2017/`` and ``val2017/``.
        out (Path): Receives ``coco-mini/`` and ``coco-more/``.

    Returns:
        dict[str, int]: Images written, by set.

    Raises:
        FileNotFoundError: If an annotation file or an image is missing.
    """
    photographs = {}
    for split in ('train2017', 'val2017'):
        content = json.loads(
            (coco / f'annotations/person_keypoints_{split}.json').read_text())
        persons: Dict[int, list] = {image['id']: [] for image in content['images']}
        for ann in content['annotations']:
            persons[ann['image_id']].append(ann)
        for image in content['images']:
            photographs[image['id']] = Photograph(
                coco / split / image['file_name'], image['id'],
                dict(coco17=persons[image['id']]))
    written = {}
    for name, side in LONGEST_SIDE.items():
        missing = [i for i in image_ids(name) if i not in photographs]
        if missing:
            raise FileNotFoundError(
                f'{len(missing)} images of {name} are not in the annotation files of '
                f'{coco}, the first is {missing[0]}')
        written[name] = write_set([photographs[i] for i in image_ids(name)], out / name,
                                  side)
    return written

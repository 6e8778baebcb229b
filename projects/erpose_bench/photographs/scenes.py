"""Composes scenes with several people from photographs of one person each."""
import json
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Tuple

import cv2
import numpy as np

from .image_set import JPEG_QUALITY, add_image, scaled, write_annotations

SCENES, SIDE = 150, 512
"""Number of scenes, and their width and height in pixels."""
PHOTOGRAPHS = (2, 8)
LONGEST_SIDE = (120, 340)
"""Of a photograph in a scene, in pixels."""


class Placed(NamedTuple):
    """A photograph in a scene: its image id, scale, and box xyxy in pixels."""
    photograph: int
    scale: float
    box: Tuple[int, int, int, int]


def build_scenes(photographs: Path, out: Path, seed: int = 0) -> int:
    """Composes 150 scenes of 512x512 pixels of two to eight photographs.

    A photograph hides what it covers of earlier ones: these keypoints are not labelled, and
    a person without any is left out.

    Args:
        photographs (Path): The set ``lsp/val``.
        out (Path): Receives ``images/`` and the annotation files.
        seed (int): Random seed. Defaults to 0.

    Returns:
        int: Number of scenes.
    """
    kinds: Dict[str, Any] = {
        kind: json.loads((photographs / f'annotations_{kind}.json').read_text())
        for kind in ('coco17', 'crowdpose14')}
    persons = {kind: {ann['image_id']: ann for ann in content['annotations']}
               for kind, content in kinds.items()}
    images = kinds['coco17']['images']
    (out / 'images').mkdir(parents=True, exist_ok=True)
    files: Dict[str, dict] = {}
    for scene in range(1, SCENES + 1):
        name = f'scene{scene:04d}.jpg'
        pixels, placed = _compose(np.random.default_rng([seed, scene]), images,
                                  photographs / 'images')
        cv2.imwrite(str(out / 'images' / name), pixels, JPEG_QUALITY)
        for kind, of_photograph in persons.items():
            found = _visible_persons(placed, of_photograph)
            for number, person in enumerate(found):
                person.update(id=100 * scene + number, image_id=scene)
            add_image(files, kind, dict(id=scene, file_name=name, width=SIDE, height=SIDE),
                      found)
    write_annotations(files, out)
    return SCENES


def _compose(rng: np.random.Generator, images: List[dict],
             folder: Path) -> Tuple[np.ndarray, List[Placed]]:
    """Places random photographs over a blurred one; all lie inside the scene."""
    count = rng.integers(PHOTOGRAPHS[0], PHOTOGRAPHS[1] + 1)
    background, *chosen = rng.choice(len(images), count + 1, replace=False)
    scene = cv2.imread(str(folder / images[background]['file_name']))
    scene = cv2.resize(scene, (8, 8), interpolation=cv2.INTER_AREA)
    scene = cv2.resize(scene, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    placed = []
    for index in chosen:
        image = images[index]
        scale = rng.uniform(*LONGEST_SIDE) / max(image['width'], image['height'])
        width, height = round(image['width'] * scale), round(image['height'] * scale)
        x, y = rng.integers(0, (SIDE - width + 1, SIDE - height + 1))
        pixels = cv2.imread(str(folder / image['file_name']))
        scene[y:y + height, x:x + width] = cv2.resize(
            pixels, (width, height), interpolation=cv2.INTER_LINEAR)
        placed.append(Placed(image['id'], scale, (x, y, x + width, y + height)))
    return scene, placed


def _visible_persons(placed: List[Placed], persons: Dict[int, dict]) -> List[dict]:
    """Annotations of the persons in a scene that has these photographs, bottom first."""
    found = []
    for order, (photograph, scale, (x1, y1, _, _)) in enumerate(placed):
        ann = persons[photograph]
        points = np.array(ann['keypoints'], float).reshape(-1, 3)
        x, y = (points[:, :2] * scale + (x1, y1)).T
        for _, _, box in placed[order + 1:]:
            points[(x >= box[0]) & (x < box[2]) & (y >= box[1]) & (y < box[3]), 2] = 0
        ann = {key: ann[key] for key in ('id', 'image_id', 'category_id', 'iscrowd')}
        person = scaled(dict(ann, keypoints=points.ravel()), scale, (x1, y1))
        if person['num_keypoints']:
            found.append(person)
    return found

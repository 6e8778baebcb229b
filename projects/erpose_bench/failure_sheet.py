"""A sheet of the images on which a system fails most."""
from pathlib import Path
from typing import List, Sequence, Tuple

import cv2
import numpy as np

from erpose.imaging.draw import draw
from erpose.imaging.images import read_image
from erpose.imaging.people import People

from .diagnosis import FOUND_OKS, Image, poses_of

TILE = 320  # pixels
RED, YELLOW = (60, 60, 255), (0, 220, 255)


def failure_sheet(images: Sequence[Image], files: Sequence[Path],
                  skeleton: Sequence[Sequence[int]], colours: Sequence[Sequence[int]],
                  count: int = 6) -> np.ndarray:
    """Draws the worst images with their detections.

    It draws as many detections as there are persons in all images, the best scored ones.
    A red box marks a person whom none of them matches (OKS > 0.5), a yellow one a
    detection that matches nobody or repeats another.

    Args:
        images (list[Image]): From :func:`match`.
        files (list[Path]): The files of these images.
        skeleton (list): Pairs of keypoint indices.
        colours (list): RGB of each keypoint.
        count (int): Number of images, three in a row. Defaults to 6.

    Returns:
        np.ndarray: uint8 BGR.
    """
    scores = sorted((d['score'] for image in images for d in image.detections),
                    reverse=True)
    persons = sum(len(image.persons) for image in images)
    threshold = scores[min(persons, len(scores)) - 1] if scores and persons else 0
    judged = [_judge(image, threshold) for image in images]
    worst = sorted(range(len(images)), key=lambda i: -sum(map(len, judged[i][1:])))[:count]
    tiles = [_tile(images[i], files[i], *judged[i], skeleton, colours) for i in worst]
    tiles += [np.full_like(tiles[0], 255)] * (-len(tiles) % 3)
    return np.vstack([np.hstack(tiles[i:i + 3]) for i in range(0, len(tiles), 3)])


def _judge(image: Image, threshold: float) -> Tuple[List[int], List[int], List[int]]:
    """Indices of the drawn detections, the missed persons and the wrong detections."""
    drawn = [i for i, d in enumerate(image.detections) if d['score'] >= threshold]
    drawn.sort(key=lambda i: -image.detections[i]['score'])
    found, wrong = set(), []
    for i in drawn:
        person = int(image.person[i])
        if person < 0 or image.oks[person, i] <= FOUND_OKS or person in found:
            wrong.append(i)
        else:
            found.add(person)
    return drawn, [g for g in range(len(image.persons)) if g not in found], wrong


def _tile(image: Image, file: Path, drawn: List[int], missed: List[int], wrong: List[int],
          skeleton: Sequence[Sequence[int]],
          colours: Sequence[Sequence[int]]) -> np.ndarray:
    picture = read_image(file)
    scale = TILE / max(picture.shape[:2])
    picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    points = poses_of([image.detections[i] for i in drawn]) * (scale, scale, 1)
    people = People(points[..., :2], points[..., 2],
                    np.array([image.detections[i]['score'] for i in drawn]),
                    np.zeros((len(drawn), 4)))
    picture = draw(picture, people, skeleton, colours)
    for indices, of, colour in ((missed, image.persons, RED),
                                (wrong, image.detections, YELLOW)):
        for pose in poses_of([of[i] for i in indices]) * (scale, scale, 1):
            pose = pose[pose[:, 2] > 0] if colour is RED else pose
            low, high = (np.round(f(pose[:, :2], 0)).astype(int).tolist()
                         for f in (np.min, np.max))
            cv2.rectangle(picture, low, high, colour, 1, cv2.LINE_AA)
    tile = np.full((TILE + 20, TILE + 8, 3), 255, np.uint8)
    tile[20:20 + picture.shape[0], 4:4 + picture.shape[1]] = picture
    text = f'{len(image.persons)} people, {len(missed)} missed, {len(wrong)} wrong'
    cv2.putText(tile, text, (4, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (0, 0, 0), 1,
                cv2.LINE_AA)
    return tile

"""Duplicates removed, for the systems that need it."""
import cv2
import numpy as np

from .people import People


def box_nms(people: People, threshold: float) -> People:
    """Greedy NMS: who overlaps somebody better by more than the IoU goes.

    Args:
        people (People): Best first.
        threshold (float): The IoU.
    """
    if not len(people.scores):
        return people
    corners = people.boxes[:, :2]
    boxes = np.concatenate([corners, people.boxes[:, 2:] - corners], 1)
    kept = cv2.dnn.NMSBoxes(boxes.tolist(), people.scores.tolist(), 0.0, threshold)
    return People(*(field[np.asarray(kept, int).ravel()] for field in people))

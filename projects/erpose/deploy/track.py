"""Tracks people through a video, by ByteTrack on their boxes."""
from typing import TYPE_CHECKING, Optional

import numpy as np

from erpose.imaging.people import People
from erpose.imaging.sources import Frame

if TYPE_CHECKING:
    from trackers import ByteTrackTracker

LEAST_SCORE = 0.1
"""People that score less are ignored; between this and the threshold they continue a track
but do not start one (ByteTrack, arXiv 2110.06864)."""
LEAST_SIDE = 1 / 20
"""Minimum side of a box, relative to the longer side of the image. The box of one keypoint,
or of keypoints on a line, has no area and thus no overlap."""


class Tracker:
    """Assigns track ids to people, from 1 in each video.

    Args:
        score_thr (float): People that score more start a track.

    Raises:
        ImportError: If the package trackers is not installed.
    """

    def __init__(self, score_thr: float) -> None:
        try:
            from trackers import ByteTrackTracker
        except ImportError as error:
            raise ImportError(f"tracking needs the package trackers ({error}): pip install "
                              "'erpose[track]'") from None
        self.build, self.score_thr = ByteTrackTracker, score_thr
        self.tracker: Optional[ByteTrackTracker] = None

    def __call__(self, frame: Frame, people: People) -> People:
        """Returns the people of the next frame with their ids; images get no ids."""
        if frame.index is None:
            return people
        fps, time = frame.timing()
        if frame.index == 0 or self.tracker is None:
            self.tracker = self.build(
                frame_rate=fps, track_activation_threshold=self.score_thr,
                high_conf_det_threshold=self.score_thr, minimum_consecutive_frames=1)
        boxes = _grown(people.boxes, LEAST_SIDE * max(frame.image.shape[:2]))
        ids = _follow(self.tracker, boxes, people.scores, time)
        if (ids[people.scores > self.score_thr] < 0).any():
            # A track gets its id on its second detection: pass the new people once more.
            ids = _follow(self.tracker, boxes, people.scores, time + 1e-6)
        return people.replace(ids=np.where(ids < 0, -1, ids + 1))


def _follow(tracker: 'ByteTrackTracker', boxes: np.ndarray, scores: np.ndarray,
            time: float) -> np.ndarray:
    """The tracker's ids of the boxes of the next frame, -1 if there is none."""
    import supervision
    rows = np.arange(len(boxes))
    detections = supervision.Detections(xyxy=boxes, confidence=scores, data=dict(row=rows))
    found = tracker.update(detections, timestamp=time)
    ids = np.full(len(boxes), -1)
    if len(found):
        ids[found.data['row']] = found.tracker_id
    return ids


def _grown(boxes: np.ndarray, least: float) -> np.ndarray:
    """Boxes enlarged to a width and height of at least ``least``."""
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    halves = np.maximum(boxes[:, 2:] - boxes[:, :2], least) / 2
    return np.concatenate([centres - halves, centres + halves], 1)

"""People followed through a video, by ByteTrack on their boxes."""
from typing import TYPE_CHECKING, Optional

import numpy as np

from erpose.imaging.people import People
from erpose.imaging.sources import Frame

if TYPE_CHECKING:
    from trackers import ByteTrackTracker

LEAST_SCORE = 0.1
"""People that score less are not looked at; those between this and the threshold continue
a track and begin none (ByteTrack, arXiv 2110.06864)."""
LEAST_SIDE = 1 / 20
"""Of a box, as a share of the picture's longer side: keypoints on a line or a single one
have a box without area, which overlaps nothing."""


class Tracker:
    """Gives people ids that are the same in all frames of a video, from 1 in each video.

    Args:
        score_thr (float): People that score more begin a track.

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
        """The people of the next frame with their ids; pictures of their own have none."""
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
            # A track gets its id when it is seen again: show those that are new once more.
            ids = _follow(self.tracker, boxes, people.scores, time + 1e-6)
        return people.replace(ids=np.where(ids < 0, -1, ids + 1))


def _follow(tracker: 'ByteTrackTracker', boxes: np.ndarray, scores: np.ndarray,
            time: float) -> np.ndarray:
    """The tracker's ids of the boxes of the next frame, -1 for those without."""
    import supervision
    rows = np.arange(len(boxes))
    detections = supervision.Detections(xyxy=boxes, confidence=scores, data=dict(row=rows))
    found = tracker.update(detections, timestamp=time)
    ids = np.full(len(boxes), -1)
    if len(found):
        ids[found.data['row']] = found.tracker_id
    return ids


def _grown(boxes: np.ndarray, least: float) -> np.ndarray:
    """Boxes of this side at least."""
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    halves = np.maximum(boxes[:, 2:] - boxes[:, :2], least) / 2
    return np.concatenate([centres - halves, centres + halves], 1)

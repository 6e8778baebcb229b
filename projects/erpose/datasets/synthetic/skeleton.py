"""Keypoint sets of the synthetic figures, read from MMPose metainfo."""
from dataclasses import dataclass
from typing import List, Tuple

from erpose.structures.metainfo import parse_metainfo

SIDED = ('eye', 'ear', 'shoulder', 'elbow', 'wrist', 'hand', 'hip', 'knee', 'ankle', 'foot',
         'heel', 'big_toe', 'small_toe')
BODY_POINTS = {
    f'{side}_{point}' for side in ('left', 'right') for point in SIDED
} | {'nose', 'mouth', 'chin', 'head', 'top_head', 'neck', 'thorax', 'spine', 'pelvis'}
ALIASES = dict(
    head_top='top_head', upper_neck='neck', head_bottom='neck', root='pelvis', hip='pelvis',
    mid_hip='pelvis', belly='spine', torso='spine', sternum='thorax')


@dataclass(frozen=True)
class Skeleton:
    """Names and links of K keypoints.

    Attributes:
        names (list[str]): K names, as in the metainfo.
        links (list[tuple[int, int]]): Pairs of keypoint indices.
    """

    names: List[str]
    links: List[Tuple[int, int]]

    @classmethod
    def from_metainfo(cls, metainfo: dict) -> 'Skeleton':
        """Reads MMPose metainfo, or ``dict(from_file=...)``.

        If ``from_file`` does not exist, MMPose's own metainfo files are searched, as in
        MMPose's data sets.

        Raises:
            FileNotFoundError: If the file does not exist.
            ValueError: If the metainfo is invalid.
        """
        parsed = parse_metainfo(metainfo)
        names = [parsed['keypoint_id2name'][k] for k in range(parsed['num_keypoints'])]
        return cls(names, [tuple(link) for link in parsed['skeleton_links']])

    @property
    def body_points(self) -> List[str]:
        """Body points of the K keypoints; empty if any is not of the human body."""
        points = [ALIASES.get(name, name) for name in self.names]
        return points if BODY_POINTS.issuperset(points) else []

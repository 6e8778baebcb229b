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
    """A keypoint set: the names and the links of K keypoints.

    Attributes:
        names (list[str]): As the metainfo has them, K.
        links (list[tuple[int, int]]): Pairs of keypoint indices.
    """

    names: List[str]
    links: List[Tuple[int, int]]

    @classmethod
    def from_metainfo(cls, metainfo: dict) -> 'Skeleton':
        """Reads MMPose metainfo, ``dict(from_file=...)`` included.

        A relative ``from_file`` that is not there is looked for among the files that
        MMPose ships, as MMPose's own data sets do.

        Raises:
            FileNotFoundError: If there is no such file.
            ValueError: If it is no metainfo.
        """
        parsed = parse_metainfo(metainfo)
        names = [parsed['keypoint_id2name'][k] for k in range(parsed['num_keypoints'])]
        return cls(names, [tuple(link) for link in parsed['skeleton_links']])

    @property
    def body_points(self) -> List[str]:
        """Points of the human body that the keypoints are, K; empty if any is unknown."""
        points = [ALIASES.get(name, name) for name in self.names]
        return points if BODY_POINTS.issuperset(points) else []

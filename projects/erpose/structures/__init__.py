from .heatmaps import keypoint_heatmaps, sample_bilinear
from .oks import keypoint_error, mean_over_labelled, oks, pairwise_oks
from .priors import Level, PointPriors, point_priors
from .targets import PoseTargets, collect_targets, inside_boxes
from .tensor_boxes import pose_boxes, target_boxes

__all__ = [
    'Level', 'PointPriors', 'PoseTargets', 'collect_targets', 'inside_boxes',
    'keypoint_error', 'keypoint_heatmaps', 'mean_over_labelled', 'oks', 'pairwise_oks',
    'point_priors', 'pose_boxes', 'sample_bilinear', 'target_boxes'
]

from .displacement_loss import DisplacementLoss
from .focal_score_loss import FocalScoreLoss
from .smooth_oks_loss import SmoothOKSLoss

__all__ = ['DisplacementLoss', 'FocalScoreLoss', 'SmoothOKSLoss']

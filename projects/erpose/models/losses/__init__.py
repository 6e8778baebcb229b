from .smooth_oks_loss import SmoothOKSLoss

__all__ = ['SmoothOKSLoss']

from .channels_last_hook import ChannelsLastHook
from .pose_prior_hook import PosePriorHook

__all__ = ['ChannelsLastHook', 'PosePriorHook']

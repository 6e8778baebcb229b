from .channels_last_hook import ChannelsLastHook
from .deployed import deployed_model
from .pose_prior_hook import PosePriorHook

__all__ = ['ChannelsLastHook', 'PosePriorHook', 'deployed_model']

from .channels_last_hook import ChannelsLastHook
from .deployed import deployed_model
from .pose_prior_hook import PosePriorHook
from .sync_statistics_hook import SyncStatisticsHook

__all__ = ['ChannelsLastHook', 'PosePriorHook', 'SyncStatisticsHook', 'deployed_model']

from .aux_loss_hook import AuxLossHook
from .channels_last_hook import ChannelsLastHook
from .checkpoint_fit_hook import CheckpointFitHook
from .epoch_seed_hook import EpochSeedHook
from .finite_loss_hook import FiniteLossHook
from .master_logger_hook import MasterLoggerHook
from .pose_prior_hook import PosePriorHook
from .safe_checkpoint_hook import SafeCheckpointHook
from .sync_statistics_hook import SyncStatisticsHook

__all__ = ['AuxLossHook', 'ChannelsLastHook', 'CheckpointFitHook', 'EpochSeedHook',
           'FiniteLossHook', 'MasterLoggerHook', 'PosePriorHook', 'SafeCheckpointHook',
           'SyncStatisticsHook']

from .aux_loss_hook import AuxLossHook
from .channels_last_hook import ChannelsLastHook
from .checkpoint_fit_hook import CheckpointFitHook
from .deployed import deployed_model
from .epoch_seed_hook import EpochSeedHook
from .finite_loss_hook import FiniteLossHook
from .freezing_data_parallel import FreezingDataParallel
from .pose_prior_hook import PosePriorHook
from .safe_checkpoints import SafeCheckpointHook
from .sync_statistics_hook import SyncStatisticsHook

__all__ = ['AuxLossHook', 'ChannelsLastHook', 'CheckpointFitHook', 'EpochSeedHook',
           'FiniteLossHook', 'FreezingDataParallel', 'PosePriorHook', 'SafeCheckpointHook',
           'SyncStatisticsHook', 'deployed_model']

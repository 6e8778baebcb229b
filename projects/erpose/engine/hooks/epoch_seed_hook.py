"""Seeds each epoch, so that a resumed training draws the same random numbers."""
import random

import numpy as np
import torch
from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.registry import FUNCTIONS
from mmengine.runner import Runner
from mmpose.registry import HOOKS


@HOOKS.register_module()
class EpochSeedHook(Hook):
    """Seeds all random generators at every epoch, from the seed, the epoch and the rank.

    MMEngine seeds once at the start and does not save the state of the generators, so a
    resumed training repeats the augmentations of the first epoch. With this hook, and
    :func:`seed_worker` for the data loader, an interrupted training ends with the weights
    of an uninterrupted one, bit by bit if the operators are deterministic. The hook also
    gives the sampler the seed of the checkpoint: MMEngine builds the sampler before it
    resumes, with a new seed unless the config sets one.
    """

    def before_train(self, runner: Runner) -> None:
        runner.train_dataloader.sampler.seed = runner.seed

    def before_train_epoch(self, runner: Runner) -> None:
        sequence = np.random.SeedSequence([runner.seed, runner.epoch, get_rank()])
        _seed_all(int(sequence.generate_state(1)[0]))


@FUNCTIONS.register_module()
def seed_worker(worker_id: int) -> None:
    """Seeds a worker of the data loader from PyTorch's seed for it.

    PyTorch draws that seed in the main process when the worker starts. Workers that start
    with every epoch (``persistent_workers=False``) therefore follow :class:`EpochSeedHook`.
    """
    _seed_all(torch.initial_seed() % 2**32)


def _seed_all(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)

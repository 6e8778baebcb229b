"""Random numbers by epoch, so that a resumed training draws the same ones."""
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
    """Seeds all generators anew at every epoch, from the seed, the epoch and the rank.

    MMEngine seeds at the start and keeps no state of the generators: a resumed training
    repeats the augmentations of its first epoch. With this hook, and
    :func:`seed_worker` for the workers of the data loader, an interrupted training ends
    with the weights of an uninterrupted one, bit by bit where the operators are
    deterministic. The sampler too goes on with the seed of the checkpoint: MMEngine builds
    it before it resumes, with a seed drawn for the resumed run unless the config has one.
    """

    def before_train(self, runner: Runner) -> None:
        runner.train_dataloader.sampler.seed = runner.seed

    def before_train_epoch(self, runner: Runner) -> None:
        sequence = np.random.SeedSequence([runner.seed, runner.epoch, get_rank()])
        _seed_all(int(sequence.generate_state(1)[0]))


@FUNCTIONS.register_module()
def seed_worker(worker_id: int) -> None:
    """Seeds a worker of the data loader from PyTorch's seed for it.

    PyTorch draws that seed from the main process when the worker starts. Workers that
    start with every epoch (``persistent_workers=False``) follow :class:`EpochSeedHook`.
    """
    _seed_all(torch.initial_seed() % 2**32)


def _seed_all(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)

"""Muon for matrices, AdamW for all other parameters."""
import math
from collections import defaultdict
from typing import Any, Callable, Optional

import torch
from mmpose.registry import OPTIMIZERS
from torch import Tensor


@OPTIMIZERS.register_module()
class MuonAdamW(torch.optim.AdamW):
    """AdamW whose weight matrices take the steps of Muon.

    Muon (https://kellerjordan.github.io/posts/muon) averages the gradient and steps along
    the orthogonal matrix nearest to the average, so that all directions of a matrix learn
    alike. Steps are scaled to the size of AdamW's (arXiv 2502.16982, section 2.2): one
    learning rate and weight decay serve both. ``torch.optim.Muon`` with
    ``adjust_lr_fn='match_rms_adamw'`` takes the same steps, but 2D parameters only.

    A convolution's weight is a matrix of one row per output channel. Depthwise
    convolutions, single rows, biases and normalisation are AdamW's. Checkpoints of AdamW
    can be resumed.

    Args:
        params: As for AdamW.
        lr (float): Learning rate. Defaults to 0.001.
        momentum (float): Share of the old average of the gradients. Defaults to 0.95.
        kwargs: Of AdamW.
    """

    def __init__(self, params: Any, lr: float = 1e-3, momentum: float = 0.95,
                 **kwargs: Any) -> None:
        if not 0 <= momentum < 1:
            raise ValueError(f'momentum is {momentum}, expected a value in [0, 1)')
        super().__init__(params, lr=lr, **kwargs)
        self.momentum = momentum
        self._step_supports_amp_scaling = False  # a GradScaler divides the gradients itself

    @torch.no_grad()
    def step(self, closure: Optional[Callable] = None) -> Any:
        """Takes a step, and returns the value of ``closure``."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        matrices = [(p, p.grad, group) for group in self.param_groups
                    for p in group['params'] if p.grad is not None and is_matrix(p)]
        for weight, _, _ in matrices:
            weight.grad = None  # AdamW passes over it
        super().step()
        same_shape = defaultdict(list)
        for matrix in matrices:
            same_shape[matrix[0].flatten(1).shape].append(matrix)
        for (rows, columns), members in same_shape.items():
            directions = orthogonalised(torch.stack(
                [self._average(weight, grad).flatten(1) for weight, grad, _ in members]))
            size = 0.2 * math.sqrt(max(rows, columns))
            for (weight, grad, group), direction in zip(members, directions):
                weight.grad = grad
                weight.mul_(1 - group['lr'] * group['weight_decay'])
                weight.sub_(direction.view(weight.shape), alpha=size * group['lr'])
        return loss

    def _average(self, weight: Tensor, grad: Tensor) -> Tensor:
        state = self.state[weight]
        if not state:
            state.update(step=torch.tensor(0.0), exp_avg=torch.zeros_like(weight))
        state.pop('exp_avg_sq', None)
        state['step'] += 1
        average = state['exp_avg'].lerp_(grad, 1 - self.momentum)
        return grad.lerp(average, self.momentum)  # Nesterov's


def is_matrix(weight: Tensor) -> bool:
    """Whether a parameter mixes several inputs to several outputs."""
    return weight.ndim > 1 and weight.shape[0] > 1 and weight.shape[1] > 1


def orthogonalised(matrices: Tensor, steps: int = 5) -> Tensor:
    """Brings the singular values of matrices (B, M, N) near 1, between about 0.7 and 1.2,
    by Newton and Schulz's iteration with Muon's coefficients."""
    if matrices.shape[1] > matrices.shape[2]:
        return orthogonalised(matrices.mT, steps).mT
    x = matrices / (matrices.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(steps):
        gram = x @ x.mT
        x = 3.4445 * x + (2.0315 * gram @ gram - 4.7750 * gram) @ x
    return x

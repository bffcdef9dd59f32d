"""How fast a run learns, and the moving average of its weights."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import torch

if TYPE_CHECKING:
    from torch import nn

    from training.checkpoint import Weights

LAST_SHARE: Final = 0.02
"""Of the peak rate at a run's end."""


def rate_at(step: int, steps: int, peak: float, warm_up: int) -> float:
    """Rise in a line, fall as a cosine."""
    rising = min(1.0, (step + 1) / max(warm_up, 1))
    falling = 0.5 * (1 + math.cos(math.pi * step / steps))
    return peak * rising * (falling * (1 - LAST_SHARE) + LAST_SHARE)


class Averaged:
    """An exponential moving average of weights; young, it forgets faster."""

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.decay = decay
        self.weights: Weights = {name: weight.detach().clone() for name, weight in network.state_dict().items()}

    def update(self, network: nn.Module, step: int) -> None:
        """Move towards the network's weights."""
        decay = min(self.decay, (1 + step) / (20 + step))
        with torch.no_grad():
            for name, weight in network.state_dict().items():
                if weight.is_floating_point():
                    self.weights[name].lerp_(weight, 1 - decay)
                else:
                    self.weights[name].copy_(weight)

    def load(self, weights: Weights, device: torch.device) -> None:
        """Go on from saved weights."""
        self.weights = {name: weight.to(device) for name, weight in weights.items()}

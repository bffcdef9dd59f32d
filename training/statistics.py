"""Batch normalisation's statistics, measured anew.

Averaged weights produce other activations than the statistics that were averaged with them: with those, everything was
tinted yellow-brown. Measured again, the same weights are better than any that went into the mean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import torch

from training.dataset import batch_of, numbers_of
from training.network import normalisations

if TYPE_CHECKING:
    from training.dataset import Cropping, PhotoMemory
    from training.network import Colouriser

BATCH: Final = 16
SEED: Final = 5

SIDE: Final = 256
"""Pixels; statistics are measured at the size at which photographs will be seen, not at which was trained."""


def measure_statistics(network: Colouriser, memory: PhotoMemory, cropping: Cropping, *, batches: int) -> None:
    """Replace every normalisation's mean and variance by those of training crops; weights stay.

    Args:
        network: left in evaluation mode.
        memory: training photographs, on the network's device.
        cropping: as in training, but for the side.
        batches: of 16 crops; 30 are enough.
    """
    for layer in normalisations(network):
        layer.reset_running_stats()
        layer.momentum = None  # the plain mean over all batches
        layer.train()
    cropping = cropping.model_copy(update={"side": SIDE})
    generator = torch.Generator(memory.pixels.device).manual_seed(SEED)
    with torch.no_grad():
        for turn in range(batches):
            numbers = numbers_of(turn, batch=BATCH, photos=len(memory), seed=SEED)
            network.features(batch_of(memory, numbers, cropping, generator).lightness)
    network.eval()

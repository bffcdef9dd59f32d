"""How long a network takes, against the 2016 network's time in the same minutes on the same cores."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, Final

import numpy as np

from functions.colorise.models.caffe.zhang_v2 import random_zhang_v2
from functions.colorise.models.shelf import SHELF
from training.candidate import load_network
from training.truth import SIDE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from functions.color.color_space import Lightness
    from functions.colorise.session import NetworkSession

ROUNDS: Final = 5
"""Of which the medians count."""

RUNS: Final = 3
"""In a network's turn, after one that pays for what the others left in the caches; the middle one counts."""


def zhang_network() -> NetworkSession:
    """The 2016 network with random weights: as slow as the real one."""
    return load_network(random_zhang_v2().onnx, SHELF["zhang16"])


def times(
    networks: Mapping[Path, NetworkSession], against: NetworkSession, rounds: int = ROUNDS
) -> dict[Path, tuple[float, float]]:
    """Milliseconds for a square of 256 pixels, and their ratio to the time of `against` for the same square.

    The networks take turns, so that a slow minute slows all of them.
    """
    lightness = np.random.default_rng(0).uniform(0, 100, (SIDE, SIDE)).astype(np.float32)
    taken: dict[Path, list[float]] = {file: [] for file in networks}
    base: list[float] = []
    for _ in range(rounds):
        base.append(_turn(against, lightness))
        for file, network in networks.items():
            taken[file].append(_turn(network, lightness))
    return {file: medians(each, base) for file, each in taken.items()}


def medians(taken: Sequence[float], base: Sequence[float]) -> tuple[float, float]:
    """Median of what was taken, and of the rounds' own ratios to `base`."""
    ratios = [one / other for one, other in zip(taken, base, strict=True)]
    return statistics.median(taken), statistics.median(ratios)


def _turn(network: NetworkSession, lightness: Lightness) -> float:
    network.predict(lightness)
    return statistics.median(_milliseconds(network, lightness) for _ in range(RUNS))


def _milliseconds(network: NetworkSession, lightness: Lightness) -> float:
    started = time.perf_counter()
    network.predict(lightness)
    return (time.perf_counter() - started) * 1e3

"""The frames of a film in the order they are shown, and where a decoder may start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from fractions import Fraction

Ticks: TypeAlias = npt.NDArray[np.int64]
"""(n,), one number a frame."""


@dataclass(frozen=True, slots=True)
class AccessPoint:
    """A packet that decoding may start at."""

    number: int
    """Of its frame, in the order they are shown."""
    packet: int
    """Of the packet, in the order of the file; the first is 0."""
    pts: int | None
    dts: int | None


@dataclass(frozen=True, slots=True)
class Timeline:
    """Every frame of a film in the order they are shown: 24 bytes each."""

    time_base: Fraction
    """Seconds a tick."""
    pts: Ticks
    """Strictly increasing."""
    packets: Ticks
    """Number of the packet that holds the frame, in the order of the file."""
    durations: Ticks
    """Ticks that the frame is shown; always positive."""
    access_points: tuple[AccessPoint, ...]
    """In the order they are shown; the first is where the file starts."""
    notes: tuple[str, ...] = ()
    """What is missing or was guessed, one line each."""

    def __len__(self) -> int:
        return len(self.pts)

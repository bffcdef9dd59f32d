"""What a child may take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

MEGABYTE: Final = 1 << 20

OPEN_FILES: Final = 256
"""A network, libraries and scratch files are some thirty."""

NICENESS: Final = 1
"""So that the parent's signs of life go before; much more would starve a film on a machine that does something else."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one child."""

    memory_bytes: int
    file_bytes: int
    """Of a file that it writes."""
    seconds: Mapping[str, float]
    """Kind of order → seconds of a core."""
    patience: float = 10.0
    """How many times as long an order may take by the clock: it waits for the store, and for its turn on a core."""

"""What a film's workers are told, and what they answer; the standard library alone, so that they start at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from functions.colorise.film import ChunkReport, FilmWishes
    from functions.video.film import Film
    from functions.video.plan import Chunk


@dataclass(frozen=True, slots=True)
class Network:
    """What a worker loads, once."""

    model: str
    """As `--model` names it."""
    sha256: str
    """Of its weights: all workers colour with the same."""
    side: int | None


@dataclass(frozen=True, slots=True)
class FilmOrder:
    """A film to colour, and how."""

    source: Path
    film: Film
    wishes: FilmWishes
    folder: Path
    """Where the pieces go, each whole or not at all, and what was done for them."""


@dataclass(frozen=True, slots=True)
class RunOrder:
    """Chunks to colour that follow each other; it needs nothing else."""

    film: FilmOrder
    chunks: tuple[Chunk, ...]


@dataclass(frozen=True, slots=True)
class Ready:
    """The network is loaded."""


@dataclass(frozen=True, slots=True)
class ChunkReported:
    """A frame was written, or the piece is there."""

    report: ChunkReport
    finished: bool


@dataclass(frozen=True, slots=True)
class Failed:
    """The chunk cannot be coloured, or the network not be loaded."""

    error: Exception

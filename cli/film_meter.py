"""How far the colouring of a film is."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from functions.video.chunk_report import summed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from functions.video.chunk_report import ChunkReport


class FilmMeter:
    """Adds up what is heard of a film's chunks.

    Args:
        total: frames of all chunks.
        chunks: how many they are.
        before: number of each chunk that was there at the start, and what was done for it.
    """

    def __init__(self, total: int, chunks: int, before: Mapping[int, ChunkReport]) -> None:
        self.total = total
        self.chunks = chunks
        self._reports: dict[int, ChunkReport] = dict(before)
        self._finished = set(before)
        self._before = sum(report.frames for report in before.values())
        self._begun = time.monotonic()

    def hear(self, report: ChunkReport, *, finished: bool) -> None:
        """Take in the latest report of a chunk."""
        self._reports[report.number] = report
        if finished:
            self._finished.add(report.number)

    @property
    def sum(self) -> ChunkReport:
        """Of all chunks."""
        return summed(self._reports[number] for number in sorted(self._reports))

    @property
    def finished(self) -> int:
        """Chunks whose pieces are there."""
        return len(self._finished)

    @property
    def seconds(self) -> float:
        """Since the start."""
        return time.monotonic() - self._begun

    @property
    def rate(self) -> float:
        """Frames a second, of those made since the start."""
        return max(0, self.sum.frames - self._before) / max(self.seconds, 1e-9)

    @property
    def seconds_left(self) -> float | None:
        """At the rate so far; None as long as there is none."""
        return (self.total - self.sum.frames) / self.rate if self.rate else None

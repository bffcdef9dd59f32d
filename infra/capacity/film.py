"""What a long film needs: worked out from a short one of the same size, chunk by chunk."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from functions.video.calm import Calm
from functions.video.plan import CHUNK_FRAMES
from infra.capacity.needs import hold, message_seconds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from infra.capacity.costs import Costs
    from infra.capacity.work import Task

SHORT: Final = "film-1280x720"
"""Thirty seconds: its chunk in the middle has margins on both sides, as nearly all chunks of a long film have."""

PAGE: Final = 1000
"""Objects in an answer to a listing, at most (S3)."""

PLAN_BYTES: Final = 26
"""Of a plan, for each frame (functions/film_work/planned.py)."""


@dataclass(frozen=True, slots=True)
class LongFilm:
    """A film that was not measured."""

    frames: int
    chunks: int
    split: float
    """Seconds that it keeps a worker."""
    chunk: float
    """Seconds, each."""
    join: float
    source_bytes: float
    moved: float
    """Bytes between workers and store."""
    requests: float
    listed: int
    """Objects in all the answers to listings: each finished chunk looks whether it was the last."""

    def seconds(self, workers: int) -> float:
        """From its order to its result, where so many workers do nothing else."""
        return self.split + math.ceil(self.chunks / workers) * self.chunk + self.join


def long_film(costs: Costs, *, minutes: float, rate: float) -> LongFilm:
    """Stretch the short film: nearly all grows with its frames, and listings with the square of its chunks.

    Of a split the index grows; frames that are looked at to see whether the film is in colour are as many in any film.

    Args:
        costs: as measured.
        minutes: of the film.
        rate: frames a second.
    """
    pause, task = message_seconds(costs), costs.mean_task(SHORT)
    short = costs.raw["films"]["measured"][SHORT]["films"][0]
    frames = round(minutes * 60 * rate)
    longer = frames / short["frames"]
    chunks = math.ceil(frames / CHUNK_FRAMES)
    stored = costs.store_of(SHORT)
    pages = sum(math.ceil((2 * done + 1) / PAGE) for done in range(1, chunks + 1))
    index = costs.raw["index"]["measured"][SHORT]["cpu"]
    short_lists = stored.requests.get("LIST", 0)
    return LongFilm(
        frames=frames,
        chunks=chunks,
        split=hold(task.first, pause) + index * (longer - 1),
        chunk=_chunk_seconds(task, [one["frames"] for one in short["chunks"]], pause),
        join=hold(task.join, pause) * longer if task.join is not None else 0.0,
        source_bytes=costs.sources[SHORT] * longer,
        moved=(stored.bytes_down + stored.bytes_up) * longer,
        requests=(sum(stored.requests.values()) - short_lists) * longer + pages,
        listed=sum(2 * done + 1 for done in range(1, chunks + 1)),
    )


def _chunk_seconds(task: Task, frames: Sequence[int], pause: float) -> float:
    """A whole chunk with margins on both sides, from shorter ones.

    The first chunk has no margin before it, so what the second one costs more is that margin's; what is left of the
    first one, without the margin after it, is what frames cost that are written.
    """
    first, second = (hold(work, pause) for work in task.chunks[:2])
    margin_frame = max(0.0, second - first * frames[1] / frames[0]) / Calm().margin_before
    frame = (first - margin_frame * Calm().margin_after) / frames[0]
    return second + (CHUNK_FRAMES - frames[1]) * frame

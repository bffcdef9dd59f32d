"""What orders cost in a running pipeline: photographs and films, one after another, each worker's seconds on a core."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from functions.jobs import (
    ChunkColorised,
    ColoriseImage,
    JobFailed,
    SplitVideo,
    VideoColorised,
    VideoPlanned,
    VideoWishes,
)
from infra.capacity.measuring.up import used

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from functions.jobs import AnyResult, Order
    from functions.queues.protocol import Queue
    from infra.capacity.measuring.up import Up

TRACE: Final = "c0" * 16

IDLE_SECONDS: Final = 10


def photo_order(source: str, job_id: str) -> ColoriseImage:
    """Ask for a photograph in the store."""
    target = f"outbox/capacity/{job_id}.jpg"
    return ColoriseImage(job_id=job_id, trace_id=TRACE, asked_at=datetime.now(UTC), source=source, target=target)


def film_order(source: str, job_id: str, number: int = 0) -> SplitVideo:
    """Ask for a film in the store; of equal films with other numbers no piece is kept that could be used again."""
    target = f"outbox/capacity/{job_id}.mp4"
    wishes = VideoWishes(saturation=1 - number / 1000)
    now = datetime.now(UTC)
    return SplitVideo(job_id=job_id, trace_id=TRACE, asked_at=now, source=source, target=target, wishes=wishes)


async def heard(results: AsyncIterator[AnyResult], order: Order) -> AnyResult:
    """The next result of an order's job.

    Raises:
        RuntimeError: the job failed.
    """
    while True:
        result = await anext(results)
        if result.job_id == order.job_id:
            if isinstance(result, JobFailed):
                msg = f"{order.job_id}: {result.reason}"
                raise RuntimeError(msg)
            return result


async def measured_idle(up: Up) -> dict[str, float]:
    """Seconds on a core that each part takes in a second of doing nothing."""
    before, began = up.cpu_seconds(), time.perf_counter()
    await asyncio.sleep(IDLE_SECONDS)
    wall = time.perf_counter() - began
    return {part: seconds / wall for part, seconds in used(before, up.cpu_seconds()).items()}


async def measured_photos(up: Up, queue: Queue, source: str, name: str, times: int) -> list[dict[str, float]]:
    """Have a photograph coloured so many times; for each, seconds on a core by part, and `wall` on the clock."""
    samples = []
    async with queue.results() as results:
        for number in range(times + 1):
            order = photo_order(source, f"{name}-{number}")
            before, began = up.cpu_seconds(), time.perf_counter()
            await queue.send(order)
            await heard(results, order)
            wall = time.perf_counter() - began
            samples.append(used(before, up.cpu_seconds()) | {"wall": wall})
    return samples[1:]  # the first one pays for memory that later ones find


async def measured_film(up: Up, queue: Queue, source: str, name: str, number: int) -> dict[str, Any]:
    """Have a film coloured; seconds on a core and on the clock for its split, each of its chunks, and its join."""
    order = film_order(source, f"{name}-{number}", number)
    before, began = up.cpu_seconds(), time.perf_counter()
    film: dict[str, Any] = {"chunks": []}
    async with queue.results() as results:
        await queue.send(order)
        while True:
            result = await heard(results, order)
            now = time.perf_counter()
            stage = used(before, up.cpu_seconds()) | {"wall": now - began}
            before, began = up.cpu_seconds(), now
            if isinstance(result, VideoPlanned):
                film |= {"split": stage, "width": result.width, "height": result.height, "frames": result.frames}
            elif isinstance(result, ChunkColorised):
                film["chunks"].append({"frames": result.frames, "inferred": result.inferred} | stage)
            elif isinstance(result, VideoColorised):
                return film | {"join": stage}

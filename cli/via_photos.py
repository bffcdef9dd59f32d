"""Colours photographs elsewhere: brought into the store, ordered, awaited and fetched, several at a time."""

from __future__ import annotations

import asyncio
import hashlib
from itertools import islice
from typing import TYPE_CHECKING, Final, TypeVar

from cli.photo_job import Batch, Job, Made, Report, Way, failed, put, source_bytes
from cli.sources import STDIN, Usage
from cli.via_bridge import STORE_CALLS
from cli.via_orders import content_type_of, photo_order, refuse_model_file
from cli.via_run import Run, running
from functions.errors import Rejected
from functions.jobs import ImageColorised, JobFailed
from functions.stopping import end
from functions.stores.names import inbox_name

if TYPE_CHECKING:
    from collections.abc import Coroutine, Generator, Sequence
    from typing import Any

    from cli.via_pipeline import OpenPipeline

IN_FLIGHT: Final = 64
"""Photographs that are ordered and not fetched yet: enough for as many workers, and soon taken back on Ctrl-C."""

_Value = TypeVar("_Value")


def photos_via(open_pipeline: OpenPipeline) -> Way:
    """Colour photographs by the pipeline that `open_pipeline` opens."""

    def way(batch: Batch, jobs: Sequence[Job]) -> Generator[Report]:
        _refuse_senseless(batch)
        with running(open_pipeline, quiet=batch.quiet) as run:
            photos = _Photos(batch, jobs, run)
            try:
                while reports := run.bridge.call(photos.next_reports):
                    yield from reports
            finally:
                left = run.bridge.call(photos.end)
                if left:
                    run.say(f"{left}; the same command goes on from there")

    return way


class _Photos:
    """Keeps so many photographs on their way that the workers always have some."""

    def __init__(self, batch: Batch, jobs: Sequence[Job], run: Run) -> None:
        self._batch = batch
        self._waiting = iter(jobs)
        self._in_flight = batch.jobs or IN_FLIGHT
        self._run = run
        self._hands = asyncio.Semaphore(STORE_CALLS)
        """As many photographs are in memory at most."""
        self._tasks: set[asyncio.Task[Report]] = set()
        self._ordered: set[str] = set()
        """Jobs whose result has not come."""

    async def next_reports(self) -> list[Report]:
        """Wait until something became of at least one photograph; none where all are done."""
        for job in islice(self._waiting, self._in_flight - len(self._tasks)):
            self._tasks.add(asyncio.create_task(self._report(job)))
        if not self._tasks:
            return []
        done, self._tasks = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        return await asyncio.gather(*done)

    async def end(self) -> str:
        """Stop, and take back the orders that nobody has begun; what to say of them, if there were any."""
        await end(self._tasks)
        await asyncio.gather(*self._tasks, return_exceptions=True)  # what went wrong with them was asked for by nobody
        return await self._run.take_back(self._ordered)

    async def _report(self, job: Job) -> Report:
        """Colour one picture; what is wrong with it is reported, not raised."""
        try:
            return await self._coloured(job)
        except (Rejected, OSError, MemoryError) as error:
            return failed(job, error)

    async def _coloured(self, job: Job) -> Report:
        order = photo_order(self._batch, job, await self._brought(job))
        async with self._run.results.of(order.job_id) as following:
            self._ordered.add(order.job_id)
            await self._run.send(order)
            result = await following()
            self._ordered.remove(order.job_id)
        if isinstance(result, JobFailed):
            raise Rejected(result.reason, code=result.code)
        if not isinstance(result, ImageColorised):
            msg = f"{result.kind} is no answer to {order.kind}"
            raise TypeError(msg)
        await self._fetched(job, result.target)
        made = Made(
            kind=result.picture_kind,
            width=result.width,
            height=result.height,
            verdict=result.verdict,
            tint=result.tint,
            notes=result.notes,
            seconds=result.seconds,
        )
        return Report(job, "done", photo=made)

    async def _brought(self, job: Job) -> str:
        """Bring a source into the store; the name of its object."""
        async with self._hands:
            held = await asyncio.to_thread(source_bytes, job) if str(job.source) == STDIN else None

            def bring() -> str:
                data = source_bytes(job) if held is None else held
                limit = job.wishes.limits.max_bytes
                if len(data) > limit:
                    msg = f"more than {limit / 1e6:,.0f} MB, which is the limit"
                    raise Rejected(msg, code="too-large")
                name = inbox_name(hashlib.sha256(data).hexdigest(), job.source.suffix)
                self._run.transfers.bring(name, data, content_type=content_type_of(job.source))
                return name

            return await self._run.move(bring)

    async def _fetched(self, job: Job, target: str) -> None:
        """Fetch a result to where it is wanted."""
        async with self._hands:
            data = await self._run.move(lambda: self._run.transfers.read(target))
            await _to_its_end(asyncio.to_thread(put, job, data))


def _refuse_senseless(batch: Batch) -> None:
    refuse_model_file(batch.model)
    if batch.require_gpu:
        msg = "--require-gpu speaks of this machine, and --via colours elsewhere: leave one of them out"
        raise Usage(msg)


async def _to_its_end(work: Coroutine[Any, Any, _Value]) -> _Value:
    """Do something that leaves a half file where it is stopped: when cancelled, wait for its end first."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise

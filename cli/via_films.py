"""Colours films elsewhere: one at a time is brought into the store, ordered, watched, and fetched."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO, Final

from cli.download_bar import download_bar
from cli.film_meter import FilmMeter
from cli.film_progress import film_progress
from cli.film_run import ColouredFilm, prove
from cli.film_source import film_file
from cli.film_space import refuse_full_disk, refuse_unwritable
from cli.library import open_model
from cli.sources import Usage
from cli.via_orders import content_type_of, film_order, refuse_model_file
from cli.via_run import Run, running
from functions.errors import Rejected
from functions.jobs import ChunkColorised, JobFailed, VideoColorised, VideoPlanned
from functions.stores.names import inbox_name
from functions.video.chunk_report import ChunkReport
from functions.whole_file import replacing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cli.film_batch import Way
    from cli.film_options import FilmJob, FilmOptions
    from cli.via_pipeline import OpenPipeline
    from cli.via_transfer import Shown
    from functions.jobs import SplitVideo
    from functions.queues.sorted_results import Following

REMEDIES: Final = {"already-colour": "--force colours it anew"}
"""Code of a refusal → what helps, in the command's words: the workers say it in theirs, after a semicolon."""


def films_via(open_pipeline: OpenPipeline) -> Way:
    """Colour films by the pipeline that `open_pipeline` opens."""

    @contextlib.contextmanager
    def way(options: FilmOptions) -> Iterator[Callable[[FilmJob], ColouredFilm]]:
        _refuse_senseless(options)
        with running(open_pipeline, quiet=options.quiet) as run:
            yield lambda job: _FilmRun(job, options, run).colour()

    return way


def _refuse_senseless(options: FilmOptions) -> None:
    refuse_model_file(options.model)
    if options.jobs is not None:
        msg = "--jobs counts processes of this machine, and --via colours elsewhere: start more workers there"
        raise Usage(msg)
    if options.fresh:
        msg = "--fresh forgets what this machine keeps, and --via keeps it in the store, which forgets it after days"
        raise Usage(msg)
    if options.report is not None:
        open_model(options.model)  # the page is made here, and it is better to know now that it cannot


class _FilmRun:
    """One film, from the file that a person named to the coloured one."""

    def __init__(self, job: FilmJob, options: FilmOptions, run: Run) -> None:
        self._job = job
        self._options = options
        self._run = run
        self._begun = time.monotonic()
        self._meter: FilmMeter | None = None
        self._resumed = 0
        self._left = ""

    def colour(self) -> ColouredFilm:
        """Colour it; what the workers have finished is kept for days, and used by the next call.

        Raises:
            Rejected: it cannot or should not be coloured, or was interrupted ("interrupted").
            OSError: reading or writing failed.
        """
        job, options = self._job, self._options
        with film_file(job.source) as file:
            if job.target is not None:
                refuse_unwritable(job.target.parent)
            try:
                done = self._made(film_order(options, job, self._brought(file)))
                rate = self._meter.rate if self._meter else 0.0
                self._fetch(done.target)
            except KeyboardInterrupt:
                raise Rejected(self._account(), code="interrupted") from None
            film = ColouredFilm(
                width=done.width,
                height=done.height,
                report=ChunkReport(0, done.frames, done.inferred, done.repeats, done.shots, done.damaged),
                resumed=self._resumed,
                seconds=time.monotonic() - self._begun,
                rate=rate,
                notes=done.notes,
            )
            if options.verify and job.target is not None:
                film = replace(film, records=tuple(prove(replace(job, source=file), job.target, options)))
            return film

    def _brought(self, file: Path) -> str:
        """Bring the film into the store; the name of its object."""
        run, name, stamp = self._run, self._job.source.name, _stamp(file)
        with self._shown(f"reading {name}") as show:
            sha256 = run.bridge.call(asyncio.to_thread, run.transfers.sha256_of, file, show=show)
        source, kind = inbox_name(sha256, self._job.source.suffix), content_type_of(self._job.source)
        with self._shown(f"sending {name}") as show:
            run.bridge.call(run.move, lambda: run.transfers.bring_file(source, file, content_type=kind, show=show))
        if _stamp(file) != stamp:
            run.bridge.call(run.move, lambda: run.transfers.forget(source))
            msg = "the film changed while it was sent: start again"
            raise Rejected(msg, code="changed")
        return source

    def _made(self, order: SplitVideo) -> VideoColorised:
        """Order the film, and wait until it is there; whatever else ends the waiting takes the orders back."""
        run = self._run
        with run.bridge.entered(run.results.of(order.job_id)) as following:
            try:
                run.bridge.call(run.send, order)
                return self._followed(following)
            except BaseException:  # where it failed, other chunks may still wait
                self._left = run.bridge.call(run.take_back, [order.job_id])
                raise

    def _followed(self, following: Following) -> VideoColorised:
        """Show the progress of the film until it is over.

        Raises:
            Rejected: it cannot be coloured.
        """
        early: list[ChunkColorised] = []
        with contextlib.ExitStack() as stack:
            show: Callable[[], None] | None = None
            while True:
                result = self._run.bridge.call(following)
                if isinstance(result, VideoColorised):
                    return result
                if isinstance(result, JobFailed):
                    raise _refusal(result)
                if isinstance(result, ChunkColorised):
                    early.append(result)
                elif isinstance(result, VideoPlanned) and self._meter is None:
                    self._meter, self._resumed = _meter(result), result.finished
                    options = self._options
                    progress = film_progress(
                        self._job.source, self._meter, as_json=options.as_json, quiet=options.quiet
                    )
                    show = stack.enter_context(progress)
                if self._meter is not None and show is not None:
                    while early:
                        self._meter.hear(_report(early.pop(0)), finished=True)
                    show()

    def _fetch(self, name: str) -> None:
        """Fetch the result to where it is wanted."""
        run, target = self._run, self._job.target
        found = run.bridge.call(run.move, lambda: run.transfers.find(name))
        with self._shown(f"fetching {self._job.source.name}") as show:

            def fetch(file: BinaryIO) -> None:
                run.bridge.call(run.move, run.transfers.fetch(found, file, show=show))

            if target is None:
                fetch(sys.stdout.buffer)
                sys.stdout.buffer.flush()
                return
            refuse_full_disk({target.parent: found.size})
            with replacing(target) as partial, partial.open("wb") as file:
                fetch(file)

    @contextlib.contextmanager
    def _shown(self, what: str) -> Iterator[Shown]:
        """Show how many bytes are done, on a terminal."""
        with download_bar(quiet=self._options.quiet or self._options.as_json) as show:
            yield lambda done, size: None if show is None else show(what, done, size)

    def _account(self) -> str:
        """Say what an interruption leaves."""
        if self._meter is None:
            done = "before the film was cut into chunks"
        else:
            done = f"{self._meter.finished} of {self._meter.chunks} chunks are done"
        left = f"; {self._left}" if self._left else ""
        return f"interrupted: {done}{left}; the same command goes on from there"


def _meter(planned: VideoPlanned) -> FilmMeter:
    """Count from what is there already: of those chunks only the number is known, and about how long they are."""
    length = planned.frames // planned.chunks
    before = {-number: ChunkReport(-number, frames=length) for number in range(1, planned.finished + 1)}
    return FilmMeter(planned.frames, planned.chunks, before)


def _report(told: ChunkColorised) -> ChunkReport:
    return ChunkReport(told.chunk, told.frames, told.inferred, told.repeats, told.shots, told.damaged)


def _refusal(failed: JobFailed) -> Rejected:
    remedy = REMEDIES.get(failed.code)
    what = failed.reason if remedy is None else f"{failed.reason.partition(';')[0]}; {remedy}"
    return Rejected(what, code=failed.code)


def _stamp(file: Path) -> tuple[int, int]:
    status = file.stat()
    return status.st_size, status.st_mtime_ns

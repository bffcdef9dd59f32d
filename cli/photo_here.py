"""Colours photographs in this process."""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from typing import TYPE_CHECKING

from cli.library import open_model
from cli.photo_job import Batch, Job, Made, Report, failed, put, source_bytes
from functions.colorise.coloriser import Coloriser
from functions.colorise.photo import ColouredPhoto, Wishes, colorise_photo
from functions.colorise.picture_file import Provenance
from functions.colorise.session import NetworkSession
from functions.environment import usable_cores
from functions.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence


class Engine:
    """The loaded model and what goes into each result's metadata."""

    def __init__(self, batch: Batch, *, threads: int) -> None:
        card, weights = open_model(batch.model)
        session = NetworkSession(weights, card, threads=threads, require_gpu=batch.require_gpu)
        self.coloriser = Coloriser(session, side=batch.side)
        self.provenance = Provenance(model=card.name, model_sha256=card.weights.sha256)

    def colour(self, data: bytes, wishes: Wishes) -> ColouredPhoto:
        """Colour one picture's bytes; raises what `colorise_photo` raises."""
        return colorise_photo(data, self.coloriser, wishes, self.provenance)


def here(batch: Batch, jobs: Sequence[Job]) -> Generator[Report]:
    """Colour pictures in this process."""
    at_once = min(batch.jobs or usable_cores(), len(jobs))
    # Several pictures: one thread each wastes nothing. One picture: every core works on it.
    engine = Engine(batch, threads=usable_cores() if at_once == 1 else 1)
    yield from _reports(engine, jobs, at_once)


def _reports(engine: Engine, jobs: Sequence[Job], at_once: int) -> Iterator[Report]:
    """Run the jobs, a few at a time; reports come as they are ready."""
    if at_once == 1:
        for job in jobs:
            yield _run(engine, job)
        return
    waiting = iter(jobs)
    with ThreadPoolExecutor(at_once, thread_name_prefix="photo") as pool:
        running: set[Future[Report]] = {pool.submit(_run, engine, job) for job in islice(waiting, at_once)}
        while running:
            ready, running = wait(running, return_when=FIRST_COMPLETED)
            for job in islice(waiting, len(ready)):
                running.add(pool.submit(_run, engine, job))
            for future in ready:
                yield future.result()


def _run(engine: Engine, job: Job) -> Report:
    """Colour one picture; what is wrong with it is reported, not raised."""
    try:
        photo = engine.colour(source_bytes(job), job.wishes)
        put(job, photo.data)
    except (Rejected, OSError, MemoryError) as error:
        return failed(job, error)
    verdict = photo.triage
    made = Made(photo.kind, photo.width, photo.height, verdict.verdict.value, verdict.tint, photo.notes, photo.seconds)
    return Report(job, "done", photo=made)

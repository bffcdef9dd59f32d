"""One film, from the file that a person named to the coloured one."""

from __future__ import annotations

import shutil
import sys
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, BinaryIO

from cli.film_messages import FilmOrder
from cli.film_meter import FilmMeter
from cli.film_pieces import FilmPieces, deciding_versions, pieces_of
from cli.film_progress import film_progress
from cli.film_source import film_file
from cli.film_space import expected_bytes, is_full, refuse_full_disk, refuse_unwritable
from functions.colorise.film import ChunkReport, plan_film
from functions.errors import Rejected, Unreadable
from functions.video.film_key import film_key
from functions.video.film_triage import refuse_color, triage_film
from functions.video.glimpse import glimpses
from functions.video.index import index
from functions.video.join import join
from functions.video.layout import output_layout
from functions.video.probe import probe
from functions.video.proof import proof

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cli.film_options import FilmJob, FilmOptions
    from cli.film_pool import FilmPool
    from functions.colorise.models.card import ModelCard
    from functions.video.film import Film
    from functions.video.plan import Plan
    from functions.video.record import Record
    from functions.video.source import OpenSource
    from functions.video.timeline import Timeline


@dataclass(frozen=True, slots=True)
class ColouredFilm:
    """What was done."""

    width: int
    height: int
    report: ChunkReport
    resumed: int
    """Chunks that were there from an earlier run."""
    seconds: float
    rate: float
    """Frames a second, of those made now."""
    notes: tuple[str, ...]
    records: tuple[Record, ...] = ()
    """Of the proof, where one was asked for."""


@dataclass(frozen=True, slots=True)
class Surveyed:
    """A film that is known and cut into chunks."""

    file: Path
    stamp: tuple[int, int]
    """Size and time of its last change when it was looked at."""
    film: Film
    timeline: Timeline
    plan: Plan
    notes: tuple[str, ...]

    def open(self) -> BinaryIO:
        """Open its bytes."""
        return self.file.open("rb")


def colour_film(job: FilmJob, options: FilmOptions, card: ModelCard, pool: FilmPool) -> ColouredFilm:
    """Colour a film; finished chunks are kept until it is in its place, and used by the next call.

    Raises:
        Rejected: it cannot or should not be coloured, or was interrupted ("interrupted").
        OSError: reading or writing failed.
    """
    with film_file(job.source) as file:
        found = survey(file, job, options)
        if job.target is not None:
            refuse_unwritable(job.target.parent)
        decisive = card.weights.sha256, card, options.side, deciding_versions()
        key = film_key(found.open, found.film, found.timeline, found.plan, job.wishes, *decisive)
        with pieces_of(key, found.plan) as pieces:
            if options.fresh:
                pieces.clear()
            before = pieces.finished()
            _refuse_full_disk(found, job, pieces, sum(report.frames for report in before.values()))
            meter = FilmMeter(found.plan.frames, len(found.plan.chunks), before)
            resumed = meter.finished
            with _kept_account(meter, pieces):
                _colour_chunks(found, job, options, pool, pieces, meter)
                rate = meter.rate
                _refuse_changed(found)
                notes = _join(found, job, pieces)
            shutil.rmtree(pieces.folder, ignore_errors=True)
        report = meter.sum
        done = ColouredFilm(
            width=found.film.width,
            height=found.film.height,
            report=report,
            resumed=resumed,
            seconds=meter.seconds,
            rate=rate,
            notes=(*found.notes, *report.notes, *notes),
        )
        if options.verify and job.target is not None:
            done = replace(done, records=tuple(_proof(found, job, job.target)))
        return done


def prove(job: FilmJob, target: Path, options: FilmOptions) -> list[Record]:
    """Compare a film with its source, as it was coloured with these options.

    Raises:
        Rejected: one of them is no film.
        OSError: reading failed.
    """
    with film_file(job.source) as file:
        return _proof(survey(file, job, replace(options, force=True)), job, target)


def survey(file: Path, job: FilmJob, options: FilmOptions) -> Surveyed:
    """Look at a film, and cut it into chunks.

    Raises:
        Rejected: it is no film, in colour already and not forced, or cannot be written as was asked.
        OSError: reading failed.
    """

    def open_source() -> BinaryIO:
        return file.open("rb")

    stamp = _stamp(file)
    film = probe(open_source)
    output_layout(film, job.wishes.encode)
    timeline = index(open_source, film)
    plan = plan_film(film, timeline, job.wishes, start=options.start, end=options.end)
    notes = timeline.notes
    if not options.force:
        shown = range(plan.chunks[0].first, plan.chunks[-1].last)
        looked = triage_film(glimpses(open_source, film, timeline, shown=shown))
        refuse_color(looked, remedy="--force colours it anew")
        notes += looked.notes
    return Surveyed(file, stamp, film, timeline, plan, notes)


def _colour_chunks(  # noqa: PLR0913, PLR0917 - a film, how, by whom, where to, and who counts
    found: Surveyed, job: FilmJob, options: FilmOptions, pool: FilmPool, pieces: FilmPieces, meter: FilmMeter
) -> None:
    """Make the pieces that are not there."""
    before = pieces.finished()
    missing = [chunk for chunk in found.plan.chunks if chunk.number not in before]
    order = FilmOrder(found.file, found.film, job.wishes, pieces.folder)
    with film_progress(job.source, meter, as_json=options.as_json, quiet=options.quiet) as show:
        for message in pool.run(order, missing):
            meter.hear(message.report, finished=message.finished)
            show()


def _join(found: Surveyed, job: FilmJob, pieces: FilmPieces) -> tuple[str, ...]:
    openers = [_opener(path) for path in pieces.paths]
    target = job.target or sys.stdout.buffer
    try:
        return join(found.open, found.film, found.plan, openers, target, job.wishes.encode)
    except Unreadable as error:
        if error.code == "bad-piece":
            pieces.clear()  # or the same command would fail for ever
        raise


def _opener(path: Path) -> OpenSource:
    return lambda: path.open("rb")


@contextmanager
def _kept_account(meter: FilmMeter, pieces: FilmPieces) -> Iterator[None]:
    """Turn an interruption or a full disk into a line that says what is done and how to go on."""
    try:
        yield
    except KeyboardInterrupt:
        pieces.sweep()
        msg = f"interrupted: {meter.finished} of {meter.chunks} chunks are done; the same command goes on from there"
        raise Rejected(msg, code="interrupted") from None
    except OSError as error:
        if not is_full(error):
            raise
        pieces.sweep()
        done = f"{meter.finished} of {meter.chunks} chunks are done and kept"
        msg = f"no space left on the disk: {done}; make room, and the same command goes on from there"
        raise Rejected(msg, code="no-space") from error


def _refuse_full_disk(found: Surveyed, job: FilmJob, pieces: FilmPieces, done: int) -> None:
    plan = found.plan
    share = plan.frames / len(found.timeline)
    size = expected_bytes(found.film, job.wishes, plan.frames, share, found.file.stat().st_size)
    left = round(size * (plan.frames - done) / plan.frames)
    needed = {pieces.folder: left}
    if job.target is not None:
        needed[job.target.parent] = size
    refuse_full_disk(needed)


def _refuse_changed(found: Surveyed) -> None:
    """Pieces of two films must not be joined."""
    if _stamp(found.file) != found.stamp:
        msg = "the film changed while it was coloured: start again"
        raise Rejected(msg, code="changed")


def _stamp(file: Path) -> tuple[int, int]:
    status = file.stat()
    return status.st_size, status.st_mtime_ns


def _proof(found: Surveyed, job: FilmJob, target: Path) -> list[Record]:
    return proof(found.open, lambda: target.open("rb"), plan=found.plan, deinterlace=job.wishes.deinterlace)

"""What `colorise video` does: plan where each result goes, colour one film after another, and report each."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn, TypeAlias

from cli.exit_codes import ExitCode, code_of
from cli.film_messages import Network
from cli.film_options import FilmJob, FilmOptions, planned
from cli.film_pool import FilmPool
from cli.film_run import ColouredFilm, colour_film, prove
from cli.film_source import film_file
from cli.film_telling import FilmReport, tell, tell_records
from cli.library import open_model
from cli.sources import FILM_EXTENSIONS, STDIN, Source, Usage, find_sources
from functions.environment import usable_cores
from functions.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

REFUSALS: Final = frozenset({"already-colour"})
"""Codes of films with nothing wrong in them that are not coloured all the same."""


Way: TypeAlias = Callable[[FilmOptions], AbstractContextManager[Callable[[FilmJob], ColouredFilm]]]
"""Where films are coloured: what it gives raises what `colour_film` does."""


@contextlib.contextmanager
def here(options: FilmOptions) -> Iterator[Callable[[FilmJob], ColouredFilm]]:
    """Colour films in processes of our own."""
    card, _ = open_model(options.model)  # the workers load it themselves
    network = Network(options.model, card.weights.sha256, options.side)
    with FilmPool(network, options.jobs or usable_cores()) as pool:
        yield lambda job: colour_film(job, options, card, pool)


def colour_films(
    options: FilmOptions, words: Sequence[str], *, recursive: bool, output: str | None, way: Way = here
) -> int:
    """Colour every film that `words` name."""
    jobs, skipped = planned(options, _sources(words, recursive=recursive), output)
    reports = [FilmReport(job, "skipped", f"{job.target} exists") for job in skipped]
    if options.report is not None and (len(jobs) + len(skipped) > 1 or STDIN in words):
        msg = "--report shows one film, from a file: name one"
        raise Usage(msg)
    if any(job.target is None for job in jobs) and sys.stdout.isatty():
        msg = "a film is no text for a terminal: name a file with -o, or pipe it into a player"
        raise Usage(msg)
    for report in reports:
        tell(report, options)
    if jobs:
        with _stoppable(), way(options) as colour:
            for job in jobs:
                report = _run(job, colour)
                reports.append(report)
                tell(report, options)
                if report.code == "interrupted":
                    msg = f"{job.source}: {report.reason}"
                    raise Rejected(msg, code="interrupted")
                if options.report is not None and report.status == "done":
                    _write_html(job, options, options.report, report.film)
    return code_of(report.status for report in reports)


def prove_film(options: FilmOptions, words: Sequence[str]) -> int:
    """Compare a coloured film with its source, line by line on standard output."""
    source, target = map(Path, words)
    (job,), _ = planned(replace(options, overwrite=True), [Source(source)], None)
    try:
        records = prove(job, target, options)
    except (Rejected, OSError) as error:
        reason = error.reason if isinstance(error, Rejected) else str(error)
        msg = f"{target} cannot be compared with {source}: {reason}"
        raise Rejected(msg, code="no-proof") from error
    tell_records(source, target, records, options)
    return ExitCode.DONE if all(record.ok for record in records) else ExitCode.FAILED


def _sources(words: Sequence[str], *, recursive: bool) -> list[Source]:
    if STDIN not in words:
        return find_sources(words, recursive=recursive, extensions=FILM_EXTENSIONS, wanted="films")
    if len(words) > 1:
        msg = "- (standard input) stands alone: it is one film"
        raise Usage(msg)
    return [Source(Path(STDIN))]


def _run(job: FilmJob, colour: Callable[[FilmJob], ColouredFilm]) -> FilmReport:
    """Colour one film; what is wrong with it is reported, not raised."""
    try:
        film = colour(job)
    except BrokenPipeError:
        raise
    except Rejected as error:
        return FilmReport(job, "refused" if error.code in REFUSALS else "failed", error.reason, error.code)
    except OSError as error:
        where = error.filename or job.target or job.source
        return FilmReport(job, "failed", f"{where}: {error.strerror or error}", "file")
    except MemoryError:
        return FilmReport(job, "failed", "not enough memory for this film: try --jobs 1", "memory")
    wrong = sum(not record.ok for record in film.records)
    if wrong:
        reason = f"{wrong} of {len(film.records)} things are not as in the source"
        return FilmReport(job, "failed", reason, "not-proven", film)
    return FilmReport(job, "done", film=film)


def _write_html(job: FilmJob, options: FilmOptions, target: Path, film: ColouredFilm | None) -> None:
    from cli.film_report import write_report  # noqa: PLC0415 - few ask for it

    if job.target is not None:
        with film_file(job.source) as source:
            write_report(
                source,
                job.target,
                job.wishes,
                options.model,
                target,
                options.quiet,
                name=job.source.name,
                side=options.side,
                start=options.start,
                end=options.end,
                speed=film.rate if film is not None and film.rate else None,
            )


@contextlib.contextmanager
def _stoppable() -> Iterator[None]:
    """Take SIGTERM for Ctrl-C: what is done stays, and the rest is tidied."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_number: int, _frame: object) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)

"""What `colorise photo` does: plan where each result goes, colour, and report each picture."""

from __future__ import annotations

import json
import os
import sys
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.cores import usable_cores
from cli.exit_codes import code_of
from cli.library import open_model
from cli.progress import counted
from cli.sources import (
    KIND_OF_EXTENSION,
    STDIN,
    Claims,
    Source,
    Usage,
    already_there,
    default_kind,
    default_target,
    find_sources,
)
from functions.colorise.coloriser import Coloriser
from functions.colorise.photo import ColouredPhoto, Wishes, colorise_photo
from functions.colorise.picture_file import Provenance
from functions.colorise.session import NetworkSession
from functions.errors import Rejected, Unreadable
from functions.whole_file import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

REFUSALS = {"already-colour", "nothing-to-colour", "too-large"}
"""Codes of pictures with nothing wrong in them that are not coloured all the same."""


@dataclass(frozen=True, slots=True)
class Batch:
    """The options of one call."""

    wishes: Wishes
    model: str
    side: int | None
    require_gpu: bool
    jobs: int | None
    overwrite: bool
    skip_existing: bool
    as_json: bool
    quiet: bool


@dataclass(frozen=True, slots=True)
class Job:
    """One picture to colour."""

    source: Path
    target: Path | None
    """None is standard output."""
    wishes: Wishes


@dataclass(frozen=True, slots=True)
class Report:
    """What became of one picture."""

    job: Job
    status: str
    """done, skipped, refused or failed."""
    reason: str = ""
    code: str = ""
    photo: ColouredPhoto | None = None


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


def colour_stream(batch: Batch, target: Path | None) -> int:
    """Colour standard input into a file or standard output."""
    if target is not None and target.exists() and not batch.overwrite:
        raise already_there(target)
    kind = _kind_of(target) if target is not None else None
    data = sys.stdin.buffer.read(batch.wishes.limits.max_bytes + 1)  # one more than allowed: enough to be refused
    wishes = replace(batch.wishes, kind=batch.wishes.kind or kind)
    report = _run(Engine(batch, threads=usable_cores()), Job(Path(STDIN), target, wishes), data)
    _tell(report, batch)
    return code_of([report.status])


def colour_all(batch: Batch, words: Sequence[str], *, recursive: bool, output: str | None) -> int:
    """Colour every picture that `words` name."""
    sources = find_sources(words, recursive=recursive)
    jobs, skipped = _planned(batch, sources, output)
    reports = [Report(job, "skipped", f"{job.target} exists") for job in skipped]
    for report in reports:
        _tell(report, batch)
    if jobs:
        at_once = min(batch.jobs or usable_cores(), len(jobs))
        # Several pictures: one thread each wastes nothing. One picture: every core works on it.
        engine = Engine(batch, threads=usable_cores() if at_once == 1 else 1)
        with counted("Colouring", len(jobs), shown=not batch.quiet and not batch.as_json) as step:
            for report in _reports(engine, jobs, at_once):
                reports.append(report)
                _tell(report, batch, several=len(sources) > 1)
                step(report.job.source.name)
    return code_of(report.status for report in reports)


def _planned(batch: Batch, sources: list[Source], output: str | None) -> tuple[list[Job], list[Job]]:
    """What to colour, and what is there already.

    Raises:
        Usage: two results would be one file, or a result would replace its source.
        Rejected: a result exists ("exists").
    """
    jobs, skipped = [], []
    claims = Claims()
    for source in sources:
        target, kind = _target(batch, source, output, alone=len(sources) == 1)
        job = Job(source.path, target, replace(batch.wishes, kind=kind))
        if target is None:
            jobs.append(job)
            continue
        claims.claim(target, source.path)
        if target.exists() and not batch.overwrite:
            if not (batch.skip_existing or source.from_folder):
                raise already_there(target)
            skipped.append(job)
        else:
            jobs.append(job)
    return jobs, skipped


def _target(batch: Batch, source: Source, output: str | None, *, alone: bool) -> tuple[Path | None, str]:
    """Where the result of `source` goes, and the kind of file that is written there."""
    kind = batch.wishes.kind or default_kind(source.path)
    if output is None:
        return default_target(source, kind, None), kind
    if output == STDIN:
        if not alone:
            msg = "-o - takes one picture"
            raise Usage(msg)
        return None, kind
    path = Path(output)
    if path.is_dir() or output.endswith(("/", os.sep)) or not alone or source.from_folder:
        if path.is_file():
            msg = f"-o {output} is a file, and there is more than one picture: give a folder"
            raise Usage(msg)
        return default_target(source, kind, path), kind
    return path, batch.wishes.kind or _kind_of(path)


def _reports(engine: Engine, jobs: list[Job], at_once: int) -> Iterator[Report]:
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


def _run(engine: Engine, job: Job, data: bytes | None = None) -> Report:
    """Colour one picture; what is wrong with it is reported, not raised."""
    try:
        if data is None:
            data = _read(job)
        photo = engine.colour(data, job.wishes)
        if job.target is None:
            sys.stdout.buffer.write(photo.data)
            sys.stdout.buffer.flush()
        else:
            write_whole(job.target, photo.data)
    except BrokenPipeError:
        raise
    except Rejected as error:
        status = "refused" if error.code in REFUSALS else "failed"
        return Report(job, status, error.reason, error.code)
    except OSError as error:
        where = error.filename or job.target or job.source
        return Report(job, "failed", f"{where}: {error.strerror or error}", "file")
    except MemoryError:
        return Report(job, "failed", "not enough memory for this picture", "memory")
    return Report(job, "done", photo=replace(photo, data=b""))


def _read(job: Job) -> bytes:
    """The source's bytes, unless there are too many of them.

    Raises:
        OSError: it cannot be read.
        Rejected: it is larger than the limit, or a folder, or a device that may never end.
    """
    if not job.source.is_file():
        msg = "not a regular file"
        raise Unreadable(msg, code="unreadable")
    limit = job.wishes.limits.max_bytes
    size = job.source.stat().st_size
    if size > limit:
        msg = f"{size / 1e6:,.0f} MB; the limit is {limit / 1e6:,.0f} MB"
        raise Rejected(msg, code="too-large")
    return job.source.read_bytes()


def _tell(report: Report, batch: Batch, *, several: bool = False) -> None:
    """Report one picture: a line of JSON for programs; for people a line where something is to be said."""
    name = report.job.source
    if batch.as_json:
        typed: dict[str, Any] = {
            "source": str(name),
            "output": None if report.job.target is None else str(report.job.target),
            "status": report.status,
            "model": batch.model,
        }
        if report.reason:
            typed |= {"reason": report.reason, "code": report.code}
        if report.photo is not None:
            photo = report.photo
            typed |= {
                "kind": photo.kind,
                "width": photo.width,
                "height": photo.height,
                "seconds": round(photo.seconds, 4),
                "triage": photo.triage.verdict.value,
                "tint": photo.triage.tint,
                "notes": list(photo.notes),
            }
        sys.stdout.write(json.dumps(typed, ensure_ascii=False) + "\n")
        sys.stdout.flush()
        return
    if report.status in ("failed", "refused"):
        _say(f"colorise: {name}: {report.reason}")
    elif not batch.quiet:
        if report.status == "skipped":
            _say(f"{name}: skipped, {report.reason}")
        elif report.photo is not None and report.job.target is not None:
            notes = "".join(f" ({note})" for note in report.photo.notes)
            if notes or (not several and sys.stderr.isatty()):
                _say(f"{name} → {report.job.target}  {report.photo.seconds:.2f} s{notes}")


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


def _kind_of(path: Path) -> str:
    kind = KIND_OF_EXTENSION.get(path.suffix.lower())
    if kind is None:
        known = ", ".join(sorted(KIND_OF_EXTENSION))
        msg = f"{path}: this name does not tell what kind of file to write (known: {known}); give --format"
        raise Usage(msg)
    return kind

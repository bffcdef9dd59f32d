"""What `colorise photo` does: plan where each result goes, colour, and report each picture."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.exit_codes import code_of
from cli.photo_job import Job, Report
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

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cli.photo_job import Batch, Way


def colour_stream(batch: Batch, target: Path | None, *, way: Way) -> int:
    """Colour standard input into a file or standard output."""
    if target is not None and target.exists() and not batch.overwrite:
        raise already_there(target)
    kind = _kind_of(target) if target is not None else None
    wishes = replace(batch.wishes, kind=batch.wishes.kind or kind)
    (report,) = way(batch, [Job(Path(STDIN), target, wishes)])
    _tell(report, batch)
    return code_of([report.status])


def colour_all(batch: Batch, words: Sequence[str], *, recursive: bool, output: str | None, way: Way) -> int:
    """Colour every picture that `words` name."""
    sources = find_sources(words, recursive=recursive)
    jobs, skipped = _planned(batch, sources, output)
    reports = [Report(job, "skipped", f"{job.target} exists") for job in skipped]
    for report in reports:
        _tell(report, batch)
    if jobs:
        shown = not batch.quiet and not batch.as_json
        with counted("Colouring", len(jobs), shown=shown) as step, contextlib.closing(way(batch, jobs)) as made:
            for report in made:
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
                "triage": photo.verdict,
                "tint": photo.tint,
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

"""What is said of a film: a line of JSON for programs; for people a line where something is to be said."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cli.film_options import FilmJob, FilmOptions
    from cli.film_run import ColouredFilm
    from functions.video.record import Record


@dataclass(frozen=True, slots=True)
class FilmReport:
    """What became of one film."""

    job: FilmJob
    status: str
    """done, skipped, refused or failed."""
    reason: str = ""
    code: str = ""
    film: ColouredFilm | None = None


def tell(report: FilmReport, options: FilmOptions) -> None:
    """Report one film."""
    if options.as_json:
        _print(json.dumps(_typed(report, options), ensure_ascii=False))
        return
    name, film = report.job.source, report.film
    if film is not None:
        for record in film.records:
            _print(str(record))
    if film is not None and not options.quiet:
        for note in film.notes:
            _say(f"{name}: {note}")
    if report.code == "interrupted":
        return  # that is the command's last word, not only this film's
    if report.status in ("failed", "refused"):
        _say(f"colorise: {name}: {report.reason}")
    elif report.status == "skipped" and not options.quiet:
        _say(f"{name}: skipped, {report.reason}")
    elif film is not None and report.job.target is not None and not options.quiet and sys.stderr.isatty():
        pace = f"{film.report.frames} frames, {film.seconds:.1f} s, {film.rate:.1f} a second"
        _say(f"{name} → {report.job.target}  {pace}")


def tell_records(source: Path, target: Path, records: Sequence[Record], options: FilmOptions) -> None:
    """Report a proof."""
    if options.as_json:
        typed = {"event": "proof", "source": str(source), "output": str(target), "proof": _records(records)}
        _print(json.dumps(typed, ensure_ascii=False))
        return
    for record in records:
        _print(str(record))


def _typed(report: FilmReport, options: FilmOptions) -> dict[str, Any]:
    target = report.job.target
    typed: dict[str, Any] = {
        "event": "film",
        "source": str(report.job.source),
        "output": None if target is None else str(target),
        "status": report.status,
        "model": options.model,
    }
    if report.reason:
        typed |= {"reason": report.reason, "code": report.code}
    if report.film is not None:
        film, done = report.film, report.film.report
        typed |= {
            "width": film.width,
            "height": film.height,
            "frames": done.frames,
            "inferred": done.inferred,
            "inferred_share": round(done.inferred / done.frames, 4) if done.frames else 0,
            "repeats": done.repeats,
            "shots": done.shots,
            "resumed_chunks": film.resumed,
            "seconds": round(film.seconds, 3),
            "fps": round(film.rate, 2),
            "notes": list(film.notes),
        }
        if film.records:
            typed["proof"] = _records(film.records)
    return typed


def _records(records: Sequence[Record]) -> list[dict[str, Any]]:
    """As objects; numpy's truths are not JSON's."""
    return [{**asdict(record), "ok": bool(record.ok)} for record in records]


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")

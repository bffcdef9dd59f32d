"""What is in a queue, written out: tables on a terminal, plain lines in a pipe, JSON for programs."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from functions.queues.subjects import kind_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cli.jobs_listing import KnownJob, Listing
    from functions.jobs import AnyResult
    from functions.queues.protocol import KeptLetter

MINUTE, HOUR, DAY = 60, 3600, 86400

FIGURES: Final = frozenset({"Orders", "Age", "Waiting", "In hand", "Number", "Attempts"})
"""Headings of columns that are read from the right."""


def tell_listing(listing: Listing, *, as_json: bool) -> None:
    """Print the jobs in the queue, and how deep it is."""
    if as_json:
        _print_json(
            {
                "jobs": [{**asdict(job), "asked_at": _iso(job.asked_at)} for job in listing.jobs],
                "depths": {kind: asdict(depth) for kind, depth in listing.depths.items()},
            }
        )
        return
    rows = [(job.job_id, job.kind, str(job.orders), age(job.asked_at)) for job in listing.jobs]
    _tell("Jobs", ("Job", "Kind", "Orders", "Age"), rows, mark="job")
    depths = [(kind, str(depth.waiting), str(depth.in_hand)) for kind, depth in listing.depths.items()]
    _tell("Queue", ("Kind", "Waiting", "In hand"), depths, mark="depth")


def tell_job(job: KnownJob, *, as_json: bool) -> None:
    """Print what is known of a job."""
    if as_json:
        _print_json(
            {
                "job_id": job.job_id,
                "orders": [{**asdict(order), "asked_at": _iso(order.asked_at)} for order in job.orders],
                "results": [result.model_dump(mode="json") for result in job.results],
                "dead": [_letter(kept) for kept in job.letters],
            }
        )
        return
    _tell(
        "Orders in the queue",
        ("Kind", "Age", "About"),
        [(order.kind, age(order.asked_at), order.about) for order in job.orders],
        mark="order",
    )
    _tell("Results", ("Kind", "What"), [(result.kind, _said(result)) for result in job.results], mark="result")
    _tell_letters(job.letters, mark="dead")


def tell_dead(letters: Sequence[KeptLetter], *, as_json: bool) -> None:
    """Print dead letters."""
    if as_json:
        _print_json([_letter(kept) for kept in letters])
    else:
        _tell_letters(letters)


def age(moment: datetime | None, now: datetime | None = None) -> str:
    """How long ago that was, in one unit: 5 s, 3 min, 7 h, 2 d; ? for None."""
    if moment is None:
        return "?"
    seconds = max(0, round(((now or datetime.now(UTC)) - moment).total_seconds()))
    for unit, length in (("d", DAY), ("h", HOUR), ("min", MINUTE)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"


def _tell_letters(letters: Sequence[KeptLetter], *, mark: str = "") -> None:
    rows = [
        (
            str(kept.number),
            age(kept.letter.died_at),
            kept.letter.job_id or "?",
            kind_of(kept.letter.subject),
            str(kept.letter.attempts),
            kept.letter.reason,
        )
        for kept in letters
    ]
    _tell("Dead letters", ("Number", "Age", "Job", "Kind", "Attempts", "Reason"), rows, mark=mark)


def _tell(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]], *, mark: str) -> None:
    """Print rows: a table with a title on a terminal; elsewhere lines of tabs, each after the mark if there is one."""
    if not sys.stdout.isatty():
        for row in rows:
            sys.stdout.write("\t".join([mark, *row] if mark else row) + "\n")
        return
    from rich.console import Console  # noqa: PLC0415 - for terminals only
    from rich.table import Table  # noqa: PLC0415 - as above
    from rich.text import Text  # noqa: PLC0415 - as above

    if not rows:
        Console().print(Text(f"{title}: none"))
        return
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for heading in headings:
        table.add_column(heading, justify="right" if heading in FIGURES else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(value) for value in row))  # Text: a reason's [brackets] are no markup
    Console().print(table)


def _said(result: AnyResult) -> str:
    """A result's own fields, on a line."""
    fields = result.model_dump(mode="json", exclude={"kind", "version", "job_id", "trace_id"}, exclude_defaults=True)
    return ", ".join(f"{name} {value}" for name, value in fields.items())


def _letter(kept: KeptLetter) -> dict[str, Any]:
    return {"number": kept.number, **kept.letter.model_dump(mode="json")}


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _print_json(value: object) -> None:
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")

"""What a drill found: promises kept or broken, and figures beside what is aimed at."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_NAMED = 5
"""Of jobs or objects in a line; the others are counted."""


@dataclass(frozen=True, slots=True)
class Promise:
    """Something that must be so, whatever happens."""

    name: str
    kept: bool
    said: str
    """What was counted, or what is wrong."""


@dataclass(frozen=True, slots=True)
class Figure:
    """Something that was measured or counted."""

    name: str
    value: float
    unit: str = ""
    aim: str = ""
    """Such as `at most 40`; empty where there is none."""
    reached: bool | None = None
    """None where there is no aim."""
    values: tuple[float, ...] = ()
    """Every measurement, in the order taken."""


@dataclass(slots=True)
class DrillReport:
    """Of one drill."""

    drill: str
    promises: list[Promise] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)

    @property
    def kept(self) -> bool:
        """Whether no promise is broken."""
        return all(promise.kept for promise in self.promises)

    def promise(self, name: str, wrong: Sequence[str], *, right: str) -> None:
        """Add a promise that is kept where nothing is wrong.

        Args:
            name: what was promised.
            wrong: each thing that breaks it.
            right: what to say where none does.
        """
        self.promises.append(Promise(name, kept=not wrong, said=named(wrong) if wrong else right))

    def figure(self, name: str, value: float, unit: str = "", **more: object) -> None:
        """Add a figure; for `more`, see `Figure`."""
        self.figures.append(Figure(name, value, unit, **more))  # type: ignore[arg-type]  # checked where they are given


def named(things: Sequence[str]) -> str:
    """Some of them, and how many more there are."""
    more = len(things) - MOST_NAMED
    return "; ".join(things[:MOST_NAMED]) + (f"; and {more:,} more" if more > 0 else "")


def told(report: DrillReport, *, as_json: bool) -> ExitCode:
    """Print a report, and say whether the promises were kept."""
    if as_json:
        sys.stdout.write(json.dumps({**asdict(report), "kept": report.kept}, ensure_ascii=False) + "\n")
    else:
        _print_tables(report)
    return ExitCode.DONE if report.kept else ExitCode.FAILED


def _print_tables(report: DrillReport) -> None:
    from rich.console import Console  # noqa: PLC0415 - not needed for JSON, and slow to import
    from rich.table import Table  # noqa: PLC0415 - as above

    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False)
    if report.promises:
        table = Table(box=None, pad_edge=False)
        for title in ("promise", "", ""):
            table.add_column(title, overflow="fold")
        for promise in report.promises:
            table.add_row(promise.name, "kept" if promise.kept else "BROKEN", promise.said)
        console.print(table)
    if report.figures:
        table = Table(box=None, pad_edge=False)
        for title in ("figure", "value", "spread", "aim", ""):
            table.add_column(title, justify="right" if title in ("value", "spread") else "left")
        for figure in report.figures:
            spread = f"{min(figure.values):,.4g}-{max(figure.values):,.4g}" if len(figure.values) > 1 else ""
            reached = {None: "", True: "reached", False: "missed"}[figure.reached]
            table.add_row(figure.name, f"{_short(figure.value)} {figure.unit}".rstrip(), spread, figure.aim, reached)
        console.print(table)


def _short(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 1000 else f"{value:,.3g}"  # noqa: PLR2004 - no decimals among thousands

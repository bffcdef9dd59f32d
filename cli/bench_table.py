"""Rows of a benchmark, and how they are printed."""

from __future__ import annotations

import json
import statistics
import sys
import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that was measured."""

    group: str
    name: str
    value: float
    unit: str
    ratio: float | None = None
    """To the group's first row, or to what `against` names."""
    against: str = ""
    values: tuple[float, ...] = field(default=())
    """Every measurement, in the order taken."""


def print_rows(rows: list[Row], *, as_json: bool) -> None:
    """Print a table for people, or one JSON object for programs."""
    if as_json:
        sys.stdout.write(json.dumps({"rows": [asdict(row) for row in rows]}, ensure_ascii=False) + "\n")
        return
    from rich.console import Console  # noqa: PLC0415 - not needed for JSON, and slow to import
    from rich.table import Table  # noqa: PLC0415 - as above

    table = Table(box=None, pad_edge=False)
    for title in ("", "", "median", "spread", "ratio", "to"):
        table.add_column(title, justify="right" if title in ("median", "spread", "ratio") else "left")
    last = ""
    for row in rows:
        spread = f"{min(row.values):.1f}-{max(row.values):.1f}" if len(row.values) > 1 else ""
        ratio = "" if row.ratio is None else f"{row.ratio:.3f}"
        group = row.group if row.group != last else ""
        table.add_row(group, row.name, f"{row.value:.1f} {row.unit}", spread, ratio, row.against)
        last = row.group
    Console(width=150).print(table)


def interleaved(works: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, tuple[float, ...]]:
    """Milliseconds of each work, measured in turn (A B C A B C …), so that a slow minute slows all of them.

    In its turn each work runs four times: the first run pays for what the others left in the caches, and of the other
    three the middle one counts.
    """
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            work()
            taken[name].append(sorted(milliseconds(work) for _ in range(3))[1])
    return {name: tuple(values) for name, values in taken.items()}


def milliseconds(work: Callable[[], object]) -> float:
    """Time one run of a work."""
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1e3


def rows_against(group: str, taken: Mapping[str, tuple[float, ...]], against: str, unit: str = "ms") -> list[Row]:
    """A row a work; ratios are the medians of the round-by-round ratios to the work named `against`."""
    rows = []
    for name, values in taken.items():
        ratios = [one / other for one, other in zip(values, taken[against], strict=True)]
        ratio = None if name == against else statistics.median(ratios)
        rows.append(Row(group, name, statistics.median(values), unit, ratio, "" if ratio is None else against, values))
    return rows

"""A film's progress: a bar for whoever watches a terminal, lines of JSON for programs, nothing for everybody else."""

from __future__ import annotations

import json
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cli.film_meter import FilmMeter

LINE_SECONDS: Final = 1.0
"""Between two lines of JSON."""

BAR_SECONDS: Final = 0.1
"""Between two looks at the figures; a terminal is drawn no more often."""


@contextmanager
def film_progress(source: Path, meter: FilmMeter, *, as_json: bool, quiet: bool) -> Iterator[Callable[[], None]]:
    """Give what to call whenever the meter has heard something."""
    if as_json:
        yield _lines(source, meter)
    elif quiet or not sys.stderr.isatty():
        yield lambda: None
    else:
        with _bar(source, meter) as show:
            yield show


def _lines(source: Path, meter: FilmMeter) -> Callable[[], None]:
    due, begun = time.monotonic(), False

    def show() -> None:
        nonlocal due, begun
        # That it moves is worth a line at once; from then on nothing is added up until a line is due.
        if time.monotonic() < due and (begun or not meter.sum.frames):
            return
        done, left = meter.sum, meter.seconds_left
        due, begun = time.monotonic() + LINE_SECONDS, done.frames > 0
        line = {
            "event": "progress",
            "source": str(source),
            "frames": done.frames,
            "total": meter.total,
            "chunks": meter.finished,
            "all_chunks": meter.chunks,
            "shots": done.shots,
            "fps": round(meter.rate, 2),
            "seconds": round(meter.seconds, 2),
            "seconds_left": None if left is None else round(left, 1),
        }
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
        sys.stdout.flush()

    show()
    return show


@contextmanager
def _bar(source: Path, meter: FilmMeter) -> Iterator[Callable[[], None]]:
    from rich.console import Console  # noqa: PLC0415 - for terminals only
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415 - as above

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TextColumn("[dim]{task.fields[left]}"),
    )
    due = 0.0
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(source.name, total=meter.total, rate="", left="", completed=meter.sum.frames)

        def show() -> None:
            nonlocal due
            if time.monotonic() < due and meter.finished < meter.chunks:
                return
            due = time.monotonic() + BAR_SECONDS
            done, left = meter.sum, meter.seconds_left
            waiting = "" if left is None else f"{_clock(left)} left, "
            bar.update(task, completed=done.frames, rate=f"{meter.rate:.1f}/s", left=f"{waiting}{done.shots} shots")

        yield show


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"

"""Where a drill takes place: an empty data folder, which stays where something went wrong."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from cli.sources import Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator
    from typing import Any

    from cli.drill_report import DrillReport


def run_drill(drill: Callable[[Path], Coroutine[Any, Any, DrillReport]], data: Path | None) -> DrillReport:
    """Carry out a drill in an event loop of its own.

    Args:
        drill: takes the data folder.
        data: the folder, which stays; None is a temporary one, which stays only where a promise was broken.

    Raises:
        Rejected: `colorise up` does not get ready.
        Usage: there is something in the folder.
    """
    with _ground(data) as (folder, keep):
        try:
            report = asyncio.run(drill(folder))
        except ExceptionGroup as group:
            raise _first(group) from group
        if not report.kept:
            keep()
        return report


def said(line: str) -> None:
    """Say how far it is, to whoever watches."""
    if sys.stderr.isatty():
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()


def _first(error: Exception) -> Exception:
    """What went wrong first, of things that were done side by side."""
    return _first(error.exceptions[0]) if isinstance(error, ExceptionGroup) else error


@contextlib.contextmanager
def _ground(data: Path | None) -> Iterator[tuple[Path, Callable[[], None]]]:
    if data is not None:
        if data.exists() and any(data.iterdir()):
            msg = f"--data {data}: a drill needs an empty folder, since it counts what is in the store"
            raise Usage(msg)
        yield data.absolute(), lambda: None
        return
    folder = Path(tempfile.mkdtemp(prefix="colorise-drill-"))
    kept = False

    def keep() -> None:
        nonlocal kept
        kept = True
        sys.stderr.write(f"colorise: what the drill has left is in {folder}\n")

    try:
        yield folder / "data", keep
    finally:
        if not kept:
            shutil.rmtree(folder, ignore_errors=True)

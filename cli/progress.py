"""Progress on stderr for whoever watches a terminal; silence for everybody else."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def counted(title: str, total: int, *, shown: bool) -> Iterator[Callable[[str], None]]:
    """Show a bar over `total` things while the block runs; call what it gives with the name of each one done."""
    if not (shown and total > 1 and sys.stderr.isatty()):
        yield lambda _name: None
        return
    # Costs as much as colouring two photographs, so it is not imported for one.
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("[dim]{task.fields[name]}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(title, total=total, name="")
        yield lambda name: progress.update(task, advance=1, name=name)

"""How many cores there are to work with."""

from __future__ import annotations

import os

from cli.sources import Usage


def usable_cores() -> int:
    """Cores this process may use, which in a container are fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def workers_of(typed: str) -> int:
    """How many workers `--workers` asks for.

    Raises:
        Usage: it is neither `auto` nor a number from 1 on.
    """
    if typed == "auto":
        return usable_cores()
    if not typed.isdecimal() or not int(typed):
        msg = f"--workers {typed}: give auto, or a number from 1 on"
        raise Usage(msg)
    return int(typed)

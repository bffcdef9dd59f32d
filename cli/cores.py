"""How many workers the terminal asks for."""

from __future__ import annotations

from cli.sources import Usage
from functions.environment import usable_cores


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

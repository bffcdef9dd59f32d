"""What the command's exit codes mean; docs and scripts rely on them."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The command's answer to the shell."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    REFUSED = 3
    """Nothing is broken: the picture is not one to colour, and the line says why."""
    PARTLY = 4
    """Some of a batch is done, some is not."""
    INTERRUPTED = 130

"""What the command's exit codes mean; docs and scripts rely on them."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class ExitCode(IntEnum):
    """The command's answer to the shell."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    REFUSED = 3
    """Nothing is broken: the picture or film is not one to colour, and the line says why."""
    PARTLY = 4
    """Some of a batch is done, some is not."""
    INTERRUPTED = 130


def code_of(statuses: Iterable[str]) -> ExitCode:
    """The answer for a batch of which each part is done, skipped, refused or failed."""
    found = set(statuses)
    if found <= {"done", "skipped"}:
        return ExitCode.DONE
    if found == {"refused"}:
        return ExitCode.REFUSED
    if found & {"done", "skipped"} or len(found) > 1:
        return ExitCode.PARTLY
    return ExitCode.FAILED

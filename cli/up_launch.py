"""Become another program that does not outlive its parent: a program for Linux, run by its path.

`python up_launch.py PARENT PROGRAM WORDS...`: the kernel kills the program as soon as process PARENT is gone, even by
SIGKILL. It replaces this one, so there is one process with one number. A `preexec_fn` would do the same between fork
and exec, where Python code may hang in a process that has threads.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from typing import Final

PR_SET_PDEATHSIG: Final = 1
"""From linux/prctl.h; kept when another program is executed."""

CANNOT_EXECUTE: Final = 127
"""As shells say it."""


def main(words: list[str]) -> int:
    """Become the program; return only where that fails."""
    parent, *command = words
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != int(parent):  # it died before the kernel knew
        return CANNOT_EXECUTE
    try:
        os.execv(command[0], command)  # noqa: S606 - the words are the supervisor's own
    except OSError as error:
        sys.stderr.write(f"cannot run {command[0]}: {error.strerror}\n")
    return CANNOT_EXECUTE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

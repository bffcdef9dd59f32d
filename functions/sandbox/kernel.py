"""Linux's own words for taking rights away from oneself, which Python has no calls for."""

from __future__ import annotations

import ctypes
import os
from typing import Final

NO_NEW_PRIVILEGES: Final = 38
PARENT_DEATH_SIGNAL: Final = 1
"""Of `prctl`: linux/prctl.h."""


def prctl(option: int, argument: int) -> None:
    """Call it.

    Raises:
        OSError: it is refused.
    """
    _checked(_libc().prctl(option, *(ctypes.c_ulong(word) for word in (argument, 0, 0, 0))))


def unshare(flags: int) -> None:
    """Leave what is shared with other processes.

    Raises:
        OSError: it is refused.
    """
    _checked(_libc().unshare(flags))


def system_call(number: int, *arguments: object) -> int:
    """Make a system call by its number.

    Raises:
        OSError: it is refused, or unknown.
    """
    words = (ctypes.c_long(one) if isinstance(one, int) else one for one in arguments)
    return _checked(_libc().syscall(ctypes.c_long(number), *words))


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(answer: int) -> int:
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return answer

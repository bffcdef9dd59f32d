"""No files but the program's own and a scratch folder: Landlock, which Linux has since 5.13.

Numbers and structures: linux/landlock.h; https://docs.kernel.org/userspace-api/landlock.html
"""

from __future__ import annotations

import ctypes
import os
import struct
from typing import TYPE_CHECKING, Final

from functions.sandbox import kernel

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

CREATE, ADD, RESTRICT = 444, 445, 446
"""System calls; the same on all machines."""

VERSION: Final = 1
"""Flag of the first: asks for the version."""

BENEATH: Final = 1
"""Kind of rule."""

WRITE_FILE, READ_FILE, READ_FOLDER, TRUNCATE = 1 << 1, 1 << 2, 1 << 3, 1 << 14
OF_FILES: Final = 1 | WRITE_FILE | READ_FILE | TRUNCATE
"""Rights that a file can have; the others are of folders."""

RIGHTS: Final = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1}
"""First version that has them → all rights until then. What devices are told (`ioctl`) is left alone."""

NETWORK_SINCE: Final = 4
NETWORK: Final = 3
"""Binding and connecting by TCP."""

SCOPES_SINCE: Final = 6
SCOPES: Final = 3
"""Abstract sockets and signals to those outside."""

O_PATH: Final = 0o10000000


def keep_to(readable: Iterable[Path], writable: Iterable[Path]) -> bool:
    """Give up all files and folders but these; whether the kernel can. What is not there is left out.

    It needs `NO_NEW_PRIVILEGES`, or root.
    """
    try:
        version = kernel.system_call(CREATE, 0, 0, VERSION)
        files = RIGHTS[min(version, max(RIGHTS))]
        words = [files]
        if version >= NETWORK_SINCE:
            words.append(NETWORK)
        if version >= SCOPES_SINCE:
            words.append(SCOPES)
        attributes = ctypes.create_string_buffer(struct.pack(f"={len(words)}Q", *words))
        rules = kernel.system_call(CREATE, ctypes.byref(attributes), 8 * len(words), 0)
    except OSError:
        return False
    for path in readable:
        _allow(rules, path, READ_FILE | READ_FOLDER)
    for path in writable:
        _allow(rules, path, files & ~1)  # 1: to execute
    kernel.system_call(RESTRICT, rules, 0)
    os.close(rules)
    return True


def _allow(rules: int, path: Path, rights: int) -> None:
    try:
        place = os.open(path, O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        granted = rights if path.is_dir() else rights & OF_FILES
        rule = ctypes.create_string_buffer(struct.pack("=Qi", granted, place))
        kernel.system_call(ADD, rules, BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(place)

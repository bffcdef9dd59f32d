"""A network of its own, in which there is nothing, not even loopback."""

from __future__ import annotations

import contextlib
import ctypes
import os
from pathlib import Path
from typing import Final

from functions.sandbox import kernel

USER: Final = 0x1000_0000
NETWORK: Final = 0x4000_0000
"""Of `unshare`: linux/sched.h."""

CAPSET: Final = {"x86_64": 126, "aarch64": 91}
"""Its number, by machine."""

CAPABILITIES_3: Final = 0x2008_0522
"""Version of the structure: linux/capability.h."""


def leave_network() -> bool:
    """Leave the network; whether the kernel allows it. Call it while there is one thread only.

    With a user namespace anybody may, where the system has not forbidden those: and then whatever rights root had are
    worth nothing outside either. Without one, root may.
    """
    user, group = os.getuid(), os.getgid()
    for flags in (USER | NETWORK, NETWORK):
        with contextlib.suppress(OSError):
            kernel.unshare(flags)
            if flags & USER:
                _map(user, group)
            return True
    return False


def drop_capabilities(machine: str) -> None:
    """Give up all rights of root, those in a namespace of one's own too.

    Raises:
        OSError: it is refused.
    """
    header = (ctypes.c_uint32 * 2)(CAPABILITIES_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    kernel.system_call(CAPSET[machine], ctypes.byref(header), ctypes.byref(nothing))


def _map(user: int, group: int) -> None:
    """Stay who one is."""
    own = Path("/proc/self")
    with contextlib.suppress(OSError):  # files are made in the real user's name without it as well
        (own / "setgroups").write_text("deny")
        (own / "uid_map").write_text(f"{user} {user} 1")
        (own / "gid_map").write_text(f"{group} {group} 1")

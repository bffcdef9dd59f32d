"""No system calls that decoding a file has no use for: sockets, other programs, other processes, the kernel's doors.

All others are allowed: which ones native libraries make changes with each of their versions. Numbers:
arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h of https://github.com/torvalds/linux.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from functions.sandbox import kernel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NEWER: Final = (
    424,  # pidfd_send_signal
    425,  # io_uring_setup
    428,  # open_tree
    429,  # move_mount
    430,  # fsopen
    432,  # fsmount
    434,  # pidfd_open
    438,  # pidfd_getfd
    440,  # process_madvise
)
"""The same numbers on all machines."""

CLONE_3: Final = 435
"""Its flags lie in memory, where a filter cannot see them: it is said to be unknown, and `clone` is taken."""


@dataclass(frozen=True, slots=True)
class Machine:
    """Numbers of system calls on one kind of machine."""

    architecture: int
    """As the kernel calls it: linux/audit.h."""
    seccomp: int
    refused: tuple[int, ...]
    """sockets: socket, connect, bind; programs: execve, execveat, and fork and vfork where there are such; processes:
    ptrace, process_vm_readv, process_vm_writev, kcmp, rt_sigqueueinfo, rt_tgsigqueueinfo, tkill; the kernel: unshare,
    setns, mount, umount2, pivot_root, chroot, bpf, perf_event_open, userfaultfd, add_key, request_key, keyctl,
    kexec_load, open_by_handle_at."""
    clone: int
    """For threads only."""
    on_itself: tuple[int, ...]
    """kill, tgkill, prlimit64: their first argument names a process."""


MACHINES: Final[Mapping[str, Machine]] = {
    "x86_64": Machine(
        architecture=0xC000_003E,
        seccomp=317,
        refused=(
            *(41, 42, 49, 59, 322, 57, 58, 101, 310, 311, 312, 129, 297, 200),
            *(272, 308, 165, 166, 155, 161, 321, 298, 323, 248, 249, 250, 246, 304),
        ),
        clone=56,
        on_itself=(62, 234, 302),
    ),
    "aarch64": Machine(
        architecture=0xC000_00B7,
        seccomp=277,
        refused=(
            *(198, 203, 200, 221, 281, 117, 270, 271, 272, 138, 240, 130),
            *(97, 268, 40, 39, 41, 51, 280, 241, 282, 217, 218, 219, 104, 265),
        ),
        clone=220,
        on_itself=(129, 131, 261),
    ),
}

OTHER_NUMBERS: Final = 0x4000_0000
"""From here on they are those of x32, another door to the same calls."""

THREAD: Final = 0x1_0000
"""Flag of `clone`: a thread, not a process."""

SET_FILTER: Final = 1
SPECULATION: Final = 1 << 2
"""Leaves the processor's speculation as it is: a filter would cost older kernels a tenth of the speed."""

LOAD, EQUAL, AT_LEAST, SET, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
"""Instructions: linux/bpf_common.h."""

NUMBER, ARCHITECTURE, FIRST = 0, 4, 16
"""Where they are: linux/seccomp.h, struct seccomp_data; the low half of the first argument."""

ALLOWED: Final = 0x7FFF_0000
REFUSED: Final = 0x0005_0000

Instruction = tuple[int, int, int, int]
"""Code, jump if true, jump if false, constant."""


def refuse_calls(machine: str) -> bool:
    """Give up those calls in this thread and all that it starts; whether the kernel can, on this kind of machine.

    It needs `NO_NEW_PRIVILEGES`, or root.
    """
    numbers = MACHINES.get(machine)
    if numbers is None:
        return False
    code = b"".join(struct.pack("=HBBI", *one) for one in _program(numbers, os.getpid()))
    instructions = ctypes.create_string_buffer(code, len(code))
    program = ctypes.create_string_buffer(struct.pack("@HP", len(code) // 8, ctypes.addressof(instructions)))
    try:
        kernel.system_call(numbers.seccomp, SET_FILTER, SPECULATION, ctypes.byref(program))
    except OSError:
        return False
    return True


def _program(machine: Machine, pid: int) -> Iterator[Instruction]:
    refused = REFUSED | errno.EPERM
    yield LOAD, 0, 0, ARCHITECTURE
    yield EQUAL, 1, 0, machine.architecture
    yield RETURN, 0, 0, refused
    yield LOAD, 0, 0, NUMBER
    yield AT_LEAST, 0, 1, OTHER_NUMBERS
    yield RETURN, 0, 0, refused
    for number in (*machine.refused, *NEWER):
        yield EQUAL, 0, 1, number
        yield RETURN, 0, 0, refused
    yield EQUAL, 0, 1, CLONE_3
    yield RETURN, 0, 0, REFUSED | errno.ENOSYS
    yield EQUAL, 0, 4, machine.clone
    yield LOAD, 0, 0, FIRST
    yield SET, 0, 1, THREAD
    yield RETURN, 0, 0, ALLOWED
    yield RETURN, 0, 0, refused
    for number in machine.on_itself:  # 0 is oneself as well, but a whole group for `kill`
        yield EQUAL, 0, 5, number
        yield LOAD, 0, 0, FIRST
        yield EQUAL, 1, 0, pid
        yield EQUAL, 0, 1, 0 if number == machine.on_itself[-1] else pid
        yield RETURN, 0, 0, ALLOWED
        yield RETURN, 0, 0, refused
    yield RETURN, 0, 0, ALLOWED

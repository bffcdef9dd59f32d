"""What a child gives up before it opens the first file of a stranger."""

from __future__ import annotations

import contextlib
import os
import platform
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from functions.sandbox import kernel, landlock, namespaces, seccomp
from functions.sandbox.limits import NICENESS, OPEN_FILES
from functions.sandbox.words import Guards

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from functions.sandbox.words import Begin

SYSTEM: Final = (
    "/usr",
    "/lib",
    "/lib64",
    "/nix/store",
    "/proc",
    "/sys",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/dev/null",
    "/dev/zero",
    "/dev/urandom",
    "/dev/random",
)
"""That libraries look into. Others' processes in /proc stay shut all the same: Landlock sees to that."""

ACCELERATORS: Final = ("/dev", "/etc", "/opt", "/run/nvidia-persistenced")
"""That their drivers look into."""


PACKAGES: Final = ("site-packages", "dist-packages")


def confine(begin: Begin, *, readable: Sequence[Path], scratch: Path, accelerator: bool) -> Guards:
    """Give up what the system lets us give up. Call it while there is one thread only.

    Args:
        begin: with the limits.
        readable: beside the program itself.
        scratch: a folder to write to.
        accelerator: whether a network is to run on one: memory has no limit then (drivers take addresses by the
            terabyte), and devices can be reached.
    """
    for number in (signal.SIGINT, signal.SIGTERM):  # the parent is told, and ends us
        signal.signal(number, signal.SIG_IGN)
    memory = _limit(begin, memory=not accelerator)
    if not sys.platform.startswith("linux"):
        return Guards(memory=memory)
    kernel.prctl(kernel.PARENT_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != begin.parent:
        os._exit(1)  # it died before it could be noticed
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")  # rather us than the parent
    machine = platform.machine()
    alone = namespaces.leave_network()
    kernel.prctl(kernel.NO_NEW_PRIVILEGES, 1)
    with contextlib.suppress(OSError, KeyError):
        namespaces.drop_capabilities(machine)
    devices = tuple(Path(one) for one in ACCELERATORS) if accelerator else ()
    reading = [*(Path(one) for one in SYSTEM), *_own_code(), *readable]
    files = landlock.keep_to(reading, [scratch, Path("/dev/null"), *devices])
    calls = seccomp.refuse_calls(machine)
    return Guards(
        network="namespace" if alone else "seccomp" if calls else "none",
        files="landlock" if files else "none",
        calls="seccomp" if calls else "none",
        memory=memory,
    )


def _limit(begin: Begin, *, memory: bool) -> Literal["limit", "none"]:
    """Set the limits that every Unix knows; of memory Linux heeds it."""
    try:
        import resource  # noqa: PLC0415 - Windows has none
    except ImportError:
        return "none"
    os.nice(NICENESS)
    limits = {resource.RLIMIT_CORE: 0, resource.RLIMIT_NOFILE: OPEN_FILES, resource.RLIMIT_FSIZE: begin.file_bytes}
    limited = memory and begin.memory_bytes is not None and sys.platform.startswith("linux")
    if limited and begin.memory_bytes is not None:
        # Not RLIMIT_AS: ONNX Runtime and threads take addresses that they never use.
        limits[resource.RLIMIT_DATA] = begin.memory_bytes
    for which, most in limits.items():
        hard = resource.getrlimit(which)[1]
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(which, (least, least))
    return "limit" if limited else "none"


def _own_code() -> Iterator[Path]:
    """Where Python and our packages are; of a checkout only the functions, not what else lies there."""
    yield from {Path(sys.prefix), Path(sys.base_prefix)}
    named = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    for entry in sys.path:
        place = Path(entry or ".").absolute()
        if (place / "functions" / "sandbox" / "confine.py").is_file():
            yield place / "functions"
        elif place.name in PACKAGES or entry in named:  # never the current folder, which may be anybody's home
            yield place

"""A small disk that can be full for a while: a file system in memory, which only root may mount."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cli.up_data import LEAST_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SPARE_BYTES: Final = 200_000_000
"""Above what `colorise up` wants to have free at its start; nothing of it is taken until it is written to."""

PAGE: Final = 4096

TRIES: Final = 50
"""To bring the limit down: what was written since it was asked for may be more."""


@dataclass(frozen=True, slots=True)
class SmallDisk:
    """A tmpfs, whose limit is moved while it is used."""

    folder: Path

    def fill(self) -> None:
        """Leave a page or so of room: its limit comes down to what is in it, and no memory is taken up.

        Raises:
            CalledProcessError: whoever writes to it is faster, every time.
        """
        for left in range(TRIES - 1, -1, -1):
            used = shutil.disk_usage(self.folder).used
            try:
                _run("mount", "-o", f"remount,size={used + PAGE}", str(self.folder))
            except subprocess.CalledProcessError:
                if not left:
                    raise
            else:
                return

    def make_room(self) -> None:
        """As much as there was in the beginning."""
        _run("mount", "-o", f"remount,size={LEAST_BYTES + SPARE_BYTES}", str(self.folder))


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[SmallDisk | None]:
    """Mount one at a folder while the block lasts; None where that cannot be done here."""
    if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("mount") is None:
        yield None
        return
    folder.mkdir(parents=True, exist_ok=True)
    disk = SmallDisk(folder)
    size = f"size={LEAST_BYTES + SPARE_BYTES},mode=0700"
    try:
        _run("mount", "-t", "tmpfs", "-o", size, "colorise-drill", str(folder))
    except subprocess.CalledProcessError:  # a container may forbid it to its root as well
        yield None
        return
    try:
        yield disk
    finally:
        _run("umount", "--lazy", str(folder))


def _run(*words: str) -> None:
    subprocess.run([shutil.which(words[0]) or words[0], *words[1:]], check=True, capture_output=True)  # noqa: S603 - our own words

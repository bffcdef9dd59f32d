"""Whether a film can be put where it is wanted, said before hours are spent on it."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from functions.errors import Rejected
from functions.video.settings import CODECS

if TYPE_CHECKING:
    from pathlib import Path

    from functions.colorise.film import FilmWishes
    from functions.video.film import Film

LOSSY_BYTES: Final = 0.05
"""A pixel: at the default quality H.264 took 0.012 for a real film, and 0.044 for 1080 lines of strong grain."""

LOSSLESS_BYTES: Final = 0.5
"""A pixel of 8 bits: for the same two FFV1 took 0.18 and 0.43, and ProRes 0.48 for the first."""


def expected_bytes(film: Film, wishes: FilmWishes, frames: int, share: float, source_bytes: int) -> int:
    """About how large the coloured film is: no larger than its source, nor than good pictures need.

    Args:
        film: what is known of it.
        wishes: how it is to be written.
        frames: that are written.
        share: of the source's frames.
        source_bytes: its size.
    """
    pixels = frames * film.width * film.height * (2 if wishes.compare else 1)
    if CODECS[wishes.encode.piece_codec].crf is None:
        return round(pixels * LOSSLESS_BYTES * (1 if film.depth == 8 else 2))  # noqa: PLR2004 - bits of a byte
    return round(min(source_bytes * share, pixels * LOSSY_BYTES))


def refuse_full_disk(needed: dict[Path, int]) -> None:
    """Refuse to start what would not fit.

    Args:
        needed: folder, which may not exist yet → bytes that are to go there.

    Raises:
        Rejected: a disk has less room ("no-space").
    """
    disks: defaultdict[int, list[tuple[Path, int]]] = defaultdict(list)
    for folder, size in needed.items():
        there = next(parent for parent in (folder.absolute(), *folder.absolute().parents) if parent.exists())
        disks[there.stat().st_dev].append((there, size))
    for places in disks.values():
        total = sum(size for _, size in places)
        free = shutil.disk_usage(places[0][0]).free
        if total > free:
            msg = f"it takes about {total / 1e6:,.0f} MB, and {places[0][0]} has {free / 1e6:,.0f} MB left: make room"
            raise Rejected(msg, code="no-space")


def refuse_unwritable(folder: Path) -> None:
    """Make the folder of a result, and try that a file can be made in it.

    Raises:
        OSError: that cannot be done.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder)) from error
    with tempfile.TemporaryFile(dir=folder):
        return


def is_full(error: OSError) -> bool:
    """Whether a disk, or a person's share of it, is full."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)

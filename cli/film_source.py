"""A film as a file that every process can open: what comes through a pipe is kept in one first."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from cli.film_pieces import spool_folder
from cli.sources import STDIN
from functions.errors import Unreadable
from functions.video.source import HEAD_BYTES, is_webp

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def film_file(source: Path) -> Iterator[Path]:
    """Give a file that FFmpeg reads the film from, which is there while the block runs; `-` is standard input.

    Raises:
        Unreadable: a folder, a device that may never end, or a WebP picture that is none or does not move.
        OSError: it cannot be read, or there is no room to keep it.
    """
    with _file_of(source) as file:
        with file.open("rb") as film:
            head = film.read(HEAD_BYTES)
        if not is_webp(head):
            yield file
            return
        from functions.video.webp import write_as_film  # noqa: PLC0415 - brings Pillow, for few

        with spool_folder() as folder:
            with file.open("rb") as animation, (folder / "film").open("wb+") as film:
                write_as_film(animation, film)
            yield folder / "film"


@contextlib.contextmanager
def _file_of(source: Path) -> Iterator[Path]:
    """The file itself, or what came through a pipe in one."""
    if str(source) == STDIN:
        known = _file_behind(0)
        if known is not None:
            yield known
            return
        with spool_folder() as folder:
            with (folder / "film").open("wb") as file:
                shutil.copyfileobj(sys.stdin.buffer, file, 1 << 20)
            yield folder / "film"
    elif stat.S_ISFIFO(source.stat().st_mode):
        with spool_folder() as folder, source.open("rb") as pipe:
            with (folder / "film").open("wb") as file:
                shutil.copyfileobj(pipe, file, 1 << 20)
            yield folder / "film"
    elif source.is_file():
        yield source
    else:
        msg = "not a regular file"
        raise Unreadable(msg, code="unreadable")


def _file_behind(descriptor: int) -> Path | None:
    """The path of a redirected file, such as `< film.mp4`, where the system tells it."""
    path = Path(f"/dev/fd/{descriptor}").resolve()
    try:
        is_it = path.is_file() and os.path.samestat(path.stat(), os.fstat(descriptor))
        return path if is_it and os.lseek(descriptor, 0, os.SEEK_CUR) == 0 else None
    except OSError:
        return None

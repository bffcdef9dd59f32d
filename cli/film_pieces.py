"""Where the finished pieces of films wait until they are joined, so that nothing is coloured twice."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cli.file_lock import locked
from functions.errors import Rejected
from functions.video.chunk_report import ChunkReport
from functions.whole_file import PARTIAL, write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from functions.video.plan import Plan

LOCK: Final = "lock"
"""A file in each folder, locked by the command that works there."""

SPOOL: Final = "stream-"
"""Starts the names of folders with a film that came through a pipe: of no use to anybody but the command that reads."""

ABANDONED_SECONDS: Final = 30 * 24 * 3600
"""After a month nobody goes on with a film, and its pieces may be gigabytes."""

DECIDES: Final = ("colorisebot", "av", "numpy", "onnxruntime", "opencv-python-headless")
"""Distributions whose versions may change the bytes of a piece."""


def work_folder() -> Path:
    """Folder of all unfinished films: COLORISE_WORK, or `films` in the person's cache folder."""
    chosen = os.environ.get("COLORISE_WORK")
    if chosen:
        return Path(chosen).expanduser()
    from platformdirs import user_cache_path  # noqa: PLC0415 - looks into the system's settings on some systems

    return user_cache_path("colorise", appauthor=False) / "films"


class FilmPieces:
    """The folder of one film's pieces, held by this command alone.

    Args:
        folder: exists, and is locked.
        plan: which pieces there are.
    """

    def __init__(self, folder: Path, plan: Plan) -> None:
        self.folder = folder
        self._plan = plan

    @property
    def paths(self) -> list[Path]:
        """All of them, in order."""
        return [piece_path(self.folder, chunk.number) for chunk in self._plan.chunks]

    def finished(self) -> dict[int, ChunkReport]:
        """Number of each chunk whose piece is there, and what was done for it."""
        reports = (_read_report(self.folder, chunk.number) for chunk in self._plan.chunks)
        return {report.number: report for report in reports if report is not None}

    def clear(self) -> None:
        """Forget all pieces, and what workers that were killed left half-written."""
        for file in self.folder.iterdir():
            if file.name != LOCK:
                file.unlink()

    def sweep(self) -> None:
        """Delete what workers that were killed left half-written."""
        for file in self.folder.glob(f"*{PARTIAL}"):
            file.unlink(missing_ok=True)


@contextlib.contextmanager
def pieces_of(key: str, plan: Plan) -> Iterator[FilmPieces]:
    """Hold the folder of a film's pieces while the block runs; old ones of other films are deleted first.

    Raises:
        Rejected: another command holds it ("busy").
        OSError: it cannot be made.
    """
    folder = work_folder() / key
    _delete_abandoned(work_folder())
    with locked(folder / LOCK) as ours:
        if not ours:
            msg = "another command is colouring this film in the same way: wait for it, or stop it"
            raise Rejected(msg, code="busy")
        pieces = FilmPieces(folder, plan)
        pieces.sweep()
        yield pieces


@contextlib.contextmanager
def spool_folder() -> Iterator[Path]:
    """A folder for a film that comes through a pipe; it goes when the block ends, or with the next command.

    Raises:
        OSError: it cannot be made.
    """
    folder = work_folder() / f"{SPOOL}{os.urandom(8).hex()}"
    _delete_abandoned(work_folder())
    with locked(folder / LOCK):
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def deciding_versions() -> tuple[str, ...]:
    """Versions of what may change the bytes of a piece, for its film's key."""
    return tuple(version(name) for name in DECIDES)


def piece_path(folder: Path, chunk: int) -> Path:
    """Where the piece of the chunk with this number is or goes."""
    return folder / f"{chunk:06}.mkv"


def write_report(folder: Path, report: ChunkReport) -> None:
    """Keep what was done for a chunk whose piece is there: from now on it is finished.

    Raises:
        OSError: it cannot be written.
    """
    write_whole(_report_path(folder, report.number), report.to_json().encode())


def _read_report(folder: Path, chunk: int) -> ChunkReport | None:
    """What was done for a finished chunk."""
    try:
        return ChunkReport.from_json(_report_path(folder, chunk).read_bytes())
    except (OSError, ValueError):
        return None


def _report_path(folder: Path, chunk: int) -> Path:
    return piece_path(folder, chunk).with_suffix(".json")


def _delete_abandoned(root: Path) -> None:
    """Delete films that nobody went on with, and streams whose command is gone."""
    if not root.is_dir():
        return
    for folder in root.iterdir():
        # Somebody else may be deleting it, or it may be another user's: neither is this film's concern.
        with contextlib.suppress(OSError):
            age = time.time() - folder.stat().st_mtime
            if (folder / LOCK).exists() and (folder.name.startswith(SPOOL) or age > ABANDONED_SECONDS):
                with locked(folder / LOCK) as ours:
                    if ours:
                        shutil.rmtree(folder)

"""One photograph of a batch: where it comes from and goes to, and what became of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from cli.sources import STDIN
from functions.errors import Rejected, Unreadable
from functions.whole_file import write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from functions.colorise.photo import Wishes

REFUSALS: Final = {"already-colour", "nothing-to-colour", "too-large"}
"""Codes of pictures with nothing wrong in them that are not coloured all the same."""


@dataclass(frozen=True, slots=True)
class Batch:
    """The options of one call."""

    wishes: Wishes
    model: str
    side: int | None
    require_gpu: bool
    jobs: int | None
    overwrite: bool
    skip_existing: bool
    as_json: bool
    quiet: bool


@dataclass(frozen=True, slots=True)
class Job:
    """One picture to colour."""

    source: Path
    target: Path | None
    """None is standard output."""
    wishes: Wishes


@dataclass(frozen=True, slots=True)
class Report:
    """What became of one picture."""

    job: Job
    status: str
    """done, skipped, refused or failed."""
    reason: str = ""
    code: str = ""
    photo: Made | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """What is told of a coloured picture."""

    kind: str
    width: int
    height: int
    verdict: str
    """What the source was taken for."""
    tint: str | None
    notes: tuple[str, ...]
    seconds: float


Way: TypeAlias = Callable[[Batch, Sequence[Job]], Generator[Report]]
"""Colours pictures somewhere; reports come as they are ready, and what is wrong with a picture is in its report."""


def source_bytes(job: Job) -> bytes:
    """The source's bytes, unless there are too many of them.

    Raises:
        OSError: it cannot be read.
        Rejected: it is larger than the limit, or a folder, or a device that may never end.
    """
    limit = job.wishes.limits.max_bytes
    if str(job.source) == STDIN:
        return sys.stdin.buffer.read(limit + 1)  # one more than allowed: enough to be refused
    if not job.source.is_file():
        msg = "not a regular file"
        raise Unreadable(msg, code="unreadable")
    size = job.source.stat().st_size
    if size > limit:
        msg = f"{size / 1e6:,.0f} MB; the limit is {limit / 1e6:,.0f} MB"
        raise Rejected(msg, code="too-large")
    return job.source.read_bytes()


def put(job: Job, data: bytes) -> None:
    """Write a coloured picture's bytes where they are wanted.

    Raises:
        OSError: they cannot be written there.
    """
    if job.target is None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    else:
        write_whole(job.target, data)


def failed(job: Job, error: Rejected | OSError | MemoryError) -> Report:
    """Report what is wrong with a picture.

    Raises:
        BrokenPipeError: that is what is wrong; then it is nothing about the picture.
    """
    if isinstance(error, BrokenPipeError):
        raise error
    if isinstance(error, Rejected):
        return Report(job, "refused" if error.code in REFUSALS else "failed", error.reason, error.code)
    if isinstance(error, OSError):
        where = error.filename or job.target or job.source
        return Report(job, "failed", f"{where}: {error.strerror or error}", "file")
    return Report(job, "failed", "not enough memory for this picture", "memory")

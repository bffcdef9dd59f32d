"""What a clip is, and how long it says it is, from its bytes and without a decoder."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

HEAD_BYTES: Final = 64
"""Enough to know the kind."""

_KINDS: Final = (
    (re.compile(rb"....ftypqt  ", re.DOTALL), "mov", "video/quicktime"),
    (re.compile(rb"....ftyp(?!avi[fs]|hei[cxms]|hev[cx]|mif1|msf1|crx )", re.DOTALL), "mp4", "video/mp4"),
    (re.compile(rb"....(?:moov|wide|mdat|skip|pnot)", re.DOTALL), "mov", "video/quicktime"),
    (re.compile(rb"\x1a\x45\xdf\xa3.{0,48}webm", re.DOTALL), "webm", "video/webm"),
    (re.compile(rb"\x1a\x45\xdf\xa3", re.DOTALL), "mkv", "video/x-matroska"),
)
"""The beginning of a file → ending and type; the first match counts. GIFs are pictures until they move."""

MOST_BOXES: Final = 10_000
"""Of an MP4 that are looked at: a file made to keep us busy has more."""


def clip_kind(head: bytes) -> tuple[str, str] | None:
    """Ending and type of a clip; None where the bytes begin none."""
    return next(((ending, kind) for pattern, ending, kind in _KINDS if pattern.match(head)), None)


def claimed_seconds(file: BinaryIO, size: int) -> float | None:
    """How long an MP4 or MOV says that it is; None where it does not say, as other kinds.

    Args:
        file: seekable.
        size: its bytes.
    """
    for name, start, end in _boxes(file, 0, size):
        if name != b"moov":
            continue
        for inner, begin, stop in _boxes(file, start, end):
            if inner == b"mvhd":
                file.seek(begin)
                return _duration(file.read(min(stop - begin, 32)))
    return None


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, first byte and end of each box (ISO/IEC 14496-12, 4.2)."""
    for _ in range(MOST_BOXES):
        file.seek(start)
        head = file.read(16)
        if end - start < 8 or len(head) < 8:  # noqa: PLR2004 - size and name
            return
        size, name, body = int.from_bytes(head[:4], "big"), head[4:8], 8
        if size == 1:
            size, body = int.from_bytes(head[8:16], "big"), 16
        elif size == 0:
            size = end - start
        if size < body:
            return
        yield name, start + body, min(start + size, end)
        start += size


def _duration(box: bytes) -> float | None:
    """Of a movie header (the same, 8.2.2): version, flags, two times, time scale, duration."""
    wide = box[:1] == b"\x01"
    at, width = (20, 8) if wide else (12, 4)
    scale = int.from_bytes(box[at : at + 4], "big")
    duration = box[at + 4 : at + 4 + width]
    if not scale or len(duration) < width or duration == b"\xff" * width:
        return None
    return int.from_bytes(duration, "big") / scale

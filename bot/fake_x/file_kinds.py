"""What a file is by its own first bytes: its type, size and length, as far as X would look."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Facts:
    """What a file says of itself; 0 where it does not say."""

    content_type: str
    width: int = 0
    height: int = 0
    frames: int = 1
    """Of a GIF."""
    duration_ms: int = 0
    """Of a film."""


def look_at(content: bytes) -> Facts | None:
    """Recognise a file; None for anything that X has no category for."""
    if content.startswith(b"\xff\xd8\xff"):
        return Facts("image/jpeg", *_jpeg_size(content))
    if content.startswith(b"\x89PNG\r\n\x1a\n") and len(content) >= _PNG_HEAD:
        return Facts("image/png", *struct.unpack_from(">II", content, 16))
    if content[:6] in {b"GIF87a", b"GIF89a"} and len(content) >= _GIF_HEAD:
        width, height = struct.unpack_from("<HH", content, 6)
        return Facts("image/gif", width, height, frames=_gif_frames(content))
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return Facts("image/webp")
    if content[4:8] == b"ftyp":
        return _film(content)
    return None


_PNG_HEAD: Final = 24
_GIF_HEAD: Final = 13


def _jpeg_size(content: bytes) -> tuple[int, int]:
    """Walk the segments to the frame header, which holds height and width (ITU T.81, B.2.2)."""
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:  # noqa: PLR2004 - every marker begins with it
        marker, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4], "big")
        if marker in range(0xC0, 0xD0) and marker not in {0xC4, 0xC8, 0xCC}:
            height, width = struct.unpack_from(">HH", content, at + 5)
            return width, height
        at += 2 + length
    return 0, 0


def _gif_frames(content: bytes) -> int:
    """Count the image descriptors (GIF89a, 20)."""

    def colours(flags: int) -> int:
        return 3 << ((flags & 7) + 1) if flags & 0x80 else 0

    def after_blocks(at: int) -> int:
        while at < len(content) and content[at]:
            at += content[at] + 1
        return at + 1

    at, frames = _GIF_HEAD + colours(content[10]), 0
    while at + 10 <= len(content):
        if content[at] == 0x2C:  # noqa: PLR2004 - an image
            frames += 1
            at = after_blocks(at + 11 + colours(content[at + 9]))
        elif content[at] == 0x21:  # noqa: PLR2004 - an extension
            at = after_blocks(at + 2)
        else:
            break
    return frames


def _film(content: bytes) -> Facts:
    """Read how long and how large a film is (ISO 14496-12: mvhd, tkhd)."""
    width = height = duration_ms = 0
    for kind, box in _boxes(content):
        if kind != b"moov":
            continue
        for inner, body in _boxes(box):
            if inner == b"mvhd":
                form = ">20xIQ" if body[:1] == b"\x01" else ">12xII"
                if len(body) >= struct.calcsize(form):
                    scale, units = struct.unpack_from(form, body)
                    duration_ms = units * 1000 // max(scale, 1)
            if inner == b"trak":
                for name, track in _boxes(body):
                    if name == b"tkhd" and len(track) >= 8:  # noqa: PLR2004 - two fixed-point numbers at its end
                        w, h = struct.unpack(">II", track[-8:])
                        width, height = max(width, w >> 16), max(height, h >> 16)
    return Facts("video/mp4", width, height, duration_ms=duration_ms)


def _boxes(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(content):
        size, head = int.from_bytes(content[at : at + 4], "big"), 8
        if size == 1:
            size, head = int.from_bytes(content[at + 8 : at + 16], "big"), 16
        end = at + size if size else len(content)
        if end < at + head:
            return
        yield content[at + 4 : at + 8], content[at + head : end]
        at = end

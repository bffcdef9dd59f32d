"""A clip without what its camera wrote beside the pictures, where it was taken among it; frames stay where they are.

Phones write the place into `udta` or `meta` of an MP4 or MOV (ISO/IEC 14496-12, 8.10 and 8.11; Apple's QuickTime File
Format, "Metadata"), and some cameras into a track of its own. Such boxes become free space of the same length, so that
every offset in the file still holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from functions.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Iterator

BESIDE: Final = frozenset({b"udta", b"meta", b"uuid"})
"""Boxes that hold no frames and are needed by no player."""

WITHIN: Final = frozenset({b"moov", b"trak"})
"""Boxes in which such boxes are."""

SHOWN: Final = (b"vide", b"soun")
"""Handlers of the tracks that are played; all others are let go of, and their samples are nobody's then."""

MOST_BOXES: Final = 10_000
"""A file made to keep us busy has more."""

FREE: Final = b"free"


def without_places(data: bytes) -> bytes:
    """The same clip, an MP4 or MOV, without what was written beside its pictures and sound.

    Raises:
        Rejected: its boxes cannot be followed ("damaged").
    """
    cleaned = bytearray(data)
    left = MOST_BOXES
    inside = [(0, len(cleaned))]
    while inside:
        for name, head, start, end in _boxes(cleaned, *inside.pop()):
            left -= 1
            if left < 0:
                msg = "the clip has too many parts to look at"
                raise Rejected(msg, code="damaged")
            if name in BESIDE or (name == b"trak" and not _is_shown(cleaned, start, end)):
                cleaned[head + 4 : head + 8] = FREE
                cleaned[start:end] = bytes(end - start)
            elif name in WITHIN:
                inside.append((start, end))
    return bytes(cleaned)


def _is_shown(data: bytearray, start: int, end: int) -> bool:
    """Whether a track has pictures or sound: its media box has a handler that says so (the same, 8.4.3)."""
    for name, _, begin, stop in _boxes(data, start, end):
        if name == b"mdia":
            handlers = [at for inner, _, at, _ in _boxes(data, begin, stop) if inner == b"hdlr"]
            return any(bytes(data[at + 8 : at + 12]) in SHOWN for at in handlers)
    return False


def _boxes(data: bytearray, start: int, end: int) -> Iterator[tuple[bytes, int, int, int]]:
    """Name, first byte, first byte of what is in it, and end of each box."""
    while end - start >= 8:  # noqa: PLR2004 - size and name
        size, name, body = int.from_bytes(data[start : start + 4], "big"), bytes(data[start + 4 : start + 8]), 8
        if size == 1:
            size, body = int.from_bytes(data[start + 8 : start + 16], "big"), 16
        elif size == 0:
            size = end - start
        if size < body or size > end - start:
            msg = "the clip is damaged, or not complete"
            raise Rejected(msg, code="damaged")
        yield name, start, start + body, start + size
        start += size

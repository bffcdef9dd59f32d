"""GIF files without what they say beside their pictures: where and with what they were made.

Blocks as the specification of 1989 (GIF89a) names them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from functions.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD_BYTES: Final = 13
"""Signature and screen."""

DESCRIPTOR_BYTES: Final = 10
"""Of a picture, before its colours."""

EXTENSION, PICTURE, TRAILER = 0x21, 0x2C, 0x3B
CONTROL, APPLICATION = 0xF9, 0xFF

LOOPS: Final = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
"""Applications whose blocks say how often it is played; XMP has one of its own, and others say what nobody needs."""


def without_places(data: bytes) -> bytes:
    """The same pictures, their timing and how often they are played; comments and all else are gone.

    Raises:
        Rejected: it breaks off, or is no GIF file ("damaged").
    """
    try:
        return b"".join(_kept(data))
    except IndexError as error:
        msg = "the GIF file is damaged: it breaks off"
        raise Rejected(msg, code="damaged") from error


def _kept(data: bytes) -> Iterator[bytes]:
    at = HEAD_BYTES + _table_bytes(data[HEAD_BYTES - 3])
    yield data[:at]
    while data[at] != TRAILER:
        began, kind = at, data[at]
        if kind == EXTENSION:
            label, at = data[at + 1], _after_blocks(data, at + 2)
            loops = label == APPLICATION and data[began + 3 : began + 14] in LOOPS
            if label != CONTROL and not loops:
                continue
        elif kind == PICTURE:
            colours = at + DESCRIPTOR_BYTES + _table_bytes(data[at + DESCRIPTOR_BYTES - 1])
            at = _after_blocks(data, colours + 1)
        else:
            msg = "the GIF file is damaged: nobody knows what one of its blocks is"
            raise Rejected(msg, code="damaged")
        yield data[began:at]
    yield bytes([TRAILER])


def _table_bytes(flags: int) -> int:
    """Size of the colour table that the flags announce."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _after_blocks(data: bytes, at: int) -> int:
    """Where a row of data blocks ends."""
    while size := data[at]:
        at += 1 + size
    return at + 1

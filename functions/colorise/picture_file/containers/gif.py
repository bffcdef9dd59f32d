"""GIF: blocks, as the specification of 1989 (GIF89a) names them."""

from __future__ import annotations

import struct
from typing import Final

from functions.colorise.picture_file.containers.header import Header, Parts, damaged, ends_early

NAME: Final = "GIF"

SIGNATURES: Final = (b"GIF87a", b"GIF89a")

_EXTENSION, _PICTURE, _TRAILER = b"\x21", b"\x2c", b"\x3b"
_CONTROL: Final = 0xF9
_BLOCKS: Final = 1_000_000
"""More data blocks than this are an attack on the reader's time: full ones of 255 bytes make 100 megapixels."""


def read_header(data: bytes) -> Header:
    """Size of the screen, and whether a second picture follows the first.

    The screen is what a viewer shows: a first picture that does not fill it leaves the rest transparent. A picture
    larger than the screen widens it, as viewers do.

    Raises:
        Unreadable: there is no picture in it.
    """
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    at = 13 + _table_bytes(flags)
    pictures, whole, alpha, left = 0, False, False, _BLOCKS
    while at < len(data) and pictures < 2:  # noqa: PLR2004 - a second one is all that is asked for
        block = data[at : at + 1]
        if block == _EXTENSION:
            if data[at + 1 : at + 3] == bytes((_CONTROL, 4)):
                alpha |= bool(data[at + 3 : at + 4] > b"\x00" and data[at + 3] & 1)
            at += 2
        elif block == _PICTURE:
            x, y, across, down, local = struct.unpack_from("<HHHHB", data, at + 1)
            pictures += 1
            if pictures > 1:
                break
            width, height = max(width, x + across), max(height, y + down)
            alpha |= (across, down) != (width, height)
            at += 10 + _table_bytes(local) + 1
        else:
            break
        at, left = _after_blocks(data, at, left)
        whole = at > 0 and pictures > 0
        if at < 0:
            break
    if not pictures and not 0 <= at < len(data):
        raise ends_early(NAME)
    if not pictures:
        raise damaged(NAME, "there is no picture in it")
    return Header(
        "gif",
        width,
        height,
        layout="palette",
        alpha=alpha,
        frames=pictures,
        animated=pictures > 1,
        lossless=True,
        body=len(data) if whole else -1,
    )


def intact(data: bytes, header: Header) -> Parts:
    """The same bytes, once the first picture's data was found to end.

    Raises:
        Unreadable: the data of the first picture has no end.
    """
    if header.body < 0:
        raise ends_early(NAME)
    return (data,)


def _table_bytes(flags: int) -> int:
    """Size of the colour table that the flags announce."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _after_blocks(data: bytes, at: int, left: int) -> tuple[int, int]:
    """Where a row of data blocks ends, or -1 where the file does; and how many blocks may still come."""
    while left:
        left -= 1
        if at >= len(data):
            return -1, left
        size = data[at]
        at += 1 + size
        if not size:
            return at, left
    raise damaged(NAME, f"it has more than {_BLOCKS:,} data blocks")

"""BMP: the bitmap headers of Windows and OS/2."""

from __future__ import annotations

import struct
from typing import Final

from functions.colorise.picture_file.containers.header import INCH_METRES, Header, Parts, damaged, ends_early, inches

NAME: Final = "BMP"

SIGNATURE: Final = b"BM"

_CORE_HEADER: Final = 12
"""OS/2's first header, with sides of 16 bits."""
_INFO_HEADERS: Final = (16, 40, 52, 56, 64, 108, 124)
LARGEST_HEADER: Final = _INFO_HEADERS[-1]
_DEPTHS: Final = (1, 4, 8, 16, 24, 32)
_DEEPEST_PALETTE: Final = 8
_RLE: Final = (1, 2)


def read_header(data: bytes) -> Header:
    """What the header says; a negative height (first row on top) counts as its size.

    Raises:
        Unreadable: the header is of no known size.
    """
    (header_size,) = struct.unpack_from("<I", data, 14)
    dpi: tuple[float, float] | None = None
    if header_size == _CORE_HEADER:
        width, height, _, bits = struct.unpack_from("<HHHH", data, 18)
        packing = 0
    elif header_size in _INFO_HEADERS:
        width, height, _, bits, packing = struct.unpack_from("<iiHHI", data, 18)
        across, down = struct.unpack_from("<ii", data, 38) if header_size >= _INFO_HEADERS[1] else (0, 0)
        if across > 0 and down > 0:
            dpi = inches(across, down)
    else:
        raise damaged(NAME, f"its header claims a size of {header_size} bytes")
    if bits not in _DEPTHS or width < 0:
        raise damaged(NAME, f"its header claims {width} x {height} pixels of {bits} bits")
    (body,) = struct.unpack_from("<I", data, 10)
    return Header(
        "bmp",
        width,
        abs(height),
        layout="palette" if bits <= _DEEPEST_PALETTE else "color",
        alpha=bits == _DEPTHS[-1],
        dpi=dpi,
        lossless=True,
        body=0 if packing in _RLE else body + (width * bits + 31) // 32 * 4 * abs(height),
    )


def intact(data: bytes, header: Header) -> Parts:
    """The same bytes, once all rows were found; compressed rows are for the decoder to count.

    Raises:
        Unreadable: rows are missing.
    """
    if len(data) < header.body:
        raise ends_early(NAME)
    return (data,)


def with_metadata(encoded: memoryview, *, dpi: tuple[float, float] | None) -> bytes:
    """A BMP as an encoder wrote it, with its density: the one thing that the format can carry."""
    if dpi is None:
        return bytes(encoded)
    density = struct.pack("<ii", *(min(max(round(side / INCH_METRES), 1), 2**31 - 1) for side in dpi))
    return b"".join((encoded[:38], density, encoded[46:]))

"""PNG: chunks, as the W3C specification (third edition) names them."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Final

from functions.colorise.picture_file.containers.header import (
    INCH_METRES,
    PROFILE_BYTES,
    XMP_BYTES,
    Header,
    Layout,
    Parts,
    damaged,
    ends_early,
    inches,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME: Final = "PNG"

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"

_PERCEPTUAL: Final = b"\x00"
"""The rendering intent for photographs, in an sRGB chunk."""

_XMP: Final = b"XML:com.adobe.xmp\x00"
"""How an iTXt chunk with XMP starts."""


_BYTE_BITS: Final = 8
_GREY, _RGB, _PALETTE, _GREY_ALPHA, _RGB_ALPHA = 0, 2, 3, 4, 6
_DEPTHS: Final = {
    _GREY: (1, 2, 4, 8, 16),
    _RGB: (8, 16),
    _PALETTE: (1, 2, 4, 8),
    _GREY_ALPHA: (8, 16),
    _RGB_ALPHA: (8, 16),
}
"""Bits a sample that each colour type may have."""

_ESSENTIAL: Final = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
"""The chunks that pixels are made of. A decoder sees no others: no texts or profiles that unpack to gigabytes, no
animation, and no chunk that a library would comment on in the terminal."""

_LOOKED_AT: Final = frozenset({b"PLTE", b"tRNS", b"eXIf", b"iCCP", b"pHYs", b"acTL"})
"""The chunks that say something about the picture, texts aside; the first of each counts."""

_INTERLACE_AT: Final = 20
"""Where the header's chunk says it: behind length and name, its last byte."""

_CHUNKS: Final = 200_000
"""More chunks than this are an attack on the reader's time: 512 MB in libpng's own pieces of 8 KB have 65,000."""

_SIDE: Final = 1_000_000
"""The largest side that libpng accepts: PNG_USER_WIDTH_MAX."""


def read_header(data: bytes) -> Header:
    """What the chunks say, without unpacking a pixel; texts and profiles are unpacked up to a limit only.

    Raises:
        Unreadable: the first chunk is no header, or one that the format does not allow.
    """
    if data[12:16] != b"IHDR":
        raise damaged(NAME, "its first chunk is no header")
    width, height, bits, color_type, packing, filters, interlace = struct.unpack_from(">IIBBBBB", data, 16)
    if bits not in _DEPTHS.get(color_type, ()) or packing or filters or interlace > 1:
        raise damaged(NAME, "its header makes no sense")
    found: dict[bytes, bytes] = {}
    for name, start, end in _chunks(data):
        if name in _LOOKED_AT:
            found.setdefault(name, data[start:end])
        elif name == b"iTXt" and data.startswith(_XMP, start):
            found.setdefault(_XMP, data[start + len(_XMP) : end])
    transparent: int | None = None
    if color_type == _GREY and b"tRNS" in found:
        transparent = _widened(int.from_bytes(found[b"tRNS"][:2], "big"), bits)
    profile = _profile(found[b"iCCP"]) if b"iCCP" in found else b""
    animated = found.get(b"acTL", b"")[:4] > b"\x00\x00\x00\x01"
    notes = ("its colour profile is damaged or too large, and was ignored",) if b"iCCP" in found and not profile else ()
    return Header(
        "png",
        width,
        height,
        layout=_layout(color_type, found.get(b"PLTE")),
        bits=max(bits, _BYTE_BITS),
        alpha=color_type in (_GREY_ALPHA, _RGB_ALPHA) or b"tRNS" in found,
        frames=2 if animated else 1,
        animated=animated,
        exif=found.get(b"eXIf", b"").removeprefix(b"Exif\x00\x00"),
        xmp=_text(found[_XMP]) if _XMP in found else b"",
        profile=profile,
        dpi=_density(found[b"pHYs"]) if b"pHYs" in found else None,
        lossless=True,
        transparent=transparent,
        notes=notes,
    )


def intact(data: bytes, header: Header) -> Parts:
    """The chunks that pixels are made of, once all of them were found whole.

    Raises:
        Unreadable: a checksum is wrong, the end is missing, or the order is one that no decoder accepts.
    """
    if max(header.width, header.height) > _SIDE:
        raise damaged(NAME, f"libpng reads at most {_SIDE:,} pixels a side")
    view, names = memoryview(data), [b""]
    parts: list[bytes | memoryview] = [SIGNATURE]
    for name, start, end in _chunks(data):
        if name in _ESSENTIAL:
            parts.append(_sound(view, name, start, end))
            if name != names[-1]:  # of a row of data chunks, the first
                names.append(name)
        elif name[:1].isupper():  # "critical", says the format
            raise damaged(NAME, "it has an unknown chunk that it calls critical")
    if names[-1] != b"IEND":
        raise ends_early(NAME)
    if names[1] != b"IHDR" or names[-2] != b"IDAT" or names[2:-2] not in _TABLES[header.layout]:
        raise damaged(NAME, "its chunks are out of order, or one is missing")
    return tuple(parts)


def _sound(view: memoryview, name: bytes, start: int, end: int) -> memoryview:
    """A chunk with its length and checksum, once the checksum was found right.

    Raises:
        Unreadable: the chunk ends behind the file, or its checksum is wrong.
    """
    if end + 4 > len(view):
        raise ends_early(NAME)
    if zlib.crc32(view[start - 4 : end]) != int.from_bytes(view[end : end + 4], "big"):
        raise damaged(NAME, f"the checksum of a chunk ({name.decode()}) is wrong")
    return view[start - 8 : end + 4]


_TABLES: Final = {
    "grey": ([], [b"tRNS"], [b"PLTE"], [b"PLTE", b"tRNS"]),
    "color": ([], [b"tRNS"], [b"PLTE"], [b"PLTE", b"tRNS"]),  # a truecolour picture may suggest a palette
    "palette": ([b"PLTE"], [b"PLTE", b"tRNS"]),
}
"""What may stand between the header and the pixels."""


def interlaced(parts: Parts) -> bool:
    """Whether the rows come in seven passes over the picture."""
    return parts[1][_INTERLACE_AT] != 0  # behind the signature, the header


def with_metadata(encoded: memoryview, *, exif: bytes, xmp: bytes, dpi: tuple[float, float] | None) -> bytes:
    """A PNG as an encoder wrote it, marked as sRGB, with metadata chunks put behind its header."""
    after_header = 8 + 25
    parts: list[bytes | memoryview] = [encoded[:after_header], _chunk(b"sRGB", _PERCEPTUAL)]
    if dpi is not None:
        parts.append(_chunk(b"pHYs", struct.pack(">IIB", *(max(round(side / INCH_METRES), 1) for side in dpi), 1)))
    if exif:
        parts.append(_chunk(b"eXIf", exif))
    if xmp:
        parts.append(_chunk(b"iTXt", _XMP + b"\x00\x00\x00\x00" + xmp))
    return b"".join((*parts, encoded[after_header:]))


def _layout(color_type: int, palette: bytes | None) -> Layout:
    """What the pixels are; a palette of greys makes them grey."""
    if color_type == _PALETTE:
        grey = palette is not None and palette[::3] == palette[1::3] == palette[2::3]
        return "grey" if grey else "palette"
    return "color" if color_type in (_RGB, _RGB_ALPHA) else "grey"


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Each chunk's name, and where its payload starts and ends; the last one may end behind the file."""
    at = len(SIGNATURE)
    for _ in range(_CHUNKS):
        if at + 8 > len(data):
            return
        size = int.from_bytes(data[at : at + 4], "big")
        name = data[at + 4 : at + 8]
        yield name, at + 8, at + 8 + size
        if name == b"IEND":
            return
        at += 12 + size
    raise damaged(NAME, f"it has more than {_CHUNKS:,} chunks")


def _chunk(name: bytes, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload)) + name + payload + struct.pack(">I", zlib.crc32(name + payload))


def _unpacked(packed: bytes, most: int) -> bytes:
    """Inflated bytes, or nothing where they are damaged or more than `most`."""
    unpacker = zlib.decompressobj()
    try:
        plain = unpacker.decompress(packed, most)
    except zlib.error:
        return b""
    return plain if unpacker.eof else b""


def _profile(chunk: bytes) -> bytes:
    """The profile in an iCCP chunk, behind its name and the number of the one compression there is."""
    _, _, rest = chunk.partition(b"\x00")
    return _unpacked(rest[1:], PROFILE_BYTES)


def _text(rest: bytes) -> bytes:
    """The text of an iTXt chunk behind its keyword: two flags, two terminated strings, the text itself."""
    _, _, translated = rest[2:].partition(b"\x00")
    _, _, text = translated.partition(b"\x00")
    return _unpacked(text, XMP_BYTES) if rest[:1] == b"\x01" else text[: XMP_BYTES + 1]


def _density(chunk: bytes) -> tuple[float, float] | None:
    """Pixels an inch from pHYs, which may give a bare ratio instead."""
    across, down, unit = struct.unpack(">IIB", chunk) if len(chunk) == struct.calcsize(">IIB") else (0, 0, 0)
    return inches(across, down) if unit == 1 and across and down else None


def _widened(code: int, bits: int) -> int:
    """A code value at the depth that the decoder gives: shallow samples are stretched to 8 bits."""
    most = (1 << bits) - 1
    return code if bits >= _BYTE_BITS else (code & most) * 255 // most

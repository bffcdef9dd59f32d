"""WebP: RIFF chunks, as RFC 9649 describes them."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from functions.colorise.picture_file.containers.header import (
    EXIF_BYTES,
    PROFILE_BYTES,
    XMP_BYTES,
    Header,
    Parts,
    damaged,
    ends_early,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME: Final = "WebP"

SIGNATURE: Final = b"RIFF"
BRAND: Final = b"WEBP"

SIDE: Final = 16_383
"""The largest side that the format can hold."""

_RIFF_BYTES: Final = 12
"""RIFF's own header: its name, a size, and what kind of RIFF file this is."""

_KEYFRAME: Final = b"\x9d\x01\x2a"
_FLAG_ANIMATION, _FLAG_XMP, _FLAG_EXIF, _FLAG_ALPHA = 0x02, 0x04, 0x08, 0x10
_CHUNKS: Final = 10_000
"""More chunks than this are an attack on the reader's time; what counts stands before them."""


def read_header(data: bytes) -> Header:
    """What the chunks and the first bytes of the bitstream say.

    Raises:
        Unreadable: there is no picture in it.
    """
    found: dict[bytes, tuple[int, int]] = {}
    frames = 0
    for name, start, end in _chunks(data):
        found.setdefault(name, (start, end))
        frames += name == b"ANMF"
    flags = data[found[b"VP8X"][0]] if b"VP8X" in found else 0
    alpha = bool(flags & _FLAG_ALPHA)
    sizes = [_size24(data, found[b"VP8X"][0] + 4)] if b"VP8X" in found else []
    if b"VP8 " in found:
        sizes.append(_lossy_size(data, found[b"VP8 "][0]))
    elif b"VP8L" in found:
        size, transparent = _lossless_size(data, found[b"VP8L"][0])
        sizes.append(size)
        alpha |= transparent
    if not sizes or not {b"VP8 ", b"VP8L", b"ANMF"} & found.keys():
        raise damaged(NAME, "there is no picture in it")
    if len(set(sizes)) > 1:
        raise damaged(NAME, "it names two different sizes")
    width, height = sizes[0]
    frame = found.get(b"ANMF", (0, 0))[0]
    return Header(
        "webp",
        width,
        height,
        alpha=alpha,
        frames=max(frames, 1),
        animated=bool(flags & _FLAG_ANIMATION) and frames > 0,
        exif=_payload(data, found, b"EXIF", EXIF_BYTES).removeprefix(b"Exif\x00\x00"),  # some keep JPEG's prefix
        xmp=_payload(data, found, b"XMP ", XMP_BYTES),
        profile=_payload(data, found, b"ICCP", PROFILE_BYTES),
        lossless=b"VP8L" in found or data[frame + 16 : frame + 20] == b"VP8L",
    )


def intact(data: bytes, header: Header) -> Parts:  # noqa: ARG001 - every format's check is called alike
    """The same bytes, once the file was found as long as it says.

    Raises:
        Unreadable: the end is missing.
    """
    if len(data) < 8 + int.from_bytes(data[4:8], "little"):
        raise ends_early(NAME)
    return (data,)


def with_metadata(encoded: memoryview, *, size: tuple[int, int], alpha: bool, exif: bytes, xmp: bytes) -> bytes:
    """A WebP as an encoder wrote it, with metadata chunks behind the picture and an extended header before it.

    Args:
        encoded: a still picture.
        size: its width and height, which the extended header repeats.
        alpha: it has transparent pixels.
        exif: a TIFF structure, or nothing.
        xmp: a packet, or nothing.
    """
    if not exif and not xmp:
        return bytes(encoded)
    first = _RIFF_BYTES
    if bytes(encoded[first : first + 4]) == b"VP8X":  # encoders write it for transparent pictures
        first += 8 + 10
    flags = _FLAG_EXIF * bool(exif) | _FLAG_XMP * bool(xmp) | _FLAG_ALPHA * alpha
    extended = struct.pack("<I", flags) + b"".join((side - 1).to_bytes(3, "little") for side in size)
    parts: list[bytes | memoryview] = [_chunk(b"VP8X", extended), encoded[first:]]
    parts += [_chunk(name, payload) for name, payload in ((b"EXIF", exif), (b"XMP ", xmp)) if payload]
    return b"".join((SIGNATURE, struct.pack("<I", len(BRAND) + sum(map(len, parts))), BRAND, *parts))


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Each chunk's name, and where its payload starts and ends."""
    at = _RIFF_BYTES
    for _ in range(_CHUNKS):
        if at + 8 > len(data):
            return
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        yield data[at : at + 4], at + 8, at + 8 + size
        at += 8 + size + size % 2


def _payload(data: bytes, found: dict[bytes, tuple[int, int]], name: bytes, most: int) -> bytes:
    """A chunk's payload; nothing where it is missing, or a suspiciously large one."""
    start, end = found.get(name, (0, 0))
    return data[start:end] if end - start <= most else b""


def _chunk(name: bytes, payload: bytes) -> bytes:
    return name + struct.pack("<I", len(payload)) + payload + b"\x00" * (len(payload) % 2)


def _size24(data: bytes, at: int) -> tuple[int, int]:
    width, height = (int.from_bytes(data[start : start + 3], "little") + 1 for start in (at, at + 3))
    return width, height


def _lossy_size(data: bytes, start: int) -> tuple[int, int]:
    """From a VP8 key frame's header: RFC 6386, 9.1; the upper two bits of each side are a hint for scaling."""
    if data[start + 3 : start + 6] != _KEYFRAME:
        raise damaged(NAME, "its bitstream does not start with a key frame")
    width, height = struct.unpack_from("<HH", data, start + 6)
    return width & 0x3FFF, height & 0x3FFF


def _lossless_size(data: bytes, start: int) -> tuple[tuple[int, int], bool]:
    """Size and whether alpha is used, from a VP8L header: 14 bits, 14 bits, 1 bit."""
    (packed,) = struct.unpack_from("<I", data, start + 1)
    return ((packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1), bool(packed >> 28 & 1)

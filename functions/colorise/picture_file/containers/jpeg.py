"""JPEG: markers and segments, as ITU-T T.81 annex B and the application segments of JFIF, EXIF, XMP and ICC."""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, Final

from functions.colorise.picture_file.containers.header import (
    PROFILE_BYTES,
    Header,
    Layout,
    Parts,
    damaged,
    ends_early,
    unsupported,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME: Final = "JPEG"

SIGNATURE: Final = b"\xff\xd8\xff"

SEGMENT_BYTES: Final = 65_533
"""What one segment can carry: its length is 16 bits and counts itself."""

INCH_CM: Final = 2.54

_JFIF_BYTES: Final = 9
"""A JFIF segment behind its name: version, unit, two densities, and the size of a thumbnail."""

_EXIF: Final = b"Exif\x00\x00"
_XMP: Final = b"http://ns.adobe.com/xap/1.0/\x00"
_ICC: Final = b"ICC_PROFILE\x00"

XMP_BYTES: Final = SEGMENT_BYTES - len(_XMP)
"""Largest packet that one segment can carry."""

_APPLICATIONS: Final = (
    (0xE0, b"JFIF\x00", "jfif"),
    (0xE1, _EXIF, "exif"),
    (0xE1, _XMP, "xmp"),
    (0xED, b"Photoshop 3.0\x00", "photoshop"),
)
"""Application segments that are looked at: marker, how the payload starts, and what the rest is. The first counts."""

_FILL: Final = re.compile(rb"\xff+")
"""What stands before a marker's number: any number of fill bytes, and perhaps rubbish before them."""

_EOI: Final = 0xD9
_SOS: Final = 0xDA
_APP2: Final = 0xE2
_BASELINE_TO_PROGRESSIVE: Final = frozenset({0xC0, 0xC1, 0xC2})
_ARITHMETIC: Final = frozenset({0xC9, 0xCA})
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # those three are tables
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD9)})
"""Markers without a length: TEM, RST0 to RST7 and SOI."""

_END: Final = b"\xff\xd9"
_SCAN: Final = b"\xff\xda"
"""The two markers as they stand in coded data, where an FF that is data is followed by 00: no others look so."""

_BITS: Final = 8
"""What libjpeg is built for, here as nearly everywhere."""

_IPTC_RESOURCE: Final = 0x0404
"""Photoshop's number for IPTC-NAA records: Adobe Photoshop File Formats Specification, image resource IDs."""

_LENGTH_BYTES: Final = 2
"""A segment's length, which counts itself."""

_SEGMENTS: Final = 10_000
"""More segments than this before the picture are an attack on the reader's time."""

_SCANS: Final = 200
"""Each scan of a progressive JPEG passes over the whole picture again; encoders write about ten."""


def read_header(data: bytes) -> Header:
    """What the segments before the coded data say.

    Raises:
        Unreadable: no frame in sight, or one of a kind that libjpeg does not decode.
    """
    frame: tuple[int, int, int, int, int] | None = None
    found: dict[str, bytes] = {}
    profile: dict[int, bytes] = {}
    body = 0
    for marker, start, end in _segments(data):
        if marker == _SOS:
            body = end
        elif marker in _FRAMES:
            frame = (marker, *struct.unpack_from(">BHHB", data, start))
        elif marker == _APP2 and data.startswith(_ICC, start):
            profile.setdefault(data[start + len(_ICC)], data[start + len(_ICC) + 2 : end])
        else:
            for application, prefix, what in _APPLICATIONS:
                if marker == application and data.startswith(prefix, start):
                    found.setdefault(what, data[start + len(prefix) : end])
    if not body or frame is None:
        raise ends_early(NAME)
    return _header(frame, found, _joined(profile), body)


def _header(frame: tuple[int, int, int, int, int], found: dict[str, bytes], profile: bytes, body: int) -> Header:
    """The header, from the frame (its marker and fields) and the segments that were found."""
    process, bits, height, width, components = frame
    if process not in _BASELINE_TO_PROGRESSIVE | _ARITHMETIC:
        raise unsupported(NAME, "it is a lossless or hierarchical JPEG; save it as PNG or TIFF")
    if bits != _BITS:
        raise unsupported(NAME, f"it has {bits} bits a sample; save it as PNG or TIFF")
    layouts: dict[int, Layout] = {1: "grey", 3: "color", 4: "cmyk"}
    if components not in layouts:
        raise damaged(NAME, f"it claims {components} colour components")
    return Header(
        "jpeg",
        width,
        height,
        layout=layouts[components],
        exif=found.get("exif", b""),
        xmp=found.get("xmp", b""),
        iptc=photoshop_iptc(found.get("photoshop", b"")),
        profile=profile,
        dpi=_density(found.get("jfif", b"")),
        body=body,
    )


def intact(data: bytes, header: Header) -> Parts:
    """The same bytes, once the end of the picture was found.

    Decoders fill what is missing with grey, or refuse by chance of where the file was cut: so the end is looked
    for first. What lies behind it (other pictures, films, archives) is nobody's business.

    Raises:
        Unreadable: the end of the picture is missing, or its scans are too many to be a picture's.
    """
    end = data.find(_END, header.body)
    if end < 0:
        raise ends_early(NAME)
    if data.count(_SCAN, header.body, end) > _SCANS:
        raise damaged(NAME, f"it has more than {_SCANS} scans")
    return (data,)


def with_metadata(encoded: memoryview, *, exif: bytes, xmp: bytes, dpi: tuple[float, float] | None) -> bytes:
    """A JPEG as an encoder wrote it, with metadata segments put behind its JFIF header; nothing is re-encoded.

    What does not fit into one segment is left out.
    """
    head = bytearray(encoded[:20])  # SOI and the JFIF segment, which encoders write without a density
    if dpi is not None and head[6:11] == b"JFIF\x00":
        head[13:18] = struct.pack(">BHH", 1, *(min(max(round(side), 1), 65_535) for side in dpi))
    segments = [_EXIF + exif if exif else b"", _XMP + xmp if xmp else b""]
    parts = [bytes(head)]
    parts += [
        b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment
        for segment in segments
        if 0 < len(segment) <= SEGMENT_BYTES
    ]
    return b"".join((*parts, encoded[20:]))


def photoshop_iptc(resources: bytes) -> bytes:
    """The IPTC-IIM records in a row of Photoshop image resources (8BIM), or nothing."""
    at = 0
    while resources.startswith(b"8BIM", at) and at + 12 <= len(resources):
        number = int.from_bytes(resources[at + 4 : at + 6], "big")
        at += 6 + (resources[at + 6] // 2 + 1) * 2  # the name: a length and its letters, padded to an even size
        size = int.from_bytes(resources[at : at + 4], "big")
        if number == _IPTC_RESOURCE:
            return resources[at + 4 : at + 4 + size]
        at += 4 + size + size % 2
    return b""


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Each marker before the coded data, with where its payload starts and ends."""
    at = 2
    for _ in range(_SEGMENTS):
        found = _FILL.search(data, at)
        if found is None or found.end() == len(data) or data[found.end()] == _EOI:
            return
        at = found.end()
        marker = data[at]
        at += 1
        if marker in _ALONE or marker == 0:
            continue
        size = int.from_bytes(data[at : at + 2], "big")
        if size < _LENGTH_BYTES or at + size > len(data):
            return
        yield marker, at + _LENGTH_BYTES, at + size
        if marker == _SOS:
            return
        at += size


def _density(jfif: bytes) -> tuple[float, float] | None:
    """Pixels an inch from a JFIF segment, which may give a bare ratio instead."""
    unit, across, down = struct.unpack_from(">BHH", jfif, 2) if len(jfif) >= _JFIF_BYTES else (0, 0, 0)
    scale = {1: 1.0, 2: INCH_CM}.get(unit)
    return (across * scale, down * scale) if scale and across and down else None


def _joined(profile: dict[int, bytes]) -> bytes:
    """An ICC profile from its numbered parts; nothing where a part is missing."""
    if not profile or sorted(profile) != list(range(1, len(profile) + 1)):
        return b""
    whole = b"".join(profile[number] for number in sorted(profile))
    return whole if len(whole) <= PROFILE_BYTES else b""

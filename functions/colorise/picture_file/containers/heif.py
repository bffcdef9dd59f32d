"""HEIC and AVIF: the boxes of ISO/IEC 23008-12 (HEIF) that say what the picture is."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
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
    from collections.abc import Callable, Iterator, Mapping

HEIC_BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"})
AVIF_BRANDS: Final = frozenset({b"avif", b"avis"})
_SEQUENCES: Final = frozenset({b"avis", b"hevc", b"hevx", b"hevm", b"hevs", b"msf1"})

_UPRIGHT: Final = {
    (0, None): 1,
    (0, 0): 4,
    (0, 1): 2,
    (1, None): 8,
    (1, 0): 5,
    (1, 1): 7,
    (2, None): 3,
    (2, 0): 2,
    (2, 1): 4,
    (3, None): 6,
    (3, 0): 7,
    (3, 1): 5,
}
"""EXIF's orientation for a rotation (quarter turns anticlockwise) and then a mirroring (0: top and bottom change
places, 1: left and right do)."""

_DEPTHS: Final = range(8, 17)

_BOXES: Final = 20_000
"""More boxes than this are an attack on the reader's time."""


@dataclass(slots=True)
class _Meta:
    """The `meta` box, taken apart."""

    primary: int = 0
    properties: list[tuple[bytes, int, int]] = field(default_factory=list)
    of_item: dict[int, list[int]] = field(default_factory=dict)
    kinds: dict[int, bytes] = field(default_factory=dict)
    places: dict[int, tuple[int, int, int]] = field(default_factory=dict)  # construction, offset, length
    idat: int = 0


def kind_of(data: bytes) -> str | None:
    """`heic` or `avif`, by the brands of the file; None where it is neither."""
    if data[4:8] != b"ftyp":
        return None
    end = min(int.from_bytes(data[:4], "big"), 256)
    brands = frozenset(data[at : at + 4] for at in (8, *range(16, end, 4)))
    return "avif" if brands & AVIF_BRANDS else "heic" if brands & HEIC_BRANDS else None


def read_header(data: bytes, kind: str) -> Header:
    """What the boxes say about the primary picture.

    Raises:
        Unreadable: the boxes are missing or contradict themselves.
    """
    name = kind.upper()
    meta = _read_meta(data, name)
    own = {}
    for index in meta.of_item.get(meta.primary, []):
        if 0 < index <= len(meta.properties):
            box, start, end = meta.properties[index - 1]
            own[box if box != b"colr" else data[start : start + 4]] = start, end
    if b"ispe" not in own:
        raise damaged(name, "the size of its picture is missing")
    width, height = struct.unpack_from(">II", data, own[b"ispe"][0] + 4)
    rotation = data[own[b"irot"][0]] & 3 if b"irot" in own else 0
    mirroring = data[own[b"imir"][0]] & 1 if b"imir" in own else None
    channels, bits = _depth(data, own)
    if bits not in _DEPTHS:
        raise damaged(name, f"it claims {bits} bits a sample")
    profile, profile_end = own.get(b"prof", own.get(b"rICC", (0, 0)))
    orientation = _UPRIGHT[rotation, mirroring]
    if kind == "heic":  # libheif turns the picture by itself; OpenCV leaves AVIF as it is stored
        width, height = (height, width) if rotation % 2 else (width, height)
        orientation = 1
    exif = _item(data, meta, b"Exif", EXIF_BYTES)
    ahead = int.from_bytes(exif[:4], "big")  # bytes before the TIFF structure, "Exif\0\0" as a rule
    return Header(
        kind,
        width,
        height,
        layout="grey" if channels == 1 else "color",
        bits=bits,
        alpha=any(box == b"auxC" and _is_alpha(data[start + 4 : end]) for box, start, end in meta.properties),
        frames=2 if data[8:12] in _SEQUENCES else 1,
        animated=data[8:12] in _SEQUENCES,
        orientation=orientation,  # EXIF's own means nothing here, says HEIF
        exif=exif[4 + ahead :] if ahead < len(exif) else b"",
        xmp=_item(data, meta, b"mime", XMP_BYTES),
        profile=data[profile + 4 : profile_end] if profile_end - profile <= PROFILE_BYTES else b"",
    )


def intact(data: bytes, header: Header) -> Parts:
    """The same bytes, once every box was found to end inside the file.

    Raises:
        Unreadable: the last box ends behind the file.
    """
    for _, _, end in _boxes(data, 0, len(data)):
        if end > len(data):
            raise ends_early(header.kind.upper())
    return (data,)


def _boxes(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Each box's type, and where its payload starts and ends; ISO/IEC 14496-12, 4.2."""
    for _ in range(_BOXES):
        if at + 8 > end:
            return
        size, box = struct.unpack_from(">I4s", data, at)
        start = at + 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, start)
            start += 8
        elif size == 0:
            size = end - at
        if at + size < start:
            return
        yield box, start, at + size
        at += size


def _depth(data: bytes, own: dict[bytes, tuple[int, int]]) -> tuple[int, int]:
    """Channels and bits a sample, from the picture's properties; three of eight where they do not say."""
    channels, bits = 3, 8
    if b"pixi" in own:
        start = own[b"pixi"][0] + 4
        channels = data[start]
        bits = max(data[start + 1 : start + 1 + channels], default=bits)
    if b"av1C" in own:  # AV1's own word on it: high_bitdepth, twelve_bit
        flags = data[own[b"av1C"][0] + 2]
        bits = (8, 10, 12)[(flags >> 6 & 1) + (flags >> 5 & 1)]
    return channels, bits


def _is_alpha(auxiliary: bytes) -> bool:
    """Whether an auxiliary picture's type is transparency, in either of its two names."""
    return auxiliary.startswith((b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", b"urn:mpeg:hevc:2015:auxid:1"))


def _read_meta(data: bytes, name: str) -> _Meta:
    for box, start, end in _boxes(data, 0, len(data)):
        if box == b"meta":
            if end > len(data):
                raise ends_early(name)
            meta = _Meta()
            for inner, at, stop in _boxes(data, start + 4, end):
                if inner in _READERS:
                    _READERS[inner](data, at, stop, meta)
            return meta
    raise damaged(name, "it does not say what is in it")


def _read_primary(data: bytes, at: int, _: int, meta: _Meta) -> None:
    meta.primary = _sized(data, at + 4, 2 if data[at] == 0 else 4)


def _read_kinds(data: bytes, at: int, end: int, meta: _Meta) -> None:
    """The four letters of each item's type."""
    for box, start, _ in _boxes(data, at + (6 if data[at] == 0 else 8), end):
        size = {2: 2, 3: 4}.get(data[start], 0)  # of an item's number, by the box's version
        if box == b"infe" and size:
            meta.kinds[_sized(data, start + 4, size)] = data[start + 6 + size : start + 10 + size]


def _read_properties(data: bytes, at: int, end: int, meta: _Meta) -> None:
    for box, start, stop in _boxes(data, at, end):
        if box == b"ipco":
            meta.properties = list(_boxes(data, start, stop))
        elif box == b"ipma":
            _read_associations(data, start, stop, meta)


def _read_inline(_: bytes, at: int, __: int, meta: _Meta) -> None:
    meta.idat = at


def _read_associations(data: bytes, at: int, end: int, meta: _Meta) -> None:
    """Which properties belong to which item: numbers from 1, in the order in which they apply."""
    id_size = 2 if data[at] == 0 else 4
    wide = data[at + 3] & 1
    (count,) = struct.unpack_from(">I", data, at + 4)
    at += 8
    for _ in range(min(count, _BOXES)):
        if at >= end:
            return
        item = _sized(data, at, id_size)
        at += id_size
        number = data[at]
        at += 1
        size = 1 + wide
        mask = 0x7FFF if wide else 0x7F
        meta.of_item[item] = [_sized(data, at + size * index, size) & mask for index in range(number)]
        at += size * number


def _read_places(data: bytes, at: int, _: int, meta: _Meta) -> None:
    """Where each item's first extent lies."""
    version = data[at]
    offset_size, length_size = data[at + 4] >> 4, data[at + 4] & 15
    base_size, index_size = data[at + 5] >> 4, data[at + 5] & 15 if version else 0
    id_size = 2 if version < 2 else 4  # noqa: PLR2004 - the box's version
    count = _sized(data, at + 6, id_size)
    at += 6 + id_size
    for _ in range(min(count, _BOXES)):
        item = _sized(data, at, id_size)
        at += id_size
        construction = data[at + 1] & 15 if version else 0
        at += (2 if version else 0) + 2
        base = _sized(data, at, base_size)
        at += base_size
        extents = _sized(data, at, 2)
        at += 2
        step = index_size + offset_size + length_size
        if extents:
            offset = base + _sized(data, at + index_size, offset_size)
            length = _sized(data, at + index_size + offset_size, length_size)
            meta.places[item] = construction, offset, length
        at += step * extents


_READERS: Final[Mapping[bytes, Callable[[bytes, int, int, _Meta], None]]] = {
    b"pitm": _read_primary,
    b"iinf": _read_kinds,
    b"iloc": _read_places,
    b"idat": _read_inline,
    b"iprp": _read_properties,
}
"""What to do with the payload of each box inside `meta`."""


def _item(data: bytes, meta: _Meta, kind: bytes, most: int) -> bytes:
    """The bytes of the first item of a kind; nothing where there is none, or a suspiciously large one."""
    for item, found in meta.kinds.items():
        if found == kind and item in meta.places:
            construction, offset, length = meta.places[item]
            start = offset + (meta.idat if construction == 1 else 0)
            return data[start : start + length] if length <= most else b""
    return b""


def _sized(data: bytes, at: int, size: int) -> int:
    """An unsigned big-endian number of `size` bytes.

    Raises:
        struct.error: it lies outside the file.
    """
    if at + size > len(data):
        msg = "outside the file"
        raise struct.error(msg)
    return int.from_bytes(data[at : at + size], "big")

"""TIFF: the first page's directory, checked before a library follows its offsets."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from functions.colorise.picture_file.containers.directory import (
    ACROSS,
    BYTE,
    DOWN,
    LONG,
    UNIT,
    Entry,
    Order,
    density,
    directory_bytes,
    next_directory,
    order_of,
    read_directory,
)
from functions.colorise.picture_file.containers.header import (
    PROFILE_BYTES,
    XMP_BYTES,
    Header,
    Layout,
    Parts,
    damaged,
    ends_early,
    unsupported,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME: Final = "TIFF"

SIGNATURES: Final = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")

# The tags that are looked at, by their names in TIFF 6.0 and its supplements.
_SUBFILE, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 254, 256, 257, 258, 259, 262
_STRIPS, _ORIENTATION, _SAMPLES, _STRIP_BYTES, _PLANAR = 273, 274, 277, 279, 284
_TILE_WIDTH, _TILE_HEIGHT, _TILES, _TILE_BYTES = 322, 323, 324, 325
_SUB_PAGES, _EXTRA, _FORMAT = 330, 338, 339
_XMP, _IPTC, _EXIF, _PROFILE, _DNG = 700, 33_723, 34_665, 34_675, 50_706

_MOST_BYTES: Final = {
    **dict.fromkeys(
        (
            *(_SUBFILE, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _ORIENTATION, _SAMPLES, ACROSS, DOWN),
            *(_PLANAR, UNIT, _TILE_WIDTH, _TILE_HEIGHT, _SUB_PAGES, _EXTRA, _FORMAT, _EXIF, _DNG),
        ),
        256,
    ),
    **dict.fromkeys((_STRIPS, _STRIP_BYTES, _TILES, _TILE_BYTES), 4 * 1024 * 1024),
    _XMP: XMP_BYTES,
    _IPTC: XMP_BYTES,
    _PROFILE: PROFILE_BYTES,
}
"""What each tag may bring along: a million places of strips, and little of anything that has one value a sample."""

_COMPRESSIONS: Final = {
    1: True,  # none
    2: True,  # CCITT, three kinds
    3: True,
    4: True,
    5: True,  # LZW
    7: False,  # JPEG
    8: True,  # deflate
    32_773: True,  # PackBits
    32_946: True,  # deflate, by its older number
    50_000: True,  # Zstandard
}
"""Compressions that are read, and whether they are lossless. Old-style JPEG (6) is not among them: it was withdrawn
in 1995, and its reader in libtiff trusts the file."""

_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE, _CMYK, _YCBCR = 0, 1, 2, 3, 5, 6
_LAYOUTS: Final[dict[int, Layout]] = {
    _WHITE_IS_ZERO: "grey",
    _BLACK_IS_ZERO: "grey",
    _RGB: "color",
    _PALETTE: "palette",
    _CMYK: "cmyk",
    _YCBCR: "color",
}
_COLOURS: Final = {
    _WHITE_IS_ZERO: 1,
    _BLACK_IS_ZERO: 1,
    _RGB: 3,
    _PALETTE: 1,
    _CMYK: 4,
    _YCBCR: 3,
}
_ORIENTATIONS: Final = range(1, 9)
_DEPTHS: Final = (1, 2, 4, 8, 16)
_UNSIGNED: Final = (1, 4)  # the latter: "undefined"
_FLOAT: Final = 3
_UNSPECIFIED_EXTRA: Final = 0
_PREMULTIPLIED: Final = 1
_SEPARATE_PLANES: Final = 2
_PAGES: Final = 1_000
"""Pages are counted up to this many."""
_TILE_PIXELS: Final = 64 * 1024 * 1024
"""A larger tile is a bomb: libtiff makes room for a whole one. Writers use 256 x 256, at most a few megapixels."""


def read_header(data: bytes) -> Header:
    """What the first page's directory says, and how many pages follow.

    Raises:
        Unreadable: the directory is missing or contradicts itself, or the page is of a kind that is not read here.
    """
    found = order_of(data)
    if found is None:
        raise damaged(NAME, "its header is none")
    order, at = found
    entries = read_directory(data, at, order, _MOST_BYTES)
    if data[8:10] == b"CR" or _DNG in entries or (_number(entries, _SUBFILE, 0) & 1 and _SUB_PAGES in entries):
        raise unsupported(NAME, "it is a camera's raw file; develop it to TIFF, PNG or JPEG first")
    photometric = _number(entries, _PHOTOMETRIC, -1)
    compression = _number(entries, _COMPRESSION, 1)
    if photometric not in _LAYOUTS:
        raise unsupported(NAME, f"its colours are of kind {photometric}; save it as RGB or grey")
    if compression not in _COMPRESSIONS:
        raise unsupported(NAME, f"its compression (number {compression}) is not read here; save it with deflate")
    depth = _depth(entries, photometric)
    tile = _number(entries, _TILE_WIDTH, 0) * _number(entries, _TILE_HEIGHT, 0)
    if tile > _TILE_PIXELS:
        raise damaged(NAME, f"its tiles claim {tile / 1e6:,.0f} megapixels each")
    if not {_STRIPS, _TILES} & entries.keys():
        raise damaged(NAME, "it does not say where its pixels are")
    extra = _number(entries, _SAMPLES, 1) > _COLOURS[photometric]
    orientation = _number(entries, _ORIENTATION, 1)
    frames, notes = _pages(data, at, order)
    return Header(
        "tiff",
        _number(entries, _WIDTH, 0),
        _number(entries, _HEIGHT, 0),
        layout=_LAYOUTS[photometric],
        bits=max(depth, 8),
        alpha=extra and _number(entries, _EXTRA, _UNSPECIFIED_EXTRA) != _UNSPECIFIED_EXTRA,
        frames=frames,
        orientation=orientation if orientation in _ORIENTATIONS else 1,
        exif=b"" if order.big else data,
        xmp=entries[_XMP].payload if _XMP in entries else b"",
        iptc=entries[_IPTC].payload if _IPTC in entries else b"",
        profile=entries[_PROFILE].payload if _PROFILE in entries else b"",
        dpi=density(entries),
        lossless=_COMPRESSIONS[compression],
        notes=notes,
    )


def intact(data: bytes, header: Header) -> Parts:
    """The bytes with the orientation set to 1, once all strips or tiles were found inside the file.

    The orientation is reset because libraries turn some TIFF files by themselves and leave others.

    Raises:
        Unreadable: a strip or tile lies outside the file.
    """
    order, at = order_of(data) or (Order("<", big=False), 0)
    entries = read_directory(data, at, order, _MOST_BYTES)
    for places, sizes in ((_STRIPS, _STRIP_BYTES), (_TILES, _TILE_BYTES)):
        if places in entries and sizes in entries:
            starts, lengths = entries[places].numbers, entries[sizes].numbers
            both = min(len(starts), len(lengths))
            if both and int((starts[:both] + lengths[:both]).max()) > len(data):
                raise ends_early(NAME)
    if header.orientation == 1:
        return (data,)
    upright = bytearray(data)
    count_size, width = (8, 20) if order.big else (2, 12)
    (count,) = struct.unpack_from(order.sign + ("Q" if order.big else "H"), data, at)
    for start in range(at + count_size, at + count_size + min(count, 65_535) * width, width):
        if struct.unpack_from(f"{order.sign}H", data, start) == (_ORIENTATION,):
            field = "Q" if order.big else "I"
            struct.pack_into(f"{order.sign}H{field}H", upright, start + 2, 3, 1, 1)
    return (memoryview(upright),)


def white_is_zero(data: bytes | memoryview) -> bool:
    """Whether 0 means white, which libraries set right for 8 bits and leave to the caller for 16."""
    order, at = order_of(data) or (Order("<", big=False), 0)
    return _number(read_directory(data, at, order, {_PHOTOMETRIC: 8}), _PHOTOMETRIC, -1) == _WHITE_IS_ZERO


def premultiplied(data: bytes | memoryview) -> bool:
    """Whether the colours were multiplied by alpha: TIFF's "associated" alpha."""
    order, at = order_of(data) or (Order("<", big=False), 0)
    entries = read_directory(data, at, order, {_EXTRA: 64})
    return _number(entries, _EXTRA, _UNSPECIFIED_EXTRA) == _PREMULTIPLIED


def with_metadata(
    encoded: memoryview, *, image: Mapping[int, Entry], exposure: Mapping[int, Entry], xmp: bytes, alpha: bool
) -> bytes:
    """A little-endian TIFF as an encoder wrote it, with a richer directory appended in place of its own.

    Args:
        encoded: the file; its old directory stays behind as dead bytes, which TIFF allows.
        image: EXIF's entries about the picture, such as `Artist`.
        exposure: EXIF's entries about the exposure.
        xmp: a packet, or nothing.
        alpha: the fourth sample is transparency, which OpenCV does not say by itself.
    """
    (at,) = struct.unpack_from("<I", encoded, 4)
    entries = read_directory(encoded, at, Order("<", big=False), None)
    entries = {**image, **entries}
    if alpha:
        entries[_EXTRA] = Entry.shorts(2)  # "unassociated": the colours are not multiplied by it
    if xmp:
        entries[_XMP] = Entry(BYTE, len(xmp), xmp)
    entries.pop(_EXIF, None)
    start = len(encoded) + len(encoded) % 2
    if exposure:
        entries[_EXIF] = Entry(LONG, 1, bytes(4))
        behind = start + len(directory_bytes(entries, start))
        entries[_EXIF] = Entry(LONG, 1, struct.pack("<I", behind))
    tail = directory_bytes(entries, start)
    if exposure:
        tail += directory_bytes(exposure, start + len(tail))
    padding = b"\x00" * (start - len(encoded))
    return b"".join((encoded[:4], struct.pack("<I", start), encoded[8:], padding, tail))


def _number(entries: Mapping[int, Entry], tag: int, otherwise: int) -> int:
    return _several(entries, tag, otherwise)[0]


def _several(entries: Mapping[int, Entry], tag: int, otherwise: int) -> tuple[int, ...]:
    """The first few numbers of an entry: as many as a pixel has samples, and some."""
    numbers = entries[tag].numbers[:16].tolist() if tag in entries else []
    return tuple(numbers) or (otherwise,)


def _depth(entries: Mapping[int, Entry], photometric: int) -> int:
    """Bits a sample.

    Raises:
        Unreadable: there are more samples than colours and one for transparency, or they are of a kind that neither
            library reads right.
    """
    colours, samples, depths = _COLOURS[photometric], _number(entries, _SAMPLES, 1), set(_several(entries, _BITS, 1))
    if samples not in (colours, colours + 1) or len(depths) != 1:
        raise unsupported(NAME, f"it has {samples} samples a pixel, of {sorted(depths)} bits")
    (depth,) = depths
    formats = _several(entries, _FORMAT, 1)
    if depth not in _DEPTHS or not set(formats) <= set(_UNSIGNED):
        what = "floating-point" if _FLOAT in formats else f"{depth}-bit"
        raise unsupported(NAME, f"it has {what} samples; save it with 8 or 16 bits a sample")
    if depth == _DEPTHS[-1]:
        if samples > 1 and _number(entries, _PLANAR, 1) == _SEPARATE_PLANES:
            raise unsupported(NAME, "it keeps 16-bit colours in separate planes; save them interleaved")
        if samples > colours == 1:
            raise unsupported(NAME, "it is 16-bit grey with transparency; save it as RGB, or without")
    return depth


def _pages(data: bytes, at: int, order: Order) -> tuple[int, tuple[str, ...]]:
    """How many pages there are, this one included, and a remark where the chain of pages is broken."""
    seen: set[int] = set()
    while at and at not in seen and len(seen) < _PAGES:
        seen.add(at)
        try:
            at = next_directory(data, at, order)
        except struct.error:
            return max(len(seen) - 1, 1), ("the pages after the first are damaged",)
    return len(seen), ()

"""TIFF's image file directories, which TIFF files and EXIF share.

TIFF 6.0, section 2; BigTIFF where it differs. Values are kept as little-endian bytes whatever the file's order is.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

SHORT: Final = 3
LONG: Final = 4
RATIONAL: Final = 5
UNDEFINED: Final = 7
BYTE: Final = 1
ASCII: Final = 2

ACROSS, DOWN, UNIT = 282, 283, 296
"""The tags XResolution, YResolution and ResolutionUnit."""

INCH, CENTIMETRE = 2, 3
"""Values of ResolutionUnit."""

_SIZES: Final = {
    1: 1,
    2: 1,
    3: 2,
    4: 4,
    5: 8,
    6: 1,
    7: 1,
    8: 2,
    9: 4,
    10: 8,
    11: 4,
    12: 8,
    13: 4,
    16: 8,
    17: 8,
    18: 8,
    129: 1,
}
"""Bytes that one value of each type takes; 16 to 18 are BigTIFF's, 129 is EXIF 3.0's UTF-8."""

_SWAPPED_BY: Final = _SIZES | {5: 4, 10: 4}
"""Bytes that change places when the order of bytes does: a rational is two numbers."""

_INTEGERS: Final = {1: "<u1", 3: "<u2", 4: "<u4", 13: "<u4", 16: "<u8", 18: "<u8"}


_FAR: Final = np.uint64(1 << 60)
"""Offsets and sizes of 64 bits are cut to this, which no file reaches and two of which can be added."""


_OUTSIDE: Final = "a directory behind the end of the file"


class Entry(NamedTuple):
    """One entry of a directory: TIFF's type number, how many values, and their little-endian bytes."""

    kind: int
    values: int
    payload: bytes

    @property
    def numbers(self) -> npt.NDArray[np.int64]:
        """(N,), the values of an entry of unsigned integers; of any other, none."""
        code = _INTEGERS.get(self.kind)
        whole = len(self.payload) // _SIZES[self.kind] * _SIZES[self.kind]
        numbers = np.frombuffer(self.payload[:whole] if code else b"", code or "<u1").astype(np.uint64)
        near: npt.NDArray[np.int64] = np.minimum(numbers, _FAR).astype(np.int64)
        return near

    @property
    def number(self) -> int | None:
        """The first value of an entry of unsigned integers; None where there is none."""
        numbers: list[int] = self.numbers[:1].tolist()
        return numbers[0] if numbers else None

    @property
    def complete(self) -> bool:
        """Whether all of its values were read."""
        return len(self.payload) == self.values * _SIZES[self.kind]

    @property
    def ratio(self) -> float | None:
        """The first value of an entry of rationals, or of integers; None where it is no number."""
        if self.kind != RATIONAL:
            return None if self.number is None else float(self.number)
        above, below = struct.unpack_from("<II", self.payload) if len(self.payload) >= 8 else (0, 0)  # noqa: PLR2004 - two numbers
        return above / below if below else None

    @classmethod
    def shorts(cls, *values: int) -> Entry:
        """An entry of 16-bit integers."""
        return cls(SHORT, len(values), struct.pack(f"<{len(values)}H", *values))

    @classmethod
    def rational(cls, value: float) -> Entry:
        """An entry of one positive number, to three decimals."""
        return cls(RATIONAL, 1, struct.pack("<II", min(max(round(value * 1000), 1), 2**32 - 1), 1000))

    @classmethod
    def text(cls, words: str) -> Entry:
        """An entry of text, ended by a zero as TIFF wants it."""
        payload = words.encode() + b"\x00"
        return cls(ASCII, len(payload), payload)


class Order(NamedTuple):
    """How a file's numbers are laid out, from its first bytes."""

    sign: str  # of the struct module
    big: bool  # BigTIFF: offsets and counts of 64 bits


def order_of(data: bytes | memoryview) -> tuple[Order, int] | None:
    """The layout of numbers and where the first directory lies; None where this is no TIFF structure."""
    sign = {b"II": "<", b"MM": ">"}.get(bytes(data[:2]))
    if sign is None or len(data) < 8:  # noqa: PLR2004 - the header
        return None
    (version,) = struct.unpack_from(f"{sign}H", data, 2)
    if version == 42:  # noqa: PLR2004 - TIFF 6.0
        return Order(sign, big=False), struct.unpack_from(f"{sign}I", data, 4)[0]
    if version == 43 and len(data) >= 16:  # noqa: PLR2004 - BigTIFF
        return Order(sign, big=True), struct.unpack_from(f"{sign}Q", data, 8)[0]
    return None


def read_directory(
    data: bytes | memoryview, at: int, order: Order, wanted: Mapping[int, int] | None
) -> dict[int, Entry]:
    """The wanted entries of the directory at `at`.

    Entries whose values lie outside the file, or are of an unknown type, are left out.

    Args:
        data: the file.
        at: the directory's offset.
        order: as `order_of` gives it.
        wanted: tags, and the most bytes that each may bring along, which bounds the memory that a hostile file
            can ask for; None for everything, in a file of our own.

    Raises:
        struct.error: the directory itself lies outside the file.
    """
    sign, big = order
    count_code, entry_code, inline = ("Q", "HHQ8s", 8) if big else ("H", "HHI4s", 4)
    if at > len(data):
        raise struct.error(_OUTSIDE)
    (count,) = struct.unpack_from(sign + count_code, data, at)
    at += struct.calcsize(sign + count_code)
    width = struct.calcsize(sign + entry_code)
    entries: dict[int, Entry] = {}
    for start in range(at, at + min(count, 65_535) * width, width):
        tag, kind, number, field = struct.unpack_from(sign + entry_code, data, start)
        if kind not in _SIZES or tag in entries or (wanted is not None and tag not in wanted):
            continue
        size = _SIZES[kind] * number
        if size > inline:
            (offset,) = struct.unpack(sign + ("Q" if big else "I"), field)
            taken = size if wanted is None else min(size, wanted[tag])
            field = bytes(data[offset : offset + taken])
            if len(field) < taken or offset + size > len(data):
                continue
        entries[tag] = Entry(kind, number, _little(field[: min(size, len(field))], kind, sign))
    return entries


def next_directory(data: bytes, at: int, order: Order) -> int:
    """Where the directory behind the one at `at` lies; 0 where there is none. Its entries are not looked at.

    Raises:
        struct.error: the directory lies outside the file.
    """
    if at > len(data):
        raise struct.error(_OUTSIDE)
    count_code, number_code, width = ("Q", "Q", 20) if order.big else ("H", "I", 12)
    (count,) = struct.unpack_from(order.sign + count_code, data, at)
    behind = at + struct.calcsize(count_code) + min(count, len(data)) * width
    (after,) = struct.unpack_from(order.sign + number_code, data, min(behind, len(data)))
    return int(after)


def density(entries: Mapping[int, Entry]) -> tuple[float, float] | None:
    """Pixels an inch, across and down; the format may give them by the centimetre, or without a unit."""
    across = entries[ACROSS].ratio if ACROSS in entries else None
    down = entries[DOWN].ratio if DOWN in entries else None
    unit = entries[UNIT].number if UNIT in entries else INCH
    scale = {INCH: 1.0, CENTIMETRE: 2.54}.get(unit or 0)
    return (across * scale, down * scale) if across and down and scale else None


def directory_bytes(entries: Mapping[int, Entry], at: int) -> bytes:
    """A directory without a successor, little-endian, as it must stand at the even offset `at` of its file."""
    fields, tail = [], b""
    tail_at = at + 2 + 12 * len(entries) + 4
    for tag in sorted(entries):
        kind, number, payload = entries[tag]
        if len(payload) > 4:  # noqa: PLR2004 - what an entry holds by itself
            field = struct.pack("<I", tail_at + len(tail))
            tail += payload + b"\x00" * (len(payload) % 2)
        else:
            field = payload.ljust(4, b"\x00")
        fields.append(struct.pack("<HHI", tag, kind, number) + field)
    return struct.pack("<H", len(entries)) + b"".join(fields) + b"\x00\x00\x00\x00" + tail


def _little(payload: bytes, kind: int, sign: str) -> bytes:
    size = _SWAPPED_BY[kind]
    if sign == "<" or size == 1:
        return payload
    whole = len(payload) // size * size
    return np.frombuffer(payload[:whole], f">u{size}").astype(f"<u{size}").tobytes()

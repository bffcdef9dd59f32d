"""EXIF: the orientation, and the entries that may be carried into a coloured copy.

Source of all tags: CIPA DC-008 (Exif 3.0). Entries are let through by name, never kept out by name: positions hide
in the GPS directory, in makers' notes, in thumbnails of the uncropped picture and in makers' own tags, and a list of
hiding places would never be complete.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from functions.colorise.picture_file.containers.directory import (
    ACROSS,
    DOWN,
    INCH,
    LONG,
    UNIT,
    Entry,
    density,
    directory_bytes,
    order_of,
    read_directory,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_ORIENTATION: Final = 0x0112
_ORIENTATIONS: Final = range(1, 9)
_SOFTWARE: Final = 0x0131
_EXPOSURE: Final = 0x8769
_COLOR_SPACE: Final = 0xA001
_SRGB: Final = 1

_TEXT_BYTES: Final = 16 * 1024
"""Longest text that is carried over; descriptions of archives run to a few kilobytes."""

_IMAGE: Final = dict.fromkeys(
    (
        0x010E,  # ImageDescription
        0x010F,  # Make
        0x0110,  # Model
        _SOFTWARE,
        0x0132,  # DateTime
        0x013B,  # Artist
        0x8298,  # Copyright
    ),
    _TEXT_BYTES,
)
"""What is carried over about the picture."""

_ABOUT_EXPOSURE: Final = dict.fromkeys(
    (
        0x829A,  # ExposureTime
        0x829D,  # FNumber
        0x8822,  # ExposureProgram
        0x8827,  # PhotographicSensitivity
        0x8830,  # SensitivityType
        0x9000,  # ExifVersion
        0x9003,  # DateTimeOriginal
        0x9004,  # DateTimeDigitized
        0x9201,  # ShutterSpeedValue
        0x9202,  # ApertureValue
        0x9203,  # BrightnessValue
        0x9204,  # ExposureBiasValue
        0x9205,  # MaxApertureValue
        0x9206,  # SubjectDistance
        0x9207,  # MeteringMode
        0x9208,  # LightSource
        0x9209,  # Flash
        0x920A,  # FocalLength
        0x9290,  # SubSecTime
        0x9291,  # SubSecTimeOriginal
        0x9292,  # SubSecTimeDigitized
        _COLOR_SPACE,
        0xA217,  # SensingMethod
        0xA300,  # FileSource
        0xA402,  # ExposureMode
        0xA403,  # WhiteBalance
        0xA404,  # DigitalZoomRatio
        0xA405,  # FocalLengthIn35mmFilm
        0xA406,  # SceneCaptureType
        0xA432,  # LensSpecification
        0xA433,  # LensMake
        0xA434,  # LensModel
    ),
    _TEXT_BYTES,
)
"""What is carried over about the exposure. Serial numbers, owners' names, time zones and free comments are not."""


@dataclass(frozen=True, slots=True)
class Exif:
    """EXIF's entries that may be carried over: by tag, about the picture and about the exposure."""

    image: Mapping[int, Entry] = field(default_factory=dict)
    exposure: Mapping[int, Entry] = field(default_factory=dict)

    def to_bytes(self, dpi: tuple[float, float] | None = None) -> bytes:
        """A little-endian TIFF structure that says the picture is upright; nothing where there is no entry.

        Args:
            dpi: pixels an inch, across and down.
        """
        if not self.image and not self.exposure:
            return b""
        entries = {**self.image, _ORIENTATION: Entry.shorts(1)}
        if dpi is not None:
            entries |= {ACROSS: Entry.rational(dpi[0]), DOWN: Entry.rational(dpi[1]), UNIT: Entry.shorts(INCH)}
        if self.exposure:
            entries[_EXPOSURE] = Entry(LONG, 1, bytes(4))
            entries[_EXPOSURE] = Entry(LONG, 1, struct.pack("<I", 8 + len(directory_bytes(entries, 8))))
        head = b"II*\x00\x08\x00\x00\x00" + directory_bytes(entries, 8)
        return head + (directory_bytes(self.exposure, len(head)) if self.exposure else b"")

    def made_by(self, software: str) -> Exif:
        """The same with another `Software`: the program that wrote the file, says the standard."""
        return Exif({**self.image, _SOFTWARE: Entry.text(software)}, self.exposure)


def read_orientation(exif: bytes) -> int:
    """EXIF's orientation, 1 to 8; 1 where it is missing or makes no sense."""
    found = order_of(exif)
    if found is None:
        return 1
    try:
        entries = read_directory(exif, found[1], found[0], {_ORIENTATION: 8})
    except struct.error:
        return 1
    orientation = entries[_ORIENTATION].number if _ORIENTATION in entries else None
    return orientation if orientation is not None and orientation in _ORIENTATIONS else 1


def read_density(exif: bytes) -> tuple[float, float] | None:
    """Pixels an inch, across and down as stored; None where EXIF does not say."""
    found = order_of(exif)
    if found is None:
        return None
    try:
        entries = read_directory(exif, found[1], found[0], {ACROSS: 8, DOWN: 8, UNIT: 8})
    except struct.error:
        return None
    return density(entries)


def read_exif(exif: bytes) -> Exif:
    """The entries that may be carried over into an sRGB copy; damaged ones are left out.

    Args:
        exif: a TIFF structure of either order of bytes, such as an EXIF segment without its prefix, or a TIFF file.
    """
    found = order_of(exif)
    if found is None:
        return Exif()
    order, at = found
    try:
        image = read_directory(exif, at, order, {**_IMAGE, _EXPOSURE: 8})
    except struct.error:
        return Exif()
    pointer = image.pop(_EXPOSURE).number if _EXPOSURE in image else None
    exposure: dict[int, Entry] = {}
    if pointer is not None:
        try:
            exposure = read_directory(exif, pointer, order, _ABOUT_EXPOSURE)
        except struct.error:
            exposure = {}
    if _COLOR_SPACE in exposure:
        exposure[_COLOR_SPACE] = Entry.shorts(_SRGB)  # the pixels were converted
    return Exif(_whole(image), _whole(exposure))


def _whole(entries: Mapping[int, Entry]) -> dict[int, Entry]:
    """Without the entries of which a part was left behind."""
    return {tag: entry for tag, entry in entries.items() if entry.complete}

"""What a picture file says about itself before anything is decoded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from functions.errors import Unreadable

Parts: TypeAlias = tuple[bytes | memoryview, ...]
"""A file as a decoder should see it, in pieces of the original: nothing is copied."""

Layout: TypeAlias = Literal["grey", "color", "palette", "cmyk"]

PROFILE_BYTES: Final = 4 * 1024 * 1024
"""Largest ICC profile taken seriously: a press profile has 0.5 to 2 MB, and a compressed one can claim anything."""

INCH_METRES: Final = 0.0254

EXIF_BYTES: Final = 4 * 1024 * 1024
"""Largest EXIF structure taken seriously; JPEG holds 64 KB of it, thumbnail included."""

XMP_BYTES: Final = 1024 * 1024
"""Largest XMP packet taken seriously; what JPEG holds in one segment is 64 KB."""


@dataclass(frozen=True, slots=True)
class Header:
    """A picture file's own claims. Nothing here has been checked against the pixels.

    Attributes:
        kind: `jpeg`, `png`, `webp`, `tiff`, `bmp`, `gif`, `heic` or `avif`.
        width: pixels, as stored: before the orientation is applied.
        height: the same.
        layout: `grey` where every pixel is known to be grey, a palette of greys included.
        bits: a sample.
        alpha: there may be transparent pixels.
        frames: pages or frames; 2 may stand for any number of them.
        animated: the frames are moments, not pages.
        orientation: 1 to 8, or None for what the EXIF says; 1 where the decoder turns the picture by itself.
        exif: a TIFF structure, or nothing.
        xmp: an XMP packet, or nothing.
        iptc: IPTC-IIM records, or nothing.
        profile: an ICC profile, or nothing.
        dpi: pixels an inch, across and down.
        lossless: the compression lost nothing.
        body: where the pixel data starts, in formats that are read front to back.
        transparent: the grey code value that stands for "transparent" (PNG).
        notes: for people: what was left out or looked odd.
    """

    kind: str
    width: int
    height: int
    layout: Layout = "color"
    bits: int = 8
    alpha: bool = False
    frames: int = 1
    animated: bool = False
    orientation: int | None = None
    exif: bytes = b""
    xmp: bytes = b""
    iptc: bytes = b""
    profile: bytes = b""
    dpi: tuple[float, float] | None = None
    lossless: bool = False
    body: int = 0
    transparent: int | None = None
    notes: tuple[str, ...] = ()


def inches(across: float, down: float) -> tuple[float, float]:
    """Pixels a metre → pixels an inch, without the noise of the conversion."""
    return round(across * INCH_METRES, 2), round(down * INCH_METRES, 2)


def ends_early(name: str) -> Unreadable:
    """The error for a file of which the end is missing; `name` is the format's, such as `JPEG`."""
    return Unreadable(f"this {name} file ends early: part of the picture is missing", code="ends-early")


def damaged(name: str, why: str) -> Unreadable:
    """The error for a file that contradicts its format; `why` completes "this JPEG file is damaged: …"."""
    return Unreadable(f"this {name} file is damaged: {why}", code="damaged")


def unsupported(name: str, what: str) -> Unreadable:
    """The error for a legal file of a kind that cannot be read here; `what` names it and what would help."""
    return Unreadable(f"this {name} file cannot be read: {what}", code="unsupported")

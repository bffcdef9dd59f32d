"""Picture files: read into upright sRGB pixels, and written again with what may be said about them."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

import cv2
import numpy as np

from functions.colorise.picture_file.decoder import decode
from functions.colorise.picture_file.encoder import LOSSLESS, encode
from functions.colorise.picture_file.exif import read_orientation
from functions.colorise.picture_file.header import KINDS, Limits, intact, read_header
from functions.colorise.picture_file.metadata import Metadata, Provenance, read_metadata
from functions.colorise.picture_file.pillow import NEEDS_HEIF

if TYPE_CHECKING:
    from collections.abc import Mapping

    from functions.color.color_space import Pixels
    from functions.colorise.picture_file.containers.header import Header

__all__ = ["KINDS", "Limits", "Metadata", "Picture", "Provenance", "read_picture", "readable_kinds", "write_picture"]


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture as people see it.

    Attributes:
        pixels: (H, W) grey or (H, W, 3) blue, green, red; sRGB; uint8 or uint16; upright.
        alpha: (H, W) of the same type, the whole of its range; None where every pixel is opaque.
        kind: what the file was: `jpeg`, `png`, `webp`, `tiff`, `bmp`, `gif`, `heic` or `avif`.
        metadata: what may be carried over into a copy.
        lossless: the file had lost nothing to compression.
        notes: remarks for people, such as "this is the first of 3 pages".
    """

    pixels: Pixels
    alpha: Pixels | None
    kind: str
    metadata: Metadata
    lossless: bool = False
    notes: tuple[str, ...] = ()


def read_picture(data: bytes, limits: Limits = Limits()) -> Picture:  # noqa: B008 - a tuple does not change
    """Read a picture file of any known kind, whatever its name was.

    The limits are checked before anything is decoded. A picture of which a part is missing is refused; one that
    decodes in spite of damage says so in its notes. Of several pages or frames the first is read.

    Args:
        data: the whole file.
        limits: what is too large.

    Raises:
        Unreadable: the bytes are no picture, or a damaged, incomplete or unsupported one. Codes: `empty`,
            `not-a-picture`, `ends-early`, `damaged`, `unsupported`, `needs-heif`.
        Rejected: the file or the picture is larger than the limits (code `too-large`).
    """
    header = read_header(data, limits)
    pixels, alpha, notes = decode(intact(data, header), header)
    orientation = header.orientation or read_orientation(header.exif)
    return Picture(
        _turned(pixels, orientation),
        None if alpha is None else _turned(alpha, orientation),
        header.kind,
        read_metadata(header, turned=orientation in _MIRRORED_DIAGONALLY),
        lossless=header.lossless,
        notes=(*_on_frames(header), *header.notes, *notes),
    )


def write_picture(
    picture: Picture,
    *,
    kind: str,
    quality: int | None = None,
    provenance: Provenance | None = None,
    keep_metadata: bool = True,
) -> bytes:
    """Write a picture file.

    JPEG, PNG, WebP, TIFF, AVIF and HEIC carry the metadata and say where the colours come from; BMP and GIF cannot.
    16 bits are kept in PNG and TIFF, 10 of them in AVIF; other kinds get 8. In JPEG, transparent pixels are laid
    over white. Equal pictures give equal bytes.

    Args:
        picture: its pixels may have been replaced by coloured ones.
        kind: what to write, one of `KINDS`.
        quality: 0 to 100 for the lossy kinds. None: 92 for JPEG (with colour at half size; at full size from 95
            on), 90 for WebP or lossless where the source was, 80 for AVIF and HEIC.
        provenance: the network that guessed the colours; None for a picture that is not coloured.
        keep_metadata: carry over captions, credits, rights and exposure; positions never are.

    Raises:
        Rejected: the kind is unknown or cannot hold the picture. Codes: `unknown-kind`, `too-large`, `needs-heif`,
            `unwritable`.
    """
    metadata = picture.metadata if keep_metadata else Metadata(dpi=picture.metadata.dpi)
    return encode(
        cast("Pixels", np.ascontiguousarray(picture.pixels)),
        picture.alpha,
        kind=kind,
        quality=LOSSLESS if quality is None and kind == "webp" and picture.lossless else quality,
        metadata=metadata.with_provenance(provenance),
    )


def readable_kinds() -> Mapping[str, str]:
    """Each kind of picture → what is missing to read and write it here; an empty text where nothing is."""
    missing = dict.fromkeys(KINDS, "")
    if importlib.util.find_spec("pillow_heif") is None:
        missing["heic"] = NEEDS_HEIF
    if not cv2.haveImageWriter(".avif"):
        missing["avif"] = "this OpenCV was built without it"
    return missing


def _on_frames(header: Header) -> tuple[str, ...]:
    """What to tell people about frames and pages that were not read."""
    if header.animated:
        return ("this is the first frame of an animation; `colorise video` colours all of them",)
    return (f"this is the first of {header.frames} pages",) if header.frames > 1 else ()


def _turned(pixels: Pixels, orientation: int) -> Pixels:
    """The picture upright; the same array where it is already."""
    if orientation in _MIRRORED_DIAGONALLY:
        pixels = cast("Pixels", cv2.transpose(pixels))
    flip = _FLIPS[orientation]
    return pixels if flip is None else cast("Pixels", cv2.flip(pixels, flip))


_MIRRORED_DIAGONALLY: Final = frozenset({5, 6, 7, 8})
"""EXIF's orientations for which rows become columns."""

_FLIPS: Final = {1: None, 2: 1, 3: -1, 4: 0, 5: None, 6: 1, 7: -1, 8: 0}
"""EXIF's orientation → OpenCV's number for what else is to be mirrored: 1 left and right, 0 top and bottom, -1 both."""

"""Claims about the eight ways to hold a camera: applied once, and spent."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from functions.colorise.picture_file import (
    Provenance,
    read_picture,
    write_picture,
)
from tests.picture_files import (
    Samples,
    as_read,
    colours,
    distance,
    exif,
    greys,
    png,
    ramp,
    saved,
    tiff,
    with_jpeg_segment,
    with_png_chunk,
)

NEARLY_LOSSLESS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 95, "subsampling": "4:4:4"},
    "WEBP": {"lossless": True},
    "AVIF": {"quality": 98, "subsampling": "4:4:4"},
}
PROVENANCE = Provenance(model="small", model_sha256="ab" * 32)


def turned(pixels: Samples, orientation: int) -> Samples:
    """What a viewer shows, by Pillow's own reckoning."""
    image = Image.fromarray(pixels)
    image.getexif()[0x0112] = orientation
    upright = ImageOps.exif_transpose(image)
    assert upright is not None
    return np.asarray(upright)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"])
def test_the_orientation_is_applied_once_and_spent(kind: str, orientation: int) -> None:
    held = Image.Exif()
    held[0x0112] = orientation
    data = saved(colours(), kind, exif=held.tobytes(), **NEARLY_LOSSLESS.get(kind, {}))
    again = read_picture(data)
    expected = as_read(turned(colours(), orientation))
    assert again.pixels.shape == expected.shape
    assert distance(again.pixels, expected) < 3
    for target in ("jpeg", "png", "webp", "tiff", "avif"):
        written = write_picture(again, kind=target, provenance=PROVENANCE)
        assert Image.open(io.BytesIO(written)).getexif().get(0x0112, 1) == 1, target
        assert read_picture(written).pixels.shape == expected.shape, target


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("pixels", [greys(), colours(dtype=np.uint16), greys(dtype=np.uint16)], ids=["8", "16", "g16"])
def test_libraries_do_not_turn_tiff_a_second_time(pixels: Samples, orientation: int) -> None:
    again = read_picture(tiff(pixels, 2 if pixels.ndim == 3 else 1, more={274: (3, struct.pack("<H", orientation))}))
    first = pixels if pixels.ndim == 2 else pixels[..., 0]
    found = again.pixels if pixels.ndim == 2 else again.pixels[..., 2]
    assert np.array_equal(found, turned(first, orientation))


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_heic_is_turned_once(orientation: int) -> None:
    heif = pytest.importorskip("pillow_heif")
    written = io.BytesIO()
    held = Image.Exif()
    held[0x0112] = orientation
    heif.from_bytes("RGB", (56, 40), colours().tobytes()).save(written, quality=95, exif=held.tobytes())
    again = read_picture(written.getvalue())
    expected = as_read(turned(colours(), orientation))
    assert again.pixels.shape == expected.shape
    assert distance(again.pixels, expected) < 6


def test_transparency_and_density_turn_with_the_picture() -> None:
    data = png(np.dstack([colours(), ramp()]), 6, 8)
    data = with_png_chunk(data, b"eXIf", exif(6))
    data = with_png_chunk(data, b"pHYs", struct.pack(">IIB", 11_811, 5_906, 1))
    again = read_picture(data)
    assert again.alpha is not None
    assert np.array_equal(again.alpha, turned(ramp(), 6))
    assert again.metadata.dpi == (150.01, 300.0)


def test_an_orientation_that_makes_no_sense_is_none() -> None:
    for orientation in (0, 9, 4097):
        data = with_jpeg_segment(saved(colours(), "JPEG"), 0xE1, b"Exif\x00\x00" + exif(orientation))
        assert read_picture(data).pixels.shape == (40, 56, 3)
        data = tiff(colours(), 2, more={274: (3, struct.pack("<H", orientation))})
        assert read_picture(data).pixels.shape == (40, 56, 3)

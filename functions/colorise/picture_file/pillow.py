"""Pictures that Pillow decodes: CMYK, BMP, GIF, TIFF up to 8 bits, animated WebP; and HEIC through pillow-heif."""

from __future__ import annotations

import contextlib
import importlib
import io
import warnings
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from functions.colorise.picture_file.containers.header import damaged, ends_early, unsupported
from functions.colorise.picture_file.header import KINDS
from functions.colorise.picture_file.native_stderr import remarks_caught
from functions.colorise.picture_file.pixels import (
    PROFILE_IGNORED,
    UNDECODABLE,
    Decoded,
    check_claim,
    on_damage,
    split_channels,
)
from functions.colorise.picture_file.profile import color_space, stripes
from functions.errors import Rejected, Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from functions.color.color_space import Pixels
    from functions.colorise.picture_file.containers.header import Header, Parts

_PILLOW_PLUGINS: Final = {
    "jpeg": ("JpegImagePlugin", "JpegImageFile"),
    "webp": ("WebPImagePlugin", "WebPImageFile"),
    "tiff": ("TiffImagePlugin", "TiffImageFile"),
    "bmp": ("BmpImagePlugin", "BmpImageFile"),
    "gif": ("GifImagePlugin", "GifImageFile"),
}
"""Where Pillow keeps the reader of each kind. `Image.open` would import them all, and let any of them try."""

_BYTE_BITS: Final = 8

NEEDS_HEIF: Final = "HEIC pictures need one more library: pip install 'colorisebot[heif]'"


_TARGETS: Final = {
    "1": "L",
    "L": "L",
    "LA": "LA",
    "La": "LA",
    "CMYK": "CMYK",
    "RGB": "RGB",
    "RGBX": "RGB",
    "YCbCr": "RGB",
    "RGBA": "RGBA",
    "RGBa": "RGBA",
}
"""Pillow's modes → the mode in which the pixels are taken; a small `a` is alpha that colours were multiplied by."""

_WITH_ALPHA: Final = {"L": "LA", "RGB": "RGBA"}


def wants_pillow(header: Header) -> bool:
    """Whether Pillow reads this file better than OpenCV.

    OpenCV does not know presses' inks, multiplies 8-bit TIFF colours by alpha, and reads odd bitmaps and palettes
    wrongly or not at all; Pillow cuts 16 bits to 8.
    """
    return (
        header.kind in ("bmp", "gif")
        or header.layout == "cmyk"
        or (header.kind == "webp" and header.animated)
        or (header.kind == "tiff" and header.bits == _BYTE_BITS)
    )


def decode_by_pillow(parts: Parts, header: Header) -> Decoded:
    """The first picture of a file, as stored; CMYK in sRGB, all else in its own colours.

    Raises:
        Unreadable: the pixels are damaged, or of a type that is not read here.
    """
    module, reader = _PILLOW_PLUGINS[header.kind]
    plugin = importlib.import_module(f"PIL.{module}")
    # Our own limit was checked; Pillow's would print a warning at 89 megapixels, and refuse twice that.
    plugin.Image.MAX_IMAGE_PIXELS = None
    # Its remarks about odd tags and palettes are for developers.
    warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
    with _pillow_errors(header):
        image = getattr(plugin, reader)(io.BytesIO(b"".join(parts)))
    check_claim(image.size, header)  # before a byte of it is decoded
    with _pillow_errors(header), remarks_caught() as remarks:
        image.load()
    if image.mode not in {*_TARGETS, "P"}:
        raise unsupported(KINDS[header.kind], f"its pixels are of kind {image.mode}; save it as RGB or grey")
    with _pillow_errors(header):
        pixels, alpha, notes = (_from_cmyk if image.mode == "CMYK" else _from_image)(image, header)
    return Decoded(pixels, alpha, (*notes, *on_damage(remarks, header)))


def decode_by_pillow_heif(parts: Parts, header: Header) -> Decoded:
    """The main picture of a HEIC file, upright and in its own colours.

    Raises:
        Unreadable: the pixels are damaged, or pillow-heif is not installed.
    """
    try:
        import pillow_heif  # noqa: PLC0415 - optional
    except ImportError as error:
        raise Unreadable(NEEDS_HEIF, code="needs-heif") from error
    with _pillow_errors(header):
        picture = pillow_heif.open_heif(parts[0], convert_hdr_to_8bit=False, bgr_mode=True)
        size = picture.size
    check_claim(size, header, cropped=True)
    with _pillow_errors(header):
        stored: Pixels = np.array(picture)
    if stored.dtype == np.uint16:
        for rows in stripes(stored):
            stored[rows] |= stored[rows] >> header.bits  # libheif leaves the lower bits empty
    return split_channels(stored, header)


@contextlib.contextmanager
def _pillow_errors(header: Header) -> Iterator[None]:
    """Pillow's readers and libheif answer damage with whatever error comes up: all of them are the picture's."""
    try:
        yield
    except (Rejected, MemoryError):
        raise
    except Exception as error:
        if "truncated" in str(error):
            raise ends_early(KINDS[header.kind]) from error
        raise damaged(KINDS[header.kind], UNDECODABLE) from error


def _from_image(image: Any, header: Header) -> Decoded:  # noqa: ARG001 - as the other
    """A loaded image, stripe by stripe: Pillow keeps 4 bytes a pixel, and whole copies in between are dear."""
    if image.mode == "P":
        palette = image.getpalette() or []
        target = "L" if palette[::3] == palette[1::3] == palette[2::3] else "RGB"
    else:
        target = _TARGETS[image.mode]
    if "transparency" in image.info:
        target = _WITH_ALPHA.get(target, target)
    height, width = image.height, image.width
    pixels = np.empty((height, width) if target in ("L", "LA") else (height, width, 3), np.uint8)
    alpha = np.empty((height, width), np.uint8) if target in ("LA", "RGBA") else None
    for rows in stripes(pixels):
        part = image.crop((0, rows.start, width, rows.stop))
        taken = np.asarray(part if part.mode == target else part.convert(target))
        if alpha is not None:
            alpha[rows] = taken[..., -1]
        pixels[rows] = taken if target == "L" else taken[..., 0] if target == "LA" else taken[..., 2::-1]
    return Decoded(pixels, alpha, ())


def _from_cmyk(image: Any, header: Header) -> Decoded:
    """Ink to light, stripe by stripe: by the profile of the press, or else as if inks were perfect filters."""
    from functions.colorise.picture_file.cms import to_srgb_8bit  # noqa: PLC0415 - Pillow is slow to import

    usable = color_space(header.profile) == "CMYK"
    pixels = np.empty((image.height, image.width, 3), np.uint8)
    for rows in stripes(pixels):
        part = image.crop((0, rows.start, image.width, rows.stop))
        colors = to_srgb_8bit(np.asarray(part), header.profile, "CMYK") if usable else None
        usable = colors is not None
        pixels[rows] = (np.asarray(part.convert("RGB")) if colors is None else colors)[..., ::-1]
    notes = () if usable or not header.profile else (PROFILE_IGNORED,)
    if header.bits > _BYTE_BITS:
        notes = (*notes, "its 16-bit inks were read with 8 bits")
    return Decoded(pixels, None, notes)

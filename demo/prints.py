"""The pictures that pages show beside a coloured one: what the visitor gave, in grey, and small ones for the wall."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from functions.color.color_space import luma_of
from functions.color.shrink import shrunk, shrunk_size
from functions.colorise.picture_file import Limits, Picture, read_picture, write_picture

if TYPE_CHECKING:
    from functions.color.color_space import Pixels

QUALITY: Final = 92
"""Of JPEG: that of the coloured one, so that nothing but colour is between them."""

WALL_SIDE: Final = 960
"""Pixels of the longer side on the wall: a tile of a 4K screen is no larger, and a browser holds hundreds of them."""


def grey_print(data: bytes, *, max_pixels: int) -> bytes:
    """What a visitor gave as a JPEG file: upright, without its colours, tint and metadata; it blocks.

    It has the height and width of what the workers make of it.

    Raises:
        Rejected: it cannot be read, or is too large.
    """
    picture = read_picture(data, Limits(max_pixels=max_pixels))
    return _jpeg(luma_of(picture.pixels), picture)


def wall_prints(data: bytes) -> tuple[bytes, bytes]:
    """A coloured picture in grey and as it is, at the size of the wall, as JPEG files without metadata; it blocks.

    Its own luma is the source's, so that nothing else is needed for the grey one.

    Raises:
        Rejected: it cannot be read.
    """
    picture = read_picture(data)
    height, width = picture.pixels.shape[:2]
    pixels, alpha = shrunk(picture.pixels, picture.alpha, shrunk_size(height, width, WALL_SIDE))
    small = replace(picture, alpha=alpha)
    return _jpeg(luma_of(pixels), small), _jpeg(pixels, small)


def _jpeg(pixels: Pixels, picture: Picture) -> bytes:
    plain = replace(picture, pixels=pixels)
    return write_picture(plain, kind="jpeg", quality=QUALITY, keep_metadata=False)

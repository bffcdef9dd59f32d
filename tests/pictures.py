"""Photographs for the tests: those that scikit-image ships, and what was written to disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt
import skimage.data

from functions.color.color_space import luma_of

if TYPE_CHECKING:
    from pathlib import Path

Bytes: TypeAlias = npt.NDArray[np.uint8]
"""(H, W) or (H, W, 3) blue, green, red."""


def in_colour(name: str) -> Bytes:
    """Read one of scikit-image's photographs, (H, W, 3)."""
    pixels = getattr(skimage.data, name)()
    return np.ascontiguousarray(pixels[..., ::-1] if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, -1))


def in_grey(name: str, side: int | None = None) -> Bytes:
    """Take the colour away, and shrink to side x side where that is given."""
    luma = luma_of(in_colour(name)).astype(np.uint8)
    if side is None:
        return luma
    return resized(luma, (side, side))


def resized(pixels: Bytes, size: tuple[int, int]) -> Bytes:
    """Resize to (height, width), averaging areas."""
    small: Bytes = cv2.resize(pixels, size[::-1], interpolation=cv2.INTER_AREA)
    return small


def loaded(path: Path) -> Bytes:
    """Read a picture that must be there, (H, W, 3)."""
    pixels: Bytes | None = cv2.imread(str(path))
    assert pixels is not None, path
    return pixels

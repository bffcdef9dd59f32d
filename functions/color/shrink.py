"""A picture made smaller: every pixel of the result is the mean of those that it covers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

import cv2
import numpy as np

from functions.color.color_space import full_scale

if TYPE_CHECKING:
    import numpy.typing as npt

    from functions.color.color_space import Pixels

Samples = TypeVar("Samples", bound="npt.NDArray[np.generic]")

LEAST_SHARE: Final = 1e-4
"""Of opacity, below which a mean has no colour that anybody could see."""


def shrunk_size(height: int, width: int, longer: int) -> tuple[int, int]:
    """Height and width with a longer side of `longer` pixels, in the same proportions; never larger than it was."""
    factor = min(1.0, longer / max(height, width))
    return max(1, round(height * factor)), max(1, round(width * factor))


def shrunk(pixels: Pixels, alpha: Pixels | None, size: tuple[int, int]) -> tuple[Pixels, Pixels | None]:
    """Smaller pixels and alpha; luma is the mean of the luma that was there, within one code value.

    Transparent pixels count for as much as is seen of them, or what nobody saw would bleed into the edges.

    Args:
        pixels: (H, W) or (H, W, 3).
        alpha: (H, W) of the same type, or None.
        size: height and width, neither larger than they are.
    """
    height, width = size
    if alpha is None:
        return _averaged(pixels, height, width), None
    share = alpha.astype(np.float32) / np.float32(full_scale(alpha))
    thin = _averaged(share, height, width)
    weights = share if pixels.ndim == 2 else share[..., None]  # noqa: PLR2004 - (H, W)
    seen = _averaged(pixels * weights, height, width)
    thin_weights = thin if pixels.ndim == 2 else thin[..., None]  # noqa: PLR2004 - (H, W)
    colors = seen / np.maximum(thin_weights, np.float32(LEAST_SHARE))
    smaller: Pixels = np.rint(np.clip(colors, 0, full_scale(pixels))).astype(pixels.dtype)
    return smaller, np.rint(thin * full_scale(alpha)).astype(alpha.dtype)


def _averaged(samples: Samples, height: int, width: int) -> Samples:
    averaged: Samples = cv2.resize(samples, (width, height), interpolation=cv2.INTER_AREA)
    return averaged

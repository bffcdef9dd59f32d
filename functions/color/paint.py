"""Full-size luma and the network's chroma, put together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np

from functions.color.color_space import colour_at_luma, full_scale, primary_offsets

if TYPE_CHECKING:
    import numpy.typing as npt

    from functions.color.color_space import Luma, Pixels, Plane
    from functions.color.upsample import ChromaField

STRIPE_PIXELS: Final = 1 << 17
"""A stripe stays in a core's caches, and memory grows by little more than the picture; smaller ones cost calls."""


FINE: Final = 32
"""Steps to a code value in fixed point."""

LARGEST_CHROMA: Final = 512.0
"""Of Cb and Cr, four times what sRGB can show: what is beyond shrinks to fit all the same, and fixed point holds it."""


def chroma_at(luma: Plane, field: ChromaField) -> tuple[Plane, Plane]:
    """Cb and Cr, each (H, W) and about -128 to 128, for luma (H, W) from 0 to 255."""
    height, width = luma.shape
    planes = []
    for slope, offset in ((field.cb_slope, field.cb_offset), (field.cr_slope, field.cr_offset)):
        plane: Plane = cv2.resize(slope, (width, height), interpolation=cv2.INTER_LINEAR)
        plane *= luma
        plane += cv2.resize(offset, (width, height), interpolation=cv2.INTER_LINEAR)
        planes.append(plane)
    cb, cr = planes
    return cb, cr


def halved(luma: Luma) -> Luma:
    """Average blocks of two by two pixels: (H, W) → (ceil(H / 2), ceil(W / 2)); the last row and column may repeat."""
    height, width = luma.shape
    if height % 2 or width % 2:
        luma = cv2.copyMakeBorder(luma, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
    half: Luma = cv2.resize(luma, (luma.shape[1] // 2, luma.shape[0] // 2), interpolation=cv2.INTER_AREA)
    return half


def paint(luma: Luma, field: ChromaField) -> Pixels:
    """Colour every pixel of `luma` (H, W) from `field`; the luma of the result is `luma` within one code value.

    Chroma is evaluated for blocks of two by two pixels, as JPEG and film keep it, and interpolated between them.
    The result is (H, W, 3) of luma's type. It runs on one core: its steps are too short to share.
    """
    height, width = luma.shape
    unit = np.float32(full_scale(luma) / 255)
    chroma = chroma_at(halved(luma).astype(np.float32) / unit, field)
    halves = primary_offsets(*(np.clip(plane, -LARGEST_CHROMA, LARGEST_CHROMA) for plane in chroma))
    if luma.dtype == np.uint8:
        # Fixed point: half as many bytes to move as floats, and five bits behind the point to interpolate.
        stored: npt.NDArray[Any] = cv2.addWeighted(halves, FINE, halves, 0, 0, dtype=cv2.CV_16S)  # scales and rounds
    else:
        stored = halves * unit
    painted: Pixels = np.empty((height, width, 3), luma.dtype)
    step = max(2, STRIPE_PIXELS // width // 2 * 2)
    for top in range(0, height, step):
        rows = luma[top : top + step]
        offsets = _doubled_rows(stored, top, rows.shape)
        if offsets.dtype == np.int16:
            offsets += FINE // 2
            offsets >>= FINE.bit_length() - 1
        else:
            offsets = np.rint(offsets).astype(np.int32)
        painted[top : top + step] = colour_at_luma(rows, offsets)
    return painted


def _doubled_rows(half: npt.NDArray[Any], top: int, size: tuple[int, ...]) -> npt.NDArray[Any]:
    """The part of `half` (h, w, 3), stretched to twice its size, that starts at even row `top` and is `size` large."""
    rows, columns = size
    first = top // 2
    above = 1 if first else 0
    band = half[first - above : first + (rows + 1) // 2 + 1]  # a neighbour on either side, where there is one
    doubled = cv2.resize(band, (band.shape[1] * 2, band.shape[0] * 2), interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(doubled[2 * above : 2 * above + rows, :columns])

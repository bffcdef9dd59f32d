"""Luma, CIE Lab and the way between them: the one Lab that inference and training share.

Pictures are sRGB in OpenCV's channel order (blue, green, red). Lab is CIE L*a*b* under D65, as OpenCV computes it
from float pictures.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

CROWDED: Final = 0.2
"""Share of colours outside sRGB from which on it is faster to treat all pixels alike than to pick those out."""

Pixels: TypeAlias = npt.NDArray[np.uint8 | np.uint16]
"""(H, W) grey or (H, W, 3) blue, green, red; sRGB; the whole range of its type."""

Luma: TypeAlias = npt.NDArray[np.uint8 | np.uint16]
"""(H, W), Y' of BT.601 at full range, in the code values of its type."""

Plane: TypeAlias = npt.NDArray[np.float32]
"""(H, W), one number a pixel; the name beside it says which."""

Lightness: TypeAlias = npt.NDArray[np.float32]
"""(H, W), L* of CIE Lab, 0 to 100."""

Chroma: TypeAlias = npt.NDArray[np.float32]
"""(H, W, 2), a* and b* of CIE Lab, about -110 to 110."""

LUMA_WEIGHTS: Final = np.array([0.114, 0.587, 0.299], np.float32)
"""Of blue, green and red in Y': ITU-R BT.601-7, section 2.5.1."""

CB_TO_BLUE: Final = 2 * (1 - 0.114)
CR_TO_RED: Final = 2 * (1 - 0.299)
YCC_TO_BGR: Final = np.array(
    [
        [1, CB_TO_BLUE, 0],
        [1, -CB_TO_BLUE * 0.114 / 0.587, -CR_TO_RED * 0.299 / 0.587],
        [1, 0, CR_TO_RED],
    ],
    np.float32,
)
"""Rows blue, green, red of Y', Cb, Cr: BT.601, the same section, solved for the primaries."""


def luma_of(pixels: Pixels) -> Luma:
    """Y' of every pixel, (H, W), rounded half to even in float; a grey picture is its own luma."""
    if pixels.ndim == 2:  # noqa: PLR2004 - (H, W)
        return pixels
    luma: Luma = cv2.transform(pixels, LUMA_WEIGHTS[None])
    return luma


def full_scale(pixels: Pixels) -> int:
    """White's code value: 255 or 65,535."""
    return int(np.iinfo(pixels.dtype).max)


def lightness_of(luma: Plane) -> Lightness:
    """L* of greys whose luma is given from 0 (black) to 1 (white), (H, W)."""
    lab = cv2.cvtColor(cv2.merge([luma, luma, luma]), cv2.COLOR_BGR2LAB)
    return np.ascontiguousarray(lab[..., 0], np.float32)


def lab_of(pixels: Pixels) -> npt.NDArray[np.float32]:
    """(H, W, 3) of L*, a*, b*; twelve bytes a pixel, so not for whole photographs."""
    colour = cv2.merge([pixels, pixels, pixels]) if pixels.ndim == 2 else pixels  # noqa: PLR2004 - (H, W)
    scaled = colour.astype(np.float32) / np.float32(full_scale(pixels))
    lab: npt.NDArray[np.float32] = cv2.cvtColor(scaled, cv2.COLOR_BGR2LAB)
    return lab


def ycc_chroma_of(lightness: Lightness, a: Plane, b: Plane) -> tuple[Plane, Plane]:
    """Cb and Cr, each (H, W) and about -128 to 128, of colours in Lab; those outside sRGB are clipped first."""
    bgr = np.clip(cv2.cvtColor(cv2.merge([lightness, a, b]), cv2.COLOR_LAB2BGR), 0, 1)
    blue, _, red = cv2.split(bgr)
    luma = cv2.transform(bgr, LUMA_WEIGHTS[None])
    return (blue - luma) * np.float32(255 / CB_TO_BLUE), (red - luma) * np.float32(255 / CR_TO_RED)


def colour_at_luma(luma: Luma, cb: Plane, cr: Plane) -> Pixels:
    """The sRGB colours with exactly this luma and as much of this chroma as there is room for.

    Where a colour would leave sRGB, its Cb and Cr shrink by one factor until it fits, so hue and luma stay; black
    and white have no room and stay grey. The luma of the result is within half a code value of `luma` before it is
    rounded, so within one after.

    Args:
        luma: (H, W), uint8 or uint16.
        cb: (H, W), in code values of luma's type, from minus to plus half of full scale.
        cr: (H, W), likewise.

    Returns:
        (H, W, 3), of luma's type.
    """
    white = np.float32(full_scale(luma))
    level = luma.astype(np.float32)
    colour = _from_ycc(level, cb, cr)
    outside = np.flatnonzero(cv2.inRange(colour, (0.0,) * 3, (float(white),) * 3).ravel() == 0)
    if outside.size > CROWDED * luma.size:
        room = _room(level, cb, cr, white)
        colour = _from_ycc(level, cb * room, cr * room)
        np.clip(colour, 0, white, out=colour)  # the last bit of float error must not wrap around
    elif outside.size:
        levels, cbs, crs = (plane.ravel()[outside][None] for plane in (level, cb, cr))
        room = _room(levels, cbs, crs, white)
        fitting = _from_ycc(levels, cbs * room, crs * room)
        colour.reshape(-1, 3)[outside] = np.clip(fitting, 0, white)[0]
    if luma.dtype == np.uint8:
        pixels: Pixels = cv2.convertScaleAbs(colour)  # rounds and converts in one pass; nothing is below 0 any more
        return pixels
    return np.rint(colour, out=colour).astype(luma.dtype)


def _room(luma: Plane, cb: Plane, cr: Plane, white: np.float32) -> Plane:
    """The largest factor from 0 to 1 by which chroma fits: the highest primary below white, the lowest above black."""
    blue = cb * YCC_TO_BGR[0, 1]
    green = cb * YCC_TO_BGR[1, 1] + cr * YCC_TO_BGR[1, 2]
    red = cr * YCC_TO_BGR[2, 2]
    tiny = np.float32(1e-6)
    highest = np.maximum(np.maximum(blue, red), green)
    lowest = np.minimum(np.minimum(blue, red), green)
    room: Plane = (white - luma) / np.maximum(highest, tiny, out=highest)
    np.minimum(room, luma / -np.minimum(lowest, -tiny, out=lowest), out=room)
    np.minimum(room, np.float32(1), out=room)
    return room


def _from_ycc(luma: Plane, cb: Plane, cr: Plane) -> npt.NDArray[np.float32]:
    """(H, W, 3) blue, green, red; not limited to what sRGB can show."""
    bgr: npt.NDArray[np.float32] = cv2.transform(cv2.merge([luma, cb, cr]), YCC_TO_BGR)
    return bgr

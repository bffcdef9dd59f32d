"""Luma, CIE Lab and the way between them: the one Lab that inference and training share.

Pictures are sRGB in OpenCV's channel order (blue, green, red). Lab is CIE L*a*b* (CIE 15) under D65, by the formulas:
OpenCV's own conversion tabulates them to 0.1 of an L*, and spends a tenth of a second on its tables at the first call.
"""

from __future__ import annotations

from functools import cache
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

Offsets: TypeAlias = npt.NDArray[np.int16 | np.int32]
"""(H, W, 3), what is added to luma for blue, green and red, in luma's code values."""

Lightness: TypeAlias = npt.NDArray[np.float32]
"""(H, W), L* of CIE Lab, 0 to 100."""

Chroma: TypeAlias = npt.NDArray[np.float32]
"""(H, W, 2), a* and b* of CIE Lab, about -110 to 110."""

Lab: TypeAlias = npt.NDArray[np.float32]
"""(H, W, 3), L*, a*, b*."""

LUMA_WEIGHTS: Final = np.array([0.114, 0.587, 0.299], np.float32)
"""Of blue, green and red in Y': ITU-R BT.601-7, section 2.5.1."""

CB_TO_BLUE: Final = 2 * (1 - 0.114)
CR_TO_RED: Final = 2 * (1 - 0.299)
CB_TO_GREEN: Final = -CB_TO_BLUE * 0.114 / 0.587
CR_TO_GREEN: Final = -CR_TO_RED * 0.299 / 0.587
"""What a unit of Cb or Cr adds to a primary at constant luma: BT.601, the same section, solved for the primaries."""


D65: Final = np.array([0.95047, 1.0, 1.08883])
"""X, Y, Z of white (CIE 15, 2 degrees)."""

_XYZ_OF_RGB: Final = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
"""sRGB's primaries (IEC 61966-2-1) in X, Y, Z."""

BGR_TO_XYZ: Final = (_XYZ_OF_RGB[:, ::-1] / D65[:, None]).astype(np.float32)
XYZ_TO_BGR: Final = np.linalg.inv(_XYZ_OF_RGB[:, ::-1] / D65[:, None]).astype(np.float32)
"""Light of blue, green, red ↔ X, Y, Z, with white at 1, 1, 1."""

SRGB_LINE: Final = 0.0031308
"""Light up to which sRGB's curve is a straight line of slope 12.92 (IEC 61966-2-1)."""

GAMMA_STEPS: Final = 4096
"""Of the table that turns light into sRGB's codes."""


def luma_of(pixels: Pixels) -> Luma:
    """Y' of every pixel, (H, W), rounded half to even in float; a grey picture is its own luma."""
    if pixels.ndim == 2:  # noqa: PLR2004 - (H, W)
        return pixels
    luma: Luma = cv2.transform(pixels, LUMA_WEIGHTS[None])
    return luma


def full_scale(pixels: Pixels) -> int:
    """White's code value: 255 or 65,535."""
    return int(np.iinfo(pixels.dtype).max)


def lightness_of(luma: Luma) -> Lightness:
    """L* of greys of this luma, (H, W)."""
    return _lightness_of_codes(full_scale(luma))[luma]


def lab_of(pixels: Pixels) -> Lab:
    """(H, W, 3) of L*, a*, b*; for small pictures: it takes twelve bytes a pixel, and 40 ns."""
    lab: Lab
    if pixels.ndim == 2:  # noqa: PLR2004 - (H, W)
        neutral = np.zeros(pixels.shape, np.float32)
        lab = cv2.merge([lightness_of(pixels), neutral, neutral])
        return lab
    xyz: npt.NDArray[np.float32] = cv2.transform(_linear_of_codes(full_scale(pixels))[pixels], BGR_TO_XYZ)
    x, y, z = cv2.split(_cube_root(xyz))
    lab = cv2.merge([116 * y - 16, 500 * (x - y), 200 * (y - z)])
    return lab


def bgr_of_lab(lightness: Lightness, a: Plane, b: Plane) -> npt.NDArray[np.float32]:
    """(H, W, 3) of blue, green, red from 0 to 1; what sRGB cannot show is clipped."""
    y = (lightness + np.float32(16)) * np.float32(1 / 116)
    xyz = [_cube(y + a * np.float32(1 / 500)), _cube(y), _cube(y - b * np.float32(1 / 200))]
    linear: npt.NDArray[np.float32] = cv2.transform(cv2.merge(xyz), XYZ_TO_BGR)
    np.clip(linear, 0, 1, out=linear)
    # The curve is steep at black: evenly spaced in the square root, 4,096 steps are within 0.0002 everywhere.
    steps = (np.sqrt(linear) * np.float32(GAMMA_STEPS - 1) + np.float32(0.5)).astype(np.uint16)
    return _gamma_curve()[steps]


def srgb_encode(light: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Light → sRGB's code values, both 0 to 1 (IEC 61966-2-1)."""
    return np.where(light <= SRGB_LINE, 12.92 * light, 1.055 * np.maximum(light, SRGB_LINE) ** (1 / 2.4) - 0.055)


def ycc_chroma_of(lightness: Lightness, a: Plane, b: Plane) -> tuple[Plane, Plane]:
    """Cb and Cr, each (H, W) and about -128 to 128, of colours in Lab; those outside sRGB are clipped first."""
    bgr = bgr_of_lab(lightness, a, b)
    blue, _, red = cv2.split(bgr)
    luma = cv2.transform(bgr, LUMA_WEIGHTS[None])
    return (blue - luma) * np.float32(255 / CB_TO_BLUE), (red - luma) * np.float32(255 / CR_TO_RED)


@cache
def _linear_of_codes(white: int) -> npt.NDArray[np.float32]:
    """(white + 1,), light from 0 to 1 of every code value of sRGB (IEC 61966-2-1)."""
    code = np.linspace(0, 1, white + 1)
    return np.where(code <= SRGB_LINE * 12.92, code / 12.92, ((code + 0.055) / 1.055) ** 2.4).astype(np.float32)


@cache
def _gamma_curve() -> npt.NDArray[np.float32]:
    """(GAMMA_STEPS,), sRGB's code from 0 to 1 for light that grows with the square of the step."""
    return srgb_encode(np.linspace(0, 1, GAMMA_STEPS) ** 2).astype(np.float32)


@cache
def _lightness_of_codes(white: int) -> npt.NDArray[np.float32]:
    """(white + 1,), L* of every grey there is: a look-up is ten times as fast as the formula."""
    return np.float32(116) * _cube_root(_linear_of_codes(white)) - np.float32(16)


def _cube_root(light: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """CIE's f: the cube root, and a straight line near black."""
    line = light * np.float32(841 / 108) + np.float32(4 / 29)
    return np.where(light > (6 / 29) ** 3, np.cbrt(light), line).astype(np.float32, copy=False)


def _cube(root: Plane) -> Plane:
    """The inverse of `_cube_root`."""
    line = (root - np.float32(4 / 29)) * np.float32(108 / 841)
    return np.where(root > 6 / 29, root * root * root, line).astype(np.float32, copy=False)


def primary_offsets(cb: Plane, cr: Plane) -> npt.NDArray[np.float32]:
    """What Cb and Cr, (H, W) each, add to blue, green and red, (H, W, 3): together they add nothing to luma."""
    green = cb * np.float32(CB_TO_GREEN) + cr * np.float32(CR_TO_GREEN)
    offsets: npt.NDArray[np.float32] = cv2.merge([cb * np.float32(CB_TO_BLUE), green, cr * np.float32(CR_TO_RED)])
    return offsets


def colour_at_luma(luma: Luma, offsets: Offsets) -> Pixels:
    """The sRGB colours with exactly this luma and as much of this chroma as there is room for.

    Where a colour would leave sRGB, its offsets shrink by one factor until it fits, so hue and luma stay; black
    and white have no room and stay grey. Rounding aside, luma is what it was: within one code value after it.

    Args:
        luma: (H, W), uint8 or uint16.
        offsets: (H, W, 3), what is added to it for blue, green and red: int16 for uint8, int32 for uint16.

    Returns:
        (H, W, 3), of luma's type.
    """
    white = full_scale(luma)
    wide = luma.astype(offsets.dtype)
    colour: Offsets = cv2.merge([wide, wide, wide])
    colour += offsets
    # Seen as unsigned, what is below black is far above white: one comparison finds both.
    outside = np.flatnonzero(colour.ravel().view(f"u{colour.itemsize}") > white)
    if outside.size > CROWDED * luma.size:
        colour = _fitted(luma.reshape(-1, 1), offsets.reshape(-1, 3), white).reshape(colour.shape)
    elif outside.size:
        pixels = np.unique(outside // 3)
        colour.reshape(-1, 3)[pixels] = _fitted(luma.reshape(-1, 1)[pixels], offsets.reshape(-1, 3)[pixels], white)
    return colour.astype(luma.dtype)


def _fitted(luma: Luma, offsets: Offsets, white: int) -> Offsets:
    """Colours (n, 3) for luma (n, 1), their offsets (n, 3) shrunk until each primary is between black and white."""
    level, wanted = luma.astype(np.float32), offsets.astype(np.float32)
    space = np.where(wanted > 0, np.float32(white) - level, level)
    room = np.minimum((space / np.maximum(np.abs(wanted), np.float32(1e-6))).min(axis=1, keepdims=True), np.float32(1))
    fitted: Offsets = np.rint(np.clip(level + wanted * room, 0, white)).astype(offsets.dtype)
    return fitted

"""Where a photograph shows skin, sky or plants, as far as its true colours tell, and how far off a hue is there.

The masks are rules on colour, not recognition: wood and sand pass as skin, a green car as a plant. They serve to
compare networks on the colours that everybody remembers, and a network is judged on all of them alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from functions.color.color_space import CB_TO_BLUE, CR_TO_RED, luma_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from functions.color.color_space import Chroma, Lab, Pixels, Plane

Mask: TypeAlias = npt.NDArray[np.bool_]
"""(H, W)."""

CHAI_NGAN_CB: Final = (77, 127)
CHAI_NGAN_CR: Final = (133, 173)
"""Skin in 8-bit YCbCr: Chai, Ngan, Face segmentation using skin-color map in videophone applications, 1999."""

LEAST_EXCESS_GREEN: Final = 0.1
"""Of 2g - r - b over r + g + b, the index of Woebbecke et al., Color indices for weed identification, 1995."""

PLANT_HUES: Final = (95.0, 145.0)
"""Degrees in ab, ours: the index alone takes yellow paint and swimming pools as well."""

SKY_HUES: Final = (225.0, 290.0)
"""Degrees in ab. Ours, as the rule that uses it: from a hazy horizon's cyan to the zenith's violet blue."""

SKY_LIGHTNESS: Final = 35.0
SKY_CHROMA: Final = 6.0
"""Darker is dusk, and paler is cloud, whose hue nobody misses."""

SKY_STEP: Final = 3.0
"""L* a pixel; blue cloth and water change faster."""

SKY_SHARE: Final = 0.02
"""Of the picture that one piece of sky has at least; smaller ones are mostly something else."""

PALE: Final = 0.25
"""Of the true chroma; an answer that is paler has begun to be none."""

NO_HUE: Final = 90.0
"""Degrees that grey counts: what a hue drawn at random is off on average."""


def skin(pixels: Pixels, lab: Lab) -> Mask:
    """Pixels that both Chai and Ngan's map and the rule of Kovač, Peer and Solina (2003, for daylight) call skin."""
    del lab
    blue, green, red = np.moveaxis(pixels.astype(np.float32), -1, 0)
    luma = luma_of(pixels).astype(np.float32)
    # The map is taken to be for studio range: 224 codes of chroma from end to end.
    cb = 128 + (blue - luma) * np.float32(224 / 255 / CB_TO_BLUE)
    cr = 128 + (red - luma) * np.float32(224 / 255 / CR_TO_RED)
    mapped = _between(cb, CHAI_NGAN_CB) & _between(cr, CHAI_NGAN_CR)
    lit = (red > 95) & (green > 40) & (blue > 20)  # noqa: PLR2004 - the rule's own figures, in code values
    spread = np.maximum(red, green) - np.minimum(green, blue)
    found: Mask = mapped & lit & (spread > 15) & (red - green > 15) & (red > blue)  # noqa: PLR2004 - as above
    return found


def sky(pixels: Pixels, lab: Lab) -> Mask:
    """Large pieces that reach the upper edge, end above the middle, and are blue, smooth and not dark."""
    lightness, a, b = cv2.split(lab)
    # Sobel's kernel sums to 8 over a step: divided by that, slopes are in L* a pixel.
    steep = cv2.magnitude(*(cv2.Sobel(lightness, cv2.CV_32F, *axis) / 8 for axis in ((1, 0), (0, 1)))) > SKY_STEP
    bright, coloured = lightness > SKY_LIGHTNESS, np.hypot(a, b) > SKY_CHROMA
    upper = (np.arange(len(pixels)) < len(pixels) / 2)[:, None]
    like_sky = upper & _between(_hue(a, b), SKY_HUES) & bright & coloured & ~steep
    _, piece = cv2.connectedComponents(like_sky.astype(np.uint8))
    sizes = np.bincount(piece.ravel())
    large = [index for index in np.unique(piece[0]) if index and sizes[index] >= SKY_SHARE * piece.size]
    found: Mask = np.isin(piece, large)
    return found


def vegetation(pixels: Pixels, lab: Lab) -> Mask:
    """Pixels whose excess green and hue say grass, leaves or moss."""
    levels = pixels.astype(np.float32)
    total = np.maximum(levels.sum(-1), 1)
    green = (3 * levels[..., 1] - total) / total > LEAST_EXCESS_GREEN
    found: Mask = green & _between(_hue(lab[..., 1], lab[..., 2]), PLANT_HUES)
    return found


MEMORY_COLORS: Final[Mapping[str, Callable[[Pixels, Lab], Mask]]] = {"skin": skin, "sky": sky, "vegetation": vegetation}
"""Each takes (H, W, 3) of 8-bit blue, green, red and of its L*, a*, b*."""


def radius(chroma: Chroma) -> npt.NDArray[np.float32]:
    """(...) for (..., 2): C*, the distance from grey; NumPy's norm takes a hundred times as long over two columns."""
    a, b = chroma[..., 0], chroma[..., 1]
    distance: npt.NDArray[np.float32] = np.sqrt(a * a + b * b)
    return distance


def hue_error(chroma: Chroma, truth: Chroma) -> tuple[float, float]:
    """How far hues are off, weighted by the true chroma, so that near-grey pixels, which have no hue, do not count.

    Grey is no way out: it counts `NO_HUE`. Between grey and `PALE` of the true chroma an answer's angle is mixed
    with that in proportion, and from there on more or less saturation changes nothing.

    Args:
        chroma: (n, 2), the colours to judge.
        truth: (n, 2), the true ones.

    Returns:
        Sum of degrees times weight, and sum of weights: one over the other is the mean, 0 to 180.
    """
    found, wanted = radius(chroma), radius(truth)
    dot = (chroma * truth).sum(-1)
    cross = chroma[:, 0] * truth[:, 1] - chroma[:, 1] * truth[:, 0]
    angle = np.degrees(np.arctan2(np.abs(cross), dot))
    told = np.clip(found / np.maximum(PALE * wanted, np.float32(1e-6)), 0, 1)
    off = told * angle + (1 - told) * NO_HUE
    return float((off * wanted).sum(dtype=np.float64)), float(wanted.sum(dtype=np.float64))


def _hue(a: Plane, b: Plane) -> Plane:
    """Degrees, 0 to 360: red, yellow, green and blue are near 40, 103, 136 and 306."""
    hue: Plane = np.degrees(np.arctan2(b, a)) % np.float32(360)
    return hue


def _between(plane: npt.NDArray[np.float32], limits: tuple[float, float]) -> Mask:
    low, high = limits
    inside: Mask = (plane >= low) & (plane <= high)
    return inside

"""Figures for pictures: how colourful they are, and how far colour has bled over their edges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from functions.color.color_space import full_scale, lab_of

if TYPE_CHECKING:
    from functions.color.color_space import Pixels

CHROMA_EDGE: Final = 10.0
"""ab a pixel; where the true chroma changes faster, there is an edge that colour may bleed over."""

NEAR_EDGE: Final = 6
"""Pixels on either side of an edge in which bleeding is measured."""


def colourfulness(pixels: Pixels) -> float:
    """M3 of Hasler and Süsstrunk, Measuring Colourfulness in Natural Images, 2003: 0 is grey, 35 an average photo.

    Args:
        pixels: (H, W, 3) blue, green, red.
    """
    blue, green, red = np.moveaxis(pixels.astype(np.float32) * np.float32(255 / full_scale(pixels)), -1, 0)
    red_green = red - green
    yellow_blue = (red + green) / 2 - blue
    spread = np.hypot(red_green.std(), yellow_blue.std())
    return float(spread + 0.3 * np.hypot(red_green.mean(), yellow_blue.mean()))


def bleeding(painted: Pixels, truth: Pixels) -> float:
    """Mean distance in ab from the true colour within `NEAR_EDGE` pixels of the true edges of colour; 0 is perfect.

    Both pictures are (H, W, 3) and equally large; where the truth has no edge the answer is 0.
    """
    wanted, found = lab_of(truth)[..., 1:], lab_of(painted)[..., 1:]
    # Scharr's kernel sums to 32 over a step: divided by that, gradients are in ab a pixel.
    slopes = [cv2.Scharr(plane, cv2.CV_32F, *axis) / 32 for plane in cv2.split(wanted) for axis in ((1, 0), (0, 1))]
    edges = np.sqrt(np.sum(np.square(slopes), axis=0)) > CHROMA_EDGE
    side = 2 * NEAR_EDGE + 1
    near = cv2.dilate(edges.astype(np.uint8), np.ones((side, side), np.uint8)) > 0
    if not near.any():
        return 0.0
    return float(np.linalg.norm(found - wanted, axis=-1)[near].mean())

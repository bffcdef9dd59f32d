"""A small mark in the corner of a picture: coloured by a machine.

It is drawn from numbers. Here alone luma changes: under the mark, and nowhere else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from functions.color.color_space import full_scale

if TYPE_CHECKING:
    from functions.color.color_space import Pixels

Share: TypeAlias = npt.NDArray[np.float32]
"""(side, side), 0 to 1."""

SHORTER_SIDE: Final = 0.03
"""Of the picture's shorter side that the mark takes: seen by who looks for it, overlooked by who does not."""

SMALLEST: Final = 12
"""Pixels; below it three dots cannot be told apart."""

LARGEST: Final = 48
"""Pixels; on a large picture it would be a sticker."""

TIGHTEST: Final = 2
"""The mark takes at most one part of so many of the shorter side, even of a thumbnail."""

MARGIN: Final = 0.45
"""Between mark and edges, in sides of the mark."""

OPACITY: Final = 0.85
"""What is below shines through a little: the mark lies on the picture, and is no hole in it."""

DOTS: Final = (
    ((0.0, -0.45), (74, 78, 226)),
    ((-0.46, 0.36), (196, 128, 40)),
    ((0.46, 0.36), (92, 168, 52)),
)
"""Centres, in halves of the mark's side from its middle, right and down; and colours, blue, green, red: a red dot above
a blue and a green one, of like lightness, none of them pure."""

DOT: Final = 0.34
"""A dot's radius, in halves of the side."""

RIM: Final = 0.1
"""Width of the light rim around a dot, which shows it on what is dark."""

SHADE: Final = 0.08
"""Width of the dark edge around the rim, which shows it on what is light."""

LIGHT: Final = (250, 250, 250)
DARK: Final = (24, 24, 24)

SHADE_OPACITY: Final = 0.4


def marked(pixels: Pixels, alpha: Pixels | None = None) -> tuple[Pixels, Pixels | None]:
    """A copy with the mark in its lower right corner.

    Args:
        pixels: (H, W, 3).
        alpha: (H, W) of the same type, or None; where the mark is, the copy is no more transparent than the mark.
    """
    side = mark_side(pixels.shape[0], pixels.shape[1])
    off = round(MARGIN * side)
    height, width = pixels.shape[:2]
    down, right = max(height - side - off, 0), max(width - side - off, 0)
    corner = np.s_[down : down + side, right : right + side]
    colors, share = _drawn(side)
    white = np.float32(full_scale(pixels) / 255)
    copy = pixels.copy()
    under = copy[corner].astype(np.float32)
    over = under + (colors * white - under) * share[..., None]
    copy[corner] = np.rint(over).astype(pixels.dtype)
    if alpha is None:
        return copy, None
    shown = alpha.copy()
    shown[corner] = np.maximum(shown[corner], np.rint(share * full_scale(alpha)).astype(alpha.dtype))
    return copy, shown


def mark_side(height: int, width: int) -> int:
    """Pixels of the mark's side on a picture of this size."""
    shorter = min(height, width)
    return max(1, min(max(round(SHORTER_SIDE * shorter), SMALLEST), LARGEST, shorter // TIGHTEST))


def _drawn(side: int) -> tuple[npt.NDArray[np.float32], Share]:
    """Its colours, (side, side, 3) of 0 to 255, and how much of each pixel they cover."""
    places = ((np.arange(side, dtype=np.float32) + np.float32(0.5)) / side * 2 - 1).astype(np.float32)
    apart = [np.hypot(places[None] - across, places[:, None] - down) for (across, down), _ in DOTS]
    nearest = cast("Share", np.minimum.reduce(apart))
    colors = np.broadcast_to(np.array(DARK, np.float32), (side, side, 3)).copy()
    share = _within(nearest, DOT + RIM + SHADE, side) * np.float32(SHADE_OPACITY)
    rim = _within(nearest, DOT + RIM, side)
    colors, share = _painted(colors, share, np.array(LIGHT, np.float32), rim)
    for distance, (_, color) in zip(apart, DOTS, strict=True):
        colors, share = _painted(colors, share, np.array(color, np.float32), _within(distance, DOT, side))
    return colors, share * np.float32(OPACITY)


def _within(distance: npt.NDArray[np.float32], radius: float, side: int) -> Share:
    """How much of each pixel lies within a radius; both in halves of the side. Edges are a pixel wide, not jagged."""
    share: Share = np.clip((radius - distance) * np.float32(side / 2) + np.float32(0.5), 0, 1)
    return share


def _painted(
    colors: npt.NDArray[np.float32], share: Share, color: npt.NDArray[np.float32], over: Share
) -> tuple[npt.NDArray[np.float32], Share]:
    """One more colour laid over others: Porter and Duff's "over" (1984), for colours that are not multiplied."""
    total = over + share * (1 - over)
    part = np.divide(over, total, out=np.zeros_like(over), where=total > 0)
    return colors + (color - colors) * part[..., None], total

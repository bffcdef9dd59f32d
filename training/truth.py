"""A colour photograph as a question: the square that networks are shown, and what is known of its true colours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from functions.color.color_space import lab_of
from functions.color.measures import colourfulness
from training.bins import bins_of, gamut_bins
from training.hues import MEMORY_COLORS, radius

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from functions.color.color_space import Chroma, Lightness, Pixels
    from training.hues import Mask

SIDE: Final = 256
"""Pixels of the square that is judged, whatever side a network sees."""

PRIOR_SIDE: Final = 64
"""Pixels of the square in which the colours' prior is counted, averaged as networks at a quarter have it."""

CELL: Final = 4
"""Pixels to a cell: chroma's smoothness is judged at a quarter of the size, where networks answer."""

GREY_CHROMA: Final = 2.0
"""Mean chroma below which a photograph is in black and white and asks nothing."""

FLAT_STEP: Final = 2.0
"""L*; cells with no larger difference between them and on the way have no edge that would excuse one of colour."""

DISTANCES: Final = (1, 6)
"""Cells; colour that strays shows between neighbours, blotches show across six."""


@dataclass(frozen=True, slots=True)
class Truth:
    """A photograph's centre square, with all that measures need to know of it: found out once for all networks."""

    pixels: Pixels
    """(256, 256, 3) blue, green, red; 8 bits."""
    lightness: Lightness
    """(256, 256)."""
    chroma: Chroma
    """(256, 256, 2)."""
    bins: npt.NDArray[np.intp]
    """(256, 256), the bin nearest to each pixel's colour."""
    prior: npt.NDArray[np.int64]
    """(261,), how often each bin is met in the averaged square of 64 pixels."""
    cells: Chroma
    """(64, 64, 2), averaged."""
    flat: Mapping[tuple[int, int], Mask]
    """For each distance and axis (0 down, 1 across), the pairs of cells with flat luma from one to the other."""
    shown: Mapping[str, npt.NDArray[np.intp]]
    """(n,) for each memory colour: its pixels, counted row by row; a fifth of the time that masks take to apply."""
    colourfulness: float

    @property
    def is_grey(self) -> bool:
        """Whether it is in black and white already."""
        return bool(radius(self.chroma).mean() < GREY_CHROMA)


def truth_of(pixels: Pixels) -> Truth:
    """Cut and shrink a photograph (H, W, 3), 8-bit blue, green, red of any size, to the square that is judged."""
    square = _square(pixels, SIDE)
    lab = lab_of(square)
    lightness, chroma = np.ascontiguousarray(lab[..., 0]), np.ascontiguousarray(lab[..., 1:])
    coarse = in_cells(lightness)
    few = bins_of(lab_of(_square(pixels, PRIOR_SIDE))[..., 1:])
    return Truth(
        pixels=square,
        lightness=lightness,
        chroma=chroma,
        bins=bins_of(chroma),
        prior=np.bincount(few.ravel(), minlength=len(gamut_bins())),
        cells=in_cells(chroma),
        flat={(distance, axis): _flat_pairs(coarse, distance, axis) for distance in DISTANCES for axis in (0, 1)},
        shown={name: np.flatnonzero(mask(square, lab)) for name, mask in MEMORY_COLORS.items()},
        colourfulness=colourfulness(square),
    )


def in_cells(planes: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Average (H, W) or (H, W, C) over cells of `CELL` pixels square."""
    size = (planes.shape[1] // CELL, planes.shape[0] // CELL)
    cells: npt.NDArray[np.float32] = cv2.resize(planes, size, interpolation=cv2.INTER_AREA)
    return cells


def steps(cells: npt.NDArray[np.float32], distance: int, axis: int) -> npt.NDArray[np.float32]:
    """Differences between cells so far apart: shorter than `cells` by `distance` along `axis`."""
    ahead = np.moveaxis(cells, axis, 0)
    return np.moveaxis(ahead[distance:] - ahead[:-distance], 0, axis)


def _flat_pairs(lightness: Lightness, distance: int, axis: int) -> Mask:
    flat: Mask = np.abs(steps(lightness, distance, axis)) < FLAT_STEP
    each: Mask = np.abs(steps(lightness, 1, axis)) < FLAT_STEP
    length = flat.shape[axis]
    for first in range(distance):
        flat &= each.take(np.arange(first, first + length), axis)
    return flat


def _square(pixels: Pixels, side: int) -> Pixels:
    height, width = pixels.shape[:2]
    cut = min(height, width)
    top, left = (height - cut) // 2, (width - cut) // 2
    way = cv2.INTER_AREA if cut >= side else cv2.INTER_CUBIC
    square: Pixels = cv2.resize(pixels[top : top + cut, left : left + cut], (side, side), interpolation=way)
    return square

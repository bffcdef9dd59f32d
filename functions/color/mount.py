"""What a photograph is mounted on: an album's page, a white rim, the black edge of a scan."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from functions.color.color_space import Lab

ALIKE: Final = 7.0
"""Colour difference (CIE 1976) within which paper is of one colour, its grain included."""

SHARE: Final = 0.9
"""Of a row or column that must be of the mount's colour: creases, captions and corners take the rest."""

SIDES: Final = 3
"""A mount shows on three sides at least; a clear sky does not."""

EDGE: Final = 4
"""Cells more that are taken from each mounted side: shadows, and cells that hold both."""

LEAST: Final = 0.25
"""Share of the picture that must be left: a bird in an even sky is no mounted photograph."""


def inside_mount(lab: Lab) -> Lab:
    """The part of a small picture (about 100 cells a side) inside its mount, or all of it where there is none.

    The mount's colour is the median along the outermost cells; a view, nothing is copied.
    """
    height, width = lab.shape[:2]
    rim = np.concatenate([lab[0], lab[-1], lab[:, 0], lab[:, -1]])
    apart = np.zeros((height, width), np.float32)
    for axis, level in enumerate(np.median(rim, axis=0).tolist()):
        apart += (lab[..., axis] - np.float32(level)) ** 2
    alike = apart < ALIKE**2
    rows = _runs(alike)
    if sum(rows) >= height:
        return lab
    # Columns are judged between the rows that were taken, or a wide page above hides a narrow one beside.
    columns = _runs(alike[rows[0] : height - rows[1]].T)
    if sum(columns) >= width:
        return lab
    rows = _runs(alike[:, columns[0] : width - columns[1]])
    taken = [run + EDGE if run else 0 for run in (*rows, *columns)]
    top, bottom, left, right = taken
    inside = lab[top : max(height - bottom, 0), left : max(width - right, 0)]
    return inside if np.count_nonzero(taken) >= SIDES and inside[..., 0].size >= LEAST * height * width else lab


def _runs(alike: npt.NDArray[np.bool_]) -> tuple[int, int]:
    """How many rows from the top, and from the bottom, are of the mount's colour."""
    mounted = (alike.mean(axis=1) >= SHARE).tolist()
    return sum(takewhile(bool, mounted)), sum(takewhile(bool, reversed(mounted)))

"""The colours a classifier chooses from: points of a grid in a* and b* that sRGB reaches."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from functions.color.color_space import lab_of

if TYPE_CHECKING:
    from functions.color.color_space import Chroma

BIN_STEP: Final = 10
"""ab between neighbours, as in Zhang, Isola, Efros (2016), section 2.2; they kept 313 points, of a looser hull."""

CODE_STEP: Final = 3
"""Every third code value of each primary, black and white among them: 636,056 colours."""

REACH: Final = 12
"""Steps of the grid on either side of grey that the table of nearest bins covers: ±120, more than sRGB holds."""


PRIOR_SIGMA: Final = 5.0
"""ab; the prior is smoothed over the bins by so much (the same paper, section 2.2)."""


def gamut_bins() -> npt.NDArray[np.float32]:
    """(261, 2), a* and b* of every grid point that is the nearest one of some sRGB colour; sorted by a*, then b*.

    The order is part of the trained networks: a classifier's channels are these rows.
    """
    return _bins().copy()


@cache
def _bins() -> npt.NDArray[np.float32]:
    code = np.arange(0, 256, CODE_STEP, dtype=np.uint8)
    colours = np.stack(np.meshgrid(code, code, code, indexing="ij"), axis=-1).reshape(-1, 1, 3)
    nearest = np.rint(lab_of(colours)[:, 0, 1:] / BIN_STEP)
    points: npt.NDArray[np.float32] = np.unique(nearest, axis=0).astype(np.float32) * BIN_STEP
    return points + np.float32(0)  # no -0


def bins_of(chroma: Chroma) -> npt.NDArray[np.intp]:
    """Index into `gamut_bins` of the bin nearest to each colour, (...) for (..., 2); any finite ab is allowed."""
    steps = np.clip(np.rint(chroma / BIN_STEP), -REACH, REACH).astype(np.intp) + REACH
    nearest: npt.NDArray[np.intp] = _nearest()[steps[..., 0], steps[..., 1]]
    return nearest


@cache
def _nearest() -> npt.NDArray[np.intp]:
    """(25, 25), the nearest bin of every point of the grid, those outside sRGB included."""
    axis = np.arange(-REACH, REACH + 1, dtype=np.float32) * BIN_STEP
    points = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1)
    nearest: npt.NDArray[np.intp] = np.argmin(np.square(points[..., None, :] - _bins()).sum(-1), axis=-1)
    return nearest


def smoothed_prior(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """How often bins are met, (261,) that sum to 1: each bin's share is spread over its neighbours by a Gaussian."""
    bins = gamut_bins().astype(np.float64)
    spread = np.exp(-np.square(bins[:, None] - bins).sum(-1) / (2 * PRIOR_SIGMA**2))
    prior: npt.NDArray[np.float64] = (spread / spread.sum(0)) @ (counts / counts.sum())
    return prior

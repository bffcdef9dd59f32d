"""The one tint of a print: chroma as a smooth curve over lightness, and how far a picture lies off it.

Toners, dyes and yellowed paper change with the amount of silver and with nothing else, so that in a toned, split-toned
or faded print a* and b* are functions of L*. In a colour photograph they are not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

Cells: TypeAlias = npt.NDArray[np.float32]
"""(N, 3), the L*, a*, b* of N areas of a picture."""

KNOTS: Final = 6
"""At L* of 0, 20 … 100: enough for a split tone with neutral middles, too few to follow a picture's colours."""

CELLS_A_KNOT: Final = 24
"""Of fewer cells the curve has fewer knots: a curve through every cell says nothing."""

ROUNDS: Final = 3
"""Of reweighting; five told no picture of the development half from another that three did not."""

CUT: Final = 3.0
"""Cells this many median distances off the curve weigh a quarter, those further away next to nothing."""

LEAST_DISTANCE: Final = 0.7
"""ab; below it the median distance is rounding, and nothing lies far off."""

RIDGE: Final = 1e-4
"""Share of all cells that pulls each knot to neutral: it keeps knots without cells where they are."""

BLACK: Final = 3.0
DIM: Final = 20.0
"""L* below which chroma is all noise, and from which on it can be trusted: code value by code value, ab steps double
on the way from L* 20 to 5."""


@dataclass(frozen=True, slots=True)
class TintCurve:
    """Chroma over lightness, straight between knots that are evenly spaced from L* 0 to 100."""

    knots: npt.NDArray[np.float32]
    """(K, 2), a* and b*."""

    def at(self, lightness: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """a* and b* of prints of this tint, (N, 2), for L* (N,)."""
        levels = np.linspace(0, 100, len(self.knots))
        ab = [np.interp(lightness, levels, self.knots[:, axis]) for axis in (0, 1)]
        return np.stack(ab, axis=1).astype(np.float32)


NEUTRAL: Final = TintCurve(np.zeros((1, 2), np.float32))
"""Of a picture with one channel: nothing needs to be fitted."""


def trust(lightness: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """How much chroma counts at this L*, (N,), 0.02 to 1."""
    trusted: npt.NDArray[np.float32] = np.clip((lightness - BLACK) / (DIM - BLACK), 0.02, 1).astype(np.float32)
    return trusted


def fit_tint(cells: Cells) -> TintCurve:
    """Find the tint that most of the cells share.

    Iteratively reweighted least squares with a weight that falls to zero (Geman and McClure 1987), so that a flower on
    a grey picture does not bend the curve.
    """
    count = int(np.clip(len(cells) // CELLS_A_KNOT, 1, KNOTS))
    shares = _shares(cells[:, 0], count)
    trusted = trust(cells[:, 0])
    weight, middle = trusted, len(cells) // 2
    ridge = (RIDGE * len(cells) + 1e-6) * np.eye(count, dtype=np.float32)
    for _ in range(ROUNDS):
        weighted = shares * weight[:, None]
        knots = np.linalg.solve(shares.T @ weighted + ridge, weighted.T @ cells[:, 1:])
        left = cells[:, 1:] - shares @ knots
        distance = np.hypot(left[:, 0], left[:, 1])
        median = float(np.partition(distance, middle)[middle])  # eight times as fast as np.median
        cut = CUT * max(median, LEAST_DISTANCE)
        weight = trusted / (1 + (distance / cut) ** 2) ** 2
    return TintCurve(knots.astype(np.float32))


def _shares(lightness: npt.NDArray[np.float32], count: int) -> npt.NDArray[np.float32]:
    """What each knot contributes to each cell, (N, count): linear interpolation as a matrix."""
    if count == 1:
        return np.ones((len(lightness), 1), np.float32)
    place = np.clip(lightness / 100, 0, 1) * (count - 1)
    shares: npt.NDArray[np.float32] = np.maximum(1 - np.abs(place[:, None] - np.arange(count)), 0).astype(np.float32)
    return shares

"""How good predicted colours are, gathered photograph by photograph.

No figure is good for a verdict alone: grey wins PSNR against most guesses, a bold guess wins colourfulness, and the
rebalanced AuC pays for rare colours what the plain one takes for them. Read them together, beside grey and truth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from functions.color.color_space import bgr_of_lab
from functions.color.measures import colourfulness
from training.bins import gamut_bins, smoothed_prior
from training.hues import MEMORY_COLORS, hue_error, radius
from training.truth import DISTANCES, in_cells, steps

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from functions.color.color_space import Chroma, Pixels
    from training.truth import Truth

LARGEST_THRESHOLD: Final = 150
"""Of the error in ab: AuC is over thresholds 0, 1, ... 150 (Zhang, Isola, Efros 2016, section 3.1)."""

LEAST_PRIOR: Final = 1e-6
"""No bin's pixels weigh more than a million: a colour that one photograph shows is no measure of a network."""

LARGEST_PSNR: Final = 100.0
"""dB; a perfect copy counts this, as its own would be infinite."""

STRONG_CHROMA: Final = 35.0
NEUTRAL_CHROMA: Final = 6.0
"""True chroma of cells from which colour is strong: a red coat; up to which it is none: a wall, a suit."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What was found over all photographs. Of shares, the truth has 1; of what counts grey, grey has 0."""

    photos: int
    psnr_db: float
    """Mean over photographs, in sRGB at 8 bits, what sRGB cannot show being clipped."""
    auc: float
    """0 to 100: area under the share of pixels whose error in ab is within a threshold."""
    rebalanced_auc: float
    """The same with pixels weighing one over their true bin's prior in these photographs: rare colours count."""
    colourfulness: float
    """Mean (Hasler and Süsstrunk)."""
    colourfulness_share: float
    stray_share: float
    """Differences of ab between neighbouring cells where luma is flat, over the truth's: less is calmer."""
    blotch_share: float
    """The same across six cells."""
    strong_recovered: float
    """Strong true colours: how much of their length the prediction has in their direction."""
    chroma_on_neutral: float
    """Mean chroma predicted where there is next to none."""
    hue_error: Mapping[str, float | None]
    """Degrees for each memory colour, see `training.hues`; None where no photograph shows it."""
    curve: npt.NDArray[np.float64]
    """(151,), the share of pixels within each threshold, 0 to 1."""
    rebalanced_curve: npt.NDArray[np.float64]
    """(151,)."""


class Measures:
    """Sums over photographs for one network; it grows by nothing but numbers."""

    def __init__(self) -> None:
        self._photos = 0
        self._psnr = self._colourfulness = self._true_colourfulness = 0.0
        # Pixels by true bin and by the first threshold that their error is within; the last is beyond all.
        self._errors = np.zeros((len(gamut_bins()), LARGEST_THRESHOLD + 2), np.int64)
        self._prior = np.zeros(len(gamut_bins()), np.int64)
        self._uneven = {distance: np.zeros(2) for distance in DISTANCES}
        self._strong, self._neutral = np.zeros(2), np.zeros(2)
        self._hues = {name: np.zeros(2) for name in MEMORY_COLORS}

    def add(self, truth: Truth, chroma: Chroma) -> None:
        """Judge one answer, (256, 256, 2)."""
        self._photos += 1
        painted = _painted(truth, chroma)
        self._psnr += psnr(painted, truth.pixels)
        self._colourfulness += colourfulness(painted)
        self._true_colourfulness += truth.colourfulness
        distance = np.ceil(radius(chroma - truth.chroma)).astype(np.intp)
        columns = self._errors.shape[1]
        places = truth.bins * columns + np.minimum(distance, columns - 1)
        self._errors += np.bincount(places.ravel(), minlength=self._errors.size).reshape(self._errors.shape)
        self._prior += truth.prior
        self._add_cells(truth, in_cells(chroma))
        for name, pixels in truth.shown.items():
            self._hues[name] += hue_error(*(each.reshape(-1, 2).take(pixels, 0) for each in (chroma, truth.chroma)))

    def _add_cells(self, truth: Truth, cells: Chroma) -> None:
        for (distance, axis), flat in truth.flat.items():
            for index, each in enumerate((cells, truth.cells)):
                uneven = radius(steps(each, distance, axis))[flat]
                self._uneven[distance][index] += uneven.sum(dtype=np.float64)
        found, wanted = radius(cells), radius(truth.cells)
        strong, neutral = wanted > STRONG_CHROMA, wanted < NEUTRAL_CHROMA
        along = (cells * truth.cells).sum(-1)
        self._strong += along[strong].sum(dtype=np.float64), np.square(wanted[strong]).sum(dtype=np.float64)
        self._neutral += found[neutral].sum(dtype=np.float64), neutral.sum()

    def figures(self) -> Figures:
        """What came out.

        Raises:
            ValueError: nothing has been added.
        """
        if not self._photos:
            msg = "no photograph has been judged"
            raise ValueError(msg)
        weights = 1 / np.maximum(smoothed_prior(self._prior), LEAST_PRIOR)
        curve = _curve(self._errors.sum(0))
        rebalanced = _curve(weights @ self._errors)
        return Figures(
            photos=self._photos,
            psnr_db=self._psnr / self._photos,
            auc=area(curve),
            rebalanced_auc=area(rebalanced),
            colourfulness=self._colourfulness / self._photos,
            colourfulness_share=self._colourfulness / max(self._true_colourfulness, 1e-9),
            stray_share=_quotient(self._uneven[DISTANCES[0]]),
            blotch_share=_quotient(self._uneven[DISTANCES[1]]),
            strong_recovered=_quotient(self._strong),
            chroma_on_neutral=_quotient(self._neutral),
            hue_error={name: _quotient(sums) if sums[1] else None for name, sums in self._hues.items()},
            curve=curve,
            rebalanced_curve=rebalanced,
        )


def psnr(painted: Pixels, truth: Pixels) -> float:
    """Peak signal to noise of 8-bit pictures of one size, in dB, at most `LARGEST_PSNR`."""
    error = float(np.square(painted.astype(np.float32) - truth).mean(dtype=np.float64))
    return min(LARGEST_PSNR, float(10 * np.log10(255**2 / max(error, 1e-12))))


def area(curve: npt.NDArray[np.float64]) -> float:
    """Area under a curve of shares over the thresholds 0 to 150, 100 where all is within 0 (trapezoids)."""
    return float(100 * np.trapezoid(curve) / LARGEST_THRESHOLD)


def _painted(truth: Truth, chroma: Chroma) -> Pixels:
    bgr = bgr_of_lab(truth.lightness, *cv2.split(chroma))
    pixels: Pixels = np.rint(bgr * np.float32(255)).astype(np.uint8)
    return pixels


def _curve(errors: npt.NDArray[np.float64 | np.int64]) -> npt.NDArray[np.float64]:
    """(152,) pixels by first threshold → (151,) share within each."""
    curve: npt.NDArray[np.float64] = np.cumsum(errors)[:-1] / errors.sum()
    return curve


def _quotient(sums: npt.NDArray[np.float64]) -> float:
    """The first over the second; where the photographs had nothing to measure, 0."""
    return float(sums[0] / sums[1]) if sums[1] else 0.0

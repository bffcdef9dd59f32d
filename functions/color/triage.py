"""What a picture is before it is coloured: grey, tinted, in colour already, or nothing to colour.

A print has one tint, and its chroma is a curve over lightness (`tint_curve`). What lies off that curve is either real
colour or damage: grain, JPEG's coarse chroma, fringes, stains. Damage is fine or of one hue, real colour lies over
large areas and in several hues; four figures weighed together tell them apart. docs/triage.md has the measurements.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import cv2
import numpy as np
import numpy.typing as npt

from functions.color.color_space import lab_of
from functions.color.mount import inside_mount
from functions.color.tint_curve import NEUTRAL, fit_tint, trust

if TYPE_CHECKING:
    from functions.color.color_space import Lab, Pixels
    from functions.color.tint_curve import TintCurve

THUMBNAIL: Final = 128 * 96
FINE: Final = 64 * 48
MIDDLE: Final = 32 * 24
COARSE: Final = 18 * 14
"""Cells that the picture is averaged down to: for its mount, for speckle, for parts in colour, for large areas."""

HALVE_FROM: Final = 2
"""Times a thumbnail's side from which halving comes first: ten times as fast as averaging at any other ratio."""

MARGIN: Final = 12
"""Parts in colour do not count in the outermost twelfth: stamps, dates and torn edges are there."""

UNIFORM: Final = 5.0
"""L* between the darkest and the lightest area below which there is nothing to see; an empty page with a scanner's
noise of 6 code values reaches 3."""

VISIBLE_CAST: Final = 3.0
"""Mean ab from which a print looks toned rather than grey."""

OFF: Final = 12.0
"""ab beyond which a cell is of another colour than the print's tint."""

PART: Final = 0.012
"""Share of the picture from which one connected part off the tint makes it a colour picture; a stamp is smaller."""

LEAST_COLOR: Final = 1.5
"""ab, the least spread of large areas that counts as colour: people hardly see less, and stains spread as far."""

SPLIT_DEGREES: Final = 75.0
"""Of hue between shadows and lights from which on a tint is called split."""

TINTS: Final = (
    ("faded", (60, 115), 8, 15),
    ("sepia", (30, 115), 8, 0),
    ("warm cast", (30, 115), 0, 0),
    ("green cast", (115, 190), 0, 0),
    ("cyanotype", (190, 305), 8, 0),
    ("cold cast", (190, 305), 0, 0),
)
"""Name, hue in degrees (from a*, towards b*), least chroma, least L* of the blacks; the first that fits."""

WEIGHTS: Final = (8.5, 5.3, -1.5, -5.6)
BIAS: Final = 11.8
"""Of the logistic regression in `Figures.evidence`, by tools/triage_fit.py."""

Picture = TypeVar("Picture", bound=npt.NDArray[Any])


class Verdict(enum.StrEnum):
    """What to do with a picture."""

    GREY = enum.auto()
    TINTED = enum.auto()
    COLOUR = enum.auto()
    UNUSABLE = enum.auto()


@dataclass(frozen=True, slots=True)
class Figures:
    """What a verdict rests on; chroma is in ab (CIE Lab), shares are 0 to 1."""

    cast: float
    """Mean chroma of the tint."""
    spread: float
    """Root mean square of large areas' distance off the tint, along the direction in which they differ most."""
    across: float
    """The same across that direction: damage has one hue, real colours have several."""
    speckle: float
    """Root mean square of what changes off the tint from cell to cell: grain, JPEG, fringes, and fine colours."""
    off: float
    """Share of the picture more than `OFF` off the tint."""
    part: float
    """Share of the largest connected part of that."""
    luma_spread: float
    """L* between the 2nd and the 98th percentile."""
    luma_range: float
    """L* between the darkest and the lightest area."""

    @property
    def terms(self) -> tuple[float, float, float, float]:
        """What `evidence` weighs; what is added keeps differences that nobody sees from counting."""
        return log(self.spread + 2), log(self.across + 0.5), log(self.speckle + 1), log(self.luma_spread + 20)

    @property
    def evidence(self) -> float:
        """Log odds of colour: more of it the further and the more diverse, less the noisier and the more contrast."""
        return BIAS + sum(weight * term for weight, term in zip(WEIGHTS, self.terms, strict=True))


@dataclass(frozen=True, slots=True)
class Triage:
    """A verdict and its reasons."""

    verdict: Verdict
    tint: str | None
    """What people call the tint ("sepia", "cyanotype" …) where the verdict is `TINTED`."""
    figures: Figures
    reason: str
    """One sentence for people, without a full stop, that cites the figures."""


def triage(pixels: Pixels) -> Triage:
    """Say what a picture is: 2 ms for a megapixel and 0.6 ms for each further one, and a quarter more memory.

    Transparency is the caller's: lay the picture on one colour first.

    Args:
        pixels: (H, W) or (H, W, 3) blue, green, red; uint8 or uint16; one pixel or more.
    """
    fine = _averaged(inside_mount(lab_of(_thumbnail(pixels))), FINE)
    grey = pixels.ndim == 2  # noqa: PLR2004 - (H, W)
    step = 2 if fine[..., 0].size > MIDDLE else 1  # every fourth of many cells says as much in a quarter of the time
    curve = NEUTRAL if grey else fit_tint(fine[::step, ::step].reshape(-1, 3))
    figures = _figures(fine, curve)
    if figures.luma_range < UNIFORM:
        return Triage(Verdict.UNUSABLE, None, figures, _empty(figures))
    if figures.part >= PART or (figures.evidence > 0 and figures.spread >= LEAST_COLOR):
        return Triage(Verdict.COLOUR, None, figures, _in_color(figures))
    if figures.cast < VISIBLE_CAST:
        reason = f"black and white: its cast is faint, {figures.cast:.1f} ab"
        return Triage(Verdict.GREY, None, figures, reason)
    tint = _name(curve, fine)
    reason = f"one tint ({tint}): {figures.cast:.0f} ab strong, large areas within {figures.spread:.1f} ab of it"
    return Triage(Verdict.TINTED, tint, figures, reason)


def _empty(figures: Figures) -> str:
    return f"there is nothing to colour: from the darkest to the lightest area it is {figures.luma_range:.1f} L* of 100"


def _in_color(figures: Figures) -> str:
    if figures.part >= PART:
        return f"already in colour: {figures.off:.0%} of the picture is more than {OFF:.0f} ab from one tint"
    return (
        f"already in colour: its large areas lie {figures.spread:.1f} ab off any one tint, "
        f"and {figures.across:.1f} ab in a second direction"
    )


def _thumbnail(pixels: Pixels) -> Pixels:
    """Averaged down to `THUMBNAIL` cells or fewer, whole pixels in the picture's own type."""
    while min(pixels.shape[:2]) > 1 and pixels.shape[0] * pixels.shape[1] >= HALVE_FROM**2 * THUMBNAIL:
        rows, columns = pixels.shape[0] // 2, pixels.shape[1] // 2
        pixels = cv2.resize(pixels[: 2 * rows, : 2 * columns], (columns, rows), interpolation=cv2.INTER_AREA)
    return _averaged(pixels, THUMBNAIL)


def _averaged(picture: Picture, cells: int) -> Picture:
    """About so many cells at most, in the picture's own shape, each the mean of an area."""
    height, width = picture.shape[:2]
    if height * width <= cells:
        return picture
    rows = max(1, round(height * (cells / (height * width)) ** 0.5))
    columns = max(1, min(width, round(cells / rows)))
    averaged: Picture = cv2.resize(picture, (columns, rows), interpolation=cv2.INTER_AREA)
    return averaged


def _figures(fine: Lab, curve: TintCurve) -> Figures:
    """Measure a picture's fine cells against its tint.

    Distances off the tint are averaged to larger areas, not colours: cells that mix two tones lie off the curve.
    """
    shape = fine.shape[:2]
    cells = fine.reshape(-1, 3)
    tint, weight = curve.at(cells[:, 0]), trust(cells[:, 0])
    off = ((cells[:, 1:] - tint) * weight[:, None]).reshape(*shape, 2)
    speckle = off - cv2.blur(off, (3, 3)).reshape(off.shape)
    across, spread = _principal_spreads(_inner(_averaged(off, COARSE)).reshape(-1, 2))
    middle = _averaged(off, MIDDLE)
    beyond, part = _parts(np.hypot(middle[..., 0], middle[..., 1]))
    dark, light = np.percentile(cells[:, 0], (2, 98))
    areas = _averaged(fine[..., 0], MIDDLE)
    return Figures(
        cast=float((np.hypot(tint[:, 0], tint[:, 1]) * weight).mean()),
        spread=spread,
        across=across,
        speckle=float(np.sqrt((speckle**2).sum(axis=2).mean())),
        off=beyond,
        part=part,
        luma_spread=float(light - dark),
        luma_range=float(areas.max() - areas.min()),
    )


def _inner(picture: Picture) -> Picture:
    """Without the outermost `MARGIN`th on each side, where stamps, dates and torn edges are."""
    rows, columns = (round(side / MARGIN) for side in picture.shape[:2])
    return cast("Picture", picture[rows : picture.shape[0] - rows, columns : picture.shape[1] - columns])


def _principal_spreads(off: npt.NDArray[np.float32]) -> tuple[float, float]:
    """Root mean square of (N, 2) distances along their two principal directions, the smaller first."""
    powers = np.linalg.eigvalsh(off.T @ off / len(off))
    smaller, larger = np.sqrt(np.maximum(powers, 0)).tolist()
    return smaller, larger


def _parts(distance: npt.NDArray[np.float32]) -> tuple[float, float]:
    """Shares of the picture inside its margin that are `OFF` the tint: all together, and the largest connected."""
    inner = _inner(distance) > OFF
    _, _, areas, _ = cv2.connectedComponentsWithStats(inner.astype(np.uint8))
    largest = int(areas[1:, cv2.CC_STAT_AREA].max(initial=0))
    return float(inner.mean()), largest / inner.size


def _name(curve: TintCurve, fine: Lab) -> str:
    """What people call a tint."""
    dark, shadow, light = np.percentile(fine[..., 0], (2, 15, 85))
    (shadow_a, shadow_b), (light_a, light_b) = curve.at(np.array([shadow, light], np.float32)).tolist()
    shadows, lights = complex(shadow_a, shadow_b), complex(light_a, light_b)
    if min(abs(shadows), abs(lights)) > VISIBLE_CAST and abs(np.angle(lights / shadows, deg=True)) > SPLIT_DEGREES:
        return "split tone"
    mean_a, mean_b = curve.at(fine[..., 0].ravel()).mean(axis=0).tolist()
    strength, hue = float(np.hypot(mean_a, mean_b)), float(np.degrees(np.arctan2(mean_b, mean_a)) % 360)
    for name, (low, high), least, least_black in TINTS:
        if low <= hue < high and strength >= least and dark >= least_black:
            return name
    return "purple cast"

"""How calm a film's colours are: figures for a report, gathered while the frames pass by.

Three figures, each for several ways of colouring the same film. The warp error (Lai et al., Learning Blind Video
Temporal Consistency, 2018) is how much the colours change along the motion. The colour distribution consistency (Liu et
al., Temporally Consistent Video Colorization, 2021) compares histograms of frames one, two and four apart. Both are won
by a grey film, so colourfulness stands beside them.
"""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from functions.color.color_space import colour_at_luma, primary_offsets
from functions.color.measures import colourfulness
from functions.video.motion import Motion, between, eight_bits, round_trip_trust
from functions.video.propagate import fetched

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from functions.color.color_space import Pixels
    from functions.video.motion import SmallFrame
    from functions.video.propagate import Colors

DISTANCES: Final = (1, 2, 4)
"""Frames between compared histograms: those of the colour distribution consistency's authors."""

BINS: Final = 256
"""Of a channel's histogram, likewise."""

WORST: Final = 10
"""Moments to look at with one's own eyes."""

SURE: Final = 0.5
"""Pixels whose flow is trusted less are left out: what appears or vanishes has no colour to compare."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured of one way of colouring."""

    warp_error: float
    """Mean distance in Cb and Cr, in code values, between a frame and the one before it moved into place."""
    consistency: float
    """Jensen-Shannon divergence of the colour channels' histograms, 0 to ln 2; 0 is no change."""
    colourfulness: float
    """M3 of Hasler and Süsstrunk, the mean of the frames."""


@dataclass(frozen=True, slots=True)
class ShotFigures:
    """The figures of one shot, by the name of the way."""

    first: int
    """Number of its first frame."""
    frames: int
    figures: Mapping[str, Figures]


@dataclass(frozen=True, slots=True)
class Moment:
    """A frame at which colours changed much."""

    number: int
    warp_errors: Mapping[str, float]
    """By the name of the way."""


@dataclass(frozen=True, slots=True)
class FlickerReport:
    """What was measured of a film."""

    whole: Mapping[str, Figures]
    shots: tuple[ShotFigures, ...]
    worst: tuple[Moment, ...]
    """Where the first of the ways has its largest warp errors, worst first."""


@dataclass(slots=True)
class _Sums:
    """Of one way of colouring: sum and count of each figure."""

    warp_error: list[float] = field(default_factory=lambda: [0.0, 0])
    consistency: list[float] = field(default_factory=lambda: [0.0, 0])
    colourfulness: list[float] = field(default_factory=lambda: [0.0, 0])

    def figures(self) -> Figures:
        warp_error, consistency, colours = (
            total / count if count else 0.0 for total, count in (self.warp_error, self.consistency, self.colourfulness)
        )
        return Figures(warp_error, consistency, colours)

    def add(self, other: _Sums) -> None:
        for mine, theirs in (
            (self.warp_error, other.warp_error),
            (self.consistency, other.consistency),
            (self.colourfulness, other.colourfulness),
        ):
            mine[0] += theirs[0]
            mine[1] += theirs[1]


@dataclass(slots=True)
class _Shot:
    """The shot that is passing by."""

    first: int
    sums: dict[str, _Sums]
    frames: int = 0
    luma: npt.NDArray[np.uint8] | None = None
    colors: Mapping[str, Colors] = field(default_factory=dict)
    histograms: deque[Mapping[str, npt.NDArray[np.float64]]] = field(
        default_factory=lambda: deque(maxlen=max(DISTANCES))
    )


class FlickerMeter:
    """Measures ways of colouring a film side by side; frames are handed to it in order and are not kept.

    Its flow is finer than the one that carries colours, so that a way cannot be right by its own mistakes.
    """

    def __init__(self) -> None:
        self._motion = Motion(fine=True)
        self._shot: _Shot | None = None
        self._done: list[ShotFigures] = []
        self._whole: dict[str, _Sums] = {}
        self._worst: list[tuple[float, int, Mapping[str, float]]] = []

    def add(self, frame: SmallFrame, colors: Mapping[str, Colors], *, starts_shot: bool) -> None:
        """Measure the next frame.

        Args:
            frame: the luma that all ways share.
            colors: Cb and Cr by the name of the way, the same names for every frame.
            starts_shot: it is not compared with the frames before it.
        """
        if self._shot is None or starts_shot:
            self._close()
            self._shot = _Shot(frame.number, {name: _Sums() for name in colors})
        shot, luma = self._shot, eight_bits(frame.luma)
        if shot.luma is not None:
            self._compare(frame.number, (shot.luma, luma), shot.colors, colors)
        histograms = {}
        for name, chroma in colors.items():
            pixels = _painted(luma, chroma)
            _count(shot.sums[name].colourfulness, colourfulness(pixels))
            histograms[name] = _histograms(pixels)
            for distance in DISTANCES:
                if distance <= len(shot.histograms):
                    earlier = shot.histograms[-distance][name]
                    _count(shot.sums[name].consistency, _divergence(earlier, histograms[name]))
        shot.histograms.append(histograms)
        shot.luma, shot.colors = luma, colors
        shot.frames += 1

    def report(self) -> FlickerReport:
        """Sum up the frames so far; the shot that is passing by counts as finished."""
        self._close()
        worst = tuple(Moment(-number, errors) for _, number, errors in sorted(self._worst, reverse=True))
        return FlickerReport({name: sums.figures() for name, sums in self._whole.items()}, tuple(self._done), worst)

    def _compare(
        self,
        number: int,
        lumas: tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]],
        before: Mapping[str, Colors],
        after: Mapping[str, Colors],
    ) -> None:
        """Warp errors between two neighbouring frames of a shot."""
        there, here = lumas
        back, ahead = self._motion.flow(here, there), self._motion.flow(there, here)
        sure = round_trip_trust(back, ahead, np.zeros_like(back[0])) >= SURE
        if not sure.any() or self._shot is None:
            return
        places = between(back)
        errors = {}
        for name, colors in after.items():
            changes = [now - moved for now, moved in zip(colors, fetched(before[name], places), strict=True)]
            errors[name] = float(np.hypot(*changes)[sure].mean())
            _count(self._shot.sums[name].warp_error, errors[name])
        # The number breaks ties, and is negative so that the earlier of two equal moments stays.
        moment = (next(iter(errors.values())), -number, errors)
        if len(self._worst) < WORST:
            heapq.heappush(self._worst, moment)
        else:
            heapq.heappushpop(self._worst, moment)

    def _close(self) -> None:
        shot, self._shot = self._shot, None
        if shot is None:
            return
        figures = {name: sums.figures() for name, sums in shot.sums.items()}
        self._done.append(ShotFigures(shot.first, shot.frames, figures))
        for name, sums in shot.sums.items():
            self._whole.setdefault(name, _Sums()).add(sums)


def _count(figure: list[float], value: float) -> None:
    figure[0] += value
    figure[1] += 1


def _painted(luma: npt.NDArray[np.uint8], colors: Colors) -> Pixels:
    offsets = np.rint(np.clip(primary_offsets(*colors), -512, 512)).astype(np.int16)
    return colour_at_luma(luma, offsets)


def _histograms(pixels: Pixels) -> npt.NDArray[np.float64]:
    """(3, BINS), shares of a channel's pixels."""
    counts = [np.bincount(pixels[..., channel].ravel(), minlength=BINS) for channel in range(3)]
    return np.stack(counts) / (pixels.size / 3)


def _divergence(first: npt.NDArray[np.float64], second: npt.NDArray[np.float64]) -> float:
    """Jensen-Shannon divergence in nats, the mean of the channels."""
    middle = (first + second) / 2
    total = 0.0
    for shares in (first, second):
        held = shares > 0
        total += float((shares[held] * np.log(shares[held] / middle[held])).sum()) / 2
    return total / len(first)

"""How calm a film's colours are: figures for a report, gathered while the frames pass by.

Three figures, each for several ways of colouring the same film. The warp error (Lai et al., Learning Blind Video
Temporal Consistency, 2018) is how much the colours change along the motion. The colour distribution consistency (Liu et
al., Temporally Consistent Video Colorization, 2021) compares histograms of frames one, two and four apart. Both are won
by a grey film, so colourfulness stands beside them.
"""

from __future__ import annotations

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

APART: Final = 12
"""Frames of which one at most is among them: neighbours would show the same thing."""

SURE: Final = 0.5
"""Pixels whose flow is trusted less are left out: what appears or vanishes has no colour to compare."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured of one way of colouring."""

    warp_error: float
    """Mean distance in Cb and Cr, in code values, between a frame and the one before it moved into place."""
    consistencies: tuple[float, ...]
    """Jensen-Shannon divergence of the colour channels' histograms, 0 to ln 2, for each of `DISTANCES`; 0 is no change.
    """
    colourfulness: float
    """M3 of Hasler and Süsstrunk, the mean of the frames."""

    @property
    def consistency(self) -> float:
        """The mean of all distances, as the measure's authors have it."""
        return sum(self.consistencies) / len(DISTANCES)


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

    @property
    def error(self) -> float:
        """Of the first way."""
        return next(iter(self.warp_errors.values()))


@dataclass(frozen=True, slots=True)
class FlickerReport:
    """What was measured of a film."""

    whole: Mapping[str, Figures]
    shots: tuple[ShotFigures, ...]
    worst: tuple[Moment, ...]
    """Where the first of the ways has its largest warp errors, worst first."""


@dataclass(slots=True)
class _Mean:
    """Of what was added."""

    total: float = 0.0
    count: int = 0

    @property
    def value(self) -> float:
        return self.total / self.count if self.count else 0.0

    def add(self, value: float, count: int = 1) -> None:
        self.total += value
        self.count += count


@dataclass(slots=True)
class _Sums:
    """Of one way of colouring."""

    warp_error: _Mean = field(default_factory=_Mean)
    consistencies: tuple[_Mean, ...] = field(default_factory=lambda: tuple(_Mean() for _ in DISTANCES))
    colourfulness: _Mean = field(default_factory=_Mean)

    def figures(self) -> Figures:
        return Figures(
            self.warp_error.value, tuple(mean.value for mean in self.consistencies), self.colourfulness.value
        )

    def add(self, other: _Sums) -> None:
        mine, theirs = ((one.warp_error, *one.consistencies, one.colourfulness) for one in (self, other))
        for mean, added in zip(mine, theirs, strict=True):
            mean.add(added.total, added.count)


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
        self._worst: list[Moment] = []
        """In the order of the film."""

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
            shot.sums[name].colourfulness.add(colourfulness(pixels))
            histograms[name] = _histograms(pixels)
            for distance, mean in zip(DISTANCES, shot.sums[name].consistencies, strict=True):
                if distance <= len(shot.histograms):
                    earlier = shot.histograms[-distance][name]
                    mean.add(_divergence(earlier, histograms[name]))
        shot.histograms.append(histograms)
        shot.luma, shot.colors = luma, colors
        shot.frames += 1

    def report(self) -> FlickerReport:
        """Sum up the frames so far; the shot that is passing by counts as finished."""
        self._close()
        worst = sorted(self._worst, key=lambda moment: -moment.error)[:WORST]
        whole = {name: sums.figures() for name, sums in self._whole.items()}
        return FlickerReport(whole, tuple(self._done), tuple(worst))

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
            self._shot.sums[name].warp_error.add(errors[name])
        self._remember(Moment(number, errors))

    def _remember(self, moment: Moment) -> None:
        """Keep a moment if it is among the worst; of `APART` frames in a row the worst one stands for all."""
        if self._worst and moment.number // APART == self._worst[-1].number // APART:
            if moment.error > self._worst[-1].error:
                self._worst[-1] = moment
            return
        self._worst.append(moment)
        if len(self._worst) > WORST + 1:
            # The last one may still be replaced by a worse one beside it.
            self._worst.remove(min(self._worst[:-1], key=lambda one: one.error))

    def _close(self) -> None:
        shot, self._shot = self._shot, None
        if shot is None:
            return
        figures = {name: sums.figures() for name, sums in shot.sums.items()}
        self._done.append(ShotFigures(shot.first, shot.frames, figures))
        for name, sums in shot.sums.items():
            self._whole.setdefault(name, _Sums()).add(sums)


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

"""How a film moves: flow between neighbouring frames, how far to trust it, and the trails it adds up to.

Everything here happens on sketches, small copies of luma: dense inverse search (Kroeger et al., Fast Optical Flow using
Dense Inverse Search, 2016) finds the flow both ways, and a pixel is trusted where going there and coming back ends
where it began. Steps between neighbours are added up to trails: for every pixel of a frame, where it was in another
one. Colour is then fetched along a trail in one go, since every fetch blurs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from functions.color.color_space import Plane

if TYPE_CHECKING:
    from functions.color.color_space import Luma

SKETCH_SIDE: Final = 130
"""Pixels; sketches hold about the square of it: 176x96 of 352x192. With twice the side flow takes three times as long,
and colours land a tenth nearer to where they belong."""

FINEST_SCALE: Final = 1
"""Flow is searched down to half the sketch's size; with the preset's quarter colours land a sixth farther off."""

WANDER: Final = 1.0
"""Pixels of the sketch that there and back may miss by, beside `WANDER_SHARE` of the way, before trust is gone."""

WANDER_SHARE: Final = 0.1
"""Of the flow's length: fast motion is found less exactly (Sundaram et al., Dense Point Trajectories, 2010)."""

HARMLESS_WANDER: Final = 12.0
"""Code values; a miss within a surface so even that luma changes by less on the way is no miss: its colour is the same,
and grain alone decides where the flow leads there."""

UNLIKE: Final = 8.0
"""Code values of luma; where the two ends of a trail differ by it, `UNLIKE_SHARE` of their luma and what edges explain,
trust falls to 0.6."""

UNLIKE_SHARE: Final = 0.09
"""Of luma: flicker and grain scale with the light, and in the dark a few code values part a coat from a wall."""

EDGE_SLACK: Final = 1.0
"""Pixels by which a trail may miss an edge before the difference there counts."""

STRONGEST_FLICKER: Final = 2.0
"""A frame may be brighter than another by this factor of contrast and still be compared."""

Flow: TypeAlias = tuple[Plane, Plane]
"""(h, w) each, pixels to the right and pixels down; apart, since OpenCV fetches two planes faster than a double one."""


@dataclass(frozen=True, slots=True)
class SmallFrame:
    """A frame of a film, as small as the network sees it."""

    number: int
    """Counted from the film's first frame, whichever part of the film is at hand."""
    luma: Luma
    """(h, w)."""


@dataclass(frozen=True, slots=True)
class Sketch:
    """What motion is measured on: luma with its grain averaged out."""

    codes: npt.NDArray[np.uint8]
    """(h, w), luma from 0 to 255."""
    tones: Plane
    """The same as floats."""
    harmless: Plane
    """(h, w), pixels that flow may wander by within a surface of one tone."""
    keenness: Plane
    """(h, w), what a difference in code values is multiplied by before it is judged: less at edges."""


@dataclass(frozen=True, slots=True)
class Step:
    """The motion between two frames."""

    back: Flow
    """From each pixel of the later frame to where it was in the earlier one."""
    back_trust: Plane
    """(h, w), 0 to 1, on the later frame."""
    ahead: Flow
    """From each pixel of the earlier frame to where it will be in the later one."""
    ahead_trust: Plane
    """(h, w), 0 to 1, on the earlier frame."""


@dataclass(frozen=True, slots=True)
class Trail:
    """Where each pixel of a frame is in another one, on the sketch's grid."""

    columns: Plane
    """(h, w), in the other frame."""
    rows: Plane
    """(h, w), likewise."""
    trust: Plane
    """(h, w), 0 to 1: whether the steps on the way agree."""


class Motion:
    """Measures motion; it keeps scratch memory, so each thread needs its own.

    Args:
        fine: search longer; for judging others.
    """

    def __init__(self, *, fine: bool = False) -> None:
        if fine:
            self._search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
            return
        self._search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
        self._search.setFinestScale(FINEST_SCALE)
        self._search.setVariationalRefinementIterations(0)  # half the time, and colours land as well without it

    def step(self, earlier: Sketch, later: Sketch) -> Step:
        """Find the flow between two frames, both ways."""
        back, ahead = self.flow(later.codes, earlier.codes), self.flow(earlier.codes, later.codes)
        return Step(
            back, round_trip_trust(back, ahead, later.harmless), ahead, round_trip_trust(ahead, back, earlier.harmless)
        )

    def flow(self, here: npt.NDArray[np.uint8], there: npt.NDArray[np.uint8]) -> Flow:
        """Find where each pixel of one picture (h, w) is in another one."""
        across, down = cv2.split(self._search.calc(here, there, None))
        return across, down


def sketch(luma: Luma) -> Sketch:
    """Shrink luma (H, W) to about `SKETCH_SIDE` squared pixels."""
    height, width = luma.shape
    stride = max(1, round((height * width) ** 0.5 / SKETCH_SIDE))
    codes = eight_bits(luma)
    if stride > 1:
        codes = cv2.resize(codes, (width // stride, height // stride), interpolation=cv2.INTER_AREA)
    across, down = (cv2.Sobel(codes, cv2.CV_32F, *axis, scale=1 / 8) for axis in ((1, 0), (0, 1)))
    slope: Plane = cv2.blur(length(across, down), (3, 3))  # code values a pixel
    harmless = np.float32(HARMLESS_WANDER) / (slope + np.float32(1e-2))
    tones = codes.astype(np.float32)
    allowed = slope * np.float32(EDGE_SLACK) + tones * np.float32(UNLIKE_SHARE) + np.float32(UNLIKE)
    return Sketch(codes, tones, harmless, np.reciprocal(allowed))


def eight_bits(luma: Luma) -> npt.NDArray[np.uint8]:
    """Luma as flow is searched in it."""
    return luma.astype(np.uint8, copy=False) if luma.dtype == np.uint8 else (luma >> 8).astype(np.uint8)


def still(size: tuple[int, ...]) -> Trail:
    """The trail from a frame of that height and width to itself."""
    height, width = size
    return Trail(*_grid(height, width), np.ones((height, width), np.float32))


def between(flow: Flow) -> Trail:
    """The trail of a single step, all of it trusted for now."""
    return Trail(*_ends(flow), np.ones_like(flow[0]))


def extended(trail: Trail, flow: Flow, trust: Plane) -> Trail:
    """Put one more step in front of a trail: `flow` leads from a new frame to the one where `trail` starts."""
    return _chained(trust, *_ends(flow), trail)


def joined(first: Trail, second: Trail) -> Trail:
    """The way along `first` and then along `second`, which starts where `first` ends."""
    return _chained(first.trust, first.columns, first.rows, second)


def agreement(here: Sketch, there: Sketch, trail: Trail) -> Plane:
    """Trust in a trail, (h, w), 0 to 1, after comparing luma at its two ends.

    A frame as a whole may be brighter or have more contrast than the other, as old film's flicker has it: mean and
    spread are made equal over what the trail trusts. Misses of a fraction of a pixel at strong edges are forgiven.
    """
    tones = fetch(there.tones, trail.columns, trail.rows)
    trusted = cv2.compare(trail.trust, 0.5, cv2.CMP_GT)
    mean, spread = _mean_and_spread(here.tones, trusted)
    fetched_mean, fetched_spread = _mean_and_spread(tones, trusted)
    gain = min(max((spread + 1) / (fetched_spread + 1), 1 / STRONGEST_FLICKER), STRONGEST_FLICKER)
    difference = cv2.addWeighted(here.tones, 1, tones, -gain, gain * fetched_mean - mean)
    difference *= here.keenness
    trust: Plane = cv2.exp(cv2.multiply(difference, difference, scale=-0.5))
    trust *= trail.trust
    return trust


def judged(here: Sketch, there: Sketch, trail: Trail) -> Trail:
    """The same trail, whose trust has seen whether luma agrees."""
    return Trail(trail.columns, trail.rows, agreement(here, there, trail))


def _mean_and_spread(tones: Plane, where: npt.NDArray[np.uint8]) -> tuple[float, float]:
    mean, spread = cv2.meanStdDev(tones, mask=where)
    return float(mean[0, 0]), float(spread[0, 0])


def round_trip_trust(there: Flow, back: Flow, harmless: Plane) -> Plane:
    """1 where going there and back ends where it began, falling to 0 where it misses by twice what is allowed.

    Args:
        there: from the frame whose trust is asked for.
        back: from the other frame.
        harmless: pixels that may be missed in any case, (h, w); see `Sketch`.
    """
    columns, rows = _ends(there)
    # What leaves the picture comes back from so far away that nothing forgives it.
    across, down = (cv2.remap(plane, columns, rows, cv2.INTER_LINEAR, borderValue=1e9) for plane in back)
    miss = length(across + there[0], down + there[1])
    allowed = length(*there)
    allowed *= np.float32(WANDER_SHARE)
    allowed += np.float32(WANDER)
    miss /= cv2.max(allowed, harmless)
    return np.clip(2 - miss, 0, 1)


def length(across: Plane, down: Plane) -> Plane:
    """Of vectors, (h, w). OpenCV's own answer depends, in its last bit, on where in memory the planes happen to lie."""
    squares = across * across
    squares += down * down
    np.sqrt(squares, out=squares)
    return squares


def fetch(plane: Plane, columns: Plane, rows: Plane) -> Plane:
    """The values of a plane at places, (h, w) each; beyond its edges they continue."""
    values: Plane = cv2.remap(plane, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return values


def _chained(trust: Plane, columns: Plane, rows: Plane, then: Trail) -> Trail:
    return Trail(
        fetch(then.columns, columns, rows),
        fetch(then.rows, columns, rows),
        cv2.remap(then.trust, columns, rows, cv2.INTER_LINEAR) * trust,  # outside of the picture nothing is trusted
    )


def _ends(flow: Flow) -> tuple[Plane, Plane]:
    """Column and row to which flow leads from each pixel."""
    columns, rows = _grid(*flow[0].shape)
    return columns + flow[0], rows + flow[1]


@cache
def _grid(height: int, width: int) -> tuple[Plane, Plane]:
    """Each pixel's own column and row, (height, width) each."""
    rows, columns = np.indices((height, width), np.float32)
    return columns, rows

"""Colours for a film that stay calm: the network looks at one frame in a dozen, and the others take theirs from those.

The network's guess for a frame wavers from one frame to the next. Here anchors are inferred, each is averaged with
those before it in the same shot, and the frames between two anchors fetch the colours of both along the film's motion.
All of it looks a bounded way back and ahead and counts frames from the film's first: a film that is cut into chunks has
the same colours as the uncut one, if each chunk is given `margin_before` and `margin_after` more frames.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from functions.color.color_space import full_scale, lightness_of
from functions.color.upsample import ChromaField, dark_damping, guided_field
from functions.errors import Rejected
from functions.video.anchors import SPACING, Stretch, stretches
from functions.video.cuts import REACH, Watched, watch
from functions.video.motion import SmallFrame, Trail, eight_bits, joined, judged, still
from functions.video.propagate import Colors, blended, completed, stretched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from functions.color.color_space import Luma, Plane
    from functions.video.motion import Sketch

LONGEST_REACH: Final = 144
"""Frames before an anchor over which it is averaged at most. None after it: every frame would wait for them in memory,
with its full-size luma. With 72 frames before, colours of three real films change along the motion by 23, 18 and 16 %
of what frame by frame does; with 36 each way it was 19, 18 and 17 %, and 36 more frames waited."""


@dataclass(frozen=True, slots=True)
class Calm:
    """How calm the colours are to be.

    Raises:
        Rejected: a figure is out of range.
    """

    every: int | None = None
    """Frames between those that the network looks at; None lets the film decide, and 1 is every frame."""
    smooth: float = 0.5
    """0 to 1: over which share of the longest reaches anchors are averaged with earlier ones."""

    def __post_init__(self) -> None:
        if self.every is not None and self.every < 1:
            msg = f"the network cannot look at every {self.every} frames: give 1 (each frame) or more"
            raise Rejected(msg, code="bad-setting")
        if not 0 <= self.smooth <= 1:
            msg = f"colours cannot be smoothed by {self.smooth}: give 0 (not at all) to 1"
            raise Rejected(msg, code="bad-setting")

    @property
    def spacing(self) -> int:
        """Frames between anchors where nothing asks for more."""
        return self.every or SPACING

    @property
    def reach(self) -> int:
        """Frames; an anchor so far before another no longer counts when that is averaged."""
        return round(self.smooth * LONGEST_REACH)

    @property
    def margin_before(self) -> int:
        """Frames before a part of the film that decide about its colours.

        A frame's own stretch, and the anchors that its ends listen to.
        """
        return self.margin_after + self.spacing + self.reach

    @property
    def margin_after(self) -> int:
        """Frames after a part of the film that decide about its colours.

        A frame's own stretch, which is half as long again as the spacing at most; a quarter of the spacing and `REACH`
        to see whether its end is an anchor; and the frame they may repeat.
        """
        return self.spacing + self.spacing // 2 + self.spacing // 4 + 2 * REACH


@dataclass(frozen=True, slots=True)
class CalmFrame:
    """A frame's colours, and where they come from."""

    number: int
    field: ChromaField
    """On the grid of the small frame."""
    inferred: bool
    """The network looked at this frame."""
    repeats: bool
    """It shows the same as the frame before, and has the very same colours."""
    starts_shot: bool
    traced: float
    """Share of the frame whose colours could be traced to an inferred one; 1 where it is one itself."""


@dataclass(slots=True)
class _Anchor:
    """An inferred frame on its way to be averaged."""

    number: int
    sketch: Sketch
    own: Colors
    back: Trail | None
    """To the anchor before."""
    settled: Colors | None = None


def calm_chroma(
    frames: Iterable[SmallFrame], infer: Callable[[SmallFrame], Colors], settings: Calm | None = None
) -> Iterator[CalmFrame]:
    """Colour a film, or a part of it; about `margin_after` frames are held at a time, however long it is.

    Args:
        frames: equally large, numbered without gaps.
        infer: the network: Cb and Cr of a frame, at the frame's size. It must answer the same frame the same way.
        settings: None takes the usual ones.

    Returns:
        One for each frame, in order.

    Raises:
        ValueError: the frames' numbers have a gap, or their sizes differ.
    """
    settings = settings or Calm()
    watched = watch(frames, hold=settings.spacing)
    parts = stretches(watched, spacing=settings.spacing, refine=settings.every is None)
    field: ChromaField | None = None
    for part, first, last in _averaged(parts, infer, settings.reach):
        colors, traced, inferred = _colored(part, first, last, infer)
        for one in part.frames if part.opens_shot else part.frames[1:]:
            number = one.frame.number
            if not one.repeats or field is None:
                # Where nothing was fetched the network's colours are as dark as they should be.
                fetched = settings.reach > 0 or number not in (part.first.frame.number, part.last.frame.number)
                shown = _damped(colors[number], one.frame.luma) if fetched else colors[number]
                field = guided_field(_codes(one.frame.luma), *shown)
            yield CalmFrame(
                number=number,
                field=field,
                inferred=number in inferred,
                repeats=one.repeats,
                starts_shot=one.starts_shot,
                traced=traced.get(number, 1.0),
            )


def _averaged(
    parts: Iterable[Stretch], infer: Callable[[SmallFrame], Colors], reach: int
) -> Iterator[tuple[Stretch, Colors, Colors]]:
    """Stretches with the colours of their two anchors, which have listened to earlier ones of the shot."""
    # As many as the usual spacing puts within reach: it limits what it costs to infer every frame.
    anchors: deque[_Anchor] = deque(maxlen=reach // SPACING + 1)
    for part in parts:
        if part.opens_shot:
            anchors.clear()
            anchors.append(_anchor(part.first, infer))
        first = last = _settled(anchors, reach)
        if part.last is not part.first:
            anchors.append(_anchor(part.last, infer, part.back))
            last = _settled(anchors, reach)
        yield part, first, last


def _anchor(one: Watched, infer: Callable[[SmallFrame], Colors], back: Trail | None = None) -> _Anchor:
    return _Anchor(one.frame.number, one.sketch, infer(one.frame), back)


def _settled(anchors: Sequence[_Anchor], reach: int) -> Colors:
    """The last anchor's colours, averaged with those of the ones before it as far as trails lead there."""
    here = anchors[-1]
    if here.settled is None:
        sources = [(here.own, still(here.sketch.codes.shape), 1.0), *_heard(anchors, reach)]
        here.settled = blended(sources) if len(sources) > 1 else here.own
    return here.settled


def _heard(anchors: Sequence[_Anchor], reach: int) -> Iterator[tuple[Colors, Trail, float]]:
    """The anchors that the last one listens to: colours, trail and weight of each."""
    here = anchors[-1]
    trail = still(here.sketch.codes.shape)
    for later, other in pairwise(reversed(anchors)):
        distance = here.number - other.number
        if distance >= reach or later.back is None:
            return
        trail = joined(trail, later.back)
        yield other.own, judged(here.sketch, other.sketch, trail), 1.0


def _colored(
    part: Stretch, first: Colors, last: Colors, infer: Callable[[SmallFrame], Colors]
) -> tuple[dict[int, Colors], dict[int, float], set[int]]:
    """Colours of a stretch's frames by number, the share of each that is traced, and which are inferred."""
    ends = part.first.frame.number, part.last.frame.number
    colors = dict(zip(ends, (first, last), strict=True))
    traced: dict[int, float] = {}
    inferred = set(ends)
    for way in part.ways:
        number = way.frame.number
        nearness = (way.late - number) / (way.late - way.early)
        known = blended([(colors[way.early], way.back, nearness), (colors[way.late], way.ahead, 1 - nearness)])
        if way.inferred:
            trust = stretched(np.maximum(way.back.trust, way.ahead.trust), known[0])
            known = completed(known, infer(way.frame), trust)
            inferred.add(number)
        else:
            traced[number] = way.traced
        colors[number] = known
    return colors, traced, inferred


def _damped(colors: Colors, luma: Luma) -> Colors:
    """Take colours out of the dark: those fetched from brighter places would flash there."""
    damping: Plane = cv2.LUT(eight_bits(luma), _damping_of_codes())
    cb, cr = (plane * damping for plane in colors)
    return cb, cr


@cache
def _damping_of_codes() -> Plane:
    """(256,), what chroma is multiplied by at each code value of luma."""
    return dark_damping(lightness_of(np.arange(256, dtype=np.uint8)))


def _codes(luma: Luma) -> Plane:
    """Luma from 0 to 255."""
    return luma.astype(np.float32) * np.float32(255 / full_scale(luma))

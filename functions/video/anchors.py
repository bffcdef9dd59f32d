"""Which frames the network colours, and by which ways the others come by their colours.

Anchors are the first and last frame of a shot and, between them, every frame whose number is a multiple of the
spacing: numbers, not distances, so that it does not matter where somebody started to look. The frames between two
anchors are within reach of both. Where too much of a frame can be traced to neither, because something came out from
behind something else, the frame that suffers most becomes an anchor too, until there is none left.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from functions.video.motion import Trail, extended, judged, still

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from functions.video.cuts import Watched
    from functions.video.motion import SmallFrame

SPACING: Final = 12
"""Frames between anchors, half a second of film. The network then costs less than half of what everything else does."""

UNTRACED: Final = 0.15
"""Share of a frame that may come from neither anchor before the frame becomes one itself. With a quarter of it, street
scenes have more than twice as many inferred frames, for errors a tenth smaller."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A frame that waits for its colours; its motion is told by ways, so that no more of it is held."""

    frame: SmallFrame
    repeats: bool
    starts_shot: bool


@dataclass(frozen=True, slots=True)
class Stretch:
    """The frames from one anchor to the next one of the same shot."""

    frames: tuple[Shown, ...]
    """From the first anchor to just before what follows the last: repeats of the last anchor may trail behind it."""
    first: Watched
    """The first anchor."""
    last: Watched
    """The last anchor; the first one again in a shot of one frame."""
    opens_shot: bool
    closes_shot: bool
    ways: tuple[Way, ...]
    """How the frames between the anchors are coloured, in an order in which each finds its ends done."""
    back: Trail
    """From the last anchor to the first."""
    ahead: Trail
    """From the first anchor to the last."""


@dataclass(frozen=True, slots=True)
class Way:
    """Where a frame's colours come from."""

    frame: SmallFrame
    early: int
    """Number of the coloured frame before it."""
    late: int
    """Number of the coloured frame after it."""
    back: Trail
    """To `early`; its trust has seen whether luma agrees."""
    ahead: Trail
    """To `late`, likewise."""
    inferred: bool
    """Too little of it can be traced: the network fills the rest."""

    @property
    def traced(self) -> float:
        """Share of the frame that comes from one of the two."""
        return float(np.maximum(self.back.trust, self.ahead.trust).mean())


def stretches(watched: Iterable[Watched], *, spacing: int, refine: bool = True) -> Iterator[Stretch]:
    """Cut a film at its anchors; `spacing` // 4 frames are held back to see whether a shot ends there.

    Args:
        watched: a film, or a part of it.
        spacing: frames between anchors.
        refine: make anchors of frames that cannot be traced.
    """
    slack = spacing // 4
    pending: list[Watched] = []
    opens = True
    for one in watched:
        if one.starts_shot and pending:
            yield _stretch(pending, opens=opens, closes=True, refine=refine)
            pending, opens = [], True
        pending.append(one)
        anchor = one.frame.number - slack
        if anchor % spacing == 0 and anchor - pending[0].frame.number >= (max(slack, 1) if opens else 1):
            end = anchor - pending[0].frame.number
            yield _stretch(pending[: end + 1], opens=opens, closes=False, refine=refine)
            pending, opens = pending[end:], False
    if pending:
        yield _stretch(pending, opens=opens, closes=True, refine=refine)


def _stretch(frames: Sequence[Watched], *, opens: bool, closes: bool, refine: bool) -> Stretch:
    heads = [one for one in frames if not one.repeats]
    backs, aheads = _trails_back(heads), _trails_ahead(heads)
    ways = _ways(heads, _judged(heads, backs, heads[0]), _judged(heads, aheads, heads[-1]), refine=refine)
    shown = tuple(Shown(one.frame, one.repeats, one.starts_shot) for one in frames)
    first, last = (replace(one, step=None) for one in (heads[0], heads[-1]))
    return Stretch(shown, first, last if heads[1:] else first, opens, closes, tuple(ways), backs[-1], aheads[0])


def _trails_back(heads: Sequence[Watched]) -> list[Trail]:
    """From each frame to the first."""
    trails = [still(heads[0].sketch.codes.shape)]
    for one in heads[1:]:
        assert one.step is not None  # noqa: S101 - within a shot each frame that repeats none has one
        trails.append(extended(trails[-1], one.step.back, one.step.back_trust))
    return trails


def _trails_ahead(heads: Sequence[Watched]) -> list[Trail]:
    """From each frame to the last."""
    trails = [still(heads[-1].sketch.codes.shape)]
    for one in reversed(heads[1:]):
        assert one.step is not None  # noqa: S101 - as above
        trails.append(extended(trails[-1], one.step.ahead, one.step.ahead_trust))
    return trails[::-1]


def _judged(heads: Sequence[Watched], trails: Sequence[Trail], end: Watched) -> list[Trail]:
    """Trails from `heads` to `end`, after a look at luma."""
    return [judged(one.sketch, end.sketch, trail) for one, trail in zip(heads, trails, strict=True)]


def _ways(heads: Sequence[Watched], backs: Sequence[Trail], aheads: Sequence[Trail], *, refine: bool) -> Iterator[Way]:
    """For the frames between the first and the last of `heads`, which are coloured.

    Args:
        heads: frames that repeat none.
        backs: from each of them to the first, judged.
        aheads: from each of them to the last, judged.
        refine: make anchors of frames that cannot be traced.
    """
    inner = list(zip(heads, backs, aheads, strict=True))[1:-1]
    if not inner:
        return
    ends = heads[0].frame.number, heads[-1].frame.number
    found = [Way(one.frame, *ends, back, ahead, inferred=False) for one, back, ahead in inner]
    traced = [way.traced for way in found]
    # Of equally bad ones the middle one: it helps the others most.
    worst = min(range(len(found)), key=lambda place: (traced[place], abs(2 * place + 1 - len(found))))
    if not refine or traced[worst] >= 1 - UNTRACED:
        yield from found
        return
    yield replace(found[worst], inferred=True)
    middle = worst + 1
    early, late = heads[: middle + 1], heads[middle:]
    to_middle = _judged(early, _trails_ahead(early), heads[middle])
    yield from _ways(early, backs[: middle + 1], to_middle, refine=refine)
    from_middle = _judged(late, _trails_back(late), heads[middle])
    yield from _ways(late, from_middle, aheads[middle:], refine=refine)

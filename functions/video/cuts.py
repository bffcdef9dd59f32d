"""Where a grey film repeats a frame, and where a new shot starts.

Detectors that average hue and saturation see nothing in grey, and those that compare brightness take every flicker of
an old film for a cut. Here two frames belong together when one can be had from the other by moving its pixels: that
is measured for the flow's sake anyway, and it is what the question means for colour. A flash or a torn frame is unlike
its neighbours, but those are like each other across it.

Whatever is decided about a frame follows from a few frames around it and from its number, so two processes that see
different parts of a film agree on the part they share.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from functions.video.motion import Motion, Sketch, SmallFrame, Step, agreement, between, sketch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

ALIKE: Final = 1.0
"""Likeness from which on two frames belong to one shot. Of 4,870 pairs within made-up shots with grain, flicker, dust
and pans, 5 stay below; of 182 across a cut 7 reach it, most of them two views of one picture."""

REACH: Final = 4
"""Frames on either side of a suspected cut that are compared across it: a flash of one less is bridged."""

REPEAT_DIFFERENCE: Final = 2.0
"""Code values that the mean of 5 by 5 pixels of the sketch may change by within a repeated frame: noise of one code
value stays below it, and an eye that blinks does not."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A frame, and how it hangs together with the one before it."""

    frame: SmallFrame
    sketch: Sketch
    repeats: bool
    """It shows the same as the last frame that does not repeat one."""
    starts_shot: bool
    step: Step | None
    """From that last frame to this one; None where it repeats, or starts a shot."""
    likeness: float
    """To that last frame, 0 to 1.5; see `likeness`."""


def watch(frames: Iterable[SmallFrame], *, hold: int) -> Iterator[Watched]:
    """Tell repeated frames and starts of shots; `REACH` frames are held back until that is known.

    Args:
        frames: equally large, numbered without gaps.
        hold: frames with a multiple of it for a number repeat nothing, so that a standstill stays a bounded affair.

    Raises:
        ValueError: the numbers have a gap, or the sizes differ.
    """
    motion = Motion()
    around: deque[Watched] = deque(maxlen=2 * REACH)
    undecided = 0
    for found in _measured(frames, hold, motion):
        around.append(found)
        undecided += 1
        if undecided == REACH:
            yield _decided(around, len(around) - undecided, motion)
            undecided -= 1
    for position in range(len(around) - undecided, len(around)):
        # As for the frames before, no more than REACH of the past is looked at.
        start = max(0, position - REACH)
        yield _decided(list(around)[start:], position - start, motion)


def likeness(earlier: Sketch, later: Sketch, step: Step) -> float:
    """How much of a frame can be had by moving the pixels of another, 0 to 1.5.

    The share of pixels with the same luma where the flow leads, and half the share of those where the flow also leads
    back again. The first alone is fooled by flat pictures, the second by grain on them.
    """
    same = agreement(later, earlier, between(step.back))
    return float(same.mean()) + float((same * step.back_trust).mean()) / 2


def _measured(frames: Iterable[SmallFrame], hold: int, motion: Motion) -> Iterator[Watched]:
    """Compare each frame with the last one that repeats none."""
    held: Watched | None = None
    number = None
    for frame in frames:
        now = sketch(frame.luma)
        if number is not None and frame.number != number + 1:
            msg = f"frame {number + 1} is missing: frame {frame.number} follows frame {number}"
            raise ValueError(msg)
        number = frame.number
        if held is None:
            held = Watched(frame, now, repeats=False, starts_shot=True, step=None, likeness=0.0)
            yield held
            continue
        if frame.luma.shape != held.frame.luma.shape:
            msg = f"frame {number} is {frame.luma.shape}, those before it are {held.frame.luma.shape}"
            raise ValueError(msg)
        if number % hold and _repeats(held.sketch, now):
            yield Watched(frame, now, repeats=True, starts_shot=False, step=None, likeness=1.5)
            continue
        step = motion.step(held.sketch, now)
        alike = likeness(held.sketch, now, step)
        held = Watched(frame, now, repeats=False, starts_shot=False, step=step, likeness=alike)
        yield held


def _decided(around: Sequence[Watched], position: int, motion: Motion) -> Watched:
    """Whether the frame at `position` starts a shot, from the frames around it."""
    here = around[position]
    if here.step is None or here.likeness >= ALIKE:
        return here
    before = [one for one in list(around)[max(0, position - REACH) : position] if not one.repeats]
    after = [one for one in list(around)[position : position + REACH] if not one.repeats]
    for late in after:
        for early in reversed(before):
            if late is here and early is before[-1]:
                continue  # that is the pair under suspicion
            if likeness(early.sketch, late.sketch, motion.step(early.sketch, late.sketch)) >= ALIKE:
                return here
    return replace(here, starts_shot=True, step=None)


def _repeats(earlier: Sketch, later: Sketch) -> bool:
    difference = cv2.blur(cv2.absdiff(earlier.codes, later.codes).astype(np.float32), (5, 5))
    return float(difference.max()) < REPEAT_DIFFERENCE

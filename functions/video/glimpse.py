"""A few frames, spread over a film, as pictures: to see what it is before it is coloured."""

from __future__ import annotations

from bisect import bisect_right
from itertools import groupby
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from functions.errors import Unreadable
from functions.video.decode import decode
from functions.video.plan import Chunk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from functions.video.film import Film
    from functions.video.source import OpenSource
    from functions.video.timeline import Timeline

GLIMPSES: Final = 9
"""Frames looked at: an odd number has a majority, and a film that is in colour for a scene does not have nine."""

BUDGET: Final = 240
"""Frames decoded at most, about: 3 s of 720 lines on one core. Frames just behind a keyframe cost little."""

Picture: TypeAlias = npt.NDArray[np.uint8]
"""(H, W, 3), blue, green, red."""


def glimpses(
    open_source: OpenSource, film: Film, timeline: Timeline, *, shown: range | None = None, count: int = GLIMPSES
) -> Iterator[Picture]:
    """Decode frames spread over a film, in order; those that cannot be decoded are left out.

    Args:
        open_source: opens the film's bytes.
        film: what is known of it.
        timeline: its frames.
        shown: numbers of the frames to choose from; None is all of them.
        count: how many; fewer where the film is shorter.

    Raises:
        OSError: the source failed.
    """
    for chunk, wanted in _runs(timeline, shown or range(len(timeline)), count):
        try:
            for frame in decode(open_source, film, chunk, deinterlace="off"):
                if frame.number in wanted and frame.picture is not None:
                    yield frame.picture.to_ndarray(format="bgr24").astype(np.uint8, copy=False)
        except Unreadable:
            continue  # damaged there: the others tell


def _runs(timeline: Timeline, shown: range, count: int) -> Iterator[tuple[Chunk, set[int]]]:
    """Runs of frames that one decoder goes through, and the numbers of those to look at in each."""
    points = timeline.access_points
    starts = [point.number for point in points]
    aims = sorted({shown[len(shown) * (2 * place + 1) // (2 * count)] for place in range(count)})
    groups = [(at, list(group)) for at, group in groupby(aims, lambda aim: bisect_right(starts, aim) - 1)]
    for at, group in groups:
        reach = max(starts[at], shown.start) + BUDGET // len(groups)
        # Where keyframes are rare, what is far behind one is exchanged for what is nearer.
        near = _spread(shown.start, reach, group) if group[-1] > reach else group
        begin, stop = near[0], near[-1] + 1
        chunk = Chunk(
            number=0,
            first=begin,
            last=stop,
            begin=begin,
            stop=stop,
            pts=tuple(timeline.pts[begin:stop].tolist()),
            packets=tuple(timeline.packets[begin:stop].tolist()),
            access_points=tuple(dict.fromkeys((points[at], points[max(0, at - 1)], points[0]))),
            margin_before=0,
            margin_after=0,
        )
        yield chunk, set(near)


def _spread(first: int, reach: int, group: list[int]) -> list[int]:
    """As many numbers as the group has, up to `reach`."""
    start = min(max(first, group[0] - (group[-1] - reach)), reach)
    return sorted({start + (reach - start) * place // len(group) for place in range(1, len(group) + 1)})

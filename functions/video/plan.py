"""Cuts a film into chunks that can be coloured apart: pure arithmetic on its timeline, the same every time."""

from __future__ import annotations

import json
import math
from bisect import bisect_right
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from functions.errors import Rejected
from functions.video.timeline import AccessPoint

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from functions.video.timeline import Timeline

CHUNK_FRAMES: Final = 240
"""About ten seconds: a lost worker costs little, and a keyframe each ten seconds costs the encoder little."""

REDECODE: Final = 2.0
"""How often, on average, a frame may be decoded because decoders start at keyframes only."""

VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Chunk:
    """A run of frames that one worker colours; it needs nothing else to find them.

    Frames from `begin` to `stop` are decoded; those before `first` and from `last` on are margin: the worker may look
    at them, and colours them where its filter needs a warm-up, but writes only `first` to `last`.
    """

    number: int
    first: int
    """Number of the first frame that is written; frames count from 0, as they are shown."""
    last: int
    """One past the last frame that is written."""
    begin: int
    stop: int
    pts: tuple[int, ...]
    """Ticks, of the frames from `begin` to `stop`."""
    packets: tuple[int, ...]
    """Numbers of their packets, in the order of the file."""
    access_points: tuple[AccessPoint, ...]
    """Where a decoder may start: the nearest first, the start of the film last."""
    margin_before: int
    """Of the frames before `first`, how many are margin; a further one may be there for the deinterlacer."""
    margin_after: int

    def __len__(self) -> int:
        return self.last - self.first


def united(chunks: Sequence[Chunk]) -> Chunk:
    """Chunks that follow each other, as one: to decode them in one go.

    Raises:
        ValueError: they do not follow each other.
    """
    first, last = chunks[0], chunks[-1]
    if any(one.last != other.first for one, other in pairwise(chunks)):
        msg = "only chunks that follow each other can be united"
        raise ValueError(msg)
    pts: list[int] = []
    packets: list[int] = []
    for chunk in chunks:
        new = max(0, first.begin + len(pts) - chunk.begin)
        pts.extend(chunk.pts[new:])
        packets.extend(chunk.packets[new:])
    return replace(
        first, last=last.last, stop=last.stop, pts=tuple(pts), packets=tuple(packets), margin_after=last.margin_after
    )


@dataclass(frozen=True, slots=True)
class Plan:
    """How a film is coloured: its chunks, in order."""

    time_base: Fraction
    """Seconds a tick."""
    chunks: tuple[Chunk, ...]
    end_pts: int
    """Ticks: when the last frame's time is over."""
    trimmed: bool
    """Whether frames at the start or the end of the film are left out."""

    @property
    def frames(self) -> int:
        """Written in the end."""
        return self.chunks[-1].last - self.chunks[0].first

    @property
    def pts(self) -> list[int]:
        """Ticks, of all frames that are written."""
        return [
            tick for chunk in self.chunks for tick in chunk.pts[chunk.first - chunk.begin : chunk.last - chunk.begin]
        ]

    @property
    def start(self) -> Fraction:
        """Seconds, of the first frame."""
        chunk = self.chunks[0]
        return chunk.pts[chunk.first - chunk.begin] * self.time_base

    @property
    def end(self) -> Fraction:
        """Seconds, when the last frame's time is over."""
        return self.end_pts * self.time_base

    def to_json(self) -> str:
        """One line; `from_json` gives an equal plan."""
        fields = {**asdict(self), "time_base": str(self.time_base), "version": VERSION}
        return json.dumps(fields, separators=(",", ":"), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Plan:
        """Read what `to_json` wrote.

        Raises:
            ValueError: it is something else, or of another version.
        """
        fields = json.loads(text)
        if not isinstance(fields, dict) or fields.pop("version", None) != VERSION:
            msg = f"no plan of version {VERSION}"
            raise ValueError(msg)
        chunks = tuple(_chunk_of(chunk) for chunk in fields.pop("chunks"))
        return cls(time_base=Fraction(fields.pop("time_base")), chunks=chunks, **fields)


def plan(  # noqa: PLR0913 - each is a choice of whoever colours the film
    timeline: Timeline,
    *,
    chunk_frames: int = CHUNK_FRAMES,
    margin_before: int = 0,
    margin_after: int = 0,
    neighbours: int = 0,
    redecode: float = REDECODE,
    start: Fraction | float | None = None,
    end: Fraction | float | None = None,
) -> Plan:
    """Cut a film into chunks at its keyframes, and inside long groups of pictures where they must be cut.

    Args:
        timeline: the film's frames.
        chunk_frames: about so many in a chunk: a group of pictures up to a quarter longer stays whole (x264 makes
            them 250 long where nobody asks), and longer ones are cut less finely where that would decode too often.
        margin_before: frames that a worker also sees before its own.
        margin_after: and after them.
        neighbours: further frames on either side that only the decoder needs: 1 for the deinterlacer.
        redecode: a group of pictures is cut into as many chunks as keep its frames' decodings below this, on average.
        start: seconds from the first frame; frames before it are left out.
        end: seconds from the first frame; frames from it on are left out.

    Raises:
        Rejected: no frame lies between `start` and `end`.
    """
    shown = _between(timeline, start, end)
    cuts = list(_cuts(timeline, shown, chunk_frames, redecode))
    chunks = []
    for number, (first, last) in enumerate(pairwise(cuts)):
        begin = max(0, first - margin_before - neighbours)
        stop = min(len(timeline), last + margin_after + neighbours)
        chunks.append(
            Chunk(
                number=number,
                first=first,
                last=last,
                begin=begin,
                stop=stop,
                pts=tuple(timeline.pts[begin:stop].tolist()),
                packets=tuple(timeline.packets[begin:stop].tolist()),
                access_points=_access_points(timeline.access_points, begin),
                margin_before=min(margin_before, first),
                margin_after=min(margin_after, len(timeline) - last),
            )
        )
    final = shown.stop - 1
    return Plan(
        time_base=timeline.time_base,
        chunks=tuple(chunks),
        end_pts=int(timeline.pts[final] + timeline.durations[final]),
        trimmed=len(shown) < len(timeline),
    )


def _between(timeline: Timeline, start: Fraction | float | None, end: Fraction | float | None) -> range:
    """Numbers of the frames that are shown from `start` on and before `end`, both seconds of the film."""
    zero = int(timeline.pts[0])

    def number(seconds: Fraction | float) -> int:
        ticks = Fraction(str(seconds)) / timeline.time_base + zero  # 0.2 means a fifth, not the float beside it
        return int(timeline.pts.searchsorted(math.ceil(ticks)))

    first = 0 if start is None else number(start)
    last = len(timeline) if end is None else number(end)
    if first >= last:
        length = float((timeline.pts[-1] + timeline.durations[-1] - zero) * timeline.time_base)
        msg = f"no frame lies between the start and the end that were asked for: the film is {length:.2f} s long"
        raise Rejected(msg, code="empty-range")
    return range(first, last)


def _cuts(timeline: Timeline, shown: range, chunk_frames: int, redecode: float) -> Iterator[int]:
    """Numbers of first frames, and one past the last."""
    borders = [
        shown.start,
        *(a.number for a in timeline.access_points if a.number in shown and a.number > shown.start),
        shown.stop,
    ]
    filled = 0
    for first, last in pairwise(borders):
        if not filled or filled + last - first > chunk_frames:
            # Pieces of one group start decoding at its keyframe: n equal ones decode it (n + 1) / 2 times.
            whole = chunk_frames * 5 // 4
            pieces = max(1, min(-(-(last - first) // whole), int(2 * redecode - 1)))
            yield from (first + (last - first) * piece // pieces for piece in range(pieces))
            filled = last - first if pieces == 1 else chunk_frames
        else:
            filled += last - first
    yield shown.stop


def _access_points(access_points: Sequence[AccessPoint], begin: int) -> tuple[AccessPoint, ...]:
    """The two nearest places to start decoding frame `begin` at, and the film's start."""
    at = bisect_right(access_points, begin, key=lambda point: point.number) - 1
    return tuple(dict.fromkeys(access_points[position] for position in (at, max(0, at - 1), 0)))


def _chunk_of(fields: dict[str, Any]) -> Chunk:
    access_points = tuple(AccessPoint(**point) for point in fields.pop("access_points"))
    return Chunk(
        pts=tuple(fields.pop("pts")), packets=tuple(fields.pop("packets")), access_points=access_points, **fields
    )

"""Which stretch of the source the result shows, and what its clock says then."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from fractions import Fraction

    from av.packet import Packet
    from av.stream import Stream

    from functions.video.film import Chapter, Film
    from functions.video.plan import Plan


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the source's time."""

    offset: Fraction
    """Seconds, taken from every time of the source."""
    start: Fraction | None
    """Seconds of the source; None where nothing is left out."""
    end: Fraction | None

    def ticks(self, pts: int, time_base: Fraction) -> int:
        """A time of the source, in ticks of `time_base`, as the result has it; to the nearest tick."""
        return round(pts - self.offset / time_base)

    def shift(self, packet: Packet[Stream]) -> bool:
        """Set a packet of another stream to its time in the result; False where it lies outside the stretch.

        Sound is cut between its packets: one that starts before the stretch is left out. What is shown for a while,
        such as a subtitle, stays as long as some of it is inside, for as long as it is inside.
        """
        unit = packet.time_base
        time = packet.pts if packet.pts is not None else packet.dts
        if time is not None and self.start is not None and self.end is not None:
            start, end = self.start / unit, self.end / unit
            lasting = packet.stream.type == "subtitle"
            if time >= end or (time + (packet.duration or 0) <= start if lasting else time < start):
                return False
            if lasting:
                until = min(time + (packet.duration or 0), round(end))
                packet.pts = packet.dts = max(time, round(start))
                packet.duration = until - packet.pts
        if packet.pts is not None:
            packet.pts = self.ticks(packet.pts, unit)
        if packet.dts is not None:
            packet.dts = self.ticks(packet.dts, unit)
        return True

    def chapters(self, chapters: tuple[Chapter, ...]) -> Iterator[Chapter]:
        """The chapters that lie in the stretch, cut to it, at their times in the result."""
        for chapter in chapters:
            start, end = chapter.start, chapter.end
            if self.start is not None and self.end is not None:
                start, end = max(start, self.start), min(end, self.end)
            if start < end:
                yield replace(chapter, start=start - self.offset, end=end - self.offset)


def span_of(film: Film, plan: Plan) -> Span:
    """The stretch that a plan colours: a trimmed one starts at zero, a whole film where it did."""
    if plan.trimmed:
        return Span(plan.start, plan.start, plan.end)
    return Span(film.origin, None, None)

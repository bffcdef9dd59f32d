"""The page about a coloured film: how calm its colours are, and the moments at which they are not."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, BinaryIO, Final

from cli.film_report_page import ALONE, GREY, OURS, Facts, page
from cli.film_report_pictures import moment_pictures
from cli.library import open_model
from cli.progress import counted
from cli.small_colors import SmallView, grey, inferred_alone, shrunk_colors
from functions.colorise.coloriser import Coloriser
from functions.colorise.session import NetworkSession
from functions.errors import Rejected
from functions.video.anchors import stretches
from functions.video.chroma import chroma_codes, code_values
from functions.video.cuts import watch
from functions.video.decode import decode
from functions.video.flicker import FlickerMeter
from functions.video.index import index
from functions.video.layout import output_layout
from functions.video.motion import SmallFrame
from functions.video.plan import plan
from functions.video.planes import deepened
from functions.video.probe import probe
from functions.whole_file import write_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from fractions import Fraction
    from pathlib import Path

    from functions.color.color_space import Luma
    from functions.colorise.film import FilmWishes
    from functions.video.decode import Frame
    from functions.video.film import Film
    from functions.video.flicker import FlickerReport
    from functions.video.plan import Plan
    from functions.video.propagate import Colors
    from functions.video.source import OpenSource
    from functions.video.timeline import Timeline

BASELINE_SECONDS: Final = 300.0
"""Shots that begin later are not inferred frame by frame: that costs more than everything else here, and the figures of
five minutes do not change much any more."""


@dataclass(frozen=True, slots=True)
class Reel:
    """A film that is looked at."""

    open_source: OpenSource
    film: Film
    timeline: Timeline
    plan: Plan

    def frames(self, wishes: FilmWishes | None) -> Iterator[Frame]:
        """All of the plan, in order; `wishes` say how to deinterlace, None does not."""
        deinterlace = "off" if wishes is None else wishes.deinterlace
        return chain.from_iterable(
            decode(self.open_source, self.film, chunk, deinterlace=deinterlace) for chunk in self.plan.chunks
        )


@dataclass(slots=True)
class Passed:
    """What was seen while the films passed by."""

    meter: FlickerMeter = field(default_factory=FlickerMeter)
    inferred: list[int] = field(default_factory=list)
    """Frames of each shot that the network looks at."""

    def report(self) -> FlickerReport:
        """The figures so far."""
        return self.meter.report()


def write_report(  # noqa: PLR0913, PLR0917 - two films, how one became the other, and where to and how
    source: Path,
    result: Path,
    wishes: FilmWishes,
    model: str,
    target: Path,
    quiet: bool,  # noqa: FBT001 - the command hands it through
    *,
    name: str | None = None,
    side: int | None = None,
    start: Fraction | float | None = None,
    end: Fraction | float | None = None,
    speed: float | None = None,
    baseline_seconds: float = BASELINE_SECONDS,
) -> None:
    """Compare a coloured film with its source, in a pass of its own, and write one HTML page that needs nothing else.

    Both films are read through once, and a few frames of the result a second time. Nothing is kept of a frame but its
    figures; the page grows by some hundred bytes a shot.

    Args:
        source: the film that was coloured.
        result: what came of it.
        wishes: how it was coloured.
        model: what `--model` named.
        target: where to write the page; it is there whole or not at all.
        quiet: show no progress.
        name: of the source, where it is not its file's.
        side: the network's side, where it was not the model's own.
        start: seconds, where the result is a part of the source.
        end: likewise.
        speed: frames a second of the colouring, to be told.
        baseline_seconds: shots that begin later are not inferred frame by frame.

    Raises:
        Unreadable: one of the films cannot be read.
        Rejected: they do not have as many frames ("other-film"), or there is no such model.
        OSError: reading or writing failed.
    """
    card, weights = open_model(model)
    # One thread, as when the film was coloured: the same frame has the same colours.
    coloriser = Coloriser(NetworkSession(weights, card, threads=1, gpus=()), side=side)
    grey_reel = _reel(source, wishes, start=start, end=end)
    coloured_reel = _reel(result, None)
    if grey_reel.plan.frames != coloured_reel.plan.frames:
        msg = (
            f"{result.name} has {coloured_reel.plan.frames} frames and {name or source.name} "
            f"has {grey_reel.plan.frames}: the report compares a film with what came of it"
        )
        raise Rejected(msg, code="other-film")
    with counted("Measuring", grey_reel.plan.frames, shown=not quiet) as step:
        passed = _passed(grey_reel, coloured_reel, wishes, coloriser, baseline_seconds, step)
    report = passed.report()
    first = grey_reel.plan.chunks[0].first
    size = coloriser.network_size(*_square(grey_reel.film))
    seen = coloured_reel.open_source, coloured_reel.film, coloured_reel.timeline
    pictures = [moment_pictures(*seen, one.number - first, size, compare=wishes.compare) for one in report.worst]
    film = coloured_reel.film
    facts = Facts(
        source=name or source.name,
        result=result.name,
        model=card.name,
        width=film.width,
        height=film.height,
        frames=grey_reel.plan.frames,
        frame_rate=grey_reel.film.average_rate,
        wishes=wishes,
        speed=speed,
        baseline_seconds=baseline_seconds,
        inferred=tuple(passed.inferred),
        times={number: _seconds(grey_reel, number) for number in _told(report)},
    )
    write_whole(target, page(facts, report, pictures).encode())


def _reel(
    path: Path, wishes: FilmWishes | None, *, start: Fraction | float | None = None, end: Fraction | float | None = None
) -> Reel:
    def source() -> BinaryIO:
        return path.open("rb")

    film = probe(source)
    timeline = index(source, film)
    neighbours = int(wishes is not None)  # for a deinterlacer
    return Reel(source, film, timeline, plan(timeline, neighbours=neighbours, start=start, end=end))


def _passed(  # noqa: PLR0913, PLR0917 - two films, how and by whom they were coloured, how far, and who listens
    grey_reel: Reel,
    coloured_reel: Reel,
    wishes: FilmWishes,
    coloriser: Coloriser,
    baseline_seconds: float,
    step: Callable[[str], None],
) -> Passed:
    """Measure frame by frame; which frames were inferred follows from the source's motion, as it did then.

    At the ends of a part of a film it may not, quite: what lies beyond them was looked at when the part was coloured.
    """
    size = coloriser.network_size(*_square(grey_reel.film))
    grey_view = SmallView(grey_reel.film, size)
    coloured_view = SmallView(coloured_reel.film, size, right_half=wishes.compare)
    passed, spacing = Passed(), wishes.calm.spacing
    baseline = _Baseline(grey_reel.film, coloriser, wishes, size)
    held: deque[tuple[Colors | None, Colors | None]] = deque()
    baseline_end = grey_reel.plan.chunks[0].first + baseline_seconds * grey_reel.film.average_rate

    def small_frames() -> Iterator[SmallFrame]:
        # The result may be shown at other times than the source (GIF has hundredths), but has the same frames.
        for before, after in zip(grey_reel.frames(wishes), coloured_reel.frames(None), strict=True):
            luma = grey_view.luma(before)
            # Here, where the whole frame is at hand; the flag follows a few frames behind, and never comes back.
            held.append((coloured_view.colors(after), baseline.colors(before, luma) if with_baseline else None))
            yield SmallFrame(before.number, luma)

    with_baseline = True
    for part in stretches(watch(small_frames(), hold=spacing), spacing=spacing, refine=wishes.calm.every is None):
        inferred = {part.first.frame.number, part.last.frame.number}
        inferred |= {way.frame.number for way in part.ways if way.inferred}
        for one in part.frames if part.opens_shot else part.frames[1:]:
            frame = one.frame
            if one.starts_shot:
                passed.inferred.append(0)
                with_baseline = frame.number < baseline_end
            passed.inferred[-1] += frame.number in inferred
            ours, alone = held.popleft()
            ways: dict[str, Colors] = {OURS: ours or grey(frame.luma)}
            if with_baseline and alone is not None:
                ways[ALONE] = alone
            ways[GREY] = grey(frame.luma)
            passed.meter.add(frame, ways, starts_shot=one.starts_shot)
            step("")
    return passed


class _Baseline:
    """Colours each frame as if it were alone, in the code values that the film is written in: they are rounded, too."""

    def __init__(self, film: Film, coloriser: Coloriser, wishes: FilmWishes, size: tuple[int, int]) -> None:
        self._coloriser, self._saturation, self._size = coloriser, wishes.saturation, size
        self._layout = output_layout(film, wishes.encode)
        self._codes = code_values(film, self._layout)

    def colors(self, frame: Frame, small: Luma) -> Colors:
        """Of a frame of the source, whose luma is `small` as the network sees it."""
        chroma = inferred_alone(self._coloriser, small).scaled(self._saturation)
        luma = deepened(frame.luma, frame.layout.depth, self._layout)
        return shrunk_colors(*chroma_codes(luma, chroma, self._layout, self._codes), self._codes, self._size)


def _square(film: Film) -> tuple[int, int]:
    """Height and width of its frames in square pixels."""
    return film.height, round(film.width * film.sample_aspect)


def _told(report: FlickerReport) -> Iterator[int]:
    """Numbers of the frames whose time the page tells."""
    yield from (shot.first for shot in report.shots)
    yield from (moment.number for moment in report.worst)


def _seconds(reel: Reel, number: int) -> float:
    """When a frame is shown, counted from the first one of its film."""
    pts = reel.timeline.pts
    return float(int(pts[number] - pts[0]) * reel.timeline.time_base)

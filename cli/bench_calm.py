"""How calm a clip's colours are: ours beside frame by frame, beside the clip's own where it has some, beside grey."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, Final

from cli.bench_table import Row
from cli.small_colors import SmallView, colors_of, grey, inferred_alone
from functions.colorise.coloriser import seen_of
from functions.video.calm import Calm, calm_chroma
from functions.video.decode import decode, is_deinterlaced
from functions.video.flicker import FlickerMeter
from functions.video.index import index
from functions.video.motion import SmallFrame
from functions.video.plan import plan
from functions.video.probe import probe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from functions.colorise.coloriser import Coloriser
    from functions.video.decode import Frame
    from functions.video.film import Film
    from functions.video.flicker import Figures, FlickerReport
    from functions.video.propagate import Colors
    from functions.video.source import OpenSource
    from functions.video.timeline import Timeline

SEAM_FRAMES: Final = 25
"""Of a chunk here, instead of ten seconds: many seams, which fall everywhere between the frames that are inferred."""

OURS: Final = "ours"
ALONE: Final = "frame by frame"
OWN: Final = "the clip's own"
GREY: Final = "grey"


UNIT: Final = "code/100"
"""Hundredths of a code value of chroma."""

CUT: Final = "coloured in chunks"
UNCUT: Final = "coloured in one"


@dataclass(frozen=True, slots=True)
class _Colored:
    """A frame, ours and its own colours."""

    small: SmallFrame
    ours: Colors
    own: Colors | None
    inferred: bool
    starts_shot: bool
    starts_chunk: bool


@dataclass(slots=True)
class _Measured:
    """Of one clip."""

    whole: FlickerMeter = field(default_factory=FlickerMeter)
    seams: FlickerMeter = field(default_factory=FlickerMeter)
    """Of pairs of frames in different chunks of one shot, nothing else."""
    frames: int = 0
    inferred: int = 0
    seam_count: int = 0


def measure_calm(clip: Path, coloriser: Coloriser) -> list[Row]:
    """Rows of one clip, whose own colours are not looked at to colour it.

    Raises:
        Unreadable: it cannot be read.
    """
    measured = _measured(clip, coloriser)
    report, seams = measured.whole.report(), measured.seams.report()
    group = f"calm, {clip.stem}"
    rows = [
        *_rows(group, "change along motion", UNIT, 100, report, ALONE, lambda one: one.warp_error),
        *_rows(group, "change of histograms", "mnat", 1000, report, OWN, lambda one: one.consistency),
        *_rows(group, "colourfulness", "M3", 1, report, ALONE, lambda one: one.colourfulness),
        Row(group, "frames inferred", 100 * measured.inferred / measured.frames, "%"),
    ]
    if measured.seam_count:
        cut, uncut = (100 * seams.whole[name].warp_error for name in (CUT, UNCUT))
        # Each frame but a shot's first makes a pair with the one before it.
        pairs = measured.frames - len(report.shots)
        others = 100 * report.whole[OURS].warp_error * pairs - uncut * measured.seam_count
        within = others / (pairs - measured.seam_count)
        name = f"change along motion at {measured.seam_count} seams"
        rows.append(Row(group, f"{name}, {CUT}", cut, UNIT, cut / within, "the same within chunks"))
        rows.append(Row(group, f"{name}, {CUT}", cut, UNIT, cut / uncut, f"the same places, {UNCUT}"))
    return rows


def _rows(  # noqa: PLR0913, PLR0917 - a figure, and how it is shown
    group: str,
    title: str,
    unit: str,
    times: float,
    report: FlickerReport,
    against: str,
    figure: Callable[[Figures], float],
) -> list[Row]:
    """A row a way: ours first, as a ratio to `against` where the clip has that."""
    values = {name: figure(figures) for name, figures in report.whole.items()}
    base = values.get(against, 0.0)
    return [
        Row(
            group,
            f"{title}, {name}",
            value * times,
            unit,
            *((value / base, against) if base and name != against else ()),
        )
        for name, value in values.items()
    ]


def _measured(clip: Path, coloriser: Coloriser) -> _Measured:
    def source() -> BinaryIO:
        return clip.open("rb")

    film = probe(source)
    timeline = index(source, film)
    measured = _Measured()
    before: tuple[SmallFrame, Mapping[str, Colors]] | None = None
    # Both go along together, so that no more than a few frames of either are held.
    uncut = _colored(source, film, timeline, coloriser, chunk_frames=len(timeline))
    cut = _colored(source, film, timeline, coloriser, chunk_frames=SEAM_FRAMES)
    for one, other in zip(uncut, cut, strict=True):
        luma = one.small.luma
        ways = {OURS: one.ours, ALONE: colors_of(inferred_alone(coloriser, luma), luma), OWN: one.own, GREY: grey(luma)}
        known = {name: colors for name, colors in ways.items() if colors is not None}
        measured.whole.add(one.small, known, starts_shot=one.starts_shot)
        measured.frames += 1
        measured.inferred += one.inferred
        both = {CUT: other.ours, UNCUT: one.ours}
        if other.starts_chunk and before is not None and not one.starts_shot:
            measured.seams.add(*before, starts_shot=True)
            measured.seams.add(one.small, both, starts_shot=False)
            measured.seam_count += 1
        before = one.small, both
    return measured


def _colored(
    source: OpenSource, film: Film, timeline: Timeline, coloriser: Coloriser, *, chunk_frames: int
) -> Iterator[_Colored]:
    """A film's frames, coloured chunk by chunk; nothing is encoded."""
    calm = Calm()
    view = SmallView(film, coloriser.network_size(film.height, round(film.width * film.sample_aspect)))
    cut = plan(
        timeline,
        chunk_frames=chunk_frames,
        margin_before=calm.margin_before,
        margin_after=calm.margin_after,
        neighbours=int(is_deinterlaced(film, "auto")),
        redecode=len(timeline),
    )
    for chunk in cut.chunks:
        held: deque[tuple[SmallFrame, Colors | None] | None] = deque()
        small_frames = _shrunk(decode(source, film, chunk), view, held)
        for found in calm_chroma(small_frames, partial(_planes, coloriser), calm):
            shown = held.popleft()
            if shown is not None:
                small, own = shown
                ours = colors_of(found.field, small.luma)
                yield _Colored(small, ours, own, found.inferred, found.starts_shot, found.number == chunk.first)


def _shrunk(
    frames: Iterable[Frame], view: SmallView, held: deque[tuple[SmallFrame, Colors | None] | None]
) -> Iterator[SmallFrame]:
    """Frames for the network; those that are no margin are held until their colours are known."""
    for frame in frames:
        small = SmallFrame(frame.number, view.luma(frame))
        held.append(None if frame.is_margin else (small, view.colors(frame)))
        yield small


def _planes(coloriser: Coloriser, frame: SmallFrame) -> Colors:
    return coloriser.planes(seen_of(frame.luma))

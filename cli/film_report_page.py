"""The report's page: one file that needs nothing else, for desks and phones, by day and by night."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from html import escape
from string import Template
from typing import TYPE_CHECKING, Final, NamedTuple

from functions.video.flicker import DISTANCES, Figures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from fractions import Fraction

    from cli.film_report_pictures import MomentPictures
    from functions.colorise.film import FilmWishes
    from functions.video.flicker import FlickerReport, ShotFigures

OURS: Final = "this film"
ALONE: Final = "frame by frame"
GREY: Final = "grey"


class Column(NamedTuple):
    """A figure of every row."""

    title: str
    figure: Callable[[Figures], float]
    digits: int
    """Behind the point."""
    apart: int
    """Frames between those that are compared; 0 where each is looked at by itself."""


def _consistency(figures: Figures, place: int) -> float:
    return figures.consistencies[place]


COLUMNS: Final = (
    Column("Change along motion", lambda one: one.warp_error, 3, apart=1),
    *(
        Column(f"Change of histograms, {apart} apart", partial(_consistency, place=place), 5, apart)
        for place, apart in enumerate(DISTANCES)
    ),
    Column("Colourfulness", lambda one: one.colourfulness, 1, apart=0),
)

PAGE: Final = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>$title</title>
<style>
:root { --ink: #1c1b19; --paper: #faf8f4; --line: #d9d4ca; --soft: #6a655c; --ours: #b4530a; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #ece8e1; --paper: #17181a; --line: #3a3a3c; --soft: #a29d94; --ours: #f2a65a; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 78rem; color: var(--ink); background: var(--paper);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: .5rem 0; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
p { max-width: 44rem; margin: .5rem 0; }
.soft, figcaption, .settings { color: var(--soft); font-size: .9rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; overflow-wrap: normal; }
th, td { padding: .25rem .7rem .25rem 0; text-align: right; vertical-align: bottom; }
th { font-weight: 500; }
thead th { color: var(--soft); font-size: .85rem; }
tbody { border-top: 1px solid var(--line); }
th[scope=row], th[scope=rowgroup], .left { text-align: left; }
th[scope=rowgroup] { vertical-align: top; }
td { white-space: nowrap; }
@media (max-width: 34rem) {
  table { font-size: .8rem; }
  thead th { font-size: .75rem; }
  th, td { padding-right: .45rem; }
}
.ours { color: var(--ours); font-weight: 600; }
figure { margin: 1rem 0 1.5rem; }
figcaption { margin-bottom: .3rem; }
.three { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 17rem), 1fr)); gap: .5rem; }
.three img { width: 100%; height: auto; display: block; border-radius: 3px; }
</style>
</head>
<body>
<h1>$result</h1>
<p class="soft">$facts</p>
<p>$summary</p>
<h2>The whole film</h2>
<div class="wide"><table>
<thead><tr><th class="left">Coloured as</th>$heads<th>Frames inferred</th></tr></thead>
$whole
</table></div>
<p>$warning</p>
<p class="soft">Change along motion: how far Cb and Cr move from a frame to the next, in code values, once the motion is
taken out (warp error). Change of histograms: Jensen-Shannon divergence of the colour channels of frames one, two and
four apart, in nats (CDC). Colourfulness: M3 of Hasler and S&uuml;sstrunk; a photograph has about 35. $baseline</p>
<h2>The worst moments</h2>
<p class="soft">The frame before, the frame, and in orange where its colours are not those of the
frame before, moved into place.</p>
$moments
<h2>Shot by shot</h2>
<div class="wide"><table>
<thead><tr><th class="left">Shot</th><th class="left">Coloured as</th>$heads<th>Frames inferred</th></tr></thead>
$shots
</table></div>
</body>
</html>
""")

WARNING: Final = (
    "Grey wins every figure of change, because a film without colours has none that could flicker: "
    "read those figures beside the colourfulness."
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the page tells beside the figures."""

    source: str
    result: str
    model: str
    width: int
    height: int
    frames: int
    frame_rate: Fraction
    wishes: FilmWishes
    speed: float | None
    """Frames a second of the colouring; None where nobody knows."""
    baseline_seconds: float
    """Shots that begin later were not inferred frame by frame."""
    inferred: Sequence[int]
    """Frames of each shot that the network looked at."""
    times: Mapping[int, float]
    """Seconds, of the first frame of each shot and of the worst moments."""


def page(facts: Facts, report: FlickerReport, pictures: Sequence[MomentPictures]) -> str:
    """Lay it out.

    Args:
        facts: all that is no measure of calm.
        report: the figures, of the ways `OURS`, `ALONE` and `GREY`.
        pictures: of the report's worst moments, in their order.
    """
    inferred = sum(facts.inferred)
    parts: dict[str, str] = {
        "title": escape(f"{facts.result}: how calm its colours are"),
        "result": escape(facts.result),
        "facts": escape(_facts(facts)),
        "summary": escape(_summary(report)),
        "heads": "".join(f"<th>{column.title}</th>" for column in COLUMNS),
        "whole": f"<tbody>{''.join(_rows(report.whole, inferred, facts.frames))}</tbody>",
        "warning": escape(WARNING),
        "baseline": escape(_baseline(facts, report)),
        "moments": "\n".join(_moments(facts, report, pictures)) or "<p>No two frames could be compared.</p>",
        "shots": "\n".join(_shots(facts, report.shots)),
    }
    return PAGE.substitute(parts)


def of_shots(shots: Sequence[ShotFigures], name: str) -> tuple[float, ...]:
    """The figure of each column for one way over several shots.

    A shot counts as often as it had something to compare.
    """
    return tuple(
        _mean((column.figure(shot.figures[name]), max(0, shot.frames - column.apart)) for shot in shots)
        for column in COLUMNS
    )


def _mean(weighted: Iterable[tuple[float, int]]) -> float:
    total = weight = 0.0
    for value, count in weighted:
        total += value * count
        weight += count
    return total / weight if weight else 0.0


def _facts(facts: Facts) -> str:
    wishes = facts.wishes
    looked = "where the film asks for it" if wishes.calm.every is None else f"every {wishes.calm.every} frames"
    seconds = facts.frames / float(facts.frame_rate)
    told = [
        f"From {facts.source}",
        f"{facts.width}x{facts.height} pixels",
        f"{facts.frames:,} frames, {_clock(seconds)}, {float(facts.frame_rate):g} fps",
        f"model {facts.model}, looking {looked}",
        f"smooth {wishes.calm.smooth:g}, saturation {wishes.saturation:g}",
    ]
    if facts.speed is not None:
        told.append(f"coloured at {facts.speed:.1f} fps")
    return " · ".join(told)


def _summary(report: FlickerReport) -> str:
    """Ours as shares of frame by frame, over the shots that have both."""
    both = [shot for shot in report.shots if ALONE in shot.figures]
    ours, alone = of_shots(both, OURS), of_shots(both, ALONE)
    if not (alone[0] and alone[-1]):
        return "There is nothing to compare: no colours, or no two frames of one shot."
    change, colourful = ours[0] / alone[0], ours[-1] / alone[-1]
    told = f"Along the motion, colours change {change:.2f} times as much as frame by frame"
    return f"{told}, and they are {colourful:.0%} as colourful."


def _baseline(facts: Facts, report: FlickerReport) -> str:
    told = (
        "This film is measured as it was written; frame by frame is what the network says of each frame alone, "
        "rounded as films are but not compressed: what compression adds to change is counted against this film only."
    )
    measured = sum(shot.frames for shot in report.shots if ALONE in shot.figures)
    if measured < facts.frames:
        told += (
            f" Frame by frame was measured on the {measured:,} frames of the shots that begin in the first "
            f"{facts.baseline_seconds:g} seconds only, and the sentence at the top compares both there."
        )
    return told


def _rows(figures: Mapping[str, Figures], inferred: int, frames: int, head: str = "") -> Iterator[str]:
    """A row a way; `head` stands before the first."""
    shares = {OURS: inferred / frames, ALONE: 1.0, GREY: 0.0}
    for name, share in shares.items():
        if name not in figures:
            continue
        cells = "".join(f"<td>{column.figure(figures[name]):.{column.digits}f}</td>" for column in COLUMNS)
        mark = ' class="ours"' if name == OURS else ""
        yield f'<tr{mark}>{head}<th scope="row">{name}</th>{cells}<td>{share:.1%}</td></tr>'
        head = ""


def _moments(facts: Facts, report: FlickerReport, pictures: Sequence[MomentPictures]) -> Iterator[str]:
    for moment, shown in zip(report.worst, pictures, strict=True):
        errors = ", ".join(f"{name} {error:.2f}" for name, error in moment.warp_errors.items())
        caption = f"{_clock(facts.times[moment.number])}, frame {moment.number}: change along motion {errors}"
        images = "".join(
            f'<img src="{address}" alt="{text}" loading="lazy">'
            for address, text in (
                (shown.before, f"frame {moment.number - 1}"),
                (shown.after, f"frame {moment.number}"),
                (shown.change, "where its colours changed"),
            )
        )
        yield f'<figure><figcaption>{escape(caption)}</figcaption><div class="three">{images}</div></figure>'


def _shots(facts: Facts, shots: Sequence[ShotFigures]) -> Iterator[str]:
    for number, (shot, inferred) in enumerate(zip(shots, facts.inferred, strict=True), 1):
        told = f"{number}, from {_clock(facts.times[shot.first])}<br>{shot.frames} frames"
        head = f'<th scope="rowgroup" rowspan="{len(shot.figures)}">{told}</th>'
        yield f"<tbody>{''.join(_rows(shot.figures, inferred, shot.frames, head))}</tbody>"


def _clock(seconds: float) -> str:
    """Hours where there are some, minutes, and seconds to a hundredth."""
    minutes, rest = divmod(round(seconds * 100), 6000)
    hours, minutes = divmod(minutes, 60)
    clock = f"{minutes}:{rest / 100:05.2f}"
    return clock if not hours else f"{hours}:{minutes:02}:{rest / 100:05.2f}"

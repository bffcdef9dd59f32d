"""Compares a coloured film with its source, claim by claim."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

import numpy as np

from functions.video.decode import decode
from functions.video.film import lost_tags
from functions.video.index import index
from functions.video.layout import has_alpha, output_tags, work_layout
from functions.video.plan import plan as planned
from functions.video.planes import deepened
from functions.video.probe import probe
from functions.video.proof_tracks import track_records
from functions.video.record import Record
from functions.video.span import Span, span_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from functions.video.film import ColorTags, Film
    from functions.video.plan import Plan
    from functions.video.settings import Deinterlace
    from functions.video.source import OpenSource
    from functions.video.timeline import Timeline

LOWEST_PSNR: Final = 30.0
"""Decibels of luma, of the worst frame: acceptable compression stays above it, a frame out of place does not."""

LOSSLESS: Final = frozenset({"ffv1"})

SLACK: Final = Fraction(1, 1000)
"""Seconds by which a chapter may move: what containers keep of it."""


def proof(
    open_source: OpenSource, open_result: OpenSource, *, plan: Plan | None = None, deinterlace: Deinterlace = "auto"
) -> list[Record]:
    """Say, for everything that colouring promises to keep, what was expected and what is there.

    Both films are read through, and their luma is compared frame by frame.

    Args:
        open_source: the film that was coloured.
        open_result: what came of it.
        plan: how it was cut; needed where it was trimmed.
        deinterlace: as it was coloured with.

    Raises:
        Unreadable: one of them is no film.
    """
    source, result = probe(open_source), probe(open_result)
    there, here = index(open_source, source), index(open_result, result)
    whole = plan or planned(there)
    span = span_of(source, whole)
    return [
        *_timing(source, whole, span, result, here),
        *_picture(source, result),
        _luma(open_source, source, whole, open_result, result, here, deinterlace),
        *track_records(open_source, source, open_result, result, span),
        *_words(source, result, span),
    ]


def _timing(source: Film, plan: Plan, span: Span, result: Film, here: Timeline) -> Iterator[Record]:
    yield Record.equal("frames", plan.frames, len(here))
    expected = [tick * source.time_base - span.offset for tick in plan.pts]
    found = [tick * result.time_base for tick in here.pts.tolist()]
    wrong = next((place for place, (a, b) in enumerate(zip(expected, found, strict=False)) if a != b), None)
    where = "" if wrong is None else f", frame {wrong} at {found[wrong]} s instead of {expected[wrong]} s"
    same = sum(a == b for a, b in zip(expected, found, strict=False))
    yield Record("pts", f"{len(expected)} equal", f"{same} equal{where}", expected == found)
    end = found[-1] + int(here.durations[-1]) * result.time_base
    yield Record.equal("end of the picture, seconds", plan.end_pts * source.time_base - span.offset, end)


def _picture(source: Film, result: Film) -> Iterator[Record]:
    yield Record.equal("size", f"{source.width}x{source.height}", f"{result.width}x{result.height}")
    yield Record.equal("shape of a pixel", source.sample_aspect, result.sample_aspect)
    yield Record.equal("display matrix", source.display_matrix, result.display_matrix)
    yield Record.equal("colour tags", _said(output_tags(source)), _said(output_tags(result)))
    yield Record.equal("transparency", has_alpha(source.pix_fmt), has_alpha(result.pix_fmt))
    yield Record("bits", f"{source.depth} or more", str(result.depth), result.depth >= source.depth)


def _said(tags: ColorTags) -> tuple[int, int, int, bool]:
    """Tags as a player takes them: an unsaid range is a limited one."""
    return tags.primaries, tags.transfer, tags.matrix, bool(tags.full_range)


def _luma(  # noqa: PLR0913, PLR0917 - two films and what is known of them
    open_source: OpenSource,
    source: Film,
    plan: Plan,
    open_result: OpenSource,
    result: Film,
    here: Timeline,
    deinterlace: Deinterlace,
) -> Record:
    layout, depth = work_layout(result), work_layout(source).depth
    worst, identical = float("inf"), 0
    theirs = (
        frame.luma for chunk in planned(here).chunks for frame in decode(open_result, result, chunk, deinterlace="off")
    )
    ours = (
        frame.luma
        for chunk in plan.chunks
        for frame in decode(open_source, source, chunk, deinterlace=deinterlace)
        if not frame.is_margin
    )
    for a, b in zip(ours, theirs, strict=False):
        off = deepened(a, depth, layout).astype(np.float64) - b if a.shape == b.shape else np.full(1, np.inf)
        error = float(np.mean(off**2))
        identical += error == 0
        worst = min(worst, 10 * np.log10(layout.white**2 / error) if error else float("inf"))
    found = f"{identical} of {plan.frames} frames identical, the worst at {worst:.1f} dB"
    if result.codec in LOSSLESS:
        return Record("luma", f"{plan.frames} frames identical", found, identical == plan.frames)
    return Record("luma", f"at least {LOWEST_PSNR:.0f} dB", found, worst >= LOWEST_PSNR)


def _words(source: Film, result: Film, span: Span) -> Iterator[Record]:
    """Chapters and metadata."""
    expected = [
        (chapter.start, chapter.end, chapter.metadata.get("title", "")) for chapter in span.chapters(source.chapters)
    ]
    found = [(chapter.start, chapter.end, chapter.metadata.get("title", "")) for chapter in result.chapters]
    near = len(expected) == len(found) and all(
        a[2] == b[2] and abs(a[0] - b[0]) <= SLACK and abs(a[1] - b[1]) <= SLACK
        for a, b in zip(expected, found, strict=True)
    )
    yield Record("chapters", _listed(expected), _listed(found), near)
    lost = lost_tags(source.metadata, result.metadata)
    yield Record("metadata", "all of the film's", f"lost: {', '.join(lost)}" if lost else "all of the film's", not lost)


def _listed(chapters: list[tuple[Fraction, Fraction, str]]) -> str:
    return "; ".join(f"{title} {float(start):.3f} to {float(end):.3f}" for start, end, title in chapters) or "none"

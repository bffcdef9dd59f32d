"""YUV4MPEG2: bare frames with one line of header, for other programs to read from a pipe."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, BinaryIO, Final

from functions.video.layout import CHROMA, PixelLayout, output_layout
from functions.video.pieces import piece_frames
from functions.video.planes import plane
from functions.video.settings import EncodeSettings
from functions.video.target import written

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from functions.video.film import Film
    from functions.video.plan import Plan
    from functions.video.source import OpenSource

COLOR_SPACES: Final = {"420": "420mpeg2", "422": "422", "444": "444", "gray": "mono"}
"""Chroma layout → the header's name for 8 bits, of yuv4mpeg(5); deeper ones are `420p10` and `mono10`, FFmpeg's own."""

RANGES: Final = {None: "", False: " XCOLORRANGE=LIMITED", True: " XCOLORRANGE=FULL"}
"""FFmpeg's extension of the header."""


def write_y4m(film: Film, plan: Plan, pieces: Sequence[OpenSource], target: Path | BinaryIO) -> tuple[str, ...]:
    """Write the frames of lossless pieces; the format has one frame rate, and nothing but pictures.

    Raises:
        Unreadable: a piece is damaged.
        OSError: writing failed.
    """
    layout = output_layout(film, EncodeSettings(container="y4m"))
    with written(target) as file:
        file.write(_header(film, layout))
        for frame in piece_frames(plan, pieces):
            file.write(b"FRAME\n")
            for number in range(3 if CHROMA[layout.chroma] != (0, 0) else 1):
                file.write(plane(frame, number, layout).tobytes())
    return tuple(_notes(film, plan))


def _header(film: Film, layout: PixelLayout) -> bytes:
    rate, aspect = film.average_rate, film.sample_aspect
    space = COLOR_SPACES[layout.chroma]
    if layout.depth > 8:  # noqa: PLR2004 - bits of a byte
        space = f"mono{layout.depth}" if layout.chroma == "gray" else f"{layout.chroma}p{layout.depth}"
    return (
        f"YUV4MPEG2 W{layout.width} H{layout.height} F{rate.numerator}:{rate.denominator} Ip "
        f"A{aspect.numerator}:{aspect.denominator} C{space}{RANGES[film.color.full_range]}\n"
    ).encode()


def _notes(film: Film, plan: Plan) -> Iterator[str]:
    pts = plan.pts
    steps = [b - a for a, b in pairwise(pts)]
    if steps and (max(steps) - min(steps)) > 1:  # a tick is lost to rounding where the rate does not divide the clock
        rate = float(film.average_rate)
        yield f"y4m has one frame rate: {rate:g} frames a second are written, the film's own times are lost"
    if pts[0] * film.time_base != film.origin and not plan.trimmed:
        yield "y4m starts at zero: its first frame is not waited for"
    if film.tracks:
        yield f"y4m holds pictures only: {len(film.tracks)} other streams are left out"
    if film.display_matrix is not None:
        yield "y4m knows no rotation: frames are written as they are stored"

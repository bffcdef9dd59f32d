"""GIF: 256 colours, chosen once for the whole film so that nothing flickers, and times in hundredths of a second."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, BinaryIO, Final

import av
from av.filter import Graph

from functions.video.layout import PixelLayout, output_layout, output_tags
from functions.video.pieces import piece_frames
from functions.video.settings import EncodeSettings
from functions.video.span import span_of
from functions.video.target import BITEXACT, written

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from av.filter.context import FilterContext
    from av.video.frame import VideoFrame

    from functions.video.film import Film
    from functions.video.plan import Plan
    from functions.video.source import OpenSource

HUNDREDTH: Final = Fraction(1, 100)
"""GIF's tick: GIF89a, section 23."""

SHORTEST: Final = 2
"""Ticks a frame is shown at least, unless the source is a GIF: browsers slow what is quicker to a tenth of a second."""

DITHER: Final = "bayer:bayer_scale=5"
"""Ordered: the same grey gets the same dots in each frame, and what stands still takes no bytes.

Of seven ways, tried on a photograph that pans: closest to it (38.5 dB; scale 3: 36.6, error diffusion: 36.4) and the
smallest file but that without dots, which has bands.
"""

MATRICES: Final = {1: "bt709", 5: "bt601", 6: "bt601", 7: "smpte240m", 9: "bt2020"}
"""Matrix in H.273 → libswscale's name; BT.601 where it has none."""


def write_gif(film: Film, plan: Plan, pieces: Sequence[OpenSource], target: Path | BinaryIO) -> tuple[str, ...]:
    """Write the frames of lossless pieces as an endless GIF; they are decoded twice, the first time for the palette.

    Raises:
        Unreadable: a piece is damaged.
        OSError: writing failed.
    """
    layout = output_layout(film, EncodeSettings(container="gif"))
    to_rgb = _to_rgb(film, layout)
    palette = _palette(to_rgb, piece_frames(plan, pieces))
    times, notes = _times(film, plan)
    with written(target) as file, av.open(file, "w", format="gif", container_options={"loop": "0"}) as output:
        output.flags |= BITEXACT
        stream = output.add_stream("gif", rate=100)
        context = stream.codec_context
        context.width, context.height, context.pix_fmt = film.width, film.height, "pal8"
        context.time_base = stream.time_base = HUNDREDTH
        context.thread_count = 1
        for place, frame in enumerate(_painted(to_rgb, palette, piece_frames(plan, pieces))):
            frame.pts, frame.time_base = times[place], HUNDREDTH
            for packet in stream.encode(frame):
                packet.duration = times[place + 1] - times[place]
                output.mux(packet)
        output.mux(stream.encode(None))
    return tuple(notes)


def _times(film: Film, plan: Plan) -> tuple[list[int], list[str]]:
    """Ticks of every frame and of the end; and what they lost."""
    span = span_of(film, plan)
    exact = [(tick * film.time_base - span.offset) / HUNDREDTH for tick in [*plan.pts, plan.end_pts]]
    ticks = [round(tick - exact[0]) for tick in exact]
    shortest = 1 if film.codec == "gif" else SHORTEST
    for place in range(1, len(ticks)):
        ticks[place] = max(ticks[place], ticks[place - 1] + shortest)
    notes = ["GIF starts at zero: its first frame is not waited for"] if exact[0] else []
    if any(tick - exact[0] != kept for tick, kept in zip(exact, ticks, strict=True)):
        notes.append(
            "GIF counts hundredths of a second: frames are up to half of one early or late, or last two at least"
        )
    if film.tracks:
        notes.append(f"GIF holds pictures only: {len(film.tracks)} other streams are left out")
    if film.rotation:
        notes.append("GIF knows no rotation: frames are written as they are stored")
    return ticks, notes


def _to_rgb(film: Film, layout: PixelLayout) -> list[tuple[str, str]]:
    matrix = MATRICES.get(output_tags(film).matrix, "bt601")
    full = "pc" if layout.full_range else "tv"
    size = f"{layout.width}x{layout.height}"
    flags = "bilinear+accurate_rnd+bitexact+full_chroma_int+full_chroma_inp"
    return [
        ("buffer", f"video_size={size}:pix_fmt={layout.pix_fmt}:time_base=1/100:pixel_aspect=1/1:range={full}"),
        ("scale", f"in_color_matrix={matrix}:in_range={full}:out_range=pc:flags={flags}"),
        ("format", "pix_fmts=bgra"),
    ]


def _palette(to_rgb: list[tuple[str, str]], frames: Iterable[VideoFrame]) -> VideoFrame:
    """256 colours for all frames, as a picture of 16 by 16."""
    graph = Graph()
    graph.threads = 1
    steps = [*to_rgb, ("palettegen", "max_colors=256:reserve_transparent=0:stats_mode=full"), ("buffersink", None)]
    _linked(graph, steps)
    for place, frame in enumerate(frames):
        frame.pts = place
        graph.vpush(frame)
    graph.vpush(None)
    return graph.vpull()


def _painted(to_rgb: list[tuple[str, str]], palette: VideoFrame, frames: Iterable[VideoFrame]) -> Iterator[VideoFrame]:
    """The frames in the colours of the palette, pal8."""
    graph = Graph()
    graph.threads = 1
    last = _linked(graph, to_rgb)
    colours = graph.add("buffer", "video_size=16x16:pix_fmt=bgra:time_base=1/100:pixel_aspect=1/1")
    use = graph.add("paletteuse", f"dither={DITHER}:diff_mode=rectangle")
    last.link_to(use, 0, 0)
    colours.link_to(use, 0, 1)
    use.link_to(graph.add("buffersink"))
    graph.configure()
    palette.pts = 0
    graph.vpush(palette, at=1)
    graph.vpush(None, at=1)
    for place, frame in enumerate(frames):
        frame.pts = place
        graph.vpush(frame, at=0)
        yield from _pulled(graph)
    graph.vpush(None, at=0)
    yield from _pulled(graph)


def _linked(graph: Graph, steps: list[tuple[str, str | None]] | list[tuple[str, str]]) -> FilterContext:
    nodes = [graph.add(name, arguments) for name, arguments in steps]
    graph.link_nodes(*nodes)
    if steps[-1][0] == "buffersink":
        graph.configure()
    return nodes[-1]


def _pulled(graph: Graph) -> Iterator[VideoFrame]:
    while True:
        try:
            yield graph.vpull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return

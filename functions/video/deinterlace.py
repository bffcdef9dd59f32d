"""Makes whole pictures of interlaced ones: one out for each one in."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import av
from av.filter import Graph

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from av.video.frame import VideoFrame

    from functions.video.layout import PixelLayout

Label = TypeVar("Label")


def deinterlaced(
    labelled: Iterable[tuple[Label, VideoFrame]], layout: PixelLayout, *, top_field_first: bool, all_frames: bool
) -> Iterator[tuple[Label, VideoFrame]]:
    """Run bwdif over frames in order; each needs its neighbours, so the first and the last are made from fewer.

    Args:
        labelled: frames of this layout, each with whatever belongs to it.
        layout: of the frames, going in and coming out.
        top_field_first: which field was taken first.
        all_frames: also those that do not say they are interlaced.
    """
    graph = Graph()
    graph.threads = 1  # the same bytes on every machine
    source = graph.add(
        "buffer",
        f"video_size={layout.width}x{layout.height}:pix_fmt={layout.pix_fmt}:time_base=1/1:pixel_aspect=1/1",
    )
    parity = ("tff" if top_field_first else "bff") if all_frames else "auto"
    deint = "all" if all_frames else "interlaced"
    graph.link_nodes(
        source, graph.add("bwdif", f"mode=send_frame:parity={parity}:deint={deint}"), graph.add("buffersink")
    )
    graph.configure()
    labels: list[Label] = []  # of the one or two frames that the filter holds back
    for count, (label, frame) in enumerate(labelled):
        labels.append(label)
        frame.pts = count
        graph.push(frame)
        yield from _ready(graph, labels)
    if labels:
        graph.push(None)
        yield from _ready(graph, labels)


def _ready(graph: Graph, labels: list[Label]) -> Iterator[tuple[Label, VideoFrame]]:
    while labels:
        try:
            frame = graph.vpull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return
        yield labels.pop(0), frame

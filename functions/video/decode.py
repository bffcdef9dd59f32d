"""Decodes a chunk: every one of its frames once, in order, with its luma."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import av
from av.codec.context import Flags
from av.video.reformatter import VideoReformatter

from functions.errors import Unreadable
from functions.video.deinterlace import deinterlaced
from functions.video.layout import PixelLayout, work_layout
from functions.video.planes import Samples, brought_to, plane
from functions.video.seek import packets_from
from functions.video.source import OpenSource, number_of, opened, video_stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.video.frame import VideoFrame

    from functions.video.film import Film
    from functions.video.plan import Chunk
    from functions.video.settings import Deinterlace
    from functions.video.timeline import AccessPoint


@dataclass(frozen=True, slots=True)
class Frame:
    """A decoded frame of a chunk."""

    number: int
    """In the film, as it is shown, from 0."""
    pts: int
    """Ticks of the film's time base."""
    luma: Samples
    """(H, W), uint8, or uint16 for more than 8 bits: the decoder's own plane, to be read only."""
    is_margin: bool
    """Whether it only helps to colour its neighbours: an encoder is not given it."""
    repeated: bool
    """Whether it could not be decoded, and shows a neighbour instead."""
    picture: VideoFrame | None
    """All its planes, and the captions that go with them; None where only luma was kept."""
    layout: PixelLayout
    """Of its planes."""

    @property
    def chroma(self) -> tuple[Samples, Samples] | None:
        """The source's own Cb and Cr, each (h, w); None where it has none."""
        if self.layout.chroma == "gray" or self.picture is None:
            return None
        return plane(self.picture, 1, self.layout), plane(self.picture, 2, self.layout)

    def luma_only(self) -> Frame:
        """The same with a copy of its luma and without the picture: a third less memory while it waits."""
        return replace(self, luma=self.luma.copy(), picture=None)


def is_deinterlaced(film: Film, wish: Deinterlace) -> bool:
    """Whether frames of this film are deinterlaced: `plan` then needs a neighbour on either side."""
    return wish == "on" or (wish == "auto" and film.interlaced)


def decode(open_source: OpenSource, film: Film, chunk: Chunk, *, deinterlace: Deinterlace = "auto") -> Iterator[Frame]:
    """Give the chunk's frames in order, its margins among them: as many as it names, with their pts.

    A frame that the decoder does not give is repeated from the one before it (from the one after it, at the start) and
    says so. One thread decodes, so that the frames do not depend on the machine.

    Raises:
        Unreadable: no frame of the chunk can be decoded.
        OSError: the source failed.
    """
    layout = work_layout(film)
    numbered = _complete(_decoded(open_source, film, chunk, layout), chunk)
    if is_deinterlaced(film, deinterlace):
        numbered = deinterlaced(numbered, layout, top_field_first=film.top_field_first, all_frames=deinterlace == "on")
    shown = range(chunk.first - chunk.margin_before, chunk.last + chunk.margin_after)
    for (number, repeated), picture in numbered:
        if number in shown:
            yield Frame(
                number=number,
                pts=chunk.pts[number - chunk.begin],
                luma=plane(picture, 0, layout),
                is_margin=not chunk.first <= number < chunk.last,
                repeated=repeated,
                picture=picture,
                layout=layout,
            )


def _complete(frames: Iterator[tuple[int, VideoFrame]], chunk: Chunk) -> Iterator[tuple[tuple[int, bool], VideoFrame]]:
    """Each number from `begin` to `stop` once, and whether its frame is a neighbour's."""
    due = chunk.begin
    before: VideoFrame | None = None
    for number, frame in frames:
        for missing in range(due, number):
            yield (missing, True), before or frame
        yield (number, False), frame
        due, before = number + 1, frame
    if before is None:
        msg = f"frames {chunk.first} to {chunk.last - 1} cannot be decoded: the film is damaged there"
        raise Unreadable(msg, code="damaged")
    for missing in range(due, chunk.stop):
        yield (missing, True), before


def _decoded(
    open_source: OpenSource, film: Film, chunk: Chunk, layout: PixelLayout
) -> Iterator[tuple[int, VideoFrame]]:
    """Numbers and frames as the decoder gives them, from the nearest keyframe that gives the first one."""
    converter = VideoReformatter()
    for point in chunk.access_points:
        due = chunk.begin
        for number, frame in _numbered(open_source, film, chunk, point):
            if number > due == chunk.begin and point != chunk.access_points[-1]:
                break  # this keyframe does not refresh the picture at once: start at the one before
            if number >= due:
                yield number, brought_to(frame, layout, converter)
                due = number + 1
            if due >= chunk.stop:
                return
        if due > chunk.begin:
            return


def _numbered(
    open_source: OpenSource, film: Film, chunk: Chunk, point: AccessPoint
) -> Iterator[tuple[int, VideoFrame]]:
    """Frames that the decoder gives when it starts at a keyframe, by number; those outside the chunk are left out."""
    numbers = {packet: chunk.begin + place for place, packet in enumerate(chunk.packets)}
    times = {pts: chunk.begin + place for place, pts in enumerate(chunk.pts)}  # for decoders that lose the packet
    with opened(open_source) as container:
        stream = video_stream(container, film.stream)
        context = stream.codec_context
        context.thread_count = 1
        context.flags |= Flags.copy_opaque
        for packet in packets_from(open_source, container, stream, point):
            try:
                frames = context.decode(packet)
            except av.error.FFmpegError:
                continue  # a damaged packet: its frame will be missing, and is repeated
            for frame in frames:
                packet_number = number_of(frame)
                number = times.get(frame.pts or 0) if packet_number is None else numbers.get(packet_number)
                if number is not None:
                    yield number, frame

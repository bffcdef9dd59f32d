"""Looks at a film: its container, its picture, its other streams, and its first frames."""

from __future__ import annotations

import gc
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import av
import numpy as np
from av.codec.context import Flags
from av.stream import Disposition
from av.video.reformatter import ColorRange

from functions.errors import Rejected, Unreadable
from functions.video.film import UNSPECIFIED, Chapter, ColorTags, Film, Track
from functions.video.index import is_hidden
from functions.video.source import OpenSource, PacketNumber, number_of, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.container import InputContainer
    from av.stream import Stream
    from av.video.format import VideoFormat
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

LOOKED_AT: Final = 64
"""Packets decoded to learn what no header says; two seconds, and longer than any decoder holds frames back."""

FRAMES_KEPT: Final = 8
"""While looking, before what nobody holds any more is let go."""

INTERLACED_SHARE: Final = 0.5
"""Of the frames looked at: a few flagged ones among progressive ones are a careless encoder's."""

FIELD_ORDERS: Final = {2: True, 3: False, 4: True, 5: False}
"""FFmpeg's AVFieldOrder → whether the upper field comes first in display; 0 and 1 are unknown and progressive."""

PROTECTED_TAGS: Final = frozenset({"encv", "enca", "drmi", "drms"})
"""Sample entries of protected streams: ISO/IEC 14496-12, 8.12, and its older kin."""

LIGHT_DATA: Final = {
    "MASTERING_DISPLAY_METADATA": "the mastering display",
    "CONTENT_LIGHT_LEVEL": "the content's light level",
    "DYNAMIC_HDR_PLUS": "HDR10+",
    "DOVI_METADATA": "Dolby Vision",
}
"""FFmpeg's side data of high dynamic range, which no encoder can be handed through PyAV → its name for people."""

FASTEST: Final = 1000
"""Frames a second from which on a rate is the tick of a clock that somebody took for one."""

FALLBACK_RATE: Final = Fraction(25)
"""Where nothing says how fast a film runs: what FFmpeg takes, too."""


def probe(open_source: OpenSource) -> Film:
    """Say all about a film; its first two seconds are decoded.

    Raises:
        Unreadable: no film, or one whose pictures cannot be decoded; no frames at all.
        Rejected: no video stream, only a cover picture, or encrypted.
    """
    with opened(open_source) as container:
        stream = _chosen(container)
        _refuse_protected(stream)
        look = _look(container, stream)
        first = look.first
        if first is None:
            msg = "the film has no frames that can be decoded"
            raise Unreadable(msg, code="no-frames")
        context = stream.codec_context
        return Film(
            container=container.format.name,
            stream=stream.index,
            codec=context.codec.canonical_name,
            width=first.width,
            height=first.height,
            pix_fmt=first.format.name,
            depth=depth_of(first.format),
            time_base=stream.time_base or 1 / FALLBACK_RATE,
            average_rate=_rate(stream, look),
            start=_start(container),
            duration=None if container.duration is None else Fraction(container.duration, av.time_base),
            sample_aspect=stream.sample_aspect_ratio or Fraction(1),
            display_matrix=_matrix(first),
            color=_tags(first),
            interlaced=look.interlaced > INTERLACED_SHARE * len(look.given),
            top_field_first=FIELD_ORDERS.get(context.field_order, True),
            stated_frames=stream.frames,
            disposition=int(stream.disposition),
            tracks=tuple(_track(other) for other in container.streams if other.index != stream.index),
            chapters=tuple(_chapters(container)),
            metadata=dict(container.metadata),
            video_metadata=dict(stream.metadata),
            light=tuple(name for kind, name in LIGHT_DATA.items() if kind in first.side_data),
            captions=look.captions,
            frames_are_packets=look.is_regular,
        )


def depth_of(pixels: VideoFormat) -> int:
    """Bits of a sample of luma, or of a primary; 8 for a palette."""
    return 8 if pixels.has_palette else max(8, *(component.bits for component in pixels.components))


def _chosen(container: InputContainer) -> VideoStream:
    """The first video stream that is marked default, or the first, leaving cover pictures out."""
    videos = container.streams.video
    films = [stream for stream in videos if not stream.disposition & Disposition.attached_pic]
    if films:
        marked = [stream for stream in films if stream.disposition & Disposition.default]
        return (marked or films)[0]
    kinds = " and ".join(sorted({stream.type for stream in container.streams} - {"video"})) or "nothing"
    if videos:
        msg = f"no film, only a cover picture (and {kinds}): colour the picture as a photograph"
        raise Rejected(msg, code="cover-only")
    msg = f"no video stream (it holds {kinds} only)"
    raise Rejected(msg, code="no-video")


def _refuse_protected(stream: VideoStream) -> None:
    if stream.codec_context is None:
        msg = "the video's codec is unknown to FFmpeg: convert the film to H.264 first"
        raise Unreadable(msg, code="unknown-codec")
    if stream.codec_context.codec_tag in PROTECTED_TAGS:
        raise _protected()


def _protected() -> Rejected:
    msg = "the film is encrypted: it can be coloured only without its copy protection"
    return Rejected(msg, code="encrypted")


@dataclass(slots=True)
class _Look:
    """What the first packets gave."""

    first: VideoFrame | None = None
    fed: dict[int, int | None] = field(default_factory=dict)
    """Number of each packet that must give a frame → its pts."""
    given: list[int | None] = field(default_factory=list)
    """The packets that frames came out of, in the order they did."""
    interlaced: int = 0
    captions: bool = False

    @property
    def is_regular(self) -> bool:
        """Whether each packet gave a frame, in the order of their pts."""
        times = [self.fed.get(packet) if packet is not None else None for packet in self.given]
        known = [time for time in times if time is not None]
        return len(known) == len(times) == len(self.fed) and all(a < b for a, b in pairwise(known))


def _look(container: InputContainer, stream: VideoStream) -> _Look:
    """Decode the first packets."""
    context = stream.codec_context
    context.thread_count = 1
    context.flags |= Flags.copy_opaque
    look = _Look()
    for number, packet in enumerate(_first_packets(container, stream)):
        if packet is not None:
            if packet.has_sidedata("encryption_info"):
                raise _protected()
            packet.opaque = PacketNumber(number)
            if not (packet.is_discard or packet.is_corrupt or is_hidden(stream, packet)):
                look.fed[number] = packet.pts
        try:
            frames = context.decode(packet)
        except av.error.FFmpegError:
            look.fed.pop(number, None)  # damaged: no word about the others
            continue
        for frame in frames:
            if number_of(frame) in look.fed or number_of(frame) is None:
                look.given.append(number_of(frame))
            look.interlaced += frame.interlaced_frame
            look.captions = look.captions or "A53_CC" in frame.side_data
            look.first = look.first or frame
        if number % FRAMES_KEPT == 0:
            gc.collect(0)  # PyAV's frames and their side data hold each other: 64 frames of 1080p would be 200 MB
    return look


def _first_packets(container: InputContainer, stream: VideoStream) -> Iterator[av.Packet[VideoStream] | None]:
    """The first packets with bytes in them, and None to end the decoder."""
    count = 0
    for packet in container.demux(stream):
        if packet.size:
            yield packet
            count += 1
        if count == LOOKED_AT:
            break
    yield None


def _matrix(frame: VideoFrame) -> tuple[int, ...] | None:
    data = frame.side_data.get("DISPLAYMATRIX")
    return None if data is None else tuple(int(value) for value in np.frombuffer(bytes(data), np.int32))  # type: ignore[call-overload]


def _tags(frame: VideoFrame) -> ColorTags:
    ranges = {ColorRange.MPEG: False, ColorRange.JPEG: True}
    full = True if frame.format.name.startswith("yuvj") else ranges.get(ColorRange(frame.color_range))
    # FFmpeg says 0 (RGB) of a matrix that nobody set in formats that are RGB.
    return ColorTags(
        int(frame.color_primaries) or UNSPECIFIED,
        int(frame.color_trc) or UNSPECIFIED,
        int(frame.colorspace) or UNSPECIFIED,
        full,
    )


def _rate(stream: VideoStream, look: _Look) -> Fraction:
    """Frames a second: what the container says, or what the first frames do."""
    times = sorted(pts for pts in look.fed.values() if pts is not None)
    span = (times[-1] - times[0]) * (stream.time_base or 0) if times else 0
    seen = Fraction(len(times) - 1) / span if span else None
    rates = (stream.average_rate, stream.guessed_rate, seen)
    return next((rate for rate in rates if rate is not None and 0 < rate < FASTEST), FALLBACK_RATE)


def _start(container: InputContainer) -> Fraction:
    """Of the earliest picture or sound, to its tick: the container itself counts microseconds."""
    streams = (*container.streams.video, *container.streams.audio)
    starts = [s.start_time * s.time_base for s in streams if s.start_time is not None and s.time_base]
    return min(starts, default=Fraction(container.start_time or 0, av.time_base))


def _track(stream: Stream) -> Track:
    context = stream.codec_context
    return Track(
        index=stream.index,
        kind=stream.type,
        codec=context.codec.canonical_name if context is not None else str(stream.name or ""),
        language=stream.language or "",
        time_base=stream.time_base or Fraction(0),
        disposition=int(stream.disposition),
        metadata=dict(stream.metadata),
    )


def _chapters(container: InputContainer) -> Iterator[Chapter]:
    for chapter in container.chapters():
        unit = chapter["time_base"] or Fraction(1, av.time_base)
        yield Chapter(chapter["start"] * unit, chapter["end"] * unit, dict(chapter["metadata"]))

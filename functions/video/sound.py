"""Writes sound that a container does not hold in a lossless codec that it does."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final, cast

import av

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import OutputContainer
    from av.packet import Packet
    from av.stream import Stream

LOSSLESS: Final = {"matroska": "flac", "mp4": "flac", "mov": "pcm_s16le"}
"""Muxer → codec; WebM has none."""

DEEP: Final = frozenset({"s32", "s32p", "s64", "s64p"})
"""Sample formats that need more than 16 bits; floating point is what lossy codecs decode to, and they hold no more."""

SLIP_SECONDS: Final = Fraction(1, 10)
"""A jump in the sound's times from which on it is heard beside the picture."""


class LosslessSound:
    """A stream of the result that a source's sound is written anew for.

    Args:
        source: what is decoded.
        output: takes the stream, before its header is written.
    """

    def __init__(self, source: AudioStream, output: OutputContainer) -> None:
        codec = LOSSLESS[output.format.name]
        self.codec = codec
        self.slipped = False
        """Whether the source has gaps that the result has not."""
        self._source = source
        self.stream = cast("AudioStream", output.add_stream(codec, rate=source.codec_context.sample_rate))
        context = self.stream.codec_context
        context.layout = source.codec_context.layout
        deep = source.codec_context.format.name in DEEP and codec == "flac"
        context.format = av.AudioFormat("s32" if deep else "s16")
        context.thread_count = 1
        source.codec_context.thread_count = 1
        self._due: int | None = None

    def packets(self, packet: Packet[Stream] | None) -> Iterator[Packet[Stream]]:
        """What a packet of the source becomes; None ends the stream."""
        try:
            frames = self._source.codec_context.decode(cast("Packet[AudioStream] | None", packet))
        except av.error.FFmpegError:
            frames = []  # damaged: a gap
        for frame in frames:
            yield from self._encoded(frame)
        if packet is None and self._due is not None:
            yield from cast("list[Packet[Stream]]", self.stream.encode(None))

    def _encoded(self, frame: AudioFrame) -> list[Packet[Stream]]:
        rate = frame.sample_rate
        place = None if frame.pts is None or frame.time_base is None else round(frame.pts * frame.time_base * rate)
        if self._due is None:
            self._due = place or 0
        elif place is not None and abs(place - self._due) > SLIP_SECONDS * rate:
            self.slipped = True
        frame.pts, frame.time_base = self._due, Fraction(1, rate)
        self._due += frame.samples
        return cast("list[Packet[Stream]]", self.stream.encode(frame))

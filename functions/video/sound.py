"""Writes sound anew: in a lossless codec where the container does not hold its own, or as AAC where that is asked."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final, Literal, cast

import av

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import OutputContainer
    from av.packet import Packet
    from av.stream import Stream

Audio = Literal["copy", "aac"]
"""What becomes of sound: copied wherever the container holds it, or AAC-LC of one or two channels, which all play."""

AAC: Final = "aac"

AAC_MUXERS: Final = frozenset({"matroska", "mp4", "mov"})

AAC_RATES: Final = frozenset({8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000})
"""Samples a second that are kept; others become 48,000. AAC knows higher ones, and few players do."""

AAC_BITS: Final = {"mono": 96_000, "stereo": 192_000}
"""Bits a second: where FFmpeg's own encoder is no longer heard (its guidelines call 128,000 the least for stereo)."""

LOSSLESS: Final = {"matroska": "flac", "mp4": "flac", "mov": "pcm_s16le"}
"""Muxer → codec; WebM has none."""

DEEP: Final = frozenset({"s32", "s32p", "s64", "s64p"})
"""Sample formats that need more than 16 bits; floating point is what lossy codecs decode to, and they hold no more."""

SLIP_SECONDS: Final = Fraction(1, 10)
"""A jump in the sound's times from which on it is heard beside the picture."""


def is_plain_aac(source: AudioStream) -> bool:
    """Whether a stream is AAC-LC with one or two channels already."""
    context = source.codec_context
    return context.codec.canonical_name == AAC and context.profile in {None, "LC"} and context.channels <= 2  # noqa: PLR2004 - stereo


class RewrittenSound:
    """A stream of the result that a source's sound is written anew for.

    Args:
        source: what is decoded.
        output: takes the stream, before its header is written.
        codec: a lossless one, or AAC.
    """

    def __init__(self, source: AudioStream, output: OutputContainer, codec: str) -> None:
        self.codec = codec
        self.slipped = False
        """Whether the source has gaps that the result has not."""
        self._source = source
        rate = source.codec_context.sample_rate
        if codec == AAC and rate not in AAC_RATES:
            rate = max(AAC_RATES)
        self.stream = cast("AudioStream", output.add_stream(codec, rate=rate))
        context = self.stream.codec_context
        if codec == AAC:
            layout = "mono" if source.codec_context.channels == 1 else "stereo"
            context.layout, context.bit_rate, context.format = layout, AAC_BITS[layout], av.AudioFormat("fltp")
        else:
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

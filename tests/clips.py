"""Small films for the tests, made of numbers with PyAV's own encoders."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, cast

import av
import numpy as np
from av.container import Flags
from av.stream import Disposition

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from typing import BinaryIO

    import numpy.typing as npt
    from av.audio.stream import AudioStream
    from av.container import OutputContainer
    from av.packet import Packet
    from av.stream import Stream
    from av.video.stream import VideoStream


@dataclass(frozen=True)
class Sound:
    """A tone, as long as the picture."""

    codec: str = "aac"
    sample_format: str = "fltp"
    rate: int = 48000
    language: str = "und"


@dataclass(frozen=True)
class Clip:
    """What to make."""

    container: str = "mp4"
    codec: str = "libx264"
    frames: int = 24
    width: int = 96
    height: int = 64
    pix_fmt: str = "yuv420p"
    rate: Fraction = Fraction(25)
    options: Mapping[str, str] = field(default_factory=dict)
    times: Sequence[int] | None = None
    """Ticks of each frame; None counts them."""
    time_base: Fraction | None = None
    """Seconds a tick; None is a frame."""
    shift: int = 0
    """Ticks of the stream, added to every time of the picture when it is muxed."""
    tags: tuple[int, int, int, int] = (2, 2, 2, 0)
    """Primaries, transfer, matrix, and range as FFmpeg counts: 0 unsaid, 1 limited, 2 full."""
    aspect: Fraction | None = None
    rotation: int = 0
    interlaced: bool = False
    sounds: tuple[Sound, ...] = ()
    subtitles: tuple[tuple[int, int, str], ...] = ()
    """Start and duration in milliseconds, and text."""
    attachments: tuple[tuple[str, str, bytes], ...] = ()
    cover: bool = False
    chapters: tuple[tuple[int, int, str], ...] = ()
    """Start and end in milliseconds, and title."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    muxer_options: Mapping[str, str] = field(default_factory=dict)


def luma_of_frame(number: int, height: int, width: int) -> npt.NDArray[np.uint8]:
    """(height, width), limited range: a gradient that moves, and a bar that tells the frames apart."""
    rows, columns = np.mgrid[0:height, 0:width]
    picture = 40 + (2 * columns + 3 * rows + 5 * number) % 150
    bar = (number * 7) % width
    picture[:, bar : bar + 3] = 220 - number % 100
    narrow: npt.NDArray[np.uint8] = picture.astype(np.uint8)
    return narrow


def made(clip: Clip, at: Path | None = None) -> bytes:
    """The bytes of the film; muxers that read what they wrote need a path to write at."""
    file = io.BytesIO()
    with av.open(
        file if at is None else at, "w", format=clip.container, container_options=dict(clip.muxer_options)
    ) as output:
        output.flags |= cast("int", Flags.bitexact.value)
        output.metadata.update(clip.metadata)
        picture = _picture_stream(output, clip)
        sounds = [_sound_stream(output, sound) for sound in clip.sounds]
        texts = output.add_mux_stream("subrip") if clip.subtitles else None
        cover = _cover_stream(output) if clip.cover else None
        for name, kind, data in clip.attachments:
            output.add_attachment(name, kind, data)
        output.set_chapters(
            [
                {"id": number, "start": start, "end": end, "time_base": Fraction(1, 1000), "metadata": {"title": title}}
                for number, (start, end, title) in enumerate(clip.chapters, 1)
            ]
        )
        packets: list[Packet[Stream]] = list(_picture_packets(picture, clip))
        for stream, sound in zip(sounds, clip.sounds, strict=True):
            packets += _sound_packets(stream, sound, clip)
        if cover is not None:
            output.mux(_cover_packets(cover))
        for packet in sorted(packets, key=lambda packet: (packet.dts or 0) * packet.time_base):
            output.mux(packet)
        for start, duration, text in clip.subtitles:
            assert texts is not None
            output.mux(_text_packet(texts, start, duration, text))
    return file.getvalue() if at is None else at.read_bytes()


def rewritten(data: bytes, change: Callable[[int, bytes], bytes]) -> bytes:
    """The first stream alone, in Matroska, each packet's bytes changed by a function of its number and them."""
    file = io.BytesIO()
    with av.open(io.BytesIO(data), "r") as source, av.open(file, "w", format="matroska") as output:
        copy = output.add_stream_from_template(source.streams.video[0], opaque=True)
        for number, packet in enumerate(source.demux(video=0)):
            if packet.size:
                changed: Packet[Any] = av.Packet(change(number, bytes(packet)))
                changed.pts, changed.dts, changed.duration = packet.pts, packet.dts, packet.duration
                changed.time_base, changed.is_keyframe, changed.stream = packet.time_base, packet.is_keyframe, copy
                output.mux(changed)
    return file.getvalue()


def source_of(data: bytes) -> Callable[[], BinaryIO]:
    """Opens the bytes as a film's source."""
    return lambda: io.BytesIO(data)


def _picture_stream(output: OutputContainer, clip: Clip) -> VideoStream:
    stream = cast("VideoStream", output.add_stream(clip.codec, rate=clip.rate, options=dict(clip.options)))
    context = stream.codec_context
    context.width, context.height, context.pix_fmt = clip.width, clip.height, clip.pix_fmt
    context.thread_count = 1
    if clip.time_base is not None:
        context.time_base = stream.time_base = clip.time_base
    if clip.aspect is not None:
        context.sample_aspect_ratio = clip.aspect
    context.color_primaries, context.color_trc, context.colorspace, context.color_range = clip.tags
    if clip.interlaced:
        context.flags |= av.codec.context.Flags.interlaced_dct | av.codec.context.Flags.interlaced_me
    if clip.rotation:
        stream.set_display_rotation(clip.rotation)
    return stream


def _picture_packets(stream: VideoStream, clip: Clip) -> list[Packet[Stream]]:
    packets: list[Packet[Any]] = []
    for number in range(clip.frames):
        luma = luma_of_frame(number, clip.height, clip.width)
        neutral = np.full_like(luma, 128)
        planes = np.stack([luma, neutral + number % 20, neutral])
        frame = av.VideoFrame.from_ndarray(planes, "yuv444p").reformat(format=clip.pix_fmt)
        frame.pts = number if clip.times is None else clip.times[number]
        frame.time_base = clip.time_base or 1 / clip.rate
        packets += stream.encode(frame)
    packets += stream.encode(None)
    for packet in packets:
        packet.pts = None if packet.pts is None else packet.pts + clip.shift
        packet.dts = None if packet.dts is None else packet.dts + clip.shift
    return packets


def _sound_stream(output: OutputContainer, sound: Sound) -> AudioStream:
    stream = cast("AudioStream", output.add_stream(sound.codec, rate=sound.rate))
    stream.codec_context.format = av.AudioFormat(sound.sample_format)
    stream.codec_context.layout = "mono"
    stream.codec_context.thread_count = 1
    if sound.codec == "wmav2":
        stream.codec_context.bit_rate = 64_000  # it knows none of its own
    stream.metadata["language"] = sound.language
    return stream


def _sound_packets(stream: AudioStream, sound: Sound, clip: Clip) -> list[Packet[Stream]]:
    seconds = clip.frames / clip.rate
    size = stream.codec_context.frame_size or 1024
    packets: list[Packet[Any]] = []
    for start in range(0, int(seconds * sound.rate), size):
        wave = np.sin(np.arange(start, start + size) * 2 * np.pi * 440 / sound.rate)[None] * 0.3
        samples = wave.astype(np.float32) if sound.sample_format == "fltp" else (wave * 32767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(samples, sound.sample_format, "mono")
        frame.sample_rate, frame.pts, frame.time_base = sound.rate, start, Fraction(1, sound.rate)
        packets += stream.encode(frame)
    return [*packets, *stream.encode(None)]


def _text_packet(stream: Stream, start: int, duration: int, text: str) -> Packet[Stream]:
    packet: Packet[Stream] = av.Packet(text.encode())
    packet.stream = stream
    packet.time_base = Fraction(1, 1000)
    packet.pts = packet.dts = start
    packet.duration = duration
    return packet


def _cover_stream(output: OutputContainer) -> VideoStream:
    stream = output.add_stream("png", rate=25)
    stream.codec_context.width, stream.codec_context.height, stream.codec_context.pix_fmt = 32, 32, "rgb24"
    stream.disposition = Disposition.attached_pic
    return stream


def _cover_packets(stream: VideoStream) -> list[Packet[Any]]:
    frame = av.VideoFrame.from_ndarray(np.full((32, 32, 3), 90, np.uint8), "rgb24")
    frame.pts = 0
    return [*stream.encode(frame), *stream.encode(None)]

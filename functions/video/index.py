"""Finds the frames of a film by reading its packets; only what those do not say is decoded."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import av
import numpy as np
import numpy.typing as npt
from av.codec.context import Flags
from av.stream import Discard

from functions.errors import Unreadable
from functions.video.source import OpenSource, PacketNumber, number_of, opened, video_stream
from functions.video.timeline import AccessPoint, Ticks, Timeline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.container import InputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

    from functions.video.film import Film

Rows: TypeAlias = npt.NDArray[np.void]
"""(n,), a packet each, in the order of the file."""

ROW: Final = np.dtype([("pts", "i8"), ("dts", "i8"), ("duration", "i8"), ("keyframe", "?"), ("discarded", "?")])

NO_TIME: Final = np.iinfo(np.int64).min
"""Stands for a time that the container does not give, as in FFmpeg."""

ONLY_FIRST: Final = frozenset({"gif", "apng"})
"""Codecs whose frames paint on the one before, whatever the container calls a keyframe."""

VP8_SHOWN: Final = 0x10
"""The bit of `show_frame`: RFC 6386, section 9.1."""

EARLY_SECONDS: Final = 1
"""The picture may end this much before the container does: sound often runs on for a moment."""


def index(open_source: OpenSource, film: Film) -> Timeline:
    """List the frames of a film.

    Only packets are read, unless their times do not say which frames they give (raw streams, single fields, hidden
    frames): then the film is decoded once, and what comes out counts.

    Raises:
        Unreadable: there are no frames.
    """
    with opened(open_source) as container:
        rows: Rows = np.fromiter(_rows(container, video_stream(container, film.stream)), ROW)
    numbers = np.flatnonzero(~rows["discarded"])
    pts: Ticks = rows["pts"][numbers]
    notes: list[str] = []
    if not film.frames_are_packets or (pts == NO_TIME).any() or len(np.unique(pts)) < len(pts):
        numbers, pts = _decoded(open_source, film)
        if len(pts) and (pts == NO_TIME).any():
            notes.append(f"the film carries no times: {float(film.average_rate):g} frames a second are assumed")
            pts = np.arange(len(pts)) * _average_duration(film)
    else:
        order = np.argsort(pts)
        numbers, pts = numbers[order], pts[order]
    if not len(pts):
        msg = "the film has no frames that can be decoded"
        raise Unreadable(msg, code="no-frames")
    durations = np.append(np.diff(pts), _last_duration(film, pts, int(rows["duration"][numbers[-1]])))
    notes += _missing(film, len(rows), int(pts[-1] + durations[-1]) * film.time_base)
    return Timeline(film.time_base, pts, numbers, durations, _access_points(film, rows, numbers), tuple(notes))


def packets_of(container: InputContainer, stream: VideoStream) -> Iterator[Packet[VideoStream]]:
    """The packets of the stream that hold data, as far as the file can be read."""
    for other in container.streams:
        if other.index != stream.index:
            other.discard = Discard.all
    try:
        for packet in container.demux(stream):
            if packet.size:
                yield packet
    except av.error.FFmpegError:
        return  # cut off or damaged: what came before it is the film


def is_hidden(stream: VideoStream, packet: Packet[VideoStream]) -> bool:
    """Whether the packet only feeds later ones and is never shown: in VP8 it says so in its first byte."""
    return stream.codec_context.codec.canonical_name == "vp8" and not bytes(packet)[0] & VP8_SHOWN


def _rows(container: InputContainer, stream: VideoStream) -> Iterator[tuple[int, int, int, bool, bool]]:
    """What `ROW` names, of every packet but a last one that the file was cut off in."""
    held: tuple[int, int, int, bool, bool] | None = None
    cut_off = False
    for packet in packets_of(container, stream):
        if held is not None:
            yield held
        times = (NO_TIME if time is None else time for time in (packet.pts, packet.dts))
        held = (*times, packet.duration or 0, packet.is_keyframe, packet.is_discard or is_hidden(stream, packet))  # type: ignore[assignment]  # two
        cut_off = packet.is_corrupt
    if held is not None and not cut_off:
        yield held


def _decoded(open_source: OpenSource, film: Film) -> tuple[Ticks, Ticks]:
    """Numbers of the packets that frames come out of, in the order they do, and the pts of those."""
    found: list[tuple[int, int]] = []
    with opened(open_source) as container:
        for packet, pts in _decoded_packets(container, video_stream(container, film.stream)):
            if pts is None or not found or pts > found[-1][1]:  # others are shown at no time of their own
                found.append((packet, NO_TIME if pts is None else pts))
    both = np.array(found, np.int64).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def _decoded_packets(container: InputContainer, stream: VideoStream) -> Iterator[tuple[int, int | None]]:
    """For every frame the decoder gives: the number of its packet, and its pts."""
    context = stream.codec_context
    context.thread_count = 1
    context.flags |= Flags.copy_opaque
    number = 0
    for number, packet in enumerate(_and_none(packets_of(container, stream))):
        if packet is not None:
            packet.opaque = PacketNumber(number)
        try:
            frames = context.decode(packet)
        except av.error.FFmpegError:
            continue
        for frame in frames:
            known = number_of(frame)
            yield number if known is None else known, frame.pts


def _and_none(packets: Iterator[Packet[VideoStream]]) -> Iterator[Packet[VideoStream] | None]:
    """None after them makes a decoder give what it holds back."""
    yield from packets
    yield None


def _access_points(film: Film, rows: Rows, numbers: Ticks) -> tuple[AccessPoint, ...]:
    """Where decoding may start, in the order of the file and of showing alike; the first is the film's start."""
    keys: Ticks = np.flatnonzero(rows["keyframe"][numbers] & (film.codec not in ONLY_FIRST))
    # Before the first keyframe, and in what an edit list hides: start where the file starts.
    points = [AccessPoint(0, 0, None, None)]
    for key in map(int, keys):
        packet = int(numbers[key])
        if packet > points[-1].packet and key > 0:
            row: Any = rows[packet]
            points.append(AccessPoint(key, packet, _known(row["pts"]), _known(row["dts"])))
    return tuple(points)


def _known(time: np.int64) -> int | None:
    return None if time == NO_TIME else int(time)


def _average_duration(film: Film) -> int:
    return max(1, round(1 / film.average_rate / film.time_base))


def _last_duration(film: Film, pts: Ticks, stated: int) -> int:
    """Ticks that the last frame is shown: what the container says, or the average."""
    # Matroska has no room for it but in a tag, "00:00:00.860000000"; what it gives instead is the average.
    written = re.fullmatch(r"(\d+):(\d+):(\d+\.\d+)", film.video_metadata.get("DURATION", ""))
    if written:
        hours, minutes, seconds = written.groups()
        end = int(hours) * 3600 + int(minutes) * 60 + Fraction(seconds)
        left = round(end / film.time_base) - int(pts[-1])
        # Of a film that is cut off, the tag is too long.
        if 0 < left <= max(EARLY_SECONDS / film.time_base, *np.diff(pts[-100:]).tolist(), 0):
            return left
    return stated if stated > 0 else _average_duration(film)


def _missing(film: Film, packets: int, end: Fraction) -> Iterator[str]:
    """What the container promises and does not hold."""
    if film.stated_frames > packets and film.frames_are_packets:
        yield f"the film is cut off: {packets} of {film.stated_frames} frames are there"
    elif film.duration is not None and end + EARLY_SECONDS < film.start + film.duration:
        whole = float(film.start + film.duration)
        yield f"the picture ends at {float(end):.2f} s of {whole:.2f} s: the film may be cut off"

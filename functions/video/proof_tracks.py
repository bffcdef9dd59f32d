"""Compares the streams beside the picture: every packet's bytes, and its time."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import av
from av.bitstream import BitStreamFilterContext
from av.stream import AttachmentStream, Disposition

from functions.video.record import Record
from functions.video.sound import LOSSLESS
from functions.video.source import OpenSource, opened
from functions.video.tracks import CHAPTER_TEXT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream

    from functions.video.film import Film, Track
    from functions.video.span import Span

EMPTY_TEXT: Final = b"\0\0"
"""A subtitle of no letters: MP4 fills pauses with it (3GPP TS 26.245, 5.17)."""


@dataclass(slots=True)
class Content:
    """What a stream holds."""

    track: Track
    digest: hashlib._Hash
    packets: int = 0
    times: list[Fraction] = field(default_factory=list)
    """Seconds, of every packet: of a stream, not of its samples."""


def track_records(
    open_source: OpenSource, source: Film, open_result: OpenSource, result: Film, span: Span
) -> Iterator[Record]:
    """A record for each stream of the source but the one that was coloured."""
    found = list(_contents(open_result, result, None).values())
    for content in _contents(open_source, source, span).values():
        track = content.track
        name = f"{track.kind} stream {track.index} ({track.codec})"
        if track.kind == "data" and track.codec in {"", CHAPTER_TEXT}:
            continue
        twin = max(
            (other for other in found if _same_kind(other.track, track)),
            key=lambda other: (_short(other) == _short(content), other.track.codec == track.codec),
            default=None,
        )
        if twin is None:
            yield Record(name, f"{content.packets} packets", "left out", ok=False)
            continue
        found.remove(twin)
        if twin.track.codec != track.codec and twin.track.codec in LOSSLESS.values():
            yield Record(name, "copied", f"written as {twin.track.codec}", ok=False)
            continue
        yield Record.equal(f"{name}, bytes", _short(content), _short(twin))
        if content.times:
            yield _timed(name, content, twin)
        yield Record.equal(f"{name}, language", track.language or "und", twin.track.language or "und")


def _same_kind(other: Track, track: Track) -> bool:
    """Codecs may go by another name: MPEG-4 files tell layer II and III of MPEG sound apart by nothing."""
    if _is_attached(track):
        return _is_attached(other)
    return other.kind == track.kind


def _is_attached(track: Track) -> bool:
    """Cover pictures are streams in one container, and attachments in another."""
    return track.kind == "attachment" or bool(track.disposition & Disposition.attached_pic)


def _short(content: Content) -> str:
    return f"{content.packets} packets {content.digest.hexdigest()[:16]}"


def _timed(name: str, content: Content, twin: Content) -> Record:
    slack = max(content.track.time_base, twin.track.time_base)
    worst = max((abs(a - b) for a, b in zip(content.times, twin.times, strict=False)), default=Fraction(0))
    ok = len(content.times) == len(twin.times) and worst < slack
    return Record(f"{name}, times", f"within {float(slack):.6f} s", f"within {float(worst):.6f} s", ok)


def _contents(open_film: OpenSource, film: Film, span: Span | None) -> dict[int, Content]:
    contents = {track.index: Content(track, hashlib.sha256()) for track in film.tracks}
    with opened(open_film) as container:
        adapters = {}
        for index, content in contents.items():
            stream = container.streams[index]
            if isinstance(stream, AttachmentStream):
                content.digest.update(stream.data)
            elif content.track.codec == "aac" and film.container == "mpegts":
                adapters[index] = BitStreamFilterContext("aac_adtstoasc", stream)  # other containers keep no ADTS
        streams = [container.streams[index] for index, c in contents.items() if c.track.kind != "attachment"]
        for packet in _packets(container, streams):
            if bytes(packet) == EMPTY_TEXT or (span is not None and not span.shift(packet)):
                continue
            content, adapter = contents[packet.stream_index], adapters.get(packet.stream_index)
            content.packets += 1
            if packet.pts is not None and not _is_attached(content.track):
                content.times.append(packet.pts * packet.time_base)
            for kept in (packet,) if adapter is None else adapter.filter(packet):
                content.digest.update(bytes(kept))
    return contents


def _packets(container: InputContainer, streams: list[Stream]) -> Iterator[Packet[Stream]]:
    """The packets that hold something, as far as the file can be read."""
    try:
        for packet in container.demux(streams) if streams else ():
            if packet.size:
                yield packet
    except av.error.FFmpegError:
        return

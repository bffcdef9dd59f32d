"""The streams beside the picture: which of them the result can hold, and their packets."""

from __future__ import annotations

from contextlib import suppress
from io import BytesIO
from typing import TYPE_CHECKING, Final

import av
from av.audio.stream import AudioStream
from av.stream import AttachmentStream, Discard, Disposition

from functions.video.sound import AAC, AAC_MUXERS, LOSSLESS, Audio, RewrittenSound, is_plain_aac
from functions.video.source import OpenSource, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.container import InputContainer, OutputContainer
    from av.packet import Packet
    from av.stream import Stream

    from functions.video.film import Film, Track
    from functions.video.span import Span

PICTURE_TYPES: Final = {"mjpeg": ("cover.jpg", "image/jpeg"), "png": ("cover.png", "image/png")}
"""Codec of a cover picture → name and type of the attachment that Matroska keeps it as."""

CHAPTER_TEXT: Final = "bin_data"
"""What FFmpeg takes the text track for that chapters live in: the muxer writes a new one."""

REWRITTEN: Final = frozenset({"encoder", "duration"})
"""Tags of a stream that the muxer writes itself."""


class Tracks:
    """The streams of a source that go into the result, added to it; packets are copied as they are.

    Args:
        source: the open film.
        film: what is known of it.
        output: the result, before its header is written.
        covers: the attached pictures, by index of their stream.
        audio: what becomes of sound.
    """

    def __init__(
        self,
        source: InputContainer,
        film: Film,
        output: OutputContainer,
        covers: dict[int, bytes],
        audio: Audio = "copy",
    ) -> None:
        self.notes: list[str] = []
        self._source, self._film, self._output, self._covers = source, film, output, covers
        self._copies: dict[int, Stream] = {}
        self._sounds: dict[int, RewrittenSound] = {}
        self._wants_aac = audio == AAC and output.format.name in AAC_MUXERS

    def add(self, track: Track) -> None:
        """Add a stream of the source to the result, or a note why it is left out."""
        stream, muxer = self._source.streams[track.index], self._output.format.name
        if isinstance(stream, AttachmentStream):
            self._attach(track, stream.data)
        elif track.index in self._covers and muxer == "matroska":
            self._attach(track, self._covers[track.index])
        elif track.kind == "data" and track.codec in {"", CHAPTER_TEXT}:
            # Chapters and time codes are carried as such, and their tracks written anew.
            if not self._film.chapters and "timecode" not in {*self._film.video_metadata, *track.metadata}:
                self.notes.append(f"data stream {track.index} is left out: nothing says what it holds")
        elif self._wants_aac and isinstance(stream, AudioStream) and not is_plain_aac(stream):
            self._rewrite(track, stream, AAC, "as was asked for")
        elif not _holds(muxer, stream):
            if isinstance(stream, AudioStream) and muxer in LOSSLESS:
                self._rewrite(track, stream, LOSSLESS[muxer], f"{muxer} does not hold it")
                return
            self.notes.append(
                f"{track.kind} stream {track.index} ({track.codec}) is left out: {muxer} does not hold it"
            )
        else:
            copy = self._copies[track.index] = self._output.add_stream_from_template(stream, opaque=True)
            if track.time_base:
                copy.time_base = track.time_base
            self._describe(copy, track)

    def _rewrite(self, track: Track, stream: AudioStream, codec: str, why: str) -> None:
        sound = self._sounds[track.index] = RewrittenSound(stream, self._output, codec)
        self._describe(sound.stream, track)
        self.notes.append(f"audio stream {track.index} ({track.codec}) is written as {codec}: {why}")

    def _describe(self, copy: Stream, track: Track) -> None:
        copy.metadata.update({key: text for key, text in track.metadata.items() if key.lower() not in REWRITTEN})
        copy.disposition = Disposition(track.disposition)

    def packets(self, span: Span) -> Iterator[Packet[Stream]]:
        """The packets of the streams added, in the order of the file, at their times in the result."""
        wanted = [*self._copies, *self._sounds]
        for other in self._source.streams:
            if other.index not in wanted:
                other.discard = Discard.all
        if not wanted:
            return
        last: dict[int, int] = {}
        packets = self._source.demux([self._source.streams[index] for index in wanted])
        while (packet := self._next(packets)) is not None:
            if not packet.size or not span.shift(packet):
                continue
            index = packet.stream_index
            if index in self._sounds:
                yield from self._sounds[index].packets(packet)
                continue
            if packet.dts is not None:
                self._move_on(packet, last.get(index))
                last[index] = packet.dts
            packet.stream = self._copies[index]
            yield packet
        for index, sound in self._sounds.items():
            yield from sound.packets(None)
            if sound.slipped:
                self._note(f"stream {index} has gaps, which are closed: it may not keep in step with the picture")

    def _move_on(self, packet: Packet[Stream], last: int | None) -> None:
        """Muxers take no packet whose dts is not behind the one before it, as damaged files have them."""
        if last is not None and packet.dts is not None and packet.dts <= last:
            self._note(f"stream {packet.stream_index} runs backwards in places: what does is moved on")
            packet.dts = last + 1
            packet.pts = None if packet.pts is None else max(packet.pts, packet.dts)

    def _next(self, packets: Iterator[Packet[Stream]]) -> Packet[Stream] | None:
        try:
            return next(packets, None)
        except av.error.FFmpegError:
            self._note("sound and subtitles end where the file is cut off")
            return None

    def _note(self, note: str) -> None:
        if note not in self.notes:
            self.notes.append(note)

    def _attach(self, track: Track, data: bytes) -> None:
        default, kind = PICTURE_TYPES.get(track.codec, ("attachment", "application/octet-stream"))
        name = track.metadata.get("filename", default)
        if self._output.format.name == "matroska":
            self._output.add_attachment(name, track.metadata.get("mimetype", kind), data)
        else:
            self.notes.append(f"the attachment {name} is left out: {self._output.format.name} holds none")


def cover_pictures(open_source: OpenSource, film: Film) -> dict[int, bytes]:
    """The bytes of the pictures that are attached to the film, by the index of their stream."""
    wanted = {track.index for track in film.tracks if track.disposition & Disposition.attached_pic}
    found: dict[int, bytes] = {}
    if wanted:
        with opened(open_source) as container:
            streams = [container.streams[index] for index in sorted(wanted)]
            for packet in container.demux(streams):
                if packet.size:
                    found.setdefault(packet.stream_index, bytes(packet))
                if found.keys() == wanted:
                    break
    return found


def _holds(muxer: str, stream: Stream) -> bool:
    """Whether the muxer takes the stream: some refuse only once they write their header, so one is written."""
    trial = av.open(BytesIO(), "w", format=muxer)
    try:
        trial.add_stream_from_template(stream, opaque=True)
        trial.start_encoding()
    except (ValueError, av.error.FFmpegError):
        return False
    finally:
        with suppress(ValueError, av.error.FFmpegError):  # a trailer without packets
            trial.close()
    return True

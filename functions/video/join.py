"""Joins the pieces: their packets are copied, with the source's times, beside its sound and everything else."""

from __future__ import annotations

import heapq
import math
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, cast

import av
from av.stream import Disposition

from functions.errors import Rejected
from functions.video.film import OWN_TAGS, lost_tags
from functions.video.gif import write_gif
from functions.video.layout import has_alpha, output_layout, work_layout
from functions.video.pieces import piece_packets
from functions.video.settings import CODECS, FORMATS, FROM_LOSSLESS
from functions.video.source import OpenSource, opened
from functions.video.span import span_of
from functions.video.target import BITEXACT
from functions.video.tracks import Tracks, cover_pictures
from functions.video.y4m import write_y4m
from functions.whole_file import replacing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from av.container import OutputContainer
    from av.packet import Packet
    from av.stream import Stream
    from av.video.stream import VideoStream

    from functions.video.film import Film
    from functions.video.plan import Plan
    from functions.video.settings import EncodeSettings
    from functions.video.sound import Audio
    from functions.video.span import Span

LARGEST_TIMESCALE: Final = (1 << 31) - 1
"""Of ISO media files: FFmpeg keeps it in an int."""

MILLISECOND: Final = Fraction(1, 1000)
"""Matroska's tick, as FFmpeg writes it."""

CHAPTER_UNIT: Final = Fraction(1, 1_000_000_000)
"""Matroska's, the finest that chapters come in."""

STATISTICS: Final = ("BPS", "DURATION", "NUMBER_OF_FRAMES", "NUMBER_OF_BYTES", "_STATISTICS", "ENCODER", "encoder")
"""Starts of the tags that say how the source's picture was stored."""

MATROSKA: Final = frozenset({"matroska", "webm"})

TELLS_ASPECT: Final = frozenset({"h264", "hevc", "av1"})
"""Codecs that carry the shape of a pixel themselves, for every player: PyAV cannot tell it to Matroska's muxer."""

TELLS_CAPTIONS: Final = frozenset({"h264", "hevc"})
"""Codecs whose encoders write the closed captions of their frames."""

LOSSLESS: Final = {"gif": write_gif, "y4m": write_y4m}
"""Container → what writes it from the frames of lossless pieces."""

SEEKABLE_ONLY: Final = frozenset({"mp4", "mov"})
"""Muxers that write their index where the file began."""


def join(  # noqa: PLR0913, PLR0917 - a film, how it was cut, its pieces, where to and how
    open_source: OpenSource,
    film: Film,
    plan: Plan,
    pieces: Sequence[OpenSource],
    target: Path | BinaryIO,
    settings: EncodeSettings,
    *,
    audio: Audio = "copy",
) -> tuple[str, ...]:
    """Put the coloured film together; no picture is encoded but GIF's and y4m's, which are made of lossless pieces.

    Args:
        open_source: the film that was coloured.
        film: what is known of it.
        plan: as the pieces were made by.
        pieces: one for each chunk, in order.
        target: a path, where the film is there whole or not at all; or a stream, which may be a pipe.
        settings: as the pieces were made with.
        audio: what becomes of sound; `aac` writes what is not AAC-LC of one or two channels as that.

    Returns:
        What could not be kept, one line each.

    Raises:
        Rejected: the container cannot be written into a pipe.
        Unreadable: a piece is damaged or of another film.
        OSError: reading or writing failed; no half file is left at a path.
    """
    if isinstance(target, Path):
        with replacing(target) as partial:
            notes = _joined(open_source, film, plan, pieces, partial, settings, audio)
            return (*notes, *_lost_tags(film, partial, settings))
    if FORMATS[settings.holder] in SEEKABLE_ONLY and not target.seekable():
        msg = f"{settings.holder} cannot be written into a pipe: take mkv, or name a file"
        raise Rejected(msg, code="not-seekable")
    return _joined(open_source, film, plan, pieces, target, settings, audio)


def _joined(  # noqa: PLR0913, PLR0917 - as above
    open_source: OpenSource,
    film: Film,
    plan: Plan,
    pieces: Sequence[OpenSource],
    target: Path | BinaryIO,
    settings: EncodeSettings,
    audio: Audio,
) -> tuple[str, ...]:
    if settings.holder in FROM_LOSSLESS:
        return LOSSLESS[settings.holder](film, plan, pieces, target)
    span = span_of(film, plan)
    muxer = FORMATS[settings.holder]
    with ExitStack() as stack:
        source = stack.enter_context(opened(open_source))
        template = stack.enter_context(opened(pieces[0])).streams.video[0]
        file = str(target) if isinstance(target, Path) else target
        output = av.open(
            file, "w", format=muxer, container_options=_options(film, muxer, to_file=isinstance(target, Path))
        )
        stack.callback(_close_quietly, output)
        output.flags |= BITEXACT
        output.metadata.update({name: text for name, text in film.metadata.items() if name.lower() not in OWN_TAGS})
        tracks = Tracks(source, film, output, cover_pictures(open_source, film), audio)
        video = None
        for index in range(len(film.tracks) + 1):
            if index == film.stream:
                video = _add_video(output, film, template, settings)
            else:
                tracks.add(next(track for track in film.tracks if track.index == index))
        if video is None:
            msg = f"video stream {film.stream} of {len(film.tracks) + 1} streams"
            raise ValueError(msg)
        output.set_chapters(
            [
                {
                    "id": number,
                    "start": round(chapter.start / CHAPTER_UNIT),
                    "end": round(chapter.end / CHAPTER_UNIT),
                    "time_base": CHAPTER_UNIT,
                    "metadata": dict(chapter.metadata),
                }
                for number, chapter in enumerate(span.chapters(film.chapters), 1)
            ]
        )
        pictures = _video_packets(film, plan, pieces, video, span, template.codec_context.reorder_depth)
        for packet in _by_time(pictures, tracks.packets(span)):
            output.mux(packet)
        output.close()
        return (*tracks.notes, *_lost(film, plan, span, settings))


def _options(film: Film, muxer: str, *, to_file: bool) -> dict[str, str]:
    if muxer not in SEEKABLE_ONLY:
        # Encoded sound often starts a moment before zero; moving it there would move the picture, too.
        return {"avoid_negative_ts": "disabled"} if muxer in MATROSKA else {}
    scales = [
        film.time_base.denominator,
        *(t.time_base.denominator for t in film.tracks if t.kind == "audio" and t.time_base),
    ]
    scale = math.lcm(*scales)
    # Where the film starts later than zero, an empty edit says so in ticks of the whole film: make them fine enough.
    options = {"movie_timescale": str(scale if scale <= LARGEST_TIMESCALE else film.time_base.denominator)}
    if to_file:
        options["movflags"] = "+faststart"  # the index first: a browser can start to play
    return options


def _add_video(output: OutputContainer, film: Film, template: VideoStream, settings: EncodeSettings) -> VideoStream:
    stream = output.add_stream_from_template(template, opaque=True)
    stream.time_base = Fraction(1, film.time_base.denominator)
    stream.codec_context.sample_aspect_ratio = film.sample_aspect
    tag = CODECS[settings.codec].tag
    if tag and output.format.name in SEEKABLE_ONLY:
        stream.codec_context.codec_tag = tag
    stream.set_display_matrix(film.display_matrix)
    kept = {key: text for key, text in film.video_metadata.items() if not key.startswith(STATISTICS)}
    stream.metadata.update(kept)
    stream.disposition = Disposition(film.disposition)
    return stream


def _video_packets(  # noqa: PLR0913, PLR0917 - what a packet's times are made of
    film: Film, plan: Plan, pieces: Sequence[OpenSource], stream: VideoStream, span: Span, reorder: int
) -> Iterator[Packet[VideoStream]]:
    """The packets of all pieces with the film's times.

    A packet's dts is the pts of the frame shown `reorder` places before it in the order of the file: that rises with
    every packet, and is never later than the packet's own pts, whatever the pace of the frames. Before the first
    frame it runs on backwards at the first frame's pace.
    """
    unit = film.time_base
    pts = [span.ticks(tick, unit) for tick in plan.pts]
    end = span.ticks(plan.end_pts, unit)
    pace = (pts[1] if len(pts) > 1 else end) - pts[0]
    for place, (number, packet) in enumerate(piece_packets(plan, pieces)):
        packet.time_base = unit
        packet.pts = pts[number]
        packet.dts = pts[place - reorder] if place >= reorder else pts[0] - (reorder - place) * pace
        packet.duration = (pts[number + 1] if number + 1 < len(pts) else end) - pts[number]
        packet.stream = stream
        yield packet


def _by_time(pictures: Iterator[Packet[VideoStream]], others: Iterator[Packet[Stream]]) -> Iterator[Packet[Stream]]:
    """Both in the order they are needed: the muxer then holds back little."""
    return heapq.merge(cast("Iterator[Packet[Stream]]", pictures), others, key=_seconds)


def _seconds(packet: Packet[Stream]) -> Fraction:
    time = packet.dts if packet.dts is not None else packet.pts
    return Fraction(0) if time is None else time * packet.time_base


def _lost(film: Film, plan: Plan, span: Span, settings: EncodeSettings) -> Iterator[str]:
    """What the encoder or the container cannot say of the picture."""
    if film.light:
        yield f"data on high dynamic range is left out: {', '.join(film.light)}"
    source, result = work_layout(film), output_layout(film, settings)
    if result.depth < source.depth:
        why = "as was asked for" if settings.is_plain else f"{settings.codec} holds no more"
        yield f"{source.depth} bits become {result.depth}: {why}"
    if has_alpha(film.pix_fmt):
        yield "transparency is left out"
    if film.captions and settings.codec not in TELLS_CAPTIONS:
        yield f"closed captions are left out: {settings.codec} carries none"
    if FORMATS[settings.holder] not in MATROSKA:
        return
    if any((tick * film.time_base - span.offset) % MILLISECOND for tick in plan.pts):
        yield "Matroska keeps times to the millisecond: frames are up to half of one early or late"
    if settings.codec not in TELLS_ASPECT and film.sample_aspect != 1:
        shape, codec = film.sample_aspect, settings.codec
        yield f"the shape of a pixel, {shape}, is in the {codec} stream alone: some players miss it"


def _lost_tags(film: Film, result: Path, settings: EncodeSettings) -> Iterator[str]:
    """Which tags are not in the file that was written: a muxer does not say which it knows."""
    if settings.holder not in FROM_LOSSLESS:
        with opened(lambda: result.open("rb")) as container:
            lost = lost_tags(film.metadata, container.metadata)
        if lost:
            yield f"{settings.holder} has no room for these tags: {', '.join(lost)}"


def _close_quietly(output: OutputContainer) -> None:
    """After a failure: the file is given up, and what its trailer lacks is of no interest."""
    try:
        output.close()
    except (ValueError, av.error.FFmpegError):
        return

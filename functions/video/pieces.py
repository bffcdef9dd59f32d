"""Reads pieces back: their packets for a copy, or their frames for another format."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import av

from functions.errors import Unreadable
from functions.video.source import OpenSource, opened

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

    from functions.video.plan import Chunk, Plan


def piece_packets(plan: Plan, pieces: Sequence[OpenSource]) -> Iterator[tuple[int, Packet[VideoStream]]]:
    """Number of its frame in the result, counted from 0, and each packet, as they are to be stored.

    Raises:
        Unreadable: a piece is damaged, or not of its chunk.
        ValueError: there are not as many pieces as chunks.
    """
    header: bytes | None = None
    first = plan.chunks[0].first
    for chunk, piece in zip(plan.chunks, pieces, strict=True):
        with _whole(chunk), opened(piece) as container:
            stream = container.streams.video[0]
            extradata = stream.codec_context.extradata or b""
            if header is not None and extradata != header:
                msg = f"piece {chunk.number} was written with other settings than those before it: colour it again"
                raise Unreadable(msg, code="bad-piece")
            header = extradata
            left = set(range(len(chunk)))
            for packet in container.demux(stream):
                if packet.size and packet.pts is not None:
                    left.remove(packet.pts)
                    yield chunk.first - first + packet.pts, packet
            _refuse_short(chunk, len(left))


def piece_frames(plan: Plan, pieces: Sequence[OpenSource]) -> Iterator[VideoFrame]:
    """The decoded frames of all pieces, in order.

    Raises:
        Unreadable: a piece is damaged, or not of its chunk.
        ValueError: there are not as many pieces as chunks.
    """
    for chunk, piece in zip(plan.chunks, pieces, strict=True):
        with _whole(chunk), opened(piece) as container:
            container.streams.video[0].codec_context.thread_count = 1
            count = 0
            for frame in container.decode(video=0):
                yield frame
                count += 1
            _refuse_short(chunk, len(chunk) - count)


@contextmanager
def _whole(chunk: Chunk) -> Iterator[None]:
    """Say of what cannot be read, or holds frames that are not the chunk's, that it is the piece's fault."""
    try:
        yield
    except (KeyError, av.error.FFmpegError) as error:
        msg = f"piece {chunk.number} is damaged or of another chunk: colour it again"
        raise Unreadable(msg, code="bad-piece") from error


def _refuse_short(chunk: Chunk, missing: int) -> None:
    if missing:
        msg = f"piece {chunk.number} lacks {missing} frames of {len(chunk)}: colour it again"
        raise Unreadable(msg, code="bad-piece")

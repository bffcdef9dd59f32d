"""Goes to a keyframe, and makes sure that it arrived."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import av

from functions.video.index import packets_of
from functions.video.source import OpenSource, PacketNumber, opened, video_stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.container import InputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

    from functions.video.timeline import AccessPoint


def packets_from(
    open_source: OpenSource, container: InputContainer, stream: VideoStream, point: AccessPoint
) -> Iterator[Packet[VideoStream] | None]:
    """The stream's packets from the point's on, each numbered in `opaque` as in the file; then None, for the decoder.

    Formats differ in whether they look for pts or dts, and some land behind the place that was asked for: what comes
    is compared with the point, and where seeking fails the film is read from its start.
    """
    if point.packet == 0:
        yield from _numbered(packets_of(container, stream), 0)
    else:
        for target in dict.fromkeys((point.pts, point.dts)):
            packets = None if target is None else _sought(container, stream, target, point)
            if packets is not None:
                yield from _numbered(packets, point.packet)
                break
        else:
            with opened(open_source) as again:
                from_start = packets_of(again, video_stream(again, stream.index))
                for number, packet in enumerate(from_start):
                    if number >= point.packet:
                        packet.opaque = PacketNumber(number)
                        yield packet
    yield None


def _numbered(packets: Iterator[Packet[VideoStream]], first: int) -> Iterator[Packet[VideoStream]]:
    for number, packet in enumerate(packets, first):
        packet.opaque = PacketNumber(number)
        yield packet


def _sought(
    container: InputContainer, stream: VideoStream, target: int, point: AccessPoint
) -> Iterator[Packet[VideoStream]] | None:
    """The packets from the point's on, after a jump to `target`; None where it landed behind it."""
    try:
        container.seek(target, stream=stream)
    except (av.error.FFmpegError, OverflowError):
        return None
    packets = packets_of(container, stream)
    for packet in packets:
        if packet.pts == point.pts and packet.is_keyframe:
            return chain([packet], packets)
        if packet.is_keyframe and packet.pts is not None and point.pts is not None and packet.pts > point.pts:
            return None
    return None

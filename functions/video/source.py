"""Opening a film: any seekable stream of bytes, as a container of packets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final, TypeAlias

import av
from av.video.stream import VideoStream

from functions.errors import Unreadable

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame

OpenSource: TypeAlias = Callable[[], BinaryIO]
"""Opens the film's bytes, seekable, at their start; each reader opens its own and closes it."""

BUFFER_BYTES: Final = 1 << 18
"""Of one read: PyAV's 32 KiB would cross into Python eight times as often, and a ranged object would ask as often."""

FORMATS: Final = (
    "3gp,apng,asf,av1,avi,dv,flv,gif,h264,hevc,ivf,m4v,matroska,mov,mp4,mpeg,mpegts,mpegvideo,mxf,nut,obu,ogg,rm,vc1,webm,"
    "wtv,yuv4mpegpipe"
)
"""FFmpeg's demuxers that films come in. Playlists are none of them: they would open other files and addresses."""

HEAD_BYTES: Final = 12
"""Enough to tell an animated WebP, or nothing at all, from a film."""


@contextmanager
def opened(open_source: OpenSource) -> Iterator[InputContainer]:
    """Open the container; it and its bytes are closed at the end.

    Raises:
        Unreadable: the bytes are no container that FFmpeg reads.
        OSError: the source could not be opened or read.
    """
    with open_source() as file:
        container = _container(file)
        with container:
            yield container


@dataclass(frozen=True, slots=True)
class PacketNumber:
    """What a packet is marked with, so that its frame can be told.

    Each is an object of its own on purpose: PyAV knows a mark by its address, and numbers up to 256 share theirs.
    """

    number: int


def number_of(frame: VideoFrame) -> int | None:
    """The number of the packet that the frame came out of; None where the decoder lost it."""
    mark = frame.opaque
    return mark.number if isinstance(mark, PacketNumber) else None


def video_stream(container: InputContainer, index: int) -> VideoStream:
    """The stream of this index, which is known to be video.

    Raises:
        Unreadable: it is not: the source is another film than the one that was looked at.
    """
    stream = container.streams[index] if index < len(container.streams) else None
    if not isinstance(stream, VideoStream):
        msg = f"stream {index} is no video any more: the film changed while it was coloured"
        raise Unreadable(msg, code="changed")
    return stream


def is_webp(head: bytes) -> bool:
    """Whether a file that begins like this is a WebP picture, still or animated: FFmpeg reads no animated ones."""
    return head[:4] == b"RIFF" and head[8:HEAD_BYTES] == b"WEBP"


def _container(file: BinaryIO) -> InputContainer:
    head = file.read(HEAD_BYTES)
    file.seek(0)
    if not head:
        msg = "the file is empty: nothing to colour"
        raise Unreadable(msg, code="empty")
    if is_webp(head):
        msg = "WebP pictures cannot be read as film here: convert the animation to GIF or MP4 first"
        raise Unreadable(msg, code="webp")
    try:
        return av.open(
            file,
            "r",
            container_options={"format_whitelist": FORMATS, "protocol_whitelist": "none"},
            metadata_errors="replace",
            buffer_size=BUFFER_BYTES,
        )
    except av.error.FFmpegError as error:
        msg = (
            f"no film that can be read ({_because(error)}): damaged, cut off before its index, or another kind of file"
        )
        raise Unreadable(msg, code="unreadable") from error


def _because(error: av.error.FFmpegError) -> str:
    """FFmpeg's own last words where it had some: they name the box or the header that is missing."""
    last = error.log[1] if error.log else None
    said = last[2].strip() if last else ""
    return (said or error.strerror or type(error).__name__).splitlines()[0].lower()

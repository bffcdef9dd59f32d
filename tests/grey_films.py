"""Black-and-white films for the tests of the command: a photograph that a camera wanders over."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, cast

import av
import numpy as np

from tests.pictures import in_colour, in_grey, resized

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from av.video.stream import VideoStream

    from tests.pictures import Bytes

CHUNK = 121
"""Frames in each chunk of these films: one group of pictures, for two would be more than a chunk should have."""

QUICK = ("--size", "32", "--smooth", "0")
"""Options with which such a film takes little time: the network sees next to nothing, and chunks overlap little."""


def pan(still: Bytes, frames: int, height: int, width: int) -> Iterator[Bytes]:
    """Windows of a still picture that move a pixel a frame, there and back."""
    reach = still.shape[1] - width
    for number in range(frames):
        at = reach - abs(number % (2 * reach) - reach)
        yield np.ascontiguousarray(still[4 : 4 + height, at : at + width])


def grey_film(at: Path, frames: int = 12, *, size: tuple[int, int] = (48, 64), codec: str = "libx264") -> Path:
    """Write a film of (height, width) without colour; its container is told by its name."""
    still = np.clip(resized(in_grey("astronaut"), (96, 128)), 20, 230)
    return written(at, pan(still, frames, *size), codec)


def color_film(at: Path, frames: int = 12) -> Path:
    """Write a film in colour."""
    return written(at, pan(resized(in_colour("coffee"), (96, 128)), frames, 48, 64), "libx264")


def black_film(at: Path, frames: int = 12) -> Path:
    """Write a film that shows nothing but, in its last frame, something grey."""
    black = (np.full((48, 64), 16, np.uint8) for _ in range(frames - 1))
    grey = pan(resized(in_grey("astronaut"), (96, 128)), 1, 48, 64)
    return written(at, (picture for part in (black, grey) for picture in part), "libx264")


def written(at: Path, pictures: Iterator[Bytes], codec: str) -> Path:
    """Write (H, W) or (H, W, 3) pictures as a film of 24 frames a second."""
    with av.open(at, "w") as output:
        stream: VideoStream | None = None
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, "gray" if picture.ndim == 2 else "bgr24")
            if stream is None:
                stream = cast(
                    "VideoStream", output.add_stream(codec, rate=24, options={"g": str(CHUNK), "sc_threshold": "0"})
                )
                context = stream.codec_context
                context.width, context.height = frame.width, frame.height
                context.pix_fmt = "gray" if codec == "gif" else "yuv420p"
                context.thread_count = 1
            frame.pts, frame.time_base = number, Fraction(1, 24)
            output.mux(stream.encode(frame.reformat(format=stream.codec_context.pix_fmt)))
        assert stream is not None
        output.mux(stream.encode(None))
    return at

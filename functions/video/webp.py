"""Animated WebP, which FFmpeg does not read: Pillow does, and hands its frames on without loss."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, BinaryIO, Final

import av
import numpy as np
from PIL import Image, UnidentifiedImageError

from functions.errors import Rejected, Unreadable
from functions.video.target import BITEXACT

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

MILLISECOND: Final = Fraction(1, 1000)
"""What WebP counts in."""

SHORTEST: Final = 10
"""Milliseconds of a frame that claims none, as browsers show it at most: a film's frames need times of their own."""


def write_as_film(source: BinaryIO, target: BinaryIO, *, max_pixels: int = 100_000_000) -> None:
    """Write an animated WebP as a lossless film, with its times; the same one gives the same bytes.

    What is transparent is white, as players show it on paper.

    Args:
        source: the WebP file.
        target: takes the film; seekable, empty, and left open.
        max_pixels: of a frame.

    Raises:
        Unreadable: it is damaged, or a still picture.
        Rejected: its frames are too large ("too-large").
        OSError: writing failed.
    """
    try:
        with Image.open(source, formats=["WEBP"]) as picture:
            if picture.width * picture.height > max_pixels:
                msg = f"frames of {picture.width}x{picture.height} pixels are too large: scale the animation down first"
                raise Rejected(msg, code="too-large")
            if getattr(picture, "n_frames", 1) == 1:
                msg = "a still picture and no film: colour it with `colorise photo`"
                raise Unreadable(msg, code="still")
            _write(picture, target)
    except Image.DecompressionBombError as error:
        msg = f"frames that are too large ({str(error).lower()}): scale the animation down first"
        raise Rejected(msg, code="too-large") from error
    except (UnidentifiedImageError, EOFError, SyntaxError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # of a file or a disk: Pillow's own have no number
        msg = f"an animated WebP that is damaged: {str(error).lower()}"
        raise Unreadable(msg, code="unreadable") from error


def _write(picture: Image.Image, target: BinaryIO) -> None:
    with av.open(target, "w", format="mov") as container:
        container.flags |= BITEXACT
        stream = container.add_stream("png", rate=1000)
        stream.width, stream.height, stream.pix_fmt = picture.width, picture.height, "rgb24"
        stream.codec_context.time_base = MILLISECOND
        stream.codec_context.thread_count = 1
        at = 0
        for pixels, lasts in _frames(picture):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = at, MILLISECOND
            for packet in stream.encode(frame):
                packet.duration = lasts
                container.mux(packet)
            at += lasts
        container.mux(stream.encode(None))


def _frames(picture: Image.Image) -> Iterator[tuple[npt.NDArray[np.uint8], int]]:
    """Each frame, (H, W, 3) with red first, and the milliseconds it is shown."""
    for number in range(getattr(picture, "n_frames", 1)):
        picture.seek(number)
        shown = picture.convert("RGBA")
        paper = Image.new("RGBA", shown.size, "white")
        rgb = np.asarray(Image.alpha_composite(paper, shown).convert("RGB"))
        yield rgb, max(SHORTEST, int(picture.info.get("duration", 0)))

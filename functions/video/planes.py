"""The samples of a frame as arrays, and arrays as a frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

from functions.video.layout import HD_HEIGHT, is_rgb

if TYPE_CHECKING:
    from functions.video.layout import PixelLayout

Samples: TypeAlias = npt.NDArray[np.uint8 | np.uint16]
"""(H, W), code values of one plane in its depth and range."""

EXACTLY: Final = (
    Interpolation.BILINEAR | Interpolation.ACCURATE_RND | Interpolation.BITEXACT | Interpolation.FULL_CHR_H_INT
)
"""How libswscale converts: the same bytes with and without the processor's vector instructions."""


def plane(frame: VideoFrame, number: int, layout: PixelLayout) -> Samples:
    """A view of one plane of a frame that has this layout: 0 is luma, 1 and 2 are Cb and Cr."""
    height, width = (layout.height, layout.width) if number == 0 else layout.chroma_size
    held = frame.planes[number]
    rows: npt.NDArray[Any] = np.frombuffer(held, layout.dtype)  # type: ignore[call-overload]  # PyAV's planes are buffers
    return rows.reshape(-1, held.line_size // rows.itemsize)[:height, :width]


def blank(layout: PixelLayout) -> VideoFrame:
    """A frame to write planes into; what it holds is undefined."""
    return VideoFrame(layout.width, layout.height, layout.pix_fmt)


def brought_to(frame: VideoFrame, layout: PixelLayout, converter: VideoReformatter) -> VideoFrame:
    """The same picture in another layout, its luma unchanged where it has luma; the same frame where it fits already.

    RGB becomes limited-range luma and chroma by BT.601, or by BT.709 in HD.
    """
    same_size = (frame.width, frame.height) == (layout.width, layout.height)
    if same_size and frame.format.name.replace("yuvj", "yuv") == layout.pix_fmt:
        return frame
    rgb = is_rgb(frame.format.name)
    standard = Colorspace.ITU709 if frame.height >= HD_HEIGHT else Colorspace.ITU601
    kept = ColorRange.JPEG if layout.full_range else ColorRange.MPEG
    converted = converter.reformat(
        frame,
        width=layout.width,
        height=layout.height,
        format=layout.pix_fmt,
        src_colorspace=standard,
        dst_colorspace=standard,
        interpolation=EXACTLY,
        src_color_range=ColorRange.JPEG if rgb else kept,
        dst_color_range=kept,
        threads=1,
    )
    converted.pts = frame.pts
    return converted


def deepened(samples: Samples, depth: int, layout: PixelLayout) -> Samples:
    """Code values of `depth` bits in the layout's depth: the same where that is equal.

    Limited range is shifted, full range stretched so that white stays white (ITU-R BT.2100-2, table 9).
    """
    if depth == layout.depth:
        return samples
    wide = samples.astype(np.uint32)
    if layout.full_range:
        white = (1 << depth) - 1
        return ((wide * layout.white + white // 2) // white).astype(layout.dtype)
    step = layout.depth - depth
    shifted = wide << step if step > 0 else np.minimum((wide + (1 << (-step - 1))) >> -step, layout.white)
    return shifted.astype(layout.dtype)

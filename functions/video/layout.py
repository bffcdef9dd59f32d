"""Which pixel format a film is worked on and written in: its own depth and chroma, as far as the encoder has them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

import av
import numpy as np
import numpy.typing as npt
from av.video.format import VideoFormat

from functions.errors import Rejected
from functions.video.codecs import ENCODERS
from functions.video.film import ColorTags

if TYPE_CHECKING:
    from functions.video.film import Film
    from functions.video.settings import EncodeSettings

DEPTHS: Final = (8, 10, 12, 16)
"""Bits of a sample that FFmpeg has planar formats of in every layout below."""

CHROMA: Final = {"420": (2, 2), "422": (2, 1), "444": (1, 1), "gray": (0, 0)}
"""Name of a chroma layout → luma samples for each of chroma, across and down; grey has none."""

FINER: Final = {
    "gray": ("420", "422", "444"),
    "420": ("420", "422", "444"),
    "422": ("422", "444", "420"),
    "444": ("444", "422", "420"),
}
"""Chroma layout → those to write it in, best first: no detail is lost as long as there is a finer one."""

HD_HEIGHT: Final = 720
"""From here on players take untagged video for BT.709, below it for BT.601."""


@dataclass(frozen=True, slots=True)
class PixelLayout:
    """A planar pixel format: one plane of luma, and none or two of chroma."""

    chroma: str
    """420, 422, 444 or gray."""
    depth: int
    """Bits of a sample: uint8 planes for 8, uint16 for more."""
    width: int
    height: int
    full_range: bool

    @property
    def pix_fmt(self) -> str:
        """FFmpeg's name."""
        name = "gray" if self.chroma == "gray" else f"yuv{self.chroma}p"
        return name if self.depth == 8 else f"{name}{self.depth}le"  # noqa: PLR2004 - the one depth without a suffix

    @property
    def dtype(self) -> npt.DTypeLike:
        """Of the planes."""
        return np.uint8 if self.depth == 8 else np.uint16  # noqa: PLR2004 - bits of a byte

    @property
    def chroma_size(self) -> tuple[int, int]:
        """Height and width of a plane of chroma; 0, 0 for grey."""
        across, down = CHROMA[self.chroma]
        return (-(-self.height // down), -(-self.width // across)) if across else (0, 0)

    @property
    def neutral(self) -> int:
        """The code value of no colour: ITU-R BT.601-7, 2.5.3, in every range and depth."""
        return 1 << (self.depth - 1)

    @property
    def white(self) -> int:
        """The largest code value."""
        return (1 << self.depth) - 1


def work_layout(film: Film) -> PixelLayout:
    """What decoded frames are brought to: the same luma, in planes. RGB and palettes become 4:4:4, limited range."""
    described = VideoFormat(film.pix_fmt, 64, 64)
    depth = next((bits for bits in DEPTHS if bits >= film.depth), DEPTHS[-1])
    if is_rgb(film.pix_fmt):
        return PixelLayout("444", depth, film.width, film.height, full_range=False)
    if sum(not component.is_alpha for component in described.components) < 3:  # noqa: PLR2004 - luma, Cb, Cr
        chroma = "gray"
    else:
        across, down = 64 // described.chroma_width(), 64 // described.chroma_height()
        chroma = next(
            (name for name, steps in CHROMA.items() if steps == (across, down)), "422" if down == 1 else "420"
        )
    return PixelLayout(chroma, depth, film.width, film.height, full_range=bool(film.color.full_range))


def output_layout(film: Film, settings: EncodeSettings) -> PixelLayout:
    """What the film is written in: the source's depth and chroma, or the nearest that the encoder has.

    Odd sizes keep their size: where 4:2:0 would need an even one, chroma is kept for every pixel. Where plain
    pixels are asked for, there are only 8 bits and 4:2:0, and such a size is refused.

    Raises:
        Rejected: the encoder is not there, or has no format for the film.
    """
    source = work_layout(film)
    chroma = "420" if is_rgb(film.pix_fmt) else source.chroma  # players of H.264 expect no finer chroma
    depths = sorted(DEPTHS, key=lambda bits: (bits < source.depth, abs(bits - source.depth)))
    finer: tuple[str, ...] = FINER[chroma]
    if settings.is_plain:
        depths, finer = [8], ("420",)
    offered = _offered(settings.piece_codec)
    for depth in depths:
        for name in finer:
            layout = PixelLayout(name, depth, film.width, film.height, full_range=source.full_range)
            if layout.pix_fmt in offered and _fits(layout, settings.piece_codec):
                return layout
    size, codec = f"{film.width}x{film.height}", settings.codec
    if settings.is_plain:
        msg = f"{codec} cannot hold {size} pixels in 8 bits and 4:2:0, which needs an even size: do not ask for plain"
    else:
        msg = f"{codec} cannot hold {size} pixels as they are: take h264 or ffv1"
    raise Rejected(msg, code="bad-size")


def output_tags(film: Film) -> ColorTags:
    """The tags of the result: the film's own; RGB gets those of the luma that was made of it."""
    if not is_rgb(film.pix_fmt):
        return film.color
    return ColorTags(BT709, SRGB, _matrix_of(film), full_range=False)


def luma_weights(film: Film) -> tuple[float, float]:
    """Weights of red and blue in the result's luma; that of green is what is left to 1.

    Where the film does not say, BT.709 is taken in HD and BT.601 below: so do players.
    """
    return WEIGHTS.get(output_tags(film).matrix, WEIGHTS[_matrix_of(film)])


def _matrix_of(film: Film) -> int:
    return BT709 if film.height >= HD_HEIGHT else SMPTE170M


BT709: Final = 1
SMPTE170M: Final = 6
SRGB: Final = 13
"""Code points of ITU-T H.273: primaries and matrix of BT.709, BT.601's matrix, sRGB's transfer."""

WEIGHTS: Final = {
    1: (0.2126, 0.0722),
    4: (0.30, 0.11),
    5: (0.299, 0.114),
    6: (0.299, 0.114),
    7: (0.212, 0.087),
    9: (0.2627, 0.0593),
    10: (0.2627, 0.0593),
}
"""Matrix → weights of red and blue: ITU-T H.273, table 4."""


def is_rgb(pix_fmt: str) -> bool:
    """Whether a pixel format holds primaries, or a palette of them, and no luma."""
    described = VideoFormat(pix_fmt)
    return described.is_rgb or described.has_palette


def has_alpha(pix_fmt: str) -> bool:
    """Whether a pixel format, other than a palette's, holds transparency."""
    return pix_fmt not in OPAQUE and any(component.is_alpha for component in VideoFormat(pix_fmt).components)


OPAQUE: Final = frozenset({"bgra"})
"""What GIF is decoded to: nearly always with nothing transparent in it."""

EVEN_ONLY: Final = frozenset({"h264", "hevc"})
"""Encoders that refuse sizes which chroma does not divide."""


def _fits(layout: PixelLayout, codec: str) -> bool:
    across, down = CHROMA[layout.chroma]
    return codec not in EVEN_ONLY or not (layout.width % across or layout.height % down)


@cache
def _offered(codec: str) -> frozenset[str]:
    """Pixel formats that the encoder takes."""
    encoder = ENCODERS[codec]
    if encoder not in av.codecs_available:
        msg = f"no {codec} encoder in this machine's FFmpeg libraries: take h264 or ffv1"
        raise Rejected(msg, code="no-encoder")
    return frozenset(pixels.name for pixels in av.codec.Codec(encoder, "w").video_formats or ())

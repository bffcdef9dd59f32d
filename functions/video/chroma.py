"""A frame's chroma planes, in its own code values, from its luma and a field of chroma."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from functions.color.color_space import CB_TO_BLUE, CR_TO_RED
from functions.color.paint import chroma_at, halved
from functions.color.upsample import ChromaField
from functions.video.layout import luma_weights

if TYPE_CHECKING:
    from functions.color.color_space import Luma, Plane
    from functions.video.film import Film
    from functions.video.layout import PixelLayout
    from functions.video.planes import Samples

LIMITED_BLACK: Final = 16
LIMITED_LUMA: Final = 219
LIMITED_CHROMA: Final = 224
"""Code values of 8 bits: ITU-R BT.601-7, 2.5.3. More bits multiply them."""


@dataclass(frozen=True, slots=True)
class CodeValues:
    """How a film writes luma and chroma as numbers.

    Args:
        depth: bits of a sample.
        full_range: whether black and white are the first and the last code value.
        red: weight of red in luma.
        blue: weight of blue in luma.
    """

    depth: int
    full_range: bool
    red: float
    blue: float

    @property
    def step(self) -> int:
        """Code values for one of 8 bits."""
        return 1 << (self.depth - 8)

    @property
    def black(self) -> float:
        """The code value of black."""
        return 0.0 if self.full_range else float(LIMITED_BLACK * self.step)

    @property
    def span(self) -> float:
        """Code values from black to white."""
        return float((1 << self.depth) - 1) if self.full_range else float(LIMITED_LUMA * self.step)

    @property
    def chroma_span(self) -> float:
        """Code values from the strongest chroma one way to the strongest the other way."""
        return float((1 << self.depth) - 1) if self.full_range else float(LIMITED_CHROMA * self.step)


def code_values(film: Film, layout: PixelLayout) -> CodeValues:
    """How planes of `layout` write a film's colours."""
    red, blue = luma_weights(film)
    return CodeValues(layout.depth, layout.full_range, red, blue)


def full_luma(samples: Samples, codes: CodeValues) -> Luma:
    """Luma of a small frame, (h, w), brought to 8 bits and full range: what the network and the motion search see."""
    scale = 255 / codes.span
    levels: Luma = cv2.convertScaleAbs(
        np.maximum(samples.astype(np.float32) - np.float32(codes.black), 0), alpha=scale, beta=0
    )
    return levels


def in_codes(field: ChromaField, codes: CodeValues) -> ChromaField:
    """The same field over a film's own luma codes, giving its own chroma codes.

    A field says how far blue and red are from luma, by BT.601 at full range; a film with another matrix writes the
    same distances with other factors.
    """
    scales = {
        "cb": CB_TO_BLUE / (2 * (1 - codes.blue)) * codes.chroma_span / 255,
        "cr": CR_TO_RED / (2 * (1 - codes.red)) * codes.chroma_span / 255,
    }
    luma_scale = 255 / codes.span
    neutral = float(1 << (codes.depth - 1))
    planes: list[Plane] = []
    for slope, offset, scale in (
        (field.cb_slope, field.cb_offset, scales["cb"]),
        (field.cr_slope, field.cr_offset, scales["cr"]),
    ):
        tilt = slope * np.float32(scale * luma_scale)
        planes += [tilt, offset * np.float32(scale) - tilt * np.float32(codes.black) + np.float32(neutral)]
    cb_slope, cb_offset, cr_slope, cr_offset = planes
    return ChromaField(cb_slope=cb_slope, cr_slope=cr_slope, cb_offset=cb_offset, cr_offset=cr_offset)


def chroma_codes(luma: Samples, field: ChromaField, layout: PixelLayout, codes: CodeValues) -> tuple[Samples, Samples]:
    """Cb and Cr of a frame, each of `layout.chroma_size`.

    Args:
        luma: (H, W), the frame's own, in the code values of `codes`.
        field: in the units of luma from 0 to 255, as the network's answer gives it.
        layout: of the planes to write.
        codes: how they write colours.
    """
    own = in_codes(field, codes)
    cb, cr = (_rounded(plane, layout) for plane in chroma_at(_at_chroma(luma, layout).astype(np.float32), own))
    return cb, cr


def _at_chroma(luma: Samples, layout: PixelLayout) -> Samples:
    """Luma where chroma has its samples: (H, W) → `layout.chroma_size`."""
    if layout.chroma == "420":
        return halved(luma)
    height, width = layout.chroma_size
    if luma.shape == (height, width):
        return luma
    shrunk: Samples = cv2.resize(luma, (width, height), interpolation=cv2.INTER_AREA)
    return shrunk


def _rounded(plane: Plane, layout: PixelLayout) -> Samples:
    if layout.depth == 8:  # noqa: PLR2004 - bits of a byte
        bytes_: Samples = cv2.convertScaleAbs(np.maximum(plane, 0, out=plane))
        return bytes_
    return np.rint(np.clip(plane, 0, layout.white)).astype(np.uint16)

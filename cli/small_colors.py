"""A film as small as the network sees it, and the colours it has there: what figures of calm are taken of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from functions.color.color_space import CB_TO_BLUE, CR_TO_RED
from functions.color.paint import chroma_at
from functions.color.upsample import guided_field
from functions.colorise.coloriser import resized, seen_of
from functions.video.chroma import code_values, full_luma
from functions.video.layout import work_layout

if TYPE_CHECKING:
    from functions.color.color_space import Luma
    from functions.color.upsample import ChromaField
    from functions.colorise.coloriser import Coloriser
    from functions.video.chroma import CodeValues
    from functions.video.decode import Frame
    from functions.video.film import Film
    from functions.video.planes import Samples
    from functions.video.propagate import Colors


class SmallView:
    """Shrinks the decoded frames of one film.

    Args:
        film: what is known of it.
        size: height and width to shrink to.
        right_half: look at the right half of each frame, where a comparison has its colours.
    """

    def __init__(self, film: Film, size: tuple[int, int], *, right_half: bool = False) -> None:
        self._codes = code_values(film, work_layout(film))
        self._size, self._right_half = size, right_half

    def luma(self, frame: Frame) -> Luma:
        """Luma of 8 bits and full range, of the size."""
        return full_luma(resized(self._seen(frame.luma), self._size), self._codes)

    def colors(self, frame: Frame) -> Colors | None:
        """Cb and Cr of BT.601 at full range, whatever the film's own are; None where it has none."""
        if frame.chroma is None:
            return None
        cb, cr = (self._seen(plane) for plane in frame.chroma)
        return shrunk_colors(cb, cr, self._codes, self._size)

    def _seen(self, samples: Samples) -> Samples:
        return samples[:, samples.shape[1] // 2 :] if self._right_half else samples


def shrunk_colors(cb: Samples, cr: Samples, codes: CodeValues, size: tuple[int, int]) -> Colors:
    """A frame's chroma planes as Cb and Cr of BT.601 at full range, shrunk to `size`, height and width."""
    height, width = size
    neutral = np.float32(1 << (codes.depth - 1))
    planes = []
    for samples, weight, reach in ((cb, codes.blue, CB_TO_BLUE), (cr, codes.red, CR_TO_RED)):
        small = cv2.resize(samples.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)
        planes.append((small - neutral) * np.float32(255 / codes.chroma_span * 2 * (1 - weight) / reach))
    return planes[0], planes[1]


def colors_of(field: ChromaField, luma: Luma) -> Colors:
    """What a field of chroma makes of the small frame that it belongs to."""
    return chroma_at(luma.astype(np.float32), field)


def inferred_alone(coloriser: Coloriser, luma: Luma) -> ChromaField:
    """What the network makes of a small frame without its neighbours."""
    seen = seen_of(luma)
    return guided_field(seen.luma, *coloriser.planes(seen))


def grey(luma: Luma) -> Colors:
    """No colours at all."""
    return np.zeros(luma.shape, np.float32), np.zeros(luma.shape, np.float32)

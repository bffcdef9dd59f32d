"""Chroma from the network's small grid to every pixel, stopping at the edges that luma shows.

Three steps. On the network's grid a joint bilateral filter (Kopf et al., Joint Bilateral Upsampling, 2007) takes the
chroma from a quarter of the size to the whole: each pixel listens to the coarse neighbours whose lightness is like
its own. There the chroma is fitted, window by window, as a linear function of luma (He, Sun, Tang, Guided Image
Filtering, 2010; fast variant 2015), and windows that explain their pixels well outvote those that do not. The two
coefficients are smooth, so they can be stretched to any size and meet the full-size luma there: edges come out as
sharp as luma has them, at the price of one multiplication and one addition a pixel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from functions.color.color_space import ycc_chroma_of

if TYPE_CHECKING:
    from functions.color.color_space import Chroma, Lightness, Plane

LIGHTNESS_SIGMA: Final = 2.0
"""L*; coarse neighbours this much lighter or darker count 0.6. Old film's grain is about as strong at this size."""

NO_NEIGHBOUR_ALIKE: Final = 1e-6
"""Weight that keeps plain interpolation where no neighbour has the pixel's lightness."""

WINDOW_RADIUS: Final = 2
"""Pixels of the network's grid; larger windows smooth more and bleed more."""

FLAT_VARIANCE: Final = 20.0
"""Squared code values: windows with less luma variance count as flat, and their chroma becomes a constant."""

UNEXPLAINED: Final = 0.5
"""Squared chroma that a window may leave unexplained before its vote is halved."""

DARK_LIGHTNESS: Final = 10.0
"""L*; below it chroma fades out: the network's guess there is noise, and film flashes with it."""


@dataclass(frozen=True, slots=True)
class ChromaField:
    """Cb and Cr as linear functions of luma (0 to 255), on the network's grid: `slope * luma + offset`."""

    cb_slope: Plane
    cr_slope: Plane
    cb_offset: Plane
    cr_offset: Plane

    def scaled(self, saturation: float) -> ChromaField:
        """Have more (> 1) or less (< 1) colour; 0 is grey."""
        factor = np.float32(saturation)
        return ChromaField(
            self.cb_slope * factor, self.cr_slope * factor, self.cb_offset * factor, self.cr_offset * factor
        )


def chroma_field(chroma: Chroma, lightness: Lightness, luma: Plane) -> ChromaField:
    """Fit the network's chroma to the luma it was predicted from.

    Args:
        chroma: (h / stride, w / stride, 2), a* and b*.
        lightness: (h, w), what the network saw.
        luma: (h, w), 0 to 255, the same pixels.
    """
    return guided_field(luma, *chroma_planes(chroma, lightness))


def chroma_planes(chroma: Chroma, lightness: Lightness) -> tuple[Plane, Plane]:
    """Cb and Cr, (h, w) each and about -128 to 128, from the network's a* and b*, (h / stride, w / stride, 2)."""
    damping = dark_damping(lightness)
    a, b = upsample_jointly(chroma, lightness)
    return ycc_chroma_of(lightness, a * damping, b * damping)


def dark_damping(lightness: Lightness) -> Plane:
    """What chroma is multiplied by: a smooth step from 0 at black to 1 at `DARK_LIGHTNESS`."""
    step: Plane = np.clip(lightness * np.float32(1 / DARK_LIGHTNESS), 0, 1)
    step *= step * (3 - 2 * step)
    return step


def upsample_jointly(chroma: Chroma, lightness: Lightness) -> tuple[Plane, Plane]:
    """a* and b*, (h, w) each, from (h / stride, w / stride, 2).

    Bilinear interpolation whose four weights shrink with the neighbour's difference in lightness.

    Raises:
        ValueError: the coarse size does not divide the fine one by one whole, even stride.
    """
    height, width = lightness.shape
    a, b = cv2.split(chroma)
    if a.shape == lightness.shape:
        return a, b
    rows, columns = a.shape
    stride = height // rows
    if (rows * stride, columns * stride) != lightness.shape or stride % 2:
        msg = f"chroma of {a.shape} is no even fraction of lightness of {lightness.shape}"
        raise ValueError(msg)
    # In units of sigma and with the half of the exponent folded in: weights are exp(-difference²).
    scaled = lightness * np.float32(0.5**0.5 / LIGHTNESS_SIGMA)
    coarse = cv2.resize(scaled, (columns, rows), interpolation=cv2.INTER_AREA)
    # Each coarse pixel as a block of its fine ones, with a block more on every side: shifted by half a block up or
    # down, left or right, every fine pixel lies on one of its four neighbours.
    blocks, blocks_a, blocks_b = (
        cv2.resize(
            cv2.copyMakeBorder(plane, 1, 1, 1, 1, cv2.BORDER_REPLICATE),
            ((columns + 2) * stride, (rows + 2) * stride),
            interpolation=cv2.INTER_NEAREST,
        )
        for plane in (coarse, a, b)
    )
    total_a, total_b = np.zeros_like(lightness), np.zeros_like(lightness)
    weights = np.full_like(lightness, 1e-12)
    down, across = _bilinear_weights(height, stride), _bilinear_weights(width, stride)
    for row in range(2):
        for column in range(2):
            top, left = (stride // 2 + shift * stride for shift in (row, column))
            neighbour = np.s_[top : top + height, left : left + width]
            difference = blocks[neighbour] - scaled
            weight = cv2.exp(cv2.multiply(difference, difference, scale=-1))
            weight += np.float32(NO_NEIGHBOUR_ALIKE)
            weight *= across[column]
            weight *= down[row][:, None]
            weights += weight
            cv2.accumulateProduct(blocks_a[neighbour], weight, total_a)
            cv2.accumulateProduct(blocks_b[neighbour], weight, total_b)
    total_a /= weights
    total_b /= weights
    return total_a, total_b


def _bilinear_weights(fine: int, stride: int) -> Plane:
    """(2, fine): weights of the coarse pixel before and after each fine one, along one axis."""
    after = ((np.arange(fine) + 0.5) / stride + 0.5) % 1
    return np.stack([1 - after, after]).astype(np.float32)


def guided_field(luma: Plane, cb: Plane, cr: Plane) -> ChromaField:
    """Least squares of chroma on luma, (h, w) each, in every window, then the windows' weighted vote."""
    mean = _box(luma)
    spread = _box(luma * luma)
    spread -= mean * mean
    spread += np.float32(FLAT_VARIANCE)
    unexplained = np.full_like(luma, UNEXPLAINED)
    fits = []
    for target in (cb, cr):
        target_mean = _box(target)
        covariance = _box(luma * target)
        covariance -= mean * target_mean
        slope = covariance / spread
        left = _box(target * target)
        left -= target_mean * target_mean
        left -= slope * covariance
        unexplained += np.maximum(left, 0)
        fits.append((slope, target_mean - slope * mean))
    vote = np.reciprocal(unexplained)
    total = _box(vote)
    (cb_slope, cb_offset), (cr_slope, cr_offset) = fits
    return ChromaField(*(_box(plane * vote) / total for plane in (cb_slope, cr_slope, cb_offset, cr_offset)))


def _box(plane: Plane) -> Plane:
    side = 2 * WINDOW_RADIUS + 1
    mean: Plane = cv2.blur(plane, (side, side), borderType=cv2.BORDER_REFLECT)
    return mean

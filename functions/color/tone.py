"""Contrast for faded scans, on luma alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from functions.color.color_space import full_scale

if TYPE_CHECKING:
    from functions.color.color_space import Luma

BLACK_PERCENTILE: Final = 0.5
WHITE_PERCENTILE: Final = 99.5
"""What becomes black and white; the rest beyond them is dust, scratches and the scanner's border."""

STRONGEST_STRETCH: Final = 3.0
"""Contrast is multiplied by at most this: more shows nothing but grain and banding."""

LOCAL_CONTRAST: Final = 1.6
"""CLAHE's clip limit (Zuiderveld 1994); 1 would leave the picture as it is, 3 looks like a bad scanner program."""

LOCAL_SHARE: Final = 0.5
"""How much of the locally stretched picture is mixed into the globally stretched one."""


def restore_tone(luma: Luma) -> Luma:
    """Stretch a faded picture's (H, W) levels to black and white, and lift local contrast gently.

    A picture that uses its range already changes little; a uniform one comes back as it is.
    """
    white = full_scale(luma)
    black_level, white_level = np.percentile(_sample(luma), (BLACK_PERCENTILE, WHITE_PERCENTILE))
    if white_level <= black_level:
        return luma
    # Short of contrast beyond the limit: stretch around the middle of what is there.
    spread = max(white_level - black_level, white / STRONGEST_STRETCH)
    low = np.clip((black_level + white_level - spread) / 2, 0, white - spread)
    depth = np.arange(white + 1, dtype=np.float64)
    curve = np.rint(np.clip((depth - low) / spread, 0, 1) * white).astype(luma.dtype)
    stretched: Luma = curve[luma]
    local = cv2.createCLAHE(clipLimit=LOCAL_CONTRAST, tileGridSize=(4, 4)).apply(stretched)
    mixed: Luma = cv2.addWeighted(stretched, 1 - LOCAL_SHARE, local, LOCAL_SHARE, 0)
    return mixed


def _sample(luma: Luma) -> Luma:
    """At most about a million pixels, evenly spread: percentiles need no more."""
    step = max(1, int(np.sqrt(luma.size / 1e6)))
    return luma[::step, ::step]

"""Luma, CIE Lab and the way between them: the one Lab that inference and training share.

Pictures are sRGB in OpenCV's channel order (blue, green, red). Lab is CIE L*a*b* under D65, as OpenCV computes it
from float pictures.
"""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

Pixels: TypeAlias = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]
"""(H, W) grey or (H, W, 3) blue, green, red; sRGB; the whole range of its type."""

Luma: TypeAlias = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]
"""(H, W), Y' of BT.601 at full range, in the code values of its type."""

Lightness: TypeAlias = npt.NDArray[np.float32]
"""(H, W), L* of CIE Lab, 0 to 100."""

Chroma: TypeAlias = npt.NDArray[np.float32]
"""(H, W, 2), a* and b* of CIE Lab, about -110 to 110."""

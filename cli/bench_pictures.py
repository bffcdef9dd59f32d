"""Pictures made from numbers, for benchmarks and tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from functions.color.color_space import bgr_of_lab, lab_of, lightness_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from functions.color.color_space import Chroma, Luma, Pixels


def scene(megapixels: float) -> Luma:
    """A grey picture with the statistics of a photograph, 4 : 3: detail falls with frequency, and there are edges."""
    height = round((megapixels * 1e6 * 3 / 4) ** 0.5)
    width = round(height * 4 / 3)
    generator = np.random.default_rng(7)
    picture = np.zeros((512, 512), np.float32)
    for side in (4, 8, 16, 32, 64, 128, 256, 512):
        noise = generator.normal(size=(side, side)).astype(np.float32)
        picture += cv2.resize(noise, (512, 512), interpolation=cv2.INTER_CUBIC) * (4 / side) ** 0.8
    for _ in range(12):
        x, y, radius = (int(value) for value in generator.integers(20, 490, 3))
        cv2.circle(picture, (x, y), radius // 6 + 8, float(generator.normal()), -1)
    grown = cv2.resize(picture, (width, height), interpolation=cv2.INTER_CUBIC)
    grain = cv2.resize(generator.normal(size=(1024, 1024)).astype(np.float32), (width, height))
    low, high = np.percentile(picture, (1, 99))
    levels = (grown - low) / (high - low) * 235 + 10 + grain * 2
    return _to_bytes(levels)


def voronoi(seed: int, side: int = 512) -> Pixels:
    """Fourteen cells, each with a lightness and a colour of its own, with some texture: (side, side, 3)."""
    generator = np.random.default_rng(seed)
    centres = generator.random((14, 2)) * side
    rows, columns = np.indices((side, side, 1))[:2]
    cell = np.argmin((rows - centres[:, 0]) ** 2 + (columns - centres[:, 1]) ** 2, axis=-1)
    texture = cv2.GaussianBlur(generator.normal(size=(side, side)).astype(np.float32), (0, 0), 2) * 12
    lab = np.empty((side, side, 3), np.float32)
    lab[..., 0] = np.clip(generator.uniform(25, 85, 14)[cell] + texture, 2, 98)
    lab[..., 1:] = generator.uniform(-40, 40, (14, 2))[cell]
    return _to_bytes(bgr_of_lab(*cv2.split(cv2.GaussianBlur(lab, (0, 0), 0.8))) * np.float32(255))


def coarse_chroma(truth: Pixels, side: int) -> Chroma:
    """What a perfect network would answer: the true chroma at a quarter of the side that it sees."""
    chroma: Chroma = cv2.resize(lab_of(truth)[..., 1:], (side // 4, side // 4), interpolation=cv2.INTER_AREA)
    return chroma


def bilinear(luma: Luma, chroma: Chroma) -> Pixels:
    """Colour luma (H, W) with chroma stretched without regard for edges: what everybody did first."""
    height, width = luma.shape
    stretched = cv2.resize(chroma, (width, height), interpolation=cv2.INTER_LINEAR)
    return _to_bytes(bgr_of_lab(lightness_of(luma), *cv2.split(stretched)) * np.float32(255))


def _to_bytes(levels: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    return np.rint(np.clip(levels, 0, 255)).astype(np.uint8)

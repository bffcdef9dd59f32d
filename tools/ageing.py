"""What chemistry, time, scanners and compression do to a photograph: made from numbers, for measuring with.

Pictures are (H, W, 3) uint8 in OpenCV's order and grey ones (H, W) uint8. Each function returns a new picture and
takes its chance from the generator it is given, so that a set made twice is the same set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Mapping

Picture: TypeAlias = npt.NDArray[np.uint8]
Levels: TypeAlias = npt.NDArray[np.float32]

TINTS: Final[Mapping[str, tuple[tuple[float, float, float], ...]]] = {
    "sepia, pale": ((0, 1, 2), (30, 4, 9), (60, 4, 12), (100, 0, 7)),
    "sepia": ((0, 3, 4), (25, 9, 15), (50, 10, 22), (75, 6, 20), (100, 1, 9)),
    "sepia, strong": ((0, 8, 8), (30, 15, 28), (60, 14, 36), (100, 4, 24)),
    "albumen": ((0, 6, 0), (30, 12, 8), (60, 8, 16), (85, 2, 18), (100, 0, 14)),
    "gold": ((0, 2, 6), (50, 3, 15), (100, 0, 10)),
    "cyanotype": ((0, 6, -22), (25, 4, -36), (50, -8, -30), (80, -8, -14), (100, 0, -2)),
    "cyanotype, old paper": ((0, 2, -14), (30, -4, -24), (60, -10, -14), (85, -6, 2), (100, -1, 10)),
    "selenium": ((0, 8, -4), (30, 10, -3), (60, 7, 1), (100, 1, 1)),
    "green": ((0, -4, 4), (50, -9, 7), (100, -4, 5)),
    "magenta": ((0, 8, -6), (50, 13, -7), (100, 5, -2)),
    "split, warm lights": ((0, 0, -14), (30, -1, -13), (55, 1, 0), (80, 4, 14), (100, 1, 10)),
    "split, cold lights": ((0, 6, 9), (40, 6, 7), (60, 0, -5), (100, -2, -9)),
    "faded": ((0, 4, 10), (50, 4, 14), (100, 2, 20)),
}
"""Name → (L*, a*, b*) along the tone scale; drawn by eye after prints of the kind, no measurement of any one print."""

FRINGE: Final = 1 / 400
"""Of the long side: four lines of a scan 1,600 pixels wide, whatever it is shrunk to later."""

FRINGED: Final = 0.4
NOISY: Final = 0.5
COMPRESSED: Final = 0.8
"""Shares of digitised pictures: a guess at what people send, on the hard side."""

QUALITIES: Final = (10, 95)
"""JPEG: from blocks one can count to what cameras write."""

FADED_BLACK: Final = 18.0
"""L* of the darkest tone of a faded print."""


def to_lab(picture: Picture) -> Levels:
    """CIE Lab of a picture, (H, W, 3) float32."""
    lab: Levels = cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_BGR2LAB)
    return lab


def from_lab(lab: Levels) -> Picture:
    """The picture of CIE Lab values; what lies outside sRGB is clipped, as a scanner's software does."""
    bgr = cv2.cvtColor(lab.astype(np.float32), cv2.COLOR_LAB2BGR)
    return quantised(bgr * 255)


def quantised(levels: npt.NDArray[np.floating]) -> Picture:
    """Code values from levels of 0 to 255, rounded and clipped."""
    return np.asarray(np.clip(np.rint(levels), 0, 255), np.uint8)


def grey_of(picture: Picture) -> Picture:
    """Luma, (H, W)."""
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)


def toned(grey: Picture, tint: str, chance: np.random.Generator) -> Picture:
    """A print of one of `TINTS`, its strength (0.8 to 1.2) and its hue (8 degrees either way) varied."""
    tones = np.array(TINTS[tint], np.float32)
    lightness = to_lab(np.repeat(np.arange(256, dtype=np.uint8)[:, None, None], 3, axis=2))[..., 0]
    if tint == "faded":
        lightness = np.float32(FADED_BLACK) + lightness * np.float32((92 - FADED_BLACK) / 100)
    strength = chance.uniform(0.8, 1.2)
    turn = np.exp(1j * chance.uniform(-0.14, 0.14))
    ab = (np.interp(lightness, tones[:, 0], tones[:, 1]) + 1j * np.interp(lightness, tones[:, 0], tones[:, 2])) * turn
    curve = from_lab(np.stack([lightness, ab.real * strength, ab.imag * strength], axis=-1).astype(np.float32))
    return np.asarray(curve[:, 0][grey], np.uint8)


def grained(grey: Picture, chance: np.random.Generator) -> Picture:
    """With film or paper grain, 2 to 10 code values, the same in all channels."""
    return quantised(grey + chance.uniform(2, 10) * chance.standard_normal(grey.shape, np.float32))


def scanned(picture: Picture, chance: np.random.Generator) -> Picture:
    """With a scanner's noise, 0.5 to 4 code values, independent in each channel."""
    return quantised(picture + chance.uniform(0.5, 4) * chance.standard_normal(picture.shape, np.float32))


def misregistered(picture: Picture, chance: np.random.Generator) -> Picture:
    """With blue and red beside green, as line scanners leave them: by up to `FRINGE` of the long side."""
    moved = picture.copy()
    most = FRINGE * max(picture.shape)
    for channel in (0, 2):
        right, down = chance.uniform(-most, most, 2)
        moved[..., channel] = cv2.warpAffine(
            picture[..., channel],
            np.array([[1, 0, right], [0, 1, down]], np.float32),
            (picture.shape[1], picture.shape[0]),
            borderMode=cv2.BORDER_REPLICATE,
        )
    return moved


def yellowed(picture: Picture, chance: np.random.Generator, strongest: float) -> Picture:
    """With an uneven yellow to brown cast of up to `strongest` ab: from one side, from the edges, or in stains."""
    height, width = picture.shape[:2]
    down = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    across = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    shape = chance.integers(3)
    if shape == 0:
        angle = chance.uniform(0, 2 * np.pi)
        amount = 0.5 + 0.4 * (np.cos(angle) * across + np.sin(angle) * down)
    elif shape == 1:
        amount = np.minimum((across**2 + down**2) / 1.6, 1)
    else:
        amount = np.zeros((height, width), np.float32)
        for _ in range(3):
            x, y = chance.uniform(-1, 1, 2)
            amount += np.exp(-((across - x) ** 2 + (down - y) ** 2) / (2 * chance.uniform(0.4, 1.0) ** 2))
        amount /= amount.max()
    lab = to_lab(picture)
    hue = np.radians(chance.uniform(55, 105))
    cast = amount * strongest * (0.4 + 0.006 * lab[..., 0])  # the paper shows most where there is least silver
    lab[..., 0] -= 0.3 * amount * strongest
    lab[..., 1] += cast * np.cos(hue)
    lab[..., 2] += cast * np.sin(hue)
    return from_lab(lab)


def dimmed(picture: Picture, chance: np.random.Generator) -> Picture:
    """Underexposed by one and a half to three stops: code values times 0.35 to 0.6."""
    return quantised(picture * np.float32(chance.uniform(0.35, 0.6)))


def fogged(picture: Picture, chance: np.random.Generator) -> Picture:
    """Behind fog that covers 30 to 60 per cent."""
    cover = chance.uniform(0.3, 0.6)
    return quantised(picture * np.float32(1 - cover) + np.float32(cover * chance.uniform(170, 225)))


def paled(picture: Picture, saturation: float, cast: tuple[float, float] = (0, 0)) -> Picture:
    """With chroma times `saturation`, and `cast` added to a* and b*."""
    lab = to_lab(picture)
    lab[..., 1:] = lab[..., 1:] * saturation + np.array(cast, np.float32)
    return from_lab(lab)


def compressed(picture: Picture, quality: int) -> Picture:
    """Through JPEG at 4:2:0."""
    options = [
        cv2.IMWRITE_JPEG_QUALITY,
        quality,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420,
    ]
    _, data = cv2.imencode(".jpg", picture, options)
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    return np.asarray(decoded, np.uint8)


def digitised(picture: Picture, chance: np.random.Generator) -> Picture:
    """As pictures reach a desk: some misregistered, some noisy, most of them compressed, half above q 73."""
    if chance.random() < FRINGED:
        picture = misregistered(picture, chance)
    if chance.random() < NOISY:
        picture = scanned(picture, chance)
    if chance.random() < COMPRESSED:
        worst, best = QUALITIES
        picture = compressed(picture, round(best - (best - worst) * chance.random() ** 2))
    return picture

"""The engine: luma in, colour out, by way of the network's small grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from functions.color.color_space import full_scale, lightness_of
from functions.color.paint import halved, paint
from functions.color.upsample import ChromaField, chroma_field, chroma_planes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from functions.color.color_space import Lightness, Luma, Pixels, Plane
    from functions.colorise.session import NetworkSession

LONGEST_SHAPE: Final = 4.0
"""A longer strip than this is squeezed along its length for the network, which has seen nothing of that shape."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the network is shown of a picture."""

    lightness: Lightness
    """(h, w), L*."""
    luma: Plane
    """(h, w), the same pixels, 0 to 255."""


class Coloriser:
    """Colours pictures with one network; it may be shared by threads.

    Args:
        session: the loaded network.
        side: about how many pixels square the network sees; None takes the card's. Smaller is calmer and paler.
    """

    def __init__(self, session: NetworkSession, *, side: int | None = None) -> None:
        self._session = session
        self._side = side or session.card.side

    def look(self, luma: Luma) -> Seen:
        """Shrink luma (H, W) to what the network sees."""
        size = self.network_size(luma.shape[0], luma.shape[1])
        return seen_of(resized(luma, size))

    def chroma(self, luma: Luma) -> ChromaField:
        """Run the network on a picture's luma (H, W).

        Raises:
            ModelUnusable: the network failed.
        """
        return self.chroma_batch([self.look(luma)])[0]

    def chroma_batch(self, seen: Sequence[Seen]) -> list[ChromaField]:
        """Run the network once on pictures that it sees equally large.

        Raises:
            ModelUnusable: the network failed.
        """
        answers = self._session.predict(np.stack([one.lightness for one in seen]))
        return [chroma_field(answer, one.lightness, one.luma) for answer, one in zip(answers, seen, strict=True)]

    def planes(self, seen: Seen) -> tuple[Plane, Plane]:
        """Run the network on what it sees: Cb and Cr, (h, w) each, at that size; for films, which carry them along.

        Raises:
            ModelUnusable: the network failed.
        """
        return chroma_planes(self._session.predict(seen.lightness), seen.lightness)

    def paint(self, luma: Luma, field: ChromaField, *, saturation: float = 1.0) -> Pixels:
        """Put luma (H, W) and chroma together; 0 saturation is grey, 1 what the network meant, 2 twice that.

        The luma of the result, (H, W, 3), is `luma` within one code value.
        """
        return paint(luma, field if saturation == 1.0 else field.scaled(saturation))

    def network_size(self, height: int, width: int) -> tuple[int, int]:
        """Height and width that the network sees of a picture: its own shape, about side² pixels, in multiples."""
        card = self._session.card
        if card.square:
            return self._side, self._side
        shape = float(np.clip(height / width, 1 / LONGEST_SHAPE, LONGEST_SHAPE)) ** 0.5

        def rounded(pixels: float) -> int:
            return max(1, round(pixels / card.multiple)) * card.multiple

        return rounded(self._side * shape), rounded(self._side / shape)


def seen_of(small: Luma) -> Seen:
    """A picture that is as small as the network wants it already, (h, w)."""
    return Seen(lightness_of(small), small.astype(np.float32) * np.float32(255 / full_scale(small)))


def resized(luma: Luma, size: tuple[int, int]) -> Luma:
    """To (height, width): areas are averaged where it shrinks."""
    height, width = size
    while min(luma.shape[0] // height, luma.shape[1] // width) >= 2:  # noqa: PLR2004 - halving is fifty times faster
        luma = halved(luma)
    shrinking = luma.shape[0] >= height and luma.shape[1] >= width
    resized: Luma = cv2.resize(luma, (width, height), interpolation=cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR)
    return resized

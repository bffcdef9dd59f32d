"""The kinds of picture that triage has to tell apart, each made from a photograph by `ageing`.

A maker takes a photograph, (H, W, 3), and a generator of chance, and returns one picture of its kind.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeAlias

import cv2
import numpy as np

from tools import ageing
from tools.ageing import TINTS, Picture

if TYPE_CHECKING:
    from collections.abc import Mapping

    from functions.color.color_space import Pixels

Maker: TypeAlias = Callable[[Picture, np.random.Generator], "Pixels"]

GRAINED: Final = 0.4
"""Share of grey pictures with grain."""

POOR: Final = (10, 25)
"""JPEG qualities at which tints break into blocks."""


def blank(chance: np.random.Generator) -> Picture:
    """Nothing: black, white, a grey or one colour, a little lighter to one side, with noise, mostly through JPEG."""
    height, width = (int(side) for side in chance.integers(120, 600, 2))
    levels = chance.uniform(0, 255, 3) if chance.random() < COLOURED else np.full(3, chance.choice([0, 128, 255]))
    slope = np.linspace(0, chance.uniform(0, 4), width)[None, :, None]
    empty = np.broadcast_to(levels.astype(np.float32) + slope, (height, width, 3))
    return ageing.digitised(ageing.quantised(empty), chance)


COLOURED: Final = 0.5


def _grey(picture: Picture, chance: np.random.Generator) -> Picture:
    grey = ageing.grey_of(picture)
    return ageing.grained(grey, chance) if chance.random() < GRAINED else grey


def _in_three(grey: Picture) -> Picture:
    return np.repeat(grey[..., None], 3, axis=2)


def _one_channel(picture: Picture, chance: np.random.Generator) -> Pixels:
    return _grey(picture, chance)


def _sixteen_bits(picture: Picture, chance: np.random.Generator) -> Pixels:
    grey = _grey(picture, chance).astype(np.uint16) * 257
    return np.repeat(grey[..., None], 3, axis=2)


def _scan(picture: Picture, chance: np.random.Generator) -> Picture:
    cast = chance.uniform(-1, 1, 2)  # a scanner's own, below what people see
    return ageing.digitised(ageing.paled(_in_three(_grey(picture, chance)), 1, (cast[0], cast[1])), chance)


def _poor_jpeg(picture: Picture, chance: np.random.Generator) -> Picture:
    return ageing.compressed(ageing.scanned(_in_three(_grey(picture, chance)), chance), ageing.QUALITIES[0])


def _dark(picture: Picture, chance: np.random.Generator) -> Picture:
    return ageing.digitised(ageing.dimmed(_in_three(_grey(picture, chance)), chance), chance)


def _page(picture: Picture, chance: np.random.Generator) -> Picture:
    """On an album's page: one colour, with a little noise, on all sides."""
    height, width = picture.shape[:2]
    wide = round(min(height, width) * chance.uniform(0.04, 0.2))
    lab = np.array([[[chance.uniform(25, 90), *chance.uniform(-30, 30, 2)]]], np.float32)
    color = ageing.from_lab(lab)[0, 0].astype(np.float32)
    page = np.empty((height + 2 * wide, width + 2 * wide, 3), np.float32)
    page[:] = color + chance.normal(0, 2, (*page.shape[:2], 1)).astype(np.float32)
    page[wide : wide + height, wide : wide + width] = picture
    return ageing.quantised(page)


def _stamped(picture: Picture, chance: np.random.Generator) -> Picture:
    """With a red or blue date stamp in a corner: 0.2 to 0.6 per cent of the picture."""
    stamped = picture.copy()
    height, width = picture.shape[:2]
    area = chance.uniform(0.002, 0.006) * height * width
    rows = max(2, round((area / 5) ** 0.5))
    columns = min(width - 2, round(area / rows))
    top = chance.choice([round(0.03 * height), height - rows - round(0.03 * height)])
    left = chance.choice([round(0.03 * width), width - columns - round(0.03 * width)])
    color = np.array([(40, 40, 200), (180, 70, 50)][chance.integers(2)], np.float32)
    ink = chance.random((rows, columns, 1), np.float32) * 0.5 + 0.5
    part = stamped[top : top + rows, left : left + columns]
    part[:] = ageing.quantised(part * (1 - ink) + color * ink)
    return stamped


def _on_page(picture: Picture, chance: np.random.Generator) -> Picture:
    return ageing.digitised(_page(_in_three(_grey(picture, chance)), chance), chance)


def _with_stamp(picture: Picture, chance: np.random.Generator) -> Picture:
    return ageing.digitised(_stamped(_in_three(_grey(picture, chance)), chance), chance)


def _stained(picture: Picture, chance: np.random.Generator) -> Picture:
    stained = ageing.yellowed(_in_three(_grey(picture, chance)), chance, chance.uniform(5, 14))
    return ageing.digitised(stained, chance)


def _print(tint: str) -> Maker:
    def make(picture: Picture, chance: np.random.Generator) -> Pixels:
        return ageing.digitised(ageing.toned(_grey(picture, chance), tint, chance), chance)

    return make


def _any_print(picture: Picture, chance: np.random.Generator) -> Picture:
    return ageing.toned(_grey(picture, chance), str(chance.choice(list(TINTS))), chance)


def _uneven_print(picture: Picture, chance: np.random.Generator) -> Picture:
    aged = ageing.yellowed(_any_print(picture, chance), chance, chance.uniform(3, 12))
    return ageing.digitised(aged, chance)


def _poor_print(picture: Picture, chance: np.random.Generator) -> Picture:
    return ageing.compressed(_any_print(picture, chance), int(chance.integers(*POOR)))


def _print_on_page(picture: Picture, chance: np.random.Generator) -> Picture:
    return ageing.digitised(_page(_any_print(picture, chance), chance), chance)


def _print_with_stamp(picture: Picture, chance: np.random.Generator) -> Picture:
    return ageing.digitised(_stamped(_any_print(picture, chance), chance), chance)


def _as_it_is(picture: Picture, chance: np.random.Generator) -> Picture:
    return ageing.digitised(picture, chance)


def _pale(picture: Picture, chance: np.random.Generator) -> Picture:
    return ageing.digitised(ageing.paled(picture, chance.uniform(0.5, 0.8)), chance)


def _faded_color(picture: Picture, chance: np.random.Generator) -> Picture:
    cast = chance.uniform(-2, 8), chance.uniform(-4, 16)
    faded = ageing.paled(picture, chance.uniform(0.5, 0.8), cast)
    return ageing.digitised(ageing.quantised(30 + faded * np.float32(0.75)), chance)


def _night(picture: Picture, chance: np.random.Generator) -> Picture:
    return ageing.digitised(ageing.dimmed(picture, chance), chance)


def _fog(picture: Picture, chance: np.random.Generator) -> Picture:
    return ageing.digitised(ageing.fogged(picture, chance), chance)


def _color_on_page(picture: Picture, chance: np.random.Generator) -> Picture:
    return ageing.digitised(_page(picture, chance), chance)


def _part_in_color(picture: Picture, chance: np.random.Generator) -> Picture:
    """Grey but for its most colourful round part, 2 to 10 per cent of the picture."""
    height, width = picture.shape[:2]
    radius = max(3, round((chance.uniform(0.02, 0.1) * height * width / np.pi) ** 0.5))
    lab = ageing.to_lab(picture)
    chroma = cv2.GaussianBlur(np.hypot(lab[..., 1], lab[..., 2]), (0, 0), radius / 2)
    inner = chroma[height // 8 : height - height // 8, width // 8 : width - width // 8]
    y, x = np.unravel_index(int(inner.argmax()), inner.shape)
    keep = np.zeros((height, width), np.uint8)
    cv2.circle(keep, (int(x) + width // 8, int(y) + height // 8), radius, 1, -1)
    return ageing.digitised(np.where(keep[..., None] > 0, picture, _in_three(ageing.grey_of(picture))), chance)


def _hand_colored(picture: Picture, chance: np.random.Generator) -> Picture:
    """A print whose colours were laid on with a brush: soft, a little beside the outlines, over a warm print."""
    lab = ageing.to_lab(picture)
    soft = cv2.GaussianBlur(lab[..., 1:], (0, 0), max(lab.shape[:2]) / 60)
    under = ageing.to_lab(ageing.toned(ageing.grey_of(picture), "sepia, pale", chance))
    under[..., 1:] += soft * chance.uniform(0.6, 0.9)
    return ageing.digitised(ageing.from_lab(under), chance)


STAINED: Final[Mapping[str, Maker]] = {"grey, stained": _stained}
GREYS: Final[Mapping[str, Maker]] = {
    "grey, one channel": _one_channel,
    "grey, 16 bits": _sixteen_bits,
    "grey, scanned": _scan,
    "grey, JPEG quality 10": _poor_jpeg,
    "grey, dark": _dark,
    "grey, on an album's page": _on_page,
    "grey, with a stamp": _with_stamp,
}
PRINTS: Final[Mapping[str, Maker]] = {
    **{tint: _print(tint) for tint in TINTS},
    "tinted, uneven": _uneven_print,
    "tinted, on an album's page": _print_on_page,
    "tinted, with a stamp": _print_with_stamp,
    "tinted, poor JPEG": _poor_print,
}
COLOURS: Final[Mapping[str, Maker]] = {
    "colour": _as_it_is,
    "colour, pale": _pale,
    "colour, faded": _faded_color,
    "colour, dark": _night,
    "colour, in fog": _fog,
    "colour, on an album's page": _color_on_page,
    "grey, a part in colour": _part_in_color,
    "hand-coloured": _hand_colored,
}

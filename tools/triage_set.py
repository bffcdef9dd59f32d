"""The open set that triage is measured on: made from the photographs that installed packages carry.

Nothing is fetched. The photographs are those of scikit-image and scikit-learn; what is coloured, tinted and grey is
made from them by `ageing`. One half of the *photographs* is for choosing settings, the other for the figures: no
photograph is in both.
"""

from __future__ import annotations

import hashlib
import tarfile
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import cv2
import numpy as np
import skimage.data
import sklearn.datasets

from functions.color.triage import Verdict
from tools.ageing import paled
from tools.triage_kinds import COLOURS, GREYS, PRINTS, STAINED, blank

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from functions.color.color_space import Pixels
    from tools.ageing import Picture
    from tools.triage_kinds import Maker

Half: TypeAlias = Literal["development", "held-out"]

IN_COLOUR: Final = (
    "skimage/astronaut.png",
    "skimage/chelsea.png",
    "skimage/coffee.png",
    "skimage/motorcycle_left.png",
    "skimage/rocket.jpg",
    "sklearn/china.jpg",
    "sklearn/flower.jpg",
)
"""Not there: `motorcycle_right` (the same scene), drawings (`color`, `logo`), and below `INSTRUMENTS`."""

IN_GREY: Final = (
    "skimage/brick.png",
    "skimage/camera.png",
    "skimage/clock_motion.png",
    "skimage/coins.png",
    "skimage/grass.png",
    "skimage/gravel.png",
    "skimage/moon.png",
    "skimage/page.png",
    "skimage/text.png",
)

INSTRUMENTS: Final = (
    "skimage/cell.png",
    "skimage/hubble_deep_field.jpg",
    "skimage/ihc.png",
    "skimage/microaneurysms.png",
    "skimage/retina.jpg",
)
"""From microscopes, a telescope and an eye camera: nobody's photographs, in neither half; docs/triage.md says how they
fare."""

FOLDERS: Final = {
    "skimage": Path(skimage.data.__file__).parent,
    "sklearn": Path(sklearn.datasets.__file__).parent / "images",
}


LABELS: Final[tuple[tuple[Mapping[str, Maker], tuple[Verdict, ...]], ...]] = (
    (GREYS, (Verdict.GREY,)),
    (STAINED, (Verdict.GREY, Verdict.TINTED)),
    (PRINTS, (Verdict.TINTED,)),
    (COLOURS, (Verdict.COLOUR,)),
)
"""Two verdicts where people would differ: how yellow is a yellowed page?"""

DRAWS: Final = 2
COLOR_DRAWS: Final = 6
BLANKS: Final = 60
"""Pictures a kind and photograph: more of those in colour, as few photographs are."""

MIRRORED: Final = 0.5
LEAST_CROP: Final = 0.6
"""Of each side: smaller parts of a colour photograph may honestly hold one colour."""

SIDES: Final = (240, 900)
"""Pixels of the long side, drawn evenly on a logarithmic scale."""


@dataclass(frozen=True, slots=True)
class Case:
    """One picture of the set, and what triage should say of it."""

    source: str
    kind: str
    expected: tuple[Verdict, ...]
    pixels: Pixels


def half_of(source: str) -> Half:
    """Which half a photograph belongs to, by its name alone."""
    return "development" if hashlib.sha256(source.encode()).digest()[0] % 2 else "held-out"


def cases(half: Half, *, every: int = 1) -> Iterator[Case]:
    """The set's half, or one in `every` of it; the same pictures each time."""
    plan = [
        (source, kind, make, expected, number)
        for makers, expected in LABELS
        for source in IN_COLOUR + (() if makers is COLOURS else IN_GREY)
        if half_of(source) == half
        for kind, make in makers.items()
        for number in range(COLOR_DRAWS if makers is COLOURS else DRAWS)
    ]
    for source, kind, make, expected, number in plan[::every]:
        chance = chance_of(source, kind, number)
        yield Case(source, kind, expected, make(cropped(photograph(source), chance), chance))
    for number in range(0, BLANKS, every):
        yield Case("none", "nothing on it", (Verdict.UNUSABLE,), blank(chance_of(half, number)))


def photo_cases(folder: Path, skip: int, count: int) -> Iterator[Case]:
    """One picture of each label, and one left as it is, from each of `count` colour photographs in a folder of tars.

    The photographs are enlarged first (1.4 to 4 times, to about 250 to 800 pixels): few people send smaller ones.
    """
    for name, picture in islice(photographs_in(folder), skip, skip + count):
        chance = chance_of(name)
        larger = cv2.resize(
            picture, None, fx=(scale := chance.uniform(1.4, 4)), fy=scale, interpolation=cv2.INTER_CUBIC
        )
        yield Case(name, "left as it is", (Verdict.COLOUR,), picture)
        for makers, expected in LABELS:
            kind = str(chance.choice(list(makers)))
            yield Case(name, kind, expected, makers[kind](np.asarray(larger, np.uint8), chance))


def pale_cases(half: Half, saturation: float) -> Iterator[Case]:
    """The half's colour photographs with what is left of their colour; nothing is expected of them."""
    for source in IN_COLOUR:
        if half_of(source) == half:
            for number in range(COLOR_DRAWS):
                picture = cropped(photograph(source), chance_of(source, number))
                yield Case(source, f"saturation {saturation:g}", (), paled(picture, saturation))


def chance_of(*name: object) -> np.random.Generator:
    """A generator that depends on the name alone."""
    return np.random.default_rng(list(hashlib.sha256(repr(name).encode()).digest()))


def photograph(source: str) -> Picture:
    """One of the packages' photographs, (H, W, 3); grey ones have equal channels."""
    folder, name = source.split("/")
    picture = cv2.imread(str(FOLDERS[folder] / name), cv2.IMREAD_COLOR)
    if picture is None:
        msg = f"{source} is not in the installed package"
        raise FileNotFoundError(msg)
    return np.asarray(picture, np.uint8)


def photographs_in(folder: Path) -> Iterator[tuple[str, Picture]]:
    """Name and pixels, (H, W, 3), of every photograph in a folder's tars, in their order."""
    for shard in sorted(folder.glob("*.tar")):
        with tarfile.open(shard) as members:
            for member in members:
                data = members.extractfile(member)
                if data is not None:
                    picture = cv2.imdecode(np.frombuffer(data.read(), np.uint8), cv2.IMREAD_COLOR)
                    yield member.name, np.asarray(picture, np.uint8)


def cropped(picture: Picture, chance: np.random.Generator) -> Picture:
    """A part of at least `LEAST_CROP` of each side, perhaps mirrored, its long side within `SIDES`."""
    height, width = picture.shape[:2]
    rows, columns = (round(side * chance.uniform(LEAST_CROP, 1)) for side in (height, width))
    top, left = chance.integers(height - rows + 1), chance.integers(width - columns + 1)
    part = picture[top : top + rows, left : left + columns]
    if chance.random() < MIRRORED:
        part = part[:, ::-1]
    scale = np.exp(chance.uniform(*np.log(SIDES))) / max(rows, columns)
    size = max(8, round(columns * scale)), max(8, round(rows * scale))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(np.ascontiguousarray(part), size, interpolation=how), np.uint8)

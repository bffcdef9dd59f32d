"""The photographs that networks are judged on."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from functions.errors import Rejected
from training.photos import Photo, photos_in
from training.truth import truth_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from training.photos import Split
    from training.truth import Truth

Part: TypeAlias = Literal["training", "settings", "validation", "all"]

SCIKIT: Final = "scikit"
"""Stands for the photographs below where a folder is asked for."""

SCIKIT_PHOTOS: Final[Mapping[str, tuple[str, ...]]] = {
    "skimage": tuple(
        f"data/{name}" for name in ("astronaut.png", "chelsea.png", "coffee.png", "motorcycle_left.png", "rocket.jpg")
    ),
    "sklearn": ("datasets/images/china.jpg", "datasets/images/flower.jpg"),
}
"""Colour photographs inside the wheels of scikit-image and scikit-learn: no download, and no network learnt from them.

What else scikit-image has in colour is a stained tissue, an eye's ground, the deep sky, drawings; its cat is chelsea.
"""


def photographs(where: str, part: Part) -> list[Photo]:
    """Photographs of a part of a folder, or scikit's, all of them.

    Raises:
        Rejected: there are none.
    """
    photos = _scikit() if where == SCIKIT else _in_folder(Path(where), None if part == "all" else part)
    if not photos:
        msg = f"{where}: no photograph of the {part} split is here; --split all takes every one"
        raise Rejected(msg, code="no-photographs")
    return photos


def truths(photos: Iterable[Photo]) -> Iterator[Truth | None]:
    """What each photograph asks, one in memory at a time; None for those in black and white.

    Raises:
        Rejected: one cannot be read.
    """
    for photo in photos:
        try:
            truth = truth_of(photo.pixels())
        except (ValueError, OSError) as error:
            raise Rejected(str(error), code="unreadable") from error
        yield None if truth.is_grey else truth


def _in_folder(folder: Path, split: Split | None) -> list[Photo]:
    try:
        return photos_in(folder, split)
    except OSError as error:
        raise Rejected(str(error), code="no-photographs") from error


def _scikit() -> list[Photo]:
    photos = []
    for package, names in SCIKIT_PHOTOS.items():
        found = find_spec(package)
        if found is None or found.origin is None:
            msg = f"--photos {SCIKIT} needs the package {package}: install scikit-image and scikit-learn"
            raise Rejected(msg, code="no-photographs")
        folder = Path(found.origin).parent
        photos += [Photo(Path(name).name, folder / name) for name in names]
    return photos

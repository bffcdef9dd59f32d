"""Colour photographs to learn from: any folder of pictures, or of tar shards of pictures."""

from __future__ import annotations

import hashlib
import tarfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from functions.color.color_space import Pixels

Split: TypeAlias = Literal["training", "settings", "validation"]

PICTURES: Final = frozenset({".avif", ".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})

VALIDATION_PERCENT: Final = 3
SETTINGS_PERCENT: Final = 2
"""Of the photographs, kept apart to choose decoding and saturation on, so that the table's own are never asked."""


class Photo:
    """One photograph, still encoded: a byte string, or a place in a tar file or folder to read it from.

    Attributes:
        name: the file's own name, which decides its split.
    """

    __slots__ = ("_offset", "_path", "_size", "name")

    def __init__(self, name: str, path: Path, offset: int = 0, size: int = -1) -> None:
        self.name = name
        self._path, self._offset, self._size = path, offset, size

    def data(self) -> bytes:
        """The encoded picture."""
        with self._path.open("rb") as file:
            file.seek(self._offset)
            return file.read(self._size)

    def pixels(self) -> Pixels:
        """(H, W, 3) blue, green, red.

        Raises:
            ValueError: it is no picture that OpenCV reads.
        """
        return decoded(self.data(), self.name)


def decoded(data: bytes, name: str) -> Pixels:
    """An encoded picture as (H, W, 3) blue, green, red.

    Raises:
        ValueError: it is no picture that OpenCV reads.
    """
    pixels: Pixels | None = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if pixels is None:
        msg = f"{name}: not a picture that OpenCV reads"
        raise ValueError(msg)
    return pixels


def photos_in(folder: Path, split: Split | None = None) -> list[Photo]:
    """Photographs of a split (None: of all) under a folder, sorted by name; those in tar files are read in place.

    Raises:
        FileNotFoundError: there is no picture under the folder.
    """
    found = sorted(_walk(folder), key=lambda photo: photo.name)
    if not found:
        msg = f"{folder}: no photographs here, neither as files nor in .tar files"
        raise FileNotFoundError(msg)
    return [photo for photo in found if split is None or split_of(photo.name) == split]


def split_of(name: str) -> Split:
    """Which split a photograph belongs to: its name's hash decides, so that adding others moves none."""
    percent = int(hashlib.sha256(name.encode()).hexdigest(), 16) % 100
    if percent < VALIDATION_PERCENT:
        return "validation"
    return "settings" if percent < VALIDATION_PERCENT + SETTINGS_PERCENT else "training"


def _walk(folder: Path) -> Iterator[Photo]:
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in PICTURES:
            yield Photo(path.name, path)
        elif path.suffix == ".tar":
            with tarfile.open(path) as shard:
                for member in shard:
                    if member.isfile() and PurePosixPath(member.name).suffix.lower() in PICTURES:
                        yield Photo(PurePosixPath(member.name).name, path, member.offset_data, member.size)

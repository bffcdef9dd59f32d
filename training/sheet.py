"""Networks to be judged by eye: each photograph before and after, side by side, many on one sheet.

Usage: python -m training.sheet --photos FOLDER --model NAME=FILE.onnx --out sheet.png (see --help)
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

import cv2
import numpy as np
import typer

from functions.color.color_space import luma_of
from functions.colorise.coloriser import Coloriser
from functions.errors import Rejected
from functions.whole_file import write_whole
from training.candidate import GRAMMAR, Usage, candidates_of, contenders_of
from training.photos import Photo
from training.program import run
from training.questions import Part, photographs  # Typer reads the annotations when the program runs

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from functions.color.color_space import Luma, Pixels
    from training.candidate import Contender

Bytes: TypeAlias = "npt.NDArray[np.uint8]"
"""(H, W, 3) blue, green, red."""

KINDS: Final = {".png": [], ".jpg": [cv2.IMWRITE_JPEG_QUALITY, 92], ".jpeg": [cv2.IMWRITE_JPEG_QUALITY, 92]}
"""What can be written, by the name's ending, and how."""

PAPER: Final = 255
GAP: Final = 8
"""Pixels between columns; half of it between rows."""

HEADING: Final = 22
"""Pixels above the rows for the networks' names."""

TALLEST: Final = 1.25
"""Height of a tile over its width at most: tall portraits would take the sheet."""

LETTERS: Final = 0.42
"""Of OpenCV's plain font, which is about 22 pixels high at 1."""


def sheet(  # noqa: PLR0913 - a command has as many parameters as it has options
    *,
    photos: Annotated[
        list[str],
        typer.Option(metavar="PATH", help="A picture, a folder of pictures or .tar files, or scikit; may be repeated."),
    ],
    model: Annotated[list[str], typer.Option(metavar=GRAMMAR.removesuffix("[:flip]"), help="May be given again.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="A .png or .jpg file.")],
    split: Annotated[Part, typer.Option(help="Which part of each folder.")] = "all",
    count: Annotated[int, typer.Option(min=1, help="Photographs at most; evenly chosen among those there are.")] = 24,
    tile: Annotated[int, typer.Option(min=64, max=2048, help="Width of each picture in pixels.")] = 264,
    columns: Annotated[int, typer.Option(min=1, help="Columns of photographs.")] = 2,
    truth: Annotated[bool, typer.Option("--truth", help="The photograph's own colours as the last picture.")] = False,
) -> None:
    """Colour photographs as the product does, at each network's side, and lay them out: before | each network.

    What is in colour has its colour taken away first.
    """
    cv2.setNumThreads(1)
    if out.suffix.lower() not in KINDS:
        msg = f"--out {out}: give a name that ends in {', '.join(KINDS)}"
        raise Usage(msg)
    candidates = candidates_of(model)
    if any(candidate.flip for candidate in candidates):
        msg = "--model: the product does not mirror pictures, so a sheet has no :flip"
        raise Usage(msg)
    contenders = contenders_of(candidates)
    chosen = evenly([photo for where in photos for photo in _photos(where, split)], count)
    rows = [_row(photo, contenders, tile, truth=truth) for photo in chosen]
    names = ["before", *(candidate.name for candidate in candidates), *(["truth"] if truth else [])]
    write_whole(out, _encoded(laid_out(rows, names, min(columns, len(rows))), out.suffix.lower()))


def evenly(photos: Sequence[Photo], count: int) -> list[Photo]:
    """At most `count` of the photographs, spread evenly over their order."""
    if len(photos) <= count:
        return list(photos)
    return [photos[index * len(photos) // count] for index in range(count)]


def laid_out(rows: Sequence[Bytes], names: Sequence[str], columns: int) -> Bytes:
    """Rows of equal width, one below the other, in columns of about equal height, under the tiles' names.

    Args:
        rows: (h, len(names) * tile, 3) each; h may differ.
        names: one a tile.
        columns: at least 1.

    Returns:
        (H, W, 3): W is the columns' widths with `GAP` between them, H the tallest column's height with half of it
        after each row, under `HEADING`.
    """
    width = rows[0].shape[1]
    heights = [HEADING] * columns
    placed: list[tuple[int, int, Bytes]] = []
    for row in sorted(rows, key=len, reverse=True):  # the tallest first: what is left fills the shorter columns
        column = int(np.argmin(heights))
        placed.append((heights[column], column * (width + GAP), row))
        heights[column] += len(row) + GAP // 2
    page = np.full((max(heights), columns * (width + GAP) - GAP, 3), PAPER, np.uint8)
    for top, left, row in placed:
        page[top : top + len(row), left : left + width] = row
    for column in range(columns):
        for index, name in enumerate(names):
            left = column * (width + GAP) + index * width // len(names)
            _write(page, name, (left + 4, HEADING - 7), (0, 0, 0))
    return page


def _photos(where: str, split: Part) -> list[Photo]:
    path = Path(where)
    return [Photo(path.name, path)] if path.is_file() and path.suffix != ".tar" else photographs(where, split)


def _row(photo: Photo, contenders: Sequence[Contender], tile: int, *, truth: bool) -> Bytes:
    try:
        pixels = photo.pixels()
    except (ValueError, OSError) as error:
        raise Rejected(str(error), code="unreadable") from error
    luma = luma_of(pixels)
    pictures = [np.repeat(luma[..., None], 3, axis=-1), *(_coloured(luma, each) for each in contenders)]
    if truth:
        pictures.append(pixels)
    row = np.hstack([_tile(picture, tile) for picture in pictures])
    caption = Path(photo.name).stem
    for right, down in ((-1, 0), (1, 0), (0, -1), (0, 1)):  # an outline, readable on any picture
        _write(row, caption, (4 + right, len(row) - 6 + down), (0, 0, 0))
    _write(row, caption, (4, len(row) - 6), (255, 255, 255))
    return row


def _coloured(luma: Luma, contender: Contender) -> Pixels:
    coloriser = Coloriser(contender.session, side=contender.side)
    return coloriser.paint(luma, coloriser.chroma(luma), saturation=contender.candidate.saturation)


def _tile(picture: Pixels, width: int) -> Bytes:
    """(h, width, 3): the whole picture in the top left corner, as large as fits."""
    shape = picture.shape[0] / picture.shape[1]
    page = np.full((max(1, round(width * min(shape, TALLEST))), width, 3), PAPER, np.uint8)
    scale = min(width / picture.shape[1], len(page) / picture.shape[0])
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    page[: size[1], : size[0]] = cv2.resize(picture, size, interpolation=way)
    return page


def _write(page: Bytes, text: str, place: tuple[int, int], colour: tuple[int, int, int]) -> None:
    cv2.putText(page, text, place, cv2.FONT_HERSHEY_SIMPLEX, LETTERS, colour, 1, cv2.LINE_AA)


def _encoded(page: Bytes, kind: str) -> bytes:
    written, data = cv2.imencode(kind, page, KINDS[kind])
    if not written:
        msg = f"OpenCV cannot write {kind} of {page.shape[1]}x{page.shape[0]} pixels: give a smaller --tile or --count"
        raise Rejected(msg, code="cannot-write")
    return bytes(data)


if __name__ == "__main__":
    sys.exit(run(sheet, "sheet"))

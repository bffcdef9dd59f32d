"""What the engine makes of a drill's goods in this process, without any queue or store: what the pipeline must make."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import cv2

from cli.library import open_model
from functions.colorise.engine import Engine
from functions.colorise.film import colorise_chunk, plan_film
from functions.colorise.handler import photo_wishes
from functions.colorise.photo import colorise_photo
from functions.colorise.picture_file import Limits
from functions.jobs import ColoriseImage
from functions.video.index import index
from functions.video.join import join
from functions.video.probe import probe
from functions.video_split.wishes import film_wishes

if TYPE_CHECKING:
    from cli.drill_goods import Good
    from functions.jobs import SplitVideo
    from functions.video.source import OpenSource

MODEL: Final = "small"
"""That orders name where they name none, and that `colorise up` loads."""


class EngineHere:
    """The network on one thread, as each worker has it. Use it from one thread at a time."""

    def __init__(self) -> None:
        cv2.setNumThreads(1)
        card, weights = open_model(MODEL)
        self._engine = Engine(weights, card, threads=1)
        self._engine.warm()

    def colour(self, good: Good) -> bytes:
        """Colour a picture or a film.

        Raises:
            Rejected: it cannot be coloured.
        """
        if isinstance(good.order, ColoriseImage):
            return self._photo(good.order, good.data)
        with tempfile.TemporaryDirectory(prefix="colorise-drill-") as folder:
            return self._film(good.order, good.data, Path(folder))

    def _photo(self, order: ColoriseImage, data: bytes) -> bytes:
        coloriser = self._engine.coloriser(order.network)
        return colorise_photo(data, coloriser, photo_wishes(order.wishes, Limits()), self._engine.provenance).data

    def _film(self, order: SplitVideo, data: bytes, folder: Path) -> bytes:
        source = folder / "source"
        source.write_bytes(data)
        open_source = _opener(source)
        film = probe(open_source)
        wishes = film_wishes(order.wishes, film, order.target)
        plan = plan_film(film, index(open_source, film), wishes)
        coloriser = self._engine.coloriser(order.network)
        pieces = [folder / f"{chunk.number}.mkv" for chunk in plan.chunks]
        for chunk, piece in zip(plan.chunks, pieces, strict=True):
            with piece.open("w+b") as file:
                colorise_chunk(open_source, film, chunk, coloriser, wishes, file)
        target = folder / f"film.{wishes.encode.holder}"
        join(open_source, film, plan, [_opener(piece) for piece in pieces], target, wishes.encode)
        return target.read_bytes()


def _opener(path: Path) -> OpenSource:
    return lambda: path.open("rb")

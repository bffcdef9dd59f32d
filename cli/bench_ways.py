"""Ways of getting a film through decoder and encoder, from no colour at all to the network on every frame, timed.

All of them use the same chunks and the same processes, each with one thread, as `colorise video` does; their results
are thrown away.
"""

from __future__ import annotations

import os
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from io import BytesIO
from multiprocessing import get_context
from typing import TYPE_CHECKING, BinaryIO, Final

import cv2
import numpy as np

from functions.color.upsample import guided_field
from functions.colorise.coloriser import Coloriser, resized, seen_of
from functions.colorise.film import FilmWishes, colorise_chunks, plan_film
from functions.colorise.session import NetworkSession
from functions.video.calm import Calm
from functions.video.chroma import chroma_codes, code_values, full_luma
from functions.video.decode import decode
from functions.video.encode import PieceEncoder
from functions.video.index import index
from functions.video.layout import work_layout
from functions.video.probe import probe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from fractions import Fraction
    from pathlib import Path
    from typing import TypeAlias

    from functions.colorise.models.card import ModelCard
    from functions.video.film import Film
    from functions.video.plan import Chunk

    Way: TypeAlias = Callable[["Part", Coloriser], None]

NO_COLOR: Final = "no colour"
OURS: Final = "ours"
EVERY: Final = "every frame inferred, calmed"
FRAME_BY_FRAME: Final = "every frame inferred, as it comes"


@dataclass(frozen=True, slots=True)
class Part:
    """Chunks of a film that follow each other: what a worker of `colorise video` is given at a time."""

    path: Path
    film: Film
    chunks: tuple[Chunk, ...]

    def open(self) -> BinaryIO:
        """Open the film's bytes."""
        return self.path.open("rb")


@dataclass(frozen=True, slots=True)
class Cost:
    """Of a frame, in milliseconds."""

    wall: float
    """That pass until the next one is done, with all processes at work."""
    processor: float
    """Of processor time, of all processes together."""


@dataclass(slots=True)
class _Worker:
    """What a worker process has loaded."""

    colorisers: list[Coloriser] = field(default_factory=list)
    others: dict[str, NetworkSession] = field(default_factory=dict)


_WORKER: Final = _Worker()
"""Filled where a worker starts; this process has its own, which stays empty."""


class Workers:
    """Processes that have their network loaded; see `open_workers`."""

    def __init__(self, pool: ProcessPoolExecutor, count: int) -> None:
        self._pool, self._count = pool, count

    def film(self, way: str, path: Path, *, start: Fraction, end: Fraction) -> Cost:
        """Run a stretch of a film, in seconds, through one of `WAYS`."""

        def source() -> BinaryIO:
            return path.open("rb")

        film = probe(source)
        plan = plan_film(film, index(source, film), FilmWishes(), start=start, end=end)
        run = -(-len(plan.chunks) // self._count)
        starts = range(0, len(plan.chunks), run)
        parts = [Part(path, film, plan.chunks[first : first + run]) for first in starts]
        started = time.perf_counter()
        processor = sum(self._pool.map(_run, [way] * len(parts), parts))
        return Cost((time.perf_counter() - started) * 1e3 / plan.frames, processor * 1e3 / plan.frames)

    def network(self, card: ModelCard, weights: Path, frames: int) -> Cost:
        """Run another network alone, at the size of its card, for so many frames in each process at a time."""
        costs = list(self._pool.map(_infer, *([one] * self._count for one in (card, weights, frames))))
        wall, processor = (np.mean([getattr(cost, kind) for cost in costs]) for kind in ("wall", "processor"))
        return Cost(float(wall) / self._count, float(processor))


@contextmanager
def open_workers(card: ModelCard, weights: bytes, count: int) -> Iterator[Workers]:
    """Start processes as `colorise video` does: nothing inherited, one thread each."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    with ProcessPoolExecutor(count, get_context("spawn"), _load, (card, weights)) as pool:
        list(pool.map(_ready, range(count)))
        yield Workers(pool, count)


def _load(card: ModelCard, weights: bytes) -> None:
    cv2.setNumThreads(1)
    _WORKER.colorisers.append(Coloriser(NetworkSession(weights, card, threads=1, gpus=())))


def _ready(_number: int) -> bool:
    return bool(_WORKER.colorisers)


def _run(way: str, part: Part) -> float:
    """Processor seconds."""
    started = time.process_time()
    WAYS[way](part, _WORKER.colorisers[0])
    return time.process_time() - started


def _infer(card: ModelCard, weights: Path, frames: int) -> Cost:
    session = _WORKER.others.get(card.name)
    lightness = np.random.default_rng(0).uniform(0, 100, (card.side, card.side)).astype(np.float32)
    if session is None:
        session = _WORKER.others[card.name] = NetworkSession(weights.read_bytes(), card, threads=1, gpus=())
        session.predict(lightness)  # the first one allocates
    wall, processor = time.perf_counter(), time.process_time()
    for _ in range(frames):
        session.predict(lightness)
    return Cost(
        (time.perf_counter() - wall) * 1e3 / frames,
        (time.process_time() - processor) * 1e3 / frames,
    )


def _without_color(part: Part, _coloriser: Coloriser) -> None:
    """Decode and encode; nothing is looked at but the chunk's own frames."""
    for chunk in part.chunks:
        with PieceEncoder(part.film, chunk, FilmWishes().encode, BytesIO()) as encoder:
            layout = encoder.layout
            neutral = np.full(layout.chroma_size, layout.neutral, layout.dtype)
            for frame in decode(part.open, part.film, _bare(chunk)):
                encoder.write(frame, neutral, neutral)


def _frame_by_frame(part: Part, coloriser: Coloriser) -> None:
    """Colour each frame as if it were a photograph: no motion is searched, and no neighbour looked at."""
    film = part.film
    size = coloriser.network_size(film.height, round(film.width * film.sample_aspect))
    codes = code_values(film, work_layout(film))
    for chunk in part.chunks:
        with PieceEncoder(film, chunk, FilmWishes().encode, BytesIO()) as encoder:
            for frame in decode(part.open, film, _bare(chunk)):
                small = full_luma(resized(frame.luma, size), codes)
                seen = seen_of(small)
                chroma = guided_field(seen.luma, *coloriser.planes(seen))
                encoder.write(frame, *chroma_codes(frame.luma, chroma, encoder.layout, codes))


def _calmed(calm: Calm) -> Way:
    def colorise(part: Part, coloriser: Coloriser) -> None:
        wishes = FilmWishes(calm=calm)
        for _ in colorise_chunks(
            part.open, part.film, part.chunks, coloriser, wishes, lambda _chunk: nullcontext(BytesIO())
        ):
            pass

    return colorise


def _bare(chunk: Chunk) -> Chunk:
    """The chunk without margins, as it is planned for whoever needs none."""
    before, count = chunk.first - chunk.begin, len(chunk)
    return replace(
        chunk,
        begin=chunk.first,
        stop=chunk.last,
        pts=chunk.pts[before : before + count],
        packets=chunk.packets[before : before + count],
        margin_before=0,
        margin_after=0,
    )


WAYS: Final[Mapping[str, Way]] = {
    NO_COLOR: _without_color,
    OURS: _calmed(Calm()),
    EVERY: _calmed(Calm(every=1)),
    FRAME_BY_FRAME: _frame_by_frame,
}
"""Name → what colours a chunk."""

"""Films in a store, carried through by their handlers as a queue would, but one order after another."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from functions.colorise.chunk_handler import ChunkHandler
from functions.colorise.coloriser import Coloriser
from functions.colorise.film import colorise_chunk
from functions.colorise.models.library import Library
from functions.colorise.session import NetworkSession
from functions.jobs import SplitVideo, VideoPlanned
from functions.video.index import index
from functions.video.join import join
from functions.video.probe import probe
from functions.video.wishes import plan_film
from functions.video_split.handlers import JoinHandler, SplitHandler
from functions.video_split.wishes import film_wishes
from tests.engines import small_engine
from tests.orders import order

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from functions.jobs import AnyOrder, AnyResult, ColoriseChunk
    from functions.outcome import Handlers
    from functions.stores.protocol import ObjectStore
    from functions.video.source import OpenSource

SOURCE: Final = "inbox/film.mp4"
TARGET: Final = "outbox/film.mkv"

QUICK: Final = {"smooth": 0}
"""Wishes with which chunks overlap little."""


def film_order(job_id: str = "wedding", *, target: str = TARGET, **wishes: Any) -> SplitVideo:
    """Ask for the film at `SOURCE`."""
    return order(SplitVideo, job_id, source=SOURCE, target=target, wishes={**QUICK, **wishes})


def film_handlers(store: ObjectStore) -> Handlers:
    """All that a film needs."""
    return {
        "colorise-chunk": ChunkHandler(store, small_engine()),
        "split-video": SplitHandler(store, max_bytes=1 << 30),
        "join-video": JoinHandler(store),
    }


def split_film(handlers: Handlers, job_id: str = "wedding") -> tuple[VideoPlanned, tuple[ColoriseChunk, ...]]:
    """Have the film looked at: what was told, and its chunks' orders."""
    outcome = handlers["split-video"](film_order(job_id))
    (told,) = outcome.results
    assert isinstance(told, VideoPlanned)
    return told, outcome.orders  # type: ignore[return-value]  # chunks and nothing else


def carried_out(handlers: Handlers, orders: Iterable[AnyOrder], *, claimed: set[str]) -> list[AnyResult]:
    """Carry out orders and what follows from them.

    Args:
        handlers: by kind.
        orders: to begin with.
        claimed: message ids of what was ordered once already.
    """
    waiting = deque(orders)
    results: list[AnyResult] = []
    while waiting:
        one = waiting.popleft()
        outcome = handlers[one.kind](one)
        results += outcome.results
        waiting += outcome.orders
        waiting += (other for other in outcome.once if other.message_id not in claimed)
        claimed |= {other.message_id for other in outcome.once}
    return results


def coloured_here(source: Path, wished: SplitVideo, target: Path) -> bytes:
    """Colour a film as the command does on one machine: the same chunks, joined from files."""

    def opener(path: Path) -> OpenSource:
        return lambda: path.open("rb")

    library = Library(Path("no-library-of-a-person"))
    card = library.find("small")
    coloriser = Coloriser(NetworkSession(library.weights(card), card, threads=1, gpus=()), side=32)
    film = probe(opener(source))
    wishes = film_wishes(wished.wishes, film, wished.target)
    plan = plan_film(film, index(opener(source), film), wishes)
    pieces = [target.with_name(f"{chunk.number}.mkv") for chunk in plan.chunks]
    for chunk, piece in zip(plan.chunks, pieces, strict=True):
        with piece.open("w+b") as file:
            colorise_chunk(opener(source), film, chunk, coloriser, wishes, file)
    join(opener(source), film, plan, [opener(piece) for piece in pieces], target, wishes.encode)
    return target.read_bytes()


def stamps(store: ObjectStore) -> dict[str, datetime]:
    """When each object was written."""
    return {found.name: found.modified for found in store.list("")}

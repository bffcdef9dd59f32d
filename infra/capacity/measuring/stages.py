"""Where an order's seconds go, and what it asks of the store: the handlers in this process, at a real store."""

from __future__ import annotations

import contextlib
import logging
import re
import time
from collections import Counter, deque
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import cv2

from functions.colorise.chunk_handler import ChunkHandler
from functions.colorise.engine import Engine
from functions.colorise.handler import ImageHandler
from functions.colorise.models.library import Library
from functions.telemetry.context import stages_told_to
from functions.video.index import index
from functions.video.probe import probe
from functions.video_split.handlers import JoinHandler, SplitHandler
from functions.video_split.settings import VideoSplitSettings
from infra.capacity.measuring.orders import film_order, photo_order

if TYPE_CHECKING:
    from collections.abc import Iterator

    from functions.jobs import AnyOrder
    from functions.outcome import Handlers, Outcome
    from functions.stores.protocol import ObjectStore

REQUEST: Final = re.compile(r'"(?P<method>[A-Z]+) (?P<path>\S+) HTTP[^"]*" (?P<status>\d+) (?P<length>\d+|None)')
"""A line of urllib3's log: every request that the store's client makes is in it."""


class _Requests(logging.Handler):
    """Counts the requests of the store's client, and the bytes of its answers."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.methods: Counter[str] = Counter()
        self.bytes_down = 0

    def emit(self, record: logging.LogRecord) -> None:
        found = REQUEST.search(record.getMessage())
        if found is None:
            return
        listed = found["method"] == "GET" and "list-type" in found["path"]
        self.methods["LIST" if listed else found["method"]] += 1
        if found["method"] == "GET" and found["length"] != "None":
            self.bytes_down += int(found["length"])


@contextlib.contextmanager
def _requests() -> Iterator[_Requests]:
    log, counted = logging.getLogger("urllib3.connectionpool"), _Requests()
    level, passes_on = log.level, log.propagate
    log.addHandler(counted)
    log.setLevel(logging.DEBUG)
    log.propagate = False
    try:
        yield counted
    finally:
        log.removeHandler(counted)
        log.setLevel(level)
        log.propagate = passes_on


def all_handlers(store: ObjectStore) -> Handlers:
    """What both programs have, put together as they do it: one thread, the shipped network."""
    cv2.setNumThreads(1)
    library = Library(Path("no-library-of-a-person"))
    card = library.find("small")
    engine = Engine(library.weights(card), card, threads=1)
    engine.warm()
    return {
        "colorise-image": ImageHandler(store, engine),
        "colorise-chunk": ChunkHandler(store, engine),
        "join-video": JoinHandler(store),
        "split-video": SplitHandler(store, max_bytes=VideoSplitSettings().max_bytes),
    }


def carried_out(handlers: Handlers, order: AnyOrder, store: ObjectStore) -> tuple[Outcome, dict[str, Any]]:
    """Carry out an order here.

    Returns:
        What became of it; and seconds by stage on a core and on the clock (what is between two stages counts for the
        later one), requests by method, and bytes to and from the store.
    """
    stages: dict[str, dict[str, float]] = {}
    sizes = {found.name: found.modified for found in store.list("")}
    last = began = (time.process_time(), time.perf_counter())

    def hear(stage: str, _seconds: float) -> None:
        nonlocal last
        now = (time.process_time(), time.perf_counter())
        stages[stage] = {"cpu": now[0] - last[0], "wall": now[1] - last[1]}
        last = now

    with _requests() as asked:
        last = began = (time.process_time(), time.perf_counter())
        with stages_told_to(hear):
            outcome = handlers[order.kind](order)
        hear("rest", 0)
    spent = {
        "cpu": time.process_time() - began[0],
        "stages": stages,
        "requests": dict(sorted(asked.methods.items())),
        "bytes_down": asked.bytes_down,
        "bytes_up": sum(found.size for found in store.list("") if sizes.get(found.name) != found.modified),
    }
    return outcome, spent


def job_costs(handlers: Handlers, store: ObjectStore, source: str, *, film: bool) -> list[dict[str, Any]]:
    """Carry out a job with all orders that come of it; a photograph twice, for the first one pays for later ones."""
    costs: list[dict[str, Any]] = []
    for number in range(1 if film else 2):
        name = f"stages-{source.rpartition('/')[2]}-{number}"
        waiting: deque[AnyOrder] = deque([film_order(source, name, number) if film else photo_order(source, name)])
        costs = []
        while waiting:
            order = waiting.popleft()
            outcome, spent = carried_out(handlers, order, store)
            waiting += (*outcome.orders, *outcome.once)
            costs.append({"kind": order.kind} | spent)
    return costs


def index_cost(store: ObjectStore, source: str) -> dict[str, float]:
    """Seconds that a film's index takes, the part of a split that grows with the film: all of it is read for that."""

    def open_source() -> BinaryIO:
        return store.open(source)

    film = probe(open_source)
    began = (time.process_time(), time.perf_counter())
    timeline = index(open_source, film)
    return {
        "cpu": time.process_time() - began[0],
        "wall": time.perf_counter() - began[1],
        "frames": len(timeline),
    }

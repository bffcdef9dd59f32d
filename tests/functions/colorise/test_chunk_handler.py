"""Claims about carrying out orders for chunks of films; those about whole films are with the other half of the work."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import pytest

from functions.colorise.chunk_handler import ChunkHandler
from functions.colorise.engine import Engine
from functions.errors import Postponed, Rejected
from functions.film_work.scratch import scratch_file
from functions.jobs import ChunkColorised, ColoriseChunk, JoinVideo, VideoColorised
from functions.stores.memory import MemoryStore
from tests.clips import Clip, made, rewritten
from tests.grey_films import CHUNK, grey_film
from tests.orders import order
from tests.stored_films import SOURCE, carried_out, film_handlers, film_order, stamps
from tests.tiny_models import onnx_card, onnx_net

if TYPE_CHECKING:
    from pathlib import Path

    from functions.outcome import Handlers


@pytest.fixture
def store(tmp_path: Path) -> MemoryStore:
    """A store with a film of two chunks."""
    store = MemoryStore()
    film = grey_film(tmp_path / "a.mp4", 2 * CHUNK)
    store.write(SOURCE, film.read_bytes(), content_type="video/mp4")
    return store


@pytest.fixture
def handlers(store: MemoryStore) -> Handlers:
    return film_handlers(store)


@pytest.fixture
def chunks(handlers: Handlers) -> list[ColoriseChunk]:
    return [one for one in handlers["split-video"](film_order()).orders if isinstance(one, ColoriseChunk)]


def other_engine() -> Engine:
    """Another network than everybody else has."""
    weights = onnx_net()
    return Engine(weights, onnx_card("tiny", weights), side=32)


def test_an_order_for_another_network_is_left_to_another_worker(
    store: MemoryStore, handlers: Handlers, chunks: list[ColoriseChunk]
) -> None:
    before = stamps(store)
    wanted = order(ColoriseChunk, plan=chunks[0].plan, chunk=0, network={"sha256": "0" * 64})
    with pytest.raises(Postponed):
        handlers["colorise-chunk"](wanted)
    with pytest.raises(Postponed):
        ChunkHandler(store, other_engine())(chunks[0])
    assert stamps(store) == before


def test_a_piece_that_is_there_is_told_by_whoever_is_asked_whatever_its_network(
    store: MemoryStore, handlers: Handlers, chunks: list[ColoriseChunk]
) -> None:
    told = handlers["colorise-chunk"](chunks[0])
    assert ChunkHandler(store, other_engine())(chunks[0]) == told
    (report,) = told.results
    assert isinstance(report, ChunkColorised)
    assert (report.frames, report.shots) == (CHUNK, 1)
    assert 0 < report.inferred < CHUNK


def test_a_film_of_two_networks_says_so(store: MemoryStore, handlers: Handlers, chunks: list[ColoriseChunk]) -> None:
    handlers["colorise-chunk"](chunks[0])
    other = other_engine()
    pinned = chunks[1].model_copy(update={"network": chunks[1].network.model_copy(update={"name": "tiny"})})
    outcome = ChunkHandler(store, other)(
        pinned.model_copy(
            update={"network": pinned.network.model_copy(update={"sha256": other.provenance.model_sha256})}
        )
    )
    (film,) = handlers["join-video"](outcome.once[0]).results
    assert isinstance(film, VideoColorised)
    assert any("2 different networks" in note for note in film.notes)


def test_a_chunk_or_a_plan_that_is_not_there_is_refused(handlers: Handlers, chunks: list[ColoriseChunk]) -> None:
    with pytest.raises(Rejected, match="no chunk 2: it has 2") as refused:
        handlers["colorise-chunk"](order(ColoriseChunk, plan=chunks[0].plan, chunk=2))
    assert refused.value.code == "bad-chunk"
    nowhere = "work/nowhere/plan-wedding.json"
    for lost in (order(ColoriseChunk, plan=nowhere, chunk=0), order(JoinVideo, plan=nowhere)):
        with pytest.raises(Rejected) as refused:
            handlers[lost.kind](lost)
        assert refused.value.code == "missing-object"


def test_damage_is_told_by_the_chunk_and_by_the_film(store: MemoryStore, handlers: Handlers) -> None:
    data = rewritten(made(Clip(frames=12)), lambda number, packet: b"\0" * 9 if number in (4, 5) else packet)
    store.write(SOURCE, data, content_type="video/x-matroska")
    results = carried_out(handlers, [film_order("damaged", target="outbox/d.mkv", force=True)], claimed=set())
    chunk, film = results[-2:]
    assert isinstance(chunk, ChunkColorised)
    assert isinstance(film, VideoColorised)
    assert len(chunk.damaged) >= 1
    assert film.damaged == chunk.damaged
    assert any("cannot be decoded" in note for note in film.notes)


def test_a_full_disk_is_no_fault_of_the_order_and_leaves_nothing() -> None:
    places: list[Path] = []

    def fill(number: int) -> None:
        with scratch_file(".mkv") as path:
            places.append(path)
            path.write_bytes(b"half")
            raise OSError(number, "as the system says it")

    for number in (errno.ENOSPC, errno.EDQUOT):
        with pytest.raises(Postponed, match="no space left"):
            fill(number)
    with pytest.raises(OSError, match="as the system says it"):
        fill(errno.EIO)
    assert not any(path.parent.exists() for path in places)

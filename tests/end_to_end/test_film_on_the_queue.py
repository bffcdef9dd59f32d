"""Claims about films that many workers colour from a queue."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import pytest

from functions.jobs import ChunkColorised, JobFailed, VideoColorised, VideoPlanned
from functions.queues.memory import MemoryQueue
from functions.stores.memory import MemoryStore
from functions.worker import work
from tests.grey_films import CHUNK, color_film, grey_film
from tests.orders import TRACE
from tests.stored_films import SOURCE, TARGET, coloured_here, film_handlers, film_order, stamps

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from functions.jobs import AnyResult
    from functions.queues.protocol import Queue

PATIENCE_SECONDS = 120
"""For a whole film; the machine may stand still for a while."""

CHUNKS = 4


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A grey film of four chunks."""
    return grey_film(tmp_path_factory.mktemp("film") / "a.mp4", CHUNKS * CHUNK)


@pytest.fixture(scope="module")
def coloured(clip: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """As one machine colours it without a queue."""
    return coloured_here(clip, film_order(), tmp_path_factory.mktemp("here") / "b.mkv")


@pytest.fixture
def store(clip: Path) -> MemoryStore:
    store = MemoryStore()
    store.write(SOURCE, clip.read_bytes(), content_type="video/mp4")
    return store


@contextlib.asynccontextmanager
async def crew(queue: Queue, store: MemoryStore, workers: int) -> AsyncIterator[None]:
    """Workers with handlers of their own, as in processes of their own, that finish what is in hand in the end."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for _ in range(workers):
            group.create_task(work(queue, film_handlers(store), stop=stop))
        try:
            yield
        finally:
            stop.set()


async def heard(queue: Queue, job_id: str = "wedding") -> list[AnyResult]:
    """All that is told of a job, up to its end."""
    told = []
    async with asyncio.timeout(PATIENCE_SECONDS), queue.results(job_id) as results:
        async for result in results:
            told.append(result)
            if result.final:
                break
    return told


async def all_told(queue: Queue, job_id: str) -> list[AnyResult]:
    """Everything that was told of a job whose workers have gone."""
    end = JobFailed(job_id=job_id, trace_id=TRACE, order="none", reason="the end", code="end")
    await queue.tell(end)
    told = []
    async with asyncio.timeout(PATIENCE_SECONDS), queue.results(job_id) as results:
        async for result in results:
            if result == end:
                break
            told.append(result)
    return told


@pytest.mark.parametrize("workers", [1, 3])
async def test_a_film_is_the_same_bytes_however_many_colour_it(
    store: MemoryStore, coloured: bytes, workers: int
) -> None:
    queue = MemoryQueue()
    async with crew(queue, store, workers):
        await queue.send(film_order())
        told = await heard(queue)
    assert store.read(TARGET) == coloured
    assert isinstance(told[0], VideoPlanned)
    chunks = [one for one in told if isinstance(one, ChunkColorised)]
    assert sorted(one.chunk for one in chunks) == list(range(CHUNKS))
    film = told[-1]
    assert isinstance(film, VideoColorised)
    assert film.frames == CHUNKS * CHUNK == sum(one.frames for one in chunks)
    assert film.inferred == sum(one.inferred for one in chunks)
    assert [one async for one in queue.dead_letters()] == []


async def test_films_side_by_side_are_joined_once_each(store: MemoryStore, coloured: bytes) -> None:
    queue = MemoryQueue()
    async with crew(queue, store, 3):
        await queue.send(film_order("one", target="outbox/one.mkv"))
        await queue.send(film_order("two", target="outbox/two.mkv"))
        await heard(queue, "one")
        await heard(queue, "two")
    for job_id in ("one", "two"):
        told = [one.kind for one in await all_told(queue, job_id)]
        assert told.count("video-colorised") == 1
        assert told.count("chunk-colorised") == CHUNKS
    assert [depth for depth in (await queue.depths()).values() if depth.waiting or depth.in_hand] == []
    assert store.read("outbox/one.mkv") == store.read("outbox/two.mkv") == coloured


async def test_a_worker_that_is_stopped_leaves_the_rest_to_others(store: MemoryStore, coloured: bytes) -> None:
    queue = MemoryQueue()
    await queue.send(film_order())
    for finished in range(1, CHUNKS + 1):
        async with crew(queue, store, 1), asyncio.timeout(PATIENCE_SECONDS), queue.results("wedding") as results:
            seen = 0
            async for result in results:
                seen += isinstance(result, ChunkColorised)
                if seen == finished:
                    break
    async with crew(queue, store, 1):
        await heard(queue)
    assert store.read(TARGET) == coloured


async def test_a_job_that_is_cancelled_is_never_joined_and_asking_again_goes_on(
    store: MemoryStore, coloured: bytes
) -> None:
    queue = MemoryQueue()
    async with crew(queue, store, 1):
        await queue.send(film_order())
        async with asyncio.timeout(PATIENCE_SECONDS), queue.results("wedding") as results:
            async for result in results:
                if isinstance(result, ChunkColorised):
                    break
        assert await queue.cancel("wedding") > 0
    assert "video-colorised" not in [one.kind for one in await all_told(queue, "wedding")]
    assert store.find(TARGET) is None
    done = sum(name.endswith(".mkv") for name in stamps(store))
    assert 0 < done < CHUNKS
    async with crew(queue, store, 2):
        await queue.send(film_order("again"))
        told = await heard(queue, "again")
    assert isinstance(told[0], VideoPlanned)
    assert told[0].finished == done
    assert store.read(TARGET) == coloured


async def test_whoever_asks_for_what_cannot_be_is_told_why(store: MemoryStore, tmp_path: Path) -> None:
    store.write(SOURCE, color_film(tmp_path / "c.mp4").read_bytes(), content_type="video/mp4")
    queue = MemoryQueue()
    async with crew(queue, store, 1):
        await queue.send(film_order())
        (failed,) = await heard(queue)
    assert isinstance(failed, JobFailed)
    assert (failed.order, failed.code) == ("split-video", "already-colour")
    assert [one.letter.code async for one in queue.dead_letters()] == ["already-colour"]

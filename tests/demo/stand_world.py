"""A stand in this process: the real server, queue and store in memory, workers with handlers of the test's choice."""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import cv2
import httpx
import numpy as np

from demo.addresses import Addresses
from demo.application import Part, make_application
from demo.front import front_of
from demo.server import listening, serve
from demo.settings import DemoSettings
from demo.stand import HOME, Stand
from functions.colorise.picture_file import read_picture, write_picture
from functions.jobs import ColoriseImage, ImageColorised
from functions.outcome import Outcome
from functions.queues.memory import MemoryQueue
from functions.stores.memory import MemoryStore
from functions.worker import work
from tests.pictures import in_grey, resized
from tests.server_events import Events
from tests.server_events import listening as following

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from pathlib import Path

    from functions.errors import Rejected
    from functions.outcome import Handlers
    from functions.queues.protocol import Queue
    from functions.stores.protocol import ObjectStore

PIN: Final = "471100"
OURS: Final = {"X-Stand": "1"}
NETWORK: Final = "192.168.7.5"
"""Where the stand believes it is found by others."""


class Clock:
    """The stand's time, moved by the test."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
        self.seconds = 1000.0

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)
        self.seconds += timedelta(**time).total_seconds()


@dataclass
class Painter:
    """Turns pictures blue; waits where it is told to, and refuses what it is told to."""

    store: ObjectStore
    refuses: Rejected | None = None
    may_go_on: asyncio.Event = field(default_factory=asyncio.Event)
    orders: list[ColoriseImage] = field(default_factory=list)
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)

    def __post_init__(self) -> None:
        self.may_go_on.set()

    @property
    def handlers(self) -> Handlers:
        return {"colorise-image": self.colorise}

    def colorise(self, order: ColoriseImage) -> Outcome:
        self.orders.append(order)
        asyncio.run_coroutine_threadsafe(self.may_go_on.wait(), self.loop).result(60)
        if self.refuses is not None:
            raise self.refuses
        picture = read_picture(self.store.read(order.source))
        pixels = picture.pixels if picture.pixels.ndim == 3 else np.repeat(picture.pixels[..., None], 3, 2)
        blue = np.minimum(pixels.astype(int) + np.array([60, 0, 0]), 255).astype(np.uint8)
        data = write_picture(replace(picture, pixels=blue), kind="jpeg", keep_metadata=order.wishes.keep_metadata)
        self.store.write(order.target, data, content_type="image/jpeg")
        height, width = blue.shape[:2]
        told = ImageColorised(
            job_id=order.job_id, trace_id=order.trace_id, target=order.target, picture_kind="jpeg", width=width,
            height=height, verdict="grey", tint="sepia", notes=("a remark",), seconds=0.25,
        )  # fmt: skip
        return Outcome((told,))


@dataclass
class World:
    """A stand that runs, and what a test needs to speak to it."""

    stand: Stand
    client: httpx.AsyncClient
    """A browser at the stand's own machine."""
    queue: MemoryQueue
    store: MemoryStore
    clock: Clock
    painter: Painter
    address: str
    stop: asyncio.Event

    @contextlib.asynccontextmanager
    async def browser(self, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
        """Another browser, with cookies of its own."""
        async with browser(self.address, **headers) as client:
            yield client

    async def bring(self, data: bytes, **headers: str) -> dict[str, Any]:
        """Bring a picture, which must be taken on; gives what is answered."""
        answer = await self.client.post("/api/visits", content=data, headers=OURS | headers)
        assert answer.status_code == 201, answer.text
        told: dict[str, Any] = answer.json()
        return told

    @contextlib.asynccontextmanager
    async def following(self, path: str) -> AsyncIterator[Events]:
        async with following(f"{self.address}{path}") as events:
            yield events

    async def ended(self, accepted: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """How a visit ends."""
        async with self.following(accepted["events"]) as events:
            return await events.next("done", "failed")

    async def coloured(self, data: bytes | None = None) -> tuple[dict[str, Any], dict[str, Any]]:
        """Bring a picture that goes well: what is answered, and `done`."""
        accepted = await self.bring(grey_jpeg() if data is None else data)
        name, done = await self.ended(accepted)
        assert name == "done", done
        return accepted, done

    async def operator(self) -> None:
        """Give the number: the client is the operator's from now on."""
        answer = await self.client.post("/api/operator/session", json={"pin": PIN}, headers=OURS)
        assert answer.status_code == 204, answer.text


@contextlib.asynccontextmanager
async def browser(address: str, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=address, headers=headers, timeout=60, trust_env=False) as client:
        yield client


@contextlib.asynccontextmanager
async def standing(  # noqa: PLR0913 - whatever a test may want otherwise
    *,
    queue: MemoryQueue | None = None,
    store: MemoryStore | None = None,
    clock: Clock | None = None,
    handlers: Callable[[ObjectStore], Handlers] | None = None,
    home: Path = HOME,
    extra: Sequence[Part] = (),
    slots: int = 4,
    works: bool = True,
    **settings: Any,
) -> AsyncIterator[World]:
    """Run a stand while the block lasts.

    Args:
        queue: of an earlier life, where there was one.
        store: likewise.
        clock: the stand's time.
        handlers: that carry out orders; None is a `Painter`.
        home: folder of the pages.
        extra: further parts.
        slots: orders carried out at once.
        works: whether there is a worker at all.
        settings: other than usual.
    """
    queue, store, clock = queue or MemoryQueue(), store or MemoryStore(), clock or Clock()
    listener = listening("127.0.0.1", 0)
    port = listener.getsockname()[1]
    addresses = Addresses(scheme="http", host="0.0.0.0", port=port, machine=(NETWORK,))  # noqa: S104 - as at a fair
    stand = await Stand.open(
        DemoSettings(**settings), store, queue, pin=PIN, addresses=addresses, home=home, now=lambda: clock.now,
        clock=lambda: clock.seconds,
    )  # fmt: skip
    painter, stop = Painter(store), asyncio.Event()
    able = painter.handlers if handlers is None else handlers(store)
    working = asyncio.create_task(_worked(queue, able, slots) if works else asyncio.sleep(0))
    application = make_application([front_of(stand), *extra], say=stand.answers.say)
    serving = asyncio.create_task(serve(application, listener, stop))
    address = f"http://127.0.0.1:{port}"
    try:
        async with browser(address) as client:
            yield World(stand, client, queue, store, clock, painter, address, stop)
    finally:
        stop.set()
        painter.may_go_on.set()
        await serving
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


async def _worked(queue: Queue, handlers: Handlers, slots: int) -> None:
    await work(queue, handlers, stop=asyncio.Event(), slots=slots)


def grey_jpeg(height: int = 60, width: int = 80) -> bytes:
    """A photograph without colours, as a JPEG file."""
    done, data = cv2.imencode(".jpg", resized(in_grey("camera"), (height, width)))
    assert done
    return data.tobytes()


def said(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal, which has a sentence too."""
    problem = json.loads(answer.text)
    assert set(problem) == {"code", "reason"}
    assert problem["reason"]
    return answer.status_code, problem["code"]

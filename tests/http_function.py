"""Functions to serve in tests, and the real server that serves them."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import httpx

from functions.errors import Postponed, Rejected
from functions.jobs import ColoriseChunk, ImageColorised, JoinVideo, VideoPlanned
from functions.outcome import Outcome
from functions.serve import FILMS, PICTURES, ColouredBytes, Function, serve
from functions.serve.server import listening
from functions.stores.memory import MemoryStore
from functions.telemetry.context import fields

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from functions.jobs import AnyResult, ColoriseImage, ImageWishes, Order, SplitVideo

ORDER: dict[str, Any] = {
    "kind": "colorise-image",
    "version": 1,
    "job_id": "job-1",
    "trace_id": "0" * 32,
    "asked_at": "2026-11-20T10:00:00Z",
    "source": "inbox/1.jpg",
    "target": "outbox/1.jpg",
}


@dataclass
class Stub:
    """Handlers that do next to nothing, and remember what they were asked."""

    store: MemoryStore = field(default_factory=MemoryStore)
    asked: list[Order | tuple[bytes, ImageWishes]] = field(default_factory=list)
    threads: set[str] = field(default_factory=set)
    error: Exception | None = None
    """Raised instead of answering."""
    careless: bool = False
    """Coloured pictures are not looked for in the store, nor put there."""
    held: threading.Event = field(default_factory=threading.Event)
    """Answers are given when it is set."""
    entered: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    """Released by each call that has begun."""

    contexts: list[dict[str, object]] = field(default_factory=list)
    """What the log knows of each call."""

    def __post_init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """As if nothing had been asked; what is in the store stays."""
        self.asked.clear()
        self.contexts.clear()
        self.error = None
        self.held.set()
        for name in ("inbox/1.jpg", "inbox/1.mp4"):
            self.store.write(name, b"\xff\xd8\xff", content_type="image/jpeg")

    def colorise_bytes(self, data: bytes, wishes: ImageWishes) -> ColouredBytes:
        self._begin((data, wishes))
        return ColouredBytes(data[::-1], wishes.kind or "jpeg", 40, 30, ("naïve\n",), 0.125)

    def colorise_image(self, order: ColoriseImage) -> Outcome:
        self._begin(order)
        if not self.careless:
            self.store.write(order.target, self.store.read(order.source)[::-1], content_type="image/jpeg")
        colorised = ImageColorised(
            job_id=order.job_id,
            trace_id=order.trace_id,
            target=order.target,
            picture_kind="jpeg",
            width=40,
            height=30,
            verdict="grey",
            seconds=0.125,
        )
        return Outcome((colorised,))

    def split_video(self, order: SplitVideo) -> Outcome:
        self._begin(order)
        job_id, trace_id, asked_at, plan = order.job_id, order.trace_id, order.asked_at, "work/1/plan.json"
        planned = VideoPlanned(
            job_id=job_id, trace_id=trace_id, plan=plan, width=40, height=30, frames=20, chunks=2, finished=0
        )
        chunks = [
            ColoriseChunk(job_id=job_id, trace_id=trace_id, asked_at=asked_at, plan=plan, chunk=number)
            for number in range(2)
        ]
        join = JoinVideo(job_id=job_id, trace_id=trace_id, asked_at=asked_at, plan=plan)
        return Outcome((planned,), tuple(chunks), (join,))

    def _begin(self, asked: Order | tuple[bytes, ImageWishes]) -> None:
        self.asked.append(asked)
        self.threads.add(threading.current_thread().name)
        self.contexts.append(dict(fields()))
        self.entered.release()
        assert self.held.wait(60)
        if self.error is not None:
            raise self.error

    def pictures(self, **changes: Any) -> Function:
        """The function that colours pictures."""
        made = Function(
            name="colorise",
            handlers={"colorise-image": self.colorise_image},
            vocabulary=PICTURES,
            store=self.store,
            colorise_bytes=self.colorise_bytes,
        )
        return replace(made, **changes)

    def films(self, **changes: Any) -> Function:
        """The function that splits films."""
        made = Function(
            name="video-split", handlers={"split-video": self.split_video}, vocabulary=FILMS, store=self.store
        )
        return replace(made, **changes)


@dataclass
class Sink:
    """A queue that takes orders and results, and never runs dry."""

    sent: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    claims: dict[str, str] = field(default_factory=dict)
    failures: int = 0
    """Sends that fail before the next one works."""

    async def send(self, order: Order) -> bool:
        if self.failures:
            self.failures -= 1
            msg = "the queue is out of reach"
            raise Postponed(msg, after_seconds=2.5)
        self.sent.append(order.message_id)
        return True

    async def tell(self, result: AnyResult) -> None:
        self.told.append(result.kind)

    async def claim(self, key: str, value: str = "") -> bool:
        if key in self.claims:
            return False
        self.claims[key] = value
        return True

    async def claimed(self, key: str) -> str | None:
        return self.claims.get(key)

    async def reclaim(self, key: str, value: str) -> None:
        self.claims[key] = value


async def until_ready(client: httpx.AsyncClient) -> None:
    """Ask as a cluster does, until calls are welcome."""
    async with asyncio.timeout(60):
        while (await client.get("/_/ready")).status_code != httpx.codes.OK:  # noqa: ASYNC110 - it may be far away
            await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def served(function: Function, *, ready: bool = True) -> AsyncIterator[httpx.AsyncClient]:
    """Serve on a free port, and give a client; SIGTERM ends it as in a container."""
    listener = listening("127.0.0.1", 0)
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    server = asyncio.create_task(serve(function, listener=listener))
    try:
        async with httpx.AsyncClient(base_url=address, timeout=60, trust_env=False) as client:
            if ready:
                await until_ready(client)
            yield client
    finally:
        if not server.done():
            signal.raise_signal(signal.SIGTERM)
        await server


def rejected(code: str) -> Rejected:
    return Rejected(f"a reason for {code}", code=code)


def failed(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of an answer that says what went wrong, in the way that all do."""
    problem = answer.json()
    assert set(problem) == {"reason", "code"}
    assert problem["reason"]
    return answer.status_code, problem["code"]

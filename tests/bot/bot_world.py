"""A bot in this process, with network, queue and store in memory, and a worker that colours nothing but says so."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from bot.metrics import BotMetrics
from bot.platforms.memory import MemoryPlatform
from bot.platforms.memory_network import Media
from bot.platforms.protocol import AttachmentKind
from bot.run import Books, Bot
from bot.settings import BotSettings
from functions.errors import Rejected
from functions.jobs import ImageColorised, VideoColorised, VideoPlanned
from functions.outcome import Outcome
from functions.queues.memory import MemoryQueue
from functions.stores.memory import MemoryStore
from functions.worker import work

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import datetime

    from bot.platforms.memory_network import Entry, Happening
    from functions.jobs import ColoriseImage, SplitVideo
    from functions.outcome import Handlers
    from functions.stores.protocol import ObjectStore

PATIENCE_SECONDS: Final = 60
"""For what takes milliseconds."""

BOT: Final = "colorisebot"


def photo(words: str = "a photo", *, alt_text: str | None = None) -> Media:
    """Of no format at all: nobody here looks at it but the worker below, which reads it as words."""
    return Media(
        kind=AttachmentKind.PHOTO, data=b"\xff\xd8\xff" + words.encode(), content_type="image/jpeg", alt_text=alt_text
    )


def clip(words: str = "a clip", *, kind: AttachmentKind = AttachmentKind.VIDEO, seconds: float = 3.0) -> Media:
    return Media(kind=kind, data=b"\x00\x00\x00\x18ftyp" + words.encode(), content_type="video/mp4", seconds=seconds)


class Colouring:
    """Handlers of a worker: `grey` words become `coloured` ones, and those that hold a code are refused with it."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self.orders: list[ColoriseImage | SplitVideo] = []
        self.may_go = asyncio.Event()
        self.may_go.set()

    def image(self, order: ColoriseImage) -> Outcome:
        self._colour(order, "image/jpeg")
        about = {"job_id": order.job_id, "trace_id": order.trace_id, "target": order.target}
        return Outcome(
            (
                ImageColorised.model_validate(
                    {**about, "picture_kind": "jpeg", "width": 8, "height": 8, "verdict": "grey", "seconds": 0.01}
                ),
            )
        )

    def film(self, order: SplitVideo) -> Outcome:
        about = {"job_id": order.job_id, "trace_id": order.trace_id, "width": 8, "height": 8, "frames": 3}
        plan = f"work/{'0' * 32}/plan-{order.job_id}.json"
        planned = VideoPlanned.model_validate({**about, "plan": plan, "chunks": 1, "finished": 0})
        self._store.write(plan, b"{}", content_type="application/json")
        self._colour(order, "image/gif" if order.wishes.container == "gif" else "video/mp4")
        done = {"target": order.target, "inferred": 1, "repeats": 0, "shots": 1, "seconds": 0.02}
        return Outcome((planned, VideoColorised.model_validate({**about, **done})))

    def _colour(self, order: ColoriseImage | SplitVideo, content_type: str) -> None:
        self.orders.append(order)
        words = self._store.read(order.source)
        code = next((code for code in ("already-colour", "too-large", "damaged") if code.encode() in words), None)
        is_gif = getattr(order.wishes, "container", None) == "gif"
        if code is not None and (is_gif or b"as-gif" not in words):
            msg = f"it is refused: {code}"
            raise Rejected(msg, code=code)
        magic = b"GIF89a" if content_type == "image/gif" else words[:3] if content_type == "image/jpeg" else words[:8]
        self._store.write(order.target, magic + b" coloured " + words, content_type=content_type)


@dataclass
class World:
    """Everything, and the means to see what happens."""

    platform: MemoryPlatform
    queue: MemoryQueue
    store: MemoryStore
    colouring: Colouring
    bot: Bot
    metrics: BotMetrics
    happenings: list[Happening] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def happened(self, happening: Happening) -> None:
        self.happenings.append(happening)
        self._news.set()

    def posts(self, username: str, text: str, **more: Any) -> Entry:
        return self.platform.network.post(username, text, **more)

    def replies(self, mention: str) -> list[Entry]:
        return [
            entry
            for entry in self.platform.network.posts.values()
            if entry.reply_to == mention and self._is_ours(entry)
        ]

    async def reply(self, mention: str) -> Entry:
        """The bot's reply, once it is there."""
        await self.until(lambda: bool(self.replies(mention)))
        return self.replies(mention)[0]

    async def until(self, happened: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not happened():
                self._news.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.02):  # not all that is waited for is a post
                        await self._news.wait()

    async def settled(self, verdicts: int) -> None:
        """Wait until so many mentions were judged, and none is in hand."""
        await self.until(lambda: self.count("colorise_bot_mentions_total") >= verdicts)
        await self.until(lambda: self.count("colorise_bot_pending") == 0)

    def count(self, name: str, **labels: str) -> float:
        """Sum of the samples of a metric."""
        return sum(
            sample.value
            for metric in self.metrics.registry.collect()
            for sample in metric.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    def media(self, entry: Entry) -> list[Media]:
        return [self.platform.network.files[key].media for key in entry.media]

    def _is_ours(self, entry: Entry) -> bool:
        return self.platform.network.people[entry.author].username == BOT


@contextlib.asynccontextmanager
async def world(
    *,
    platform: MemoryPlatform | None = None,
    queue: MemoryQueue | None = None,
    store: MemoryStore | None = None,
    now: Callable[[], datetime] | None = None,
    name: str = "BOT",
    **settings: Any,
) -> AsyncIterator[World]:
    """Run a bot while the block lasts."""
    platform, queue, store = platform or MemoryPlatform(), queue or MemoryQueue(), store or MemoryStore()
    colouring, metrics, stop = Colouring(store), BotMetrics(), asyncio.Event()
    told = BotSettings(**{"bot_poll_seconds": 0.1, "bot_settle_seconds": 0.2, **settings})
    books = await Books.open(queue, name=name)
    bot = Bot(platform, queue, store, books=books, settings=told, metrics=metrics, now=now or platform.network.now)
    made = World(platform, queue, store, colouring, bot, metrics)
    platform.network.listen(made.happened)
    handlers: Handlers = {"colorise-image": colouring.image, "split-video": colouring.film}
    async with _beside(work(queue, handlers, stop=asyncio.Event(), slots=4)):
        running = asyncio.create_task(bot.run(stop), name="bot under test")
        try:
            yield made
        finally:
            stop.set()
            await running


@contextlib.asynccontextmanager
async def _beside(working: Any) -> AsyncIterator[None]:
    task = asyncio.create_task(working)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

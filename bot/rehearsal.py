"""A rehearsal: people on a network in memory mention the bot, the real pipeline colours, and it is all printed."""

from __future__ import annotations

import asyncio
import contextlib
import mimetypes
import sys
from typing import TYPE_CHECKING, Final

from bot.metrics import BotMetrics
from bot.platforms.memory import MemoryPlatform
from bot.platforms.memory_network import Media, MemoryNetwork
from bot.platforms.protocol import AttachmentKind
from bot.run import Books, Bot
from functions.errors import Rejected
from functions.queues.settings import open_queue
from functions.stores.settings import open_store
from functions.stores.upkeep import prepared

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.platforms.memory_network import Entry, Happening
    from bot.settings import BotSettings
    from functions.queues.settings import QueueSettings
    from functions.stores.settings import StoreSettings

DONE: Final = 0
FAILED: Final = 1

WAIT_SECONDS: Final = 120.0
"""For a reply; a photo takes less than one."""

QUIET_SECONDS: Final = 1.0
"""After which no reply is taken for none to come."""

POLL_SECONDS: Final = 0.2

_KINDS: Final = {"image/gif": AttachmentKind.GIF, "video/mp4": AttachmentKind.VIDEO}


async def rehearsed(folder: Path, settings: BotSettings, queue: QueueSettings, store: StoreSettings) -> int:
    """Play it and print it; the exit code.

    Args:
        folder: of pictures and clips that people post.
        settings: of the bot.
        queue: that carries the orders.
        store: where pictures go.

    Raises:
        Rejected: there are no pictures in the folder ("no-pictures").
        Postponed: queue or store are out of reach.
    """
    media = await asyncio.to_thread(_media, folder)
    opened = await open_queue(queue)
    try:
        objects = open_store(store)
        await prepared(objects)
        network = MemoryNetwork(tell=_print)
        platform = MemoryPlatform(network)
        bot = Bot(
            platform,
            opened,
            objects,
            books=await Books.open(opened, name="REHEARSAL"),
            settings=settings.model_copy(update={"bot_poll_seconds": POLL_SECONDS, "bot_stream": True}),
            metrics=BotMetrics(),
        )
        async with _running(bot):
            return await _Play(network, media).play()
    finally:
        await opened.close()


class _Play:
    """What the people do, and whether the bot does what it should."""

    def __init__(self, network: MemoryNetwork, media: list[Media]) -> None:
        self._network = network
        self._photos = [one for one in media if one.kind is AttachmentKind.PHOTO]
        self._clips = [one for one in media if one.kind is not AttachmentKind.PHOTO]
        self._wrong: list[str] = []

    async def play(self) -> int:
        photos, post = self._photos, self._network.post
        first = await self._answered(post("rosa", "@colorisebot my grandmother, please", media=photos[:1]))
        if first is not None:
            await self._answered(post("rosa", "@colorisebot more colour, please", reply_to=first.id))
            await self._answered(post("jan", "@colorisebot compare", reply_to=first.id))
            await self._unanswered(post("jan", "@colorisebot thanks, how lovely!", reply_to=first.id))
        await self._answered(post("mila", "@colorisebot all of these?", media=photos[:4]))
        theirs = post("museum", "The harbour in 1910.", media=photos[-1:])
        await self._answered(post("rosa", "@museum @colorisebot please", reply_to=theirs.id))
        for clip in self._clips:
            await self._answered(post("ivo", "@colorisebot in motion!", media=[clip]))
        await self._answered(post("tom", "@colorisebot hello?"))
        mention = next(iter(self._network.posts.values()))
        await self._unanswered(self._network.retweet("echo", mention.id))
        await self._answered(post("tom", "@colorisebot stop"))
        await self._unanswered(post("tom", "@colorisebot and this one", media=photos[:1]))
        if first is not None:
            await self._answered(post("rosa", "@colorisebot delete this", reply_to=first.id))
        await self._answered(post("rosa", "@colorisebot forget me"))
        for line in self._wrong:
            sys.stdout.write(f"WRONG: {line}\n")
        sys.stdout.write("the rehearsal went well\n" if not self._wrong else "the rehearsal did not go well\n")
        return FAILED if self._wrong else DONE

    async def _answered(self, mention: Entry) -> Entry | None:
        """The reply to a mention, which must come."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(WAIT_SECONDS):
                return await self._reply(mention)
        self._wrong.append(f"no reply to: {mention.text}")
        return None

    async def _unanswered(self, mention: Entry) -> None:
        """No reply must come."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(QUIET_SECONDS):
                await self._reply(mention)
                self._wrong.append(f"a reply to: {mention.text}")

    async def _reply(self, mention: Entry) -> Entry:
        while True:
            for entry in self._network.posts.values():
                if entry.reply_to == mention.id and self._network.people[entry.author].automated:
                    return entry
            await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def _running(bot: Bot) -> AsyncIterator[None]:
    stop = asyncio.Event()
    running = asyncio.create_task(bot.run(stop))
    try:
        yield
    finally:
        stop.set()
        await running


def _print(happening: Happening) -> None:
    sys.stdout.write(f"{happening.line()}\n")
    sys.stdout.flush()


def _media(folder: Path) -> list[Media]:
    found = []
    for path in sorted(folder.iterdir()):
        content_type = mimetypes.guess_type(path)[0] or ""
        if content_type.startswith("image/") or content_type in _KINDS:
            kind = _KINDS.get(content_type, AttachmentKind.PHOTO)
            found.append(Media(data=path.read_bytes(), kind=kind, content_type=content_type))
    if not any(media.kind is AttachmentKind.PHOTO for media in found):
        msg = f"{folder}: no photographs (JPEG, PNG or WebP) are in it"
        raise Rejected(msg, code="no-pictures")
    return found

"""Social networks for the platforms' tests: people who post, and trouble that can be switched on."""

from __future__ import annotations

import asyncio
import io
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol, cast

from PIL import Image

from bot.fake_x import AccountSettings, Attached, FakeX, FaultKind, MediaKind, Settings
from bot.platforms.memory import MemoryPlatform
from bot.platforms.memory_network import Media, MemoryNetwork
from bot.platforms.protocol import AttachmentKind
from bot.platforms.stand import Stand
from bot.platforms.twitter import Twitter
from bot.platforms.twitter_credentials import Credentials
from demo.network import Network
from demo.network_http import BotSide
from demo.network_keeping import NetworkKeeping
from demo.network_posts import Media as StandMedia
from demo.network_posts import MediaKind as StandKind
from demo.network_trouble import Trouble
from functions.queues.memory import MemoryQueue
from functions.stores.memory import MemoryStore
from tests.clips import Clip, made
from tests.fakes.x_api import running_x
from tests.web_server import served

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence

    from bot.platforms.memory_faults import Call, When
    from bot.platforms.protocol import Platform
    from demo.network_trouble import Call as StandCall

BOT = "colorisebot"


@dataclass(frozen=True)
class Shown:
    """A file as those see it who look at a post."""

    kind: AttachmentKind
    data: bytes
    alt_text: str | None


class World(Protocol):
    """A network, with the bot's account on it."""

    @property
    def platform(self) -> Platform: ...

    def post(
        self,
        username: str,
        text: str,
        *,
        media: Sequence[Media] = (),
        reply_to: str | None = None,
        quotes: str | None = None,
    ) -> str:
        """Somebody posts; gives the post's id."""

    def retweet(self, username: str, post_id: str) -> str: ...

    def delete(self, post_id: str) -> None: ...

    def protect(self, username: str) -> None: ...

    def shown(self, post_id: str) -> list[Shown]:
        """What hangs on a post."""

    def text(self, post_id: str) -> str:
        """What a post says, with the names carried along."""

    def limit(self, call: Call, *, seconds: float) -> None:
        """Answer the next call with: too often, for so long."""

    def break_off(self, call: Call, when: When) -> None: ...

    def cut_stream(self) -> None: ...

    def pass_time(self, seconds: float) -> None: ...

    def now(self) -> datetime: ...


class ClockWork:
    """A clock that is put forward by hand."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 5, 12, tzinfo=UTC)

        self._follows = False

    def follow_the_real_one(self) -> None:
        """For programs that have a clock of their own."""
        self._follows = True

    def __call__(self) -> datetime:
        return datetime.now(UTC) if self._follows else self.time


@dataclass
class MemoryWorld:
    """The network in memory."""

    clock: ClockWork = field(default_factory=ClockWork)
    network: MemoryNetwork = field(init=False)
    platform: MemoryPlatform = field(init=False)

    def __post_init__(self) -> None:
        self.network = MemoryNetwork(now=self.clock)
        self.platform = MemoryPlatform(self.network, username=BOT)

    def post(
        self,
        username: str,
        text: str,
        *,
        media: Sequence[Media] = (),
        reply_to: str | None = None,
        quotes: str | None = None,
    ) -> str:
        return self.network.post(username, text, media=media, reply_to=reply_to, quotes=quotes).id

    def retweet(self, username: str, post_id: str) -> str:
        return self.network.retweet(username, post_id).id

    def delete(self, post_id: str) -> None:
        self.network.delete(post_id)

    def protect(self, username: str) -> None:
        self.network.protect(username)

    def shown(self, post_id: str) -> list[Shown]:
        files = [self.network.files[key].media for key in self.network.entry(post_id).media]
        return [Shown(each.kind, each.data, each.alt_text) for each in files]

    def text(self, post_id: str) -> str:
        return self.network.entry(post_id).text

    def limit(self, call: Call, *, seconds: float) -> None:
        self.platform.faults.limit(call, until=self.now() + timedelta(seconds=seconds))

    def break_off(self, call: Call, when: When) -> None:
        self.platform.faults.break_off(call, when=when)

    def cut_stream(self) -> None:
        self.platform.break_stream()

    def pass_time(self, seconds: float) -> None:
        self.clock.time += timedelta(seconds=seconds)

    def now(self) -> datetime:
        return self.clock()


FAMILIES: Mapping[Call, str] = {
    "identify": "users-me",
    "mentions": "mentions",
    "look_up": "lookup",
    "download": "files",
    "upload": "upload",
    "reply": "create",
    "own_posts": "timeline",
    "delete": "delete",
    "stream": "stream",
}
KINDS = {
    AttachmentKind.PHOTO: MediaKind.PHOTO,
    AttachmentKind.GIF: MediaKind.GIF,
    AttachmentKind.VIDEO: MediaKind.VIDEO,
}


@dataclass
class XWorld:
    """A fake X on loopback, and the real platform that is pointed at it."""

    fake: FakeX
    fake_url: str
    platform: Twitter = field(init=False)

    def post(
        self,
        username: str,
        text: str,
        *,
        media: Sequence[Media] = (),
        reply_to: str | None = None,
        quotes: str | None = None,
    ) -> str:
        if self.fake.network.accounts.named(username) is None:
            self.fake.add_account(username)
        attached = [
            Attached(
                each.data,
                KINDS[each.kind],
                each.content_type,
                each.alt_text,
                each.width,
                each.height,
                None if each.seconds is None else round(each.seconds * 1000),
            )
            for each in media
        ]
        return self.fake.post(username, text, attachments=attached, reply_to=reply_to, quote_of=quotes)

    def retweet(self, username: str, post_id: str) -> str:
        if self.fake.network.accounts.named(username) is None:
            self.fake.add_account(username)
        return self.fake.post(username, retweet_of=post_id)

    def delete(self, post_id: str) -> None:
        self.fake.delete_post(post_id)

    def protect(self, username: str) -> None:
        self.fake.protect(username)

    def shown(self, post_id: str) -> list[Shown]:
        (view,) = [each for each in self.fake.posts_by(BOT) if each.id == post_id]
        files = [self.fake.media(key) for key in view.media]
        kinds = {str(theirs): ours for ours, theirs in KINDS.items()}
        return [Shown(kinds[str(each.kind)], each.content, each.alt_text) for each in files]

    def text(self, post_id: str) -> str:
        return self.fake.network.posts.by_id[int(post_id)].text

    def limit(self, call: Call, *, seconds: float) -> None:
        assert seconds <= 900, "X's windows have a quarter of an hour"
        self.fake.set_fault(FAMILIES[call], FaultKind.TOO_MANY, times=1)

    def break_off(self, call: Call, when: When) -> None:
        kind = FaultKind.CUT_BEFORE if when == "before" else FaultKind.CUT_AFTER
        self.fake.set_fault(FAMILIES[call], kind, times=1)

    def cut_stream(self) -> None:
        assert self.fake.drop_stream()

    def pass_time(self, seconds: float) -> None:
        self.fake.forward(seconds)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.fake.network.clock.now(), UTC)


def keys_of(fake: FakeX, username: str = BOT) -> Credentials:
    """The keys of an account on a fake X."""
    return Credentials(**fake.credentials(username).model_dump())


async def at_once(_: float) -> None:
    """Pass the time without waiting."""
    await asyncio.sleep(0)


@asynccontextmanager
async def x_world(
    *,
    silence_seconds: float = 30.0,
    sleep: Callable[[float], Awaitable[None]] = at_once,
    **changed: Any,
) -> AsyncIterator[XWorld]:
    """Run a fake X, with the bot's account on it.

    Args:
        silence_seconds: of a stream that is taken for dead.
        sleep: what the platform waits with.
        changed: settings of the fake.
    """
    settings = Settings(accounts=(AccountSettings(username=BOT),))
    with running_x(settings, **changed) as server:
        world = XWorld(server.fake, server.url)
        world.platform = Twitter(
            keys_of(server.fake),
            address=server.url,
            silence_seconds=silence_seconds,
            sleep=sleep,
            now=world.now,
        )
        try:
            yield world
        finally:
            await world.platform.close()


TOKEN = "a-token-of-the-stand"  # noqa: S105 - of a server that lives for one test


@dataclass
class StandWorld:
    """A stand's network on loopback, and the platform that speaks to it."""

    clock: ClockWork = field(default_factory=ClockWork)
    store: MemoryStore = field(default_factory=MemoryStore)
    network: Network = field(init=False)
    trouble: Trouble = field(init=False)
    side: BotSide = field(init=False)
    platform: Stand = field(init=False)
    _files: int = 0

    def post(
        self,
        username: str,
        text: str,
        *,
        media: Sequence[Media] = (),
        reply_to: str | None = None,
        quotes: str | None = None,
    ) -> str:
        author = self.network.person(username)
        keys = [self._kept(each) for each in media]
        return self.network.publish(author.id, text, keys, reply_to=reply_to, quotes=quotes).id

    def _kept(self, media: Media) -> str:
        self._files += 1
        name = f"inbox/stand/network/test-{self._files}"
        self.store.write(name, media.data, content_type=media.content_type)
        return self.network.keep_upload(
            StandMedia(
                f"test-{self._files}-abcd",
                StandKind(media.kind),
                media.content_type,
                name,
                len(media.data),
                self.now(),
                media.alt_text,
                media.width,
                media.height,
                media.seconds,
            )
        )

    def retweet(self, username: str, post_id: str) -> str:
        return self.network.retweet(username, post_id).id

    def delete(self, post_id: str) -> None:
        self.network.delete(post_id)

    def protect(self, username: str) -> None:
        self.network.protect(username)

    def shown(self, post_id: str) -> list[Shown]:
        files = self.network.entry(post_id).media
        return [Shown(AttachmentKind(each.kind), self.store.read(each.object_name), each.alt_text) for each in files]

    def text(self, post_id: str) -> str:
        return self.network.entry(post_id).text

    def limit(self, call: Call, *, seconds: float) -> None:
        self.trouble.limit(cast("StandCall", call), until=self.now() + timedelta(seconds=seconds))

    def break_off(self, call: Call, when: When) -> None:
        self.trouble.break_off(cast("StandCall", call), when=when)

    def cut_stream(self) -> None:
        assert self.side.is_listening
        self.side.cut_stream()

    def pass_time(self, seconds: float) -> None:
        self.clock.time += timedelta(seconds=seconds)
        self.network.forget()

    def now(self) -> datetime:
        return self.clock()


@asynccontextmanager
async def stand_world(*, silence_seconds: float = 30.0) -> AsyncIterator[StandWorld]:
    """Run a stand's network, with the bot's account on it."""
    world = StandWorld()
    world.network = Network(bot=BOT, now=world.clock)
    world.trouble = Trouble(world.clock)
    keeping = NetworkKeeping(world.network, await MemoryQueue().records("STAND", keep_seconds=None), world.store)
    world.side = BotSide(world.network, keeping, world.store, TOKEN, world.trouble)
    async with keeping.lifespan(), served(world.side.routes) as address:
        world.platform = Stand(address, TOKEN, silence_seconds=silence_seconds, now=world.now)
        try:
            yield world
        finally:
            await world.platform.close()


@cache
def jpeg(shade: int = 128) -> bytes:
    """A grey photo; each shade has other bytes."""
    made_of = io.BytesIO()
    Image.new("L", (96, 64), shade).save(made_of, "JPEG")
    return made_of.getvalue()


@cache
def gif() -> bytes:
    """An animation."""
    made_of = io.BytesIO()
    frames = [Image.new("L", (64, 48), shade) for shade in (0, 90, 180)]
    frames[0].save(made_of, "GIF", save_all=True, append_images=frames[1:], duration=100)
    return made_of.getvalue()


@cache
def film() -> bytes:
    """A second of film."""
    return made(Clip(frames=25))


def photo(shade: int = 128, alt_text: str | None = None) -> Media:
    return Media(jpeg(shade), AttachmentKind.PHOTO, "image/jpeg", alt_text, width=96, height=64)

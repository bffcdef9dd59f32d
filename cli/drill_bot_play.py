"""Plays the scenes of the bot's drill on the fake, and keeps what the bot says to each."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cli.drill_bot_control import FakeControl, Seen
    from cli.drill_bot_scenes import Act, Expected, Scene

LOOK_SECONDS: Final = 0.25
"""Between two looks at what the bot has posted."""

SIDE_BY_SIDE: Final = 8
"""Posts at once; their pictures are drawn then, too."""


@dataclass(slots=True)
class Played:
    """A post of the drill's."""

    scene: Scene
    act: Act
    id: str
    posted_at: datetime
    """As its id says; of one that was posted as an old one, that time."""
    told_at: datetime
    """Just before it was."""

    @property
    def expected(self) -> Expected | None:
        """What the bot owes for it."""
        return self.act.expected

    def __str__(self) -> str:
        """For reports."""
        return f"{self.scene.kind} ({self.id})"


@dataclass(slots=True)
class Play:
    """Posts, and what came of them.

    Args:
        control: of the fake.
        bot: its name there.
    """

    control: FakeControl
    bot: str
    played: dict[str, Played] = field(default_factory=dict)
    """By id."""
    scenes: list[tuple[Scene, list[str | None]]] = field(default_factory=list)
    """Each with the ids of its acts' posts, as far as it was played."""
    seen: dict[str, Seen] = field(default_factory=dict)
    """All that the bot ever posted, by id."""
    there: set[str] = field(default_factory=set)
    """Of those, the ids that are not deleted."""
    _is_over: bool = False
    _by_mention: dict[str, list[Seen]] = field(default_factory=dict)
    _room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(SIDE_BY_SIDE))
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    def replies_to(self, mention: str) -> list[Seen]:
        """All that the bot ever said to a mention, oldest first."""
        return self._by_mention.get(mention, [])

    async def watch(self) -> None:
        """Look at what the bot has posted, without end."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Look now."""
        posts = await self.control.posts_by(self.bot)
        async with self._news:
            self.keep(posts)
            self._news.notify_all()

    def keep(self, posts: Sequence[Seen]) -> None:
        """Keep all that is there of what the bot has posted."""
        self.there = {post.id for post in posts}
        for post in posts:
            if post.id not in self.seen:
                self.seen[post.id] = post
                self._by_mention.setdefault(post.reply_to or "", []).append(post)

    async def until(self, happened: Callable[[], bool], seconds: float) -> bool:
        """Wait until something is so, looking again whenever the bot may have posted; False where it is not in time."""
        try:
            async with asyncio.timeout(seconds), self._news:
                await self._news.wait_for(happened)
        except TimeoutError:
            return happened()
        return True

    async def begin(self, scenes: Sequence[Scene], group: asyncio.TaskGroup, *, seconds: float) -> None:
        """Begin scenes one after another within so many seconds; each goes on in the group, to its end."""
        for scene in scenes:
            group.create_task(self.play(scene))
            await asyncio.sleep(seconds / len(scenes))

    def add(self, scene: Scene, act: Act, identity: str, *, told_at: datetime) -> None:
        """Keep in mind what was posted."""
        self.played[identity] = Played(scene, act, identity, moment_of(identity), told_at)

    async def end(self) -> None:
        """Break off scenes that still wait for an answer."""
        async with self._news:
            self._is_over = True
            self._news.notify_all()

    async def play(self, scene: Scene) -> list[str | None]:
        """Play one, as far as the answers come that it waits for; the ids of its posts."""
        ids: list[str | None] = []
        self.scenes.append((scene, ids))
        for act in scene.acts:
            if act.waits_for is not None and not await self._answered(ids, act.waits_for):
                break
            ids.append(await self._performed(scene, act, ids))
        return ids

    async def answered(self, mentions: Sequence[str], seconds: float) -> bool:
        """Wait until all of these have as many replies as they are owed; False where they have not in time."""
        wanted = [self.played[mention] for mention in mentions]
        return await self.until(lambda: all(map(self.is_answered, wanted)), seconds)

    def is_answered(self, played: Played) -> bool:
        """Whether a post has all the replies that it is owed."""
        expected = played.expected
        return expected is None or len(self.replies_to(played.id)) >= expected.replies

    @property
    def is_done(self) -> bool:
        """Whether every scene was played to its end, and got all that it is owed."""
        return not self.lacking() and all(len(scene.acts) == len(ids) for scene, ids in self.scenes)

    def lacking(self) -> int:
        """Replies that are still owed, those of scenes as a whole among them."""
        single = sum(not self.is_answered(played) for played in self.played.values())
        shared = sum(
            max(0, scene.share.with_pictures + scene.share.in_words - self._said_in(ids))
            for scene, ids in self.scenes
            if scene.share is not None
        )
        return single + shared

    def _said_in(self, ids: Sequence[str | None]) -> int:
        return sum(len(self.replies_to(one)) for one in ids if one is not None)

    async def _answered(self, ids: Sequence[str | None], place: int) -> bool:
        mention = str(ids[place])
        async with self._news:
            await self._news.wait_for(lambda: self._is_over or bool(self.replies_to(mention)))
        return bool(self.replies_to(mention))

    async def _performed(self, scene: Scene, act: Act, ids: Sequence[str | None]) -> str | None:
        def of(place: int | None) -> str | None:
            return None if place is None else ids[place]

        if act.deletes is not None:
            await self.control.delete_post(str(of(act.deletes)))
            return None
        under = of(act.under)
        if act.under_answer is not None:
            under = self.replies_to(str(of(act.under_answer)))[0].id
        async with self._room:
            now = datetime.now(UTC)
            identity = await self.control.post(
                act.author,
                act.text,
                pictures=act.pictures,
                reply_to=under,
                quote_of=of(act.shows),
                retweet_of=of(act.passes_on),
                posted_at=now - act.age if act.age else None,
            )
        self.add(scene, act, identity, told_at=now)
        return identity


def moment_of(identity: str) -> datetime:
    """When something with this id was posted: X's ids begin with that, in milliseconds since 4 November 2010."""
    return datetime.fromtimestamp(((int(identity) >> 22) + 1_288_834_974_657) / 1000, UTC)

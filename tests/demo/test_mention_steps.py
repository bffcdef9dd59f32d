"""Claims about what the pretend network knows of a mention's way through the machine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from demo.mention_steps import FETCHED, MentionSteps
from demo.network import Network
from demo.network_posts import Media, MediaKind

NOON: Final = datetime(2026, 11, 28, 12, tzinfo=UTC)


class World:
    """A network whose clock goes on by a second with each look at it."""

    def __init__(self) -> None:
        self.seconds = 0
        self.network = Network(now=self.now)
        self.steps = MentionSteps(self.network)
        self.anna = self.network.account("cookie", "Anna").id

    def now(self) -> datetime:
        self.seconds += 1
        return NOON + timedelta(seconds=self.seconds)

    def picture(self, key: str) -> str:
        return self.network.keep_upload(Media(key, MediaKind.PHOTO, "image/jpeg", key, 9, NOON))

    async def stages(self, job: str) -> list[str]:
        steps = await self.steps.of(job)
        assert steps is not None
        assert [at for _, at in steps.stages] == sorted(at for _, at in steps.stages)
        assert (steps.job, steps.who) == (job, "bot")
        return [stage for stage, _ in steps.stages]


async def test_it_is_posted_fetched_and_answered() -> None:
    world = World()
    mention = world.network.publish(world.anna, "@colorisebot please", [world.picture("a")])
    job = f"bot-{mention.id}-1"
    assert await world.stages(job) == ["received"]
    world.steps.fetched("another")
    assert await world.stages(job) == ["received"]
    world.steps.fetched("a")
    assert await world.stages(job) == ["received", "stored"]
    world.network.reply_as_bot("One moment", to=mention.id)
    assert await world.stages(job) == ["received", "stored"]
    world.network.reply_as_bot("Here you are", to=mention.id, media=[world.picture("b")])
    assert await world.stages(f"{job}-film") == ["received", "stored", "done"]


async def test_the_picture_may_hang_on_what_is_replied_to_and_was_fetched_for_this_mention() -> None:
    world = World()
    picture = world.network.publish(world.anna, "My grandmother", [world.picture("a")])
    world.steps.fetched("a")  # for somebody who asked before
    mention = world.network.publish(world.anna, "@colorisebot please", reply_to=picture.id)
    assert await world.stages(f"bot-{mention.id}-1") == ["received"]
    world.steps.fetched("a")
    assert await world.stages(f"bot-{mention.id}-1") == ["received", "stored"]


@pytest.mark.parametrize("job", ["stand-abc", "bot-1-1", "bot-{post}-1", "bot-{post}", "{post}-1", "-{post}-1", ""])
async def test_other_jobs_are_not_of_the_bot(job: str) -> None:
    world = World()
    post = world.network.publish(world.anna, "No bot is named")
    assert await world.steps.of(job.format(post=post.id)) is None


async def test_a_deleted_mention_has_no_way() -> None:
    world = World()
    mention = world.network.publish(world.anna, "@colorisebot please")
    world.network.delete(mention.id)
    assert await world.steps.of(f"bot-{mention.id}-1") is None


async def test_what_is_remembered_is_bounded() -> None:
    world = World()
    mention = world.network.publish(world.anna, "@colorisebot please", [world.picture("a")])
    world.steps.fetched("a")
    for number in range(FETCHED):
        world.steps.fetched(f"other-{number}")
    assert await world.stages(f"bot-{mention.id}-1") == ["received"]

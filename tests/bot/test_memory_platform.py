"""What only the network in memory has: a listener, files that can be looked at, and trouble in turn."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest

from bot.platforms.memory import MOST_MENTIONS, MemoryPlatform
from bot.platforms.memory_network import MemoryNetwork
from bot.platforms.protocol import AttachmentKind, Connected, Forbidden, Gone, LimitedUntil, Unreachable
from tests.bot.platform_worlds import ClockWork, jpeg, photo


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def network(told: list[str]) -> MemoryNetwork:
    return MemoryNetwork(now=ClockWork(), tell=lambda happening: told.append(happening.line()))


@pytest.fixture
def platform(network: MemoryNetwork) -> MemoryPlatform:
    return MemoryPlatform(network, username="bot")


async def test_a_listener_hears_a_conversation(
    network: MemoryNetwork, platform: MemoryPlatform, told: list[str]
) -> None:
    asked = network.post("alice", "@bot in colour please", media=[photo(alt_text="our street"), photo()])
    key = await platform.upload(
        io.BytesIO(jpeg()), kind=AttachmentKind.PHOTO, content_type="image/jpeg", alt_text="in colour"
    )
    answer = await platform.reply("Here it is", to=asked.id, media=[key])
    network.retweet("bob", answer.id)
    network.protect("alice")
    await platform.delete(answer.id)
    assert told == [
        "alice: @bot in colour please  [photo: our street]  [photo]",
        "bot: @alice Here it is  [photo: in colour]",
        "bob: RT @bot: @alice Here it is  [photo: in colour]",
        "alice is protected",
        "bot deletes: @alice Here it is",
        "bob deletes: RT @bot: @alice Here it is",
    ]


async def test_posts_and_uploads_can_be_looked_at_from_outside(
    network: MemoryNetwork, platform: MemoryPlatform
) -> None:
    asked = network.post("alice", "@bot please")
    key = await platform.upload(
        io.BytesIO(jpeg()), kind=AttachmentKind.PHOTO, content_type="image/jpeg", alt_text="in colour"
    )
    answer = await platform.reply("Here it is", to=asked.id, media=[key])
    entry = network.posts[answer.id]
    assert (entry.reply_to, entry.words, entry.media) == (asked.id, "Here it is", (key,))
    assert network.files[key].media.data == jpeg()
    assert network.people[entry.author].username == "bot"


async def test_trouble_comes_in_the_order_in_which_it_was_asked_for(
    network: MemoryNetwork, platform: MemoryPlatform
) -> None:
    asked = network.post("alice", "@bot please")
    until = network.now() + timedelta(minutes=5)
    platform.faults.limit("reply", until=until, times=2)
    platform.faults.break_off("reply", when="before")
    platform.faults.break_off("reply", when="after")
    for _ in range(2):
        with pytest.raises(LimitedUntil) as caught:
            await platform.reply("Here it is", to=asked.id)
        assert (caught.value.until, caught.value.after_seconds) == (until, 300.0)
    for _ in range(2):
        with pytest.raises(Unreachable):
            await platform.reply("Here it is", to=asked.id)
    assert len(await platform.own_posts(since=network.now())) == 1
    await platform.reply("And again", to=asked.id)
    assert await platform.mentions(after=None)


async def test_two_bots_can_live_on_one_network(network: MemoryNetwork, platform: MemoryPlatform) -> None:
    other = MemoryPlatform(network, username="other")
    asked = network.post("alice", "@bot @other please")
    await platform.reply("One", to=asked.id)
    await other.reply("One", to=asked.id)
    assert [post.text for post in await other.own_posts(since=network.now())] == ["@alice @bot One"]
    async with platform.stream() as events, other.stream() as others:
        assert await anext(events) == await anext(others) == Connected()


async def test_what_is_older_than_a_network_shows_is_not_among_the_mentions(
    network: MemoryNetwork, platform: MemoryPlatform
) -> None:
    for number in range(MOST_MENTIONS + 5):
        network.post("alice", f"@bot {number}")
    found = await platform.mentions(after=None)
    assert (len(found), found[0].post.text) == (MOST_MENTIONS, "@bot 5")


async def test_a_stream_can_be_missing(network: MemoryNetwork) -> None:
    platform = MemoryPlatform(network, has_stream=False)
    assert not platform.has_stream
    assert [finding.ok for finding in await platform.check() if finding.name == "filtered stream"] == [False]


def test_people_cannot_break_the_rules_either(network: MemoryNetwork) -> None:
    with pytest.raises(Forbidden):
        network.post("alice", "x" * 281)
    with pytest.raises(Forbidden):
        network.post("alice", "five", media=[photo()] * 5)
    with pytest.raises(Gone):
        network.post("alice", "to nobody", reply_to="1")
    with pytest.raises(Gone):
        network.retweet("alice", "1")
    assert network.posts == {}


def test_names_are_found_in_any_case_and_only_of_those_who_are_there(network: MemoryNetwork) -> None:
    bot = network.person("Bot")
    entry = network.post("alice", "@BOT @nobody hello")
    assert entry.mentions == {bot.id}

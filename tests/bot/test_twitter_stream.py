"""X's filtered stream: its rules, its silence and its end."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

from bot.fake_x import FaultKind
from bot.fake_x.streams import Rule
from bot.platforms.protocol import Connected, Forbidden, LimitedUntil, Mention, Post, Unreachable
from bot.platforms.twitter import Twitter
from bot.platforms.twitter_stream import TAG, rule
from tests.bot.platform_worlds import BOT, XWorld, photo, x_world
from tests.bot.scripted_x import KEYS, Reply, scripted_x, tweet

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

STREAM = "GET /2/tweets/search/stream"
RULES = "/2/tweets/search/stream/rules"


@pytest.fixture
async def world() -> AsyncIterator[XWorld]:
    async with x_world() as world:
        yield world


def rules_of(world: XWorld) -> list[tuple[str, str | None]]:
    return [(each.value, each.tag) for each in world.fake.network.streams.rules.values()]


def changes(world: XWorld) -> int:
    return len([each for each in world.fake.requests(family="rules") if each.method == "POST"])


async def heard(events: AsyncIterator[Mention | Connected]) -> str:
    event = await anext(events)
    return event.post.id if isinstance(event, Mention) else "connected"


async def test_a_rule_is_made_once(world: XWorld) -> None:
    for _ in range(2):
        async with world.platform.stream() as events:
            assert await heard(events) == "connected"
        await asyncio.to_thread(world.fake.wait_stream, connected=False)
    assert rules_of(world) == [(f"@{BOT} -is:retweet", TAG)]
    assert changes(world) == 1


async def test_a_rule_of_ours_that_is_old_is_replaced_and_others_are_left_alone(world: XWorld) -> None:
    rules = world.fake.network.streams.rules
    rules["1"] = Rule("1", "@oldname -is:retweet", TAG)
    rules["2"] = Rule("2", "cats", "somebody's")
    async with world.platform.stream() as events:
        assert await heard(events) == "connected"
        assert rules_of(world) == [("cats", "somebody's"), (rule(BOT), TAG)]
        # What only others want to hear of is not for us.
        world.post("alice", "cats")
        post_id = world.post("alice", f"@{BOT} cats")
        assert await heard(events) == post_id


async def test_a_rule_that_is_there_without_our_tag_will_do(world: XWorld) -> None:
    world.fake.network.streams.rules["1"] = Rule("1", rule(BOT), None)
    async with world.platform.stream() as events:
        assert await heard(events) == "connected"
        assert rules_of(world) == [(rule(BOT), None)]
        post_id = world.post("alice", f"@{BOT} please")
        assert await heard(events) == post_id


async def test_a_rule_that_x_does_not_take_is_told() -> None:
    with scripted_x() as script:
        script.scripts[f"GET {RULES}"] = [Reply(200, {"meta": {}})]
        script.scripts[f"POST {RULES}"] = [Reply(200, {"errors": [{"title": "RuleCap", "detail": "too many rules"}]})]
        platform = Twitter(KEYS, address=script.url)
        async with platform.stream() as events:
            with pytest.raises(Forbidden, match="too many rules"):
                await anext(events)
        await platform.close()


async def test_silence_is_taken_for_the_end() -> None:
    async with x_world(silence_seconds=0.3, keep_alive_seconds=60.0) as world, world.platform.stream() as events:
        assert await heard(events) == "connected"
        with pytest.raises(Unreachable, match="silent"):
            await anext(events)


async def test_blank_lines_keep_a_quiet_stream_alive() -> None:
    async with x_world(silence_seconds=1.0, keep_alive_seconds=0.05) as world, world.platform.stream() as events:
        assert await heard(events) == "connected"
        waiting = asyncio.ensure_future(heard(events))
        # Longer than the silence that would end it.
        await asyncio.wait([waiting], timeout=1.5)
        assert not waiting.done()
        post_id = world.post("alice", f"@{BOT} please")
        assert await waiting == post_id


async def test_a_stream_that_falls_silent_after_a_post_ends() -> None:
    async with x_world(silence_seconds=0.3, keep_alive_seconds=0.1) as world, world.platform.stream() as events:
        assert await heard(events) == "connected"
        world.fake.set_fault("stream", FaultKind.STREAM_SILENT, times=1)
        world.post("alice", f"@{BOT} please")
        with pytest.raises(Unreachable):
            await anext(events)


async def test_a_line_of_rubbish_is_skipped_and_told_of(world: XWorld, caplog: pytest.LogCaptureFixture) -> None:
    async with world.platform.stream() as events:
        assert await heard(events) == "connected"
        world.fake.set_fault("stream", FaultKind.STREAM_MALFORMED, times=1)
        post_id = world.post("alice", f"@{BOT} please")
        assert await heard(events) == post_id
    assert "no JSON object; it is skipped" in caplog.text


@pytest.mark.parametrize("clean", [True, False])
async def test_an_end_by_xs_side_is_unreachable(world: XWorld, clean: bool) -> None:  # noqa: FBT001 - two ways
    async with world.platform.stream() as events:
        assert await heard(events) == "connected"
        assert world.fake.drop_stream(clean=clean)
        with pytest.raises(Unreachable):
            await anext(events)


async def test_an_end_that_x_announces_is_told_with_its_reason(world: XWorld) -> None:
    async with world.platform.stream() as events:
        assert await heard(events) == "connected"
        world.fake.set_fault("stream", FaultKind.STREAM_DISCONNECT, times=1)
        world.post("alice", f"@{BOT} please")
        with pytest.raises(Unreachable, match="disconnected upstream"):
            await anext(events)


async def test_leaving_a_quiet_stream_ends_its_connection_and_its_thread(world: XWorld) -> None:
    async with world.platform.stream() as events:
        assert await heard(events) == "connected"
        # Meanwhile its thread has come to wait for a line.
        await world.platform.mentions(after=None)
        assert world.fake.connected()
    assert not [thread for thread in threading.enumerate() if thread.name == "x-stream"]
    await asyncio.to_thread(world.fake.wait_stream, connected=False)


async def test_leaving_while_somebody_waits_for_a_post_ends_it_too(world: XWorld) -> None:
    async def listen() -> None:
        async with world.platform.stream() as events:
            async for _ in events:
                pass

    listening = asyncio.create_task(listen())
    await asyncio.to_thread(world.fake.wait_stream)
    await world.platform.mentions(after=None)
    listening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await listening
    await asyncio.to_thread(world.fake.wait_stream, connected=False)
    assert not [thread for thread in threading.enumerate() if thread.name == "x-stream"]


async def test_a_second_stream_is_told_to_wait(world: XWorld) -> None:
    async with world.platform.stream() as events:
        assert await heard(events) == "connected"
        async with world.platform.stream() as others:
            with pytest.raises(LimitedUntil) as caught:
                await anext(others)
        assert caught.value.after_seconds == 60
        post_id = world.post("alice", f"@{BOT} please")
        assert await heard(events) == post_id


async def test_duplicates_and_late_posts_come_as_x_sends_them(world: XWorld) -> None:
    async with world.platform.stream() as events:
        assert await heard(events) == "connected"
        world.fake.set_fault("stream", FaultKind.STREAM_LATE, times=1)
        first = world.post("alice", f"@{BOT} one")
        world.fake.set_fault("stream", FaultKind.STREAM_DUPLICATE, times=1)
        second = world.post("alice", f"@{BOT} two")
        assert [await heard(events) for _ in range(3)] == [second, second, first]


async def test_a_post_of_many_bytes_comes_whole(world: XWorld) -> None:
    root = world.post("carol", "ü" * 200, media=[photo(shade) for shade in range(4)])
    async with world.platform.stream() as events:
        assert await heard(events) == "connected"
        for number in range(30):
            world.post("alice", f"@{BOT} {number} " + "ä" * 200, reply_to=root)
        found = [await anext(events) for _ in range(30)]
    parents = [each.replied_to for each in found if isinstance(each, Mention)]
    assert len(parents) == 30
    assert all(isinstance(parent, Post) and len(parent.attachments) == 4 for parent in parents)


def on_the_stream(*lines: Any) -> Reply:
    body = b"".join((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\r\n" for line in lines)
    return Reply(200, body, {"Connection": "close"})


async def test_lines_of_kinds_yet_unknown_are_skipped() -> None:
    with scripted_x() as script:
        script.scripts[f"GET {RULES}"] = [Reply(200, {"data": [{"id": "1", "value": rule(BOT), "tag": TAG}]})]
        script.scripts[STREAM] = [
            on_the_stream(
                b"[1, 2]", b"\xff\xfe", {"news": 1}, {"data": tweet("8", created_at="?")}, b"", {"data": tweet("9")}
            )
        ]
        platform = Twitter(KEYS, address=script.url)
        async with platform.stream() as events:
            assert [await heard(events), await heard(events)] == ["connected", "9"]
            with pytest.raises(Unreachable, match="ended the stream"):
                await anext(events)
        await platform.close()


async def test_too_many_connections_may_be_said_on_the_stream_itself() -> None:
    with scripted_x() as script:
        script.scripts[f"GET {RULES}"] = [Reply(200, {"data": [{"id": "1", "value": rule(BOT), "tag": TAG}]})]
        script.scripts[STREAM] = [
            on_the_stream({"title": "ConnectionException", "connection_issue": "TooManyConnections"})
        ]
        platform = Twitter(KEYS, address=script.url)
        async with platform.stream() as events:
            assert await heard(events) == "connected"
            with pytest.raises(LimitedUntil):
                await anext(events)
        await platform.close()


async def test_a_line_without_end_is_not_read_for_ever() -> None:
    with scripted_x() as script:
        script.scripts[f"GET {RULES}"] = [Reply(200, {"data": [{"id": "1", "value": rule(BOT), "tag": TAG}]})]
        script.scripts[STREAM] = [on_the_stream(b"x" * (3 << 20))]
        platform = Twitter(KEYS, address=script.url)
        async with platform.stream() as events:
            assert await heard(events) == "connected"
            with pytest.raises(Unreachable, match="a line of more than"):
                await anext(events)
        await platform.close()

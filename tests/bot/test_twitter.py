"""What only X has: keys that nobody is to read, clocks that are wrong, and a look at itself."""

from __future__ import annotations

import io
import logging
import traceback
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest

from bot.fake_x import FaultKind
from bot.platforms.protocol import (
    Attachment,
    AttachmentKind,
    Forbidden,
    LimitedUntil,
    Missing,
    Post,
    Unreachable,
)
from bot.platforms.twitter import Twitter
from functions.errors import Postponed, Rejected
from tests.bot.platform_worlds import BOT, at_once, jpeg, keys_of, photo, x_world
from tests.bot.scripted_x import KEYS, ME, Asked, Reply, ScriptedX, scripted_x, tweet

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from bot.platforms.twitter_credentials import Credentials

MENTIONS = "GET /2/users/42/mentions"


@pytest.fixture
def script() -> Iterator[ScriptedX]:
    with scripted_x() as server:
        yield server


@asynccontextmanager
async def twitter_at(url: str, keys: Credentials = KEYS, **given: Any) -> AsyncIterator[Twitter]:
    platform = Twitter(keys, address=url, sleep=at_once, **given)
    try:
        yield platform
    finally:
        await platform.close()


@pytest.fixture
async def twitter(script: ScriptedX) -> AsyncIterator[Twitter]:
    async with twitter_at(script.url) as platform:
        yield platform


# Keys.


def test_keys_are_in_no_repr() -> None:
    shown = repr(KEYS) + str(KEYS) + repr(Twitter(KEYS))
    assert not [secret for secret in asdict(KEYS).values() if secret in shown]


def everything_asked(platform: Twitter, post_id: str) -> list[Callable[[], Awaitable[object]]]:
    file = Attachment("1", AttachmentKind.PHOTO, "https://pbs.twimg.com/media/abc.jpg")

    async def stream() -> None:
        async with platform.stream() as events:
            await anext(events)

    return [
        platform.identify,
        lambda: platform.mentions(after=None),
        stream,
        lambda: platform.look_up(post_id),
        lambda: platform.download(file, io.BytesIO(), max_bytes=10),
        lambda: platform.upload(
            io.BytesIO(jpeg()), kind=AttachmentKind.PHOTO, content_type="image/jpeg", alt_text="a street"
        ),
        lambda: platform.reply("In colour", to=post_id),
        lambda: platform.own_posts(since=datetime.now(UTC)),
        lambda: platform.delete(post_id),
        platform.check,
    ]


TROUBLE = [
    FaultKind.UNAVAILABLE,
    FaultKind.HTML,
    FaultKind.TOO_MANY,
    FaultKind.CUT_BEFORE,
    FaultKind.CUT_AFTER,
    FaultKind.TRUNCATED,
]


async def test_no_failure_tells_a_key_in_its_text_or_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    told = []
    async with x_world() as world:
        asked = world.post("alice", f"@{BOT} please", media=[photo()])
        good = keys_of(world.fake)
        wrong = replace(KEYS, access_token=good.access_token)
        for keys, trouble in [(good, None), (wrong, None), *((good, each) for each in TROUBLE)]:
            world.fake.clear_faults()
            # Windows that were used up end.
            world.pass_time(1000)
            if trouble:
                world.fake.set_fault("*", trouble)
            async with twitter_at(world.fake_url, keys, now=world.now) as platform:
                for ask in everything_asked(platform, asked):
                    told += await failure_of(ask)
    async with twitter_at("http://127.0.0.1:9") as platform:
        told += [line for ask in everything_asked(platform, "1") for line in await failure_of(ask)]
    logged = [record.getMessage() + str(record.exc_text) + str(record.__dict__) for record in caplog.records]
    secrets = [*asdict(good).values(), *asdict(wrong).values(), *asdict(KEYS).values()]
    assert len(told) > 80
    assert logged
    assert not [line for line in told + logged if any(secret in line for secret in secrets)]


async def failure_of(ask: Callable[[], Awaitable[object]]) -> list[str]:
    """All that can be read in what went wrong."""
    try:
        return [str(await ask())]
    except (Rejected, Postponed) as error:
        return [str(error), repr(error), "".join(traceback.format_exception(error))]


async def test_keys_that_a_server_repeats_are_hidden(script: ScriptedX, twitter: Twitter) -> None:
    def repeat(asked: Asked) -> Reply:
        return Reply(403, {"detail": f"no: {asked.headers['authorization']}"})

    script.scripts["GET /2/users/me"] = script.scripts["GET /2/tweets/search/stream/rules"] = repeat
    with pytest.raises(Forbidden, match="hidden") as caught:
        await twitter.identify()
    assert not [secret for secret in asdict(KEYS).values() if secret in str(caught.value)]
    script.scripts["GET /2/users/me"] = [ME]
    with pytest.raises(Forbidden, match="hidden") as caught:
        async with twitter.stream() as events:
            await anext(events)
    assert "bearer-token-5" not in str(caught.value)


async def test_another_address_than_xs_is_warned_of(
    script: ScriptedX, twitter: Twitter, caplog: pytest.LogCaptureFixture
) -> None:
    assert (await twitter.identify()).id == "42"
    assert [asked.host for asked in script.asked] == ["api.x.com"]
    with caplog.at_level(logging.WARNING):
        Twitter(KEYS, address="http://127.0.0.1:9")
        Twitter(KEYS)
    assert [record.getMessage() for record in caplog.records] == [
        "X is looked for at http://127.0.0.1:9, which is not X: this is for tests and drills"
    ]


async def test_who_we_are_is_asked_once(script: ScriptedX, twitter: Twitter) -> None:
    script.scripts[MENTIONS] = [Reply(body={"meta": {"result_count": 0}})]
    for _ in range(3):
        await twitter.identify()
        await twitter.mentions(after=None)
    assert script.paths().count("GET /2/users/me") == 1


# Limits and clocks.


@pytest.mark.parametrize("ahead", [timedelta(hours=-3), timedelta(hours=3)])
async def test_a_limit_is_read_by_xs_clock_and_told_by_ours(script: ScriptedX, ahead: timedelta) -> None:
    ours = datetime(2026, 11, 5, 12, tzinfo=UTC)
    theirs = ours + ahead
    headers = {
        "Date": format_datetime(theirs, usegmt=True),
        "x-rate-limit-reset": str(int(theirs.timestamp()) + 480),
        "x-rate-limit-limit": "300",
        "x-rate-limit-remaining": "0",
    }
    script.scripts[MENTIONS] = [Reply(429, {"title": "Too Many Requests"}, headers)]
    async with twitter_at(script.url, now=lambda: ours) as platform:
        with pytest.raises(LimitedUntil) as caught:
            await platform.mentions(after=None)
        assert caught.value.after_seconds == 480
        assert caught.value.until == ours + timedelta(seconds=480)
        found = {finding.name: finding for finding in await platform.check()}
    assert not found["mentions"].ok
    assert not found["rate limits"].ok
    assert "0 of 300" in found["rate limits"].said


# What the account may do.


async def test_wrong_keys_are_the_only_finding(script: ScriptedX, twitter: Twitter) -> None:
    script.scripts["GET /2/users/me"] = [Reply(401, {"title": "Unauthorized"})]
    (finding,) = await twitter.check()
    assert (finding.name, finding.ok) == ("credentials", False)
    assert "developer console" in finding.said
    with pytest.raises(Forbidden) as caught:
        await twitter.identify()
    assert caught.value.code == "bad-credentials"


@pytest.mark.parametrize(("level", "ok"), [("read", False), ("read-write", True), ("read-write-directmessages", True)])
async def test_keys_that_may_only_read_are_found_out(
    script: ScriptedX,
    twitter: Twitter,
    level: str,
    ok: bool,  # noqa: FBT001 - what is expected
) -> None:
    script.scripts["GET /2/users/me"] = [replace(ME, headers={"x-access-level": level})]
    (finding,) = [each for each in await twitter.check() if each.name == "credentials"]
    assert finding.ok is ok
    assert ok or "Read and write" in finding.said


async def test_a_protected_account_is_told_that_nobody_would_see_its_answers(
    script: ScriptedX, twitter: Twitter
) -> None:
    script.scripts["GET /2/users/me"] = [Reply(body={"data": {"id": "42", "username": BOT, "protected": True}})]
    (finding,) = [each for each in await twitter.check() if each.name == "credentials"]
    assert not finding.ok


async def test_without_a_bearer_token_there_is_no_stream(script: ScriptedX) -> None:
    async with twitter_at(script.url, replace(KEYS, bearer_token=None)) as platform:
        assert not platform.has_stream
        (finding,) = [each for each in await platform.check() if each.name == "filtered stream"]
        assert finding.ok  # polling is enough
        assert "polled" in finding.said
        async with platform.stream() as events:
            with pytest.raises(Forbidden) as caught:
                await anext(events)
    assert caught.value.code == "bad-credentials"


# Posts.


async def test_parents_that_x_leaves_out_are_looked_up_together(script: ScriptedX, twitter: Twitter) -> None:
    def parent(number: int) -> dict[str, Any]:
        return tweet(str(number), author_id="8", text="our street", attachments={"media_keys": [f"3_{number}"]})

    def reference(number: int) -> list[dict[str, str]]:
        return [{"type": "replied_to", "id": str(number)}]

    script.scripts[MENTIONS] = [
        Reply(
            body={
                "data": [
                    tweet(str(number), referenced_tweets=reference(number - 400)) for number in range(520, 400, -1)
                ],
                # Of most, nothing comes; of one, the post without its photo.
                "includes": {"tweets": [parent(1)], "users": [{"id": "7", "username": "alice"}]},
            }
        )
    ]

    def look_up(asked: Asked) -> Reply:
        ids = [int(each) for each in asked.query["ids"].split(",")]
        hidden = {"resource_type": "tweet", "resource_id": "5", "type": "https://x/not-authorized-for-resource"}
        return Reply(
            body={
                "data": [parent(each) for each in ids if each not in {5, 6}],
                "includes": {"media": [{"media_key": f"3_{each}", "type": "photo", "url": "u"} for each in ids]},
                "errors": [hidden],
            }
        )

    script.scripts["GET /2/tweets"] = look_up
    found = await twitter.mentions(after="400")
    assert [each.post.id for each in found] == [str(number) for number in range(401, 521)]
    assert script.paths().count("GET /2/tweets") == 2
    parents = {each.post.id: each.replied_to for each in found}
    assert (parents["405"], parents["406"]) == (Missing("5", "protected"), Missing("6", "gone"))
    seen = [each for each in parents.values() if isinstance(each, Post)]
    assert len(seen) == 118
    assert all(len(each.attachments) == 1 for each in seen)


async def test_pages_that_overlap_give_each_mention_once(script: ScriptedX, twitter: Twitter) -> None:
    script.scripts[MENTIONS] = [
        Reply(body={"data": [tweet("9"), tweet("8")], "meta": {"next_token": "more"}}),
        Reply(body={"data": [tweet("8"), tweet("10"), tweet("7")], "meta": {}}),
    ]
    assert [each.post.id for each in await twitter.mentions(after="1")] == ["7", "8", "9", "10"]
    assert [asked.query.get("pagination_token") for asked in script.asked[1:]] == [None, "more"]


async def test_a_page_that_has_a_next_one_for_ever_is_not_followed_for_ever(
    script: ScriptedX, twitter: Twitter
) -> None:
    script.scripts[MENTIONS] = [Reply(body={"data": [tweet("9")], "meta": {"next_token": "more"}})]
    assert len(await twitter.mentions(after="1")) == 1
    assert len(await twitter.mentions(after=None)) == 1
    assert script.paths().count(MENTIONS) == 12


async def test_a_post_that_cannot_be_read_is_skipped_and_told_of(
    script: ScriptedX, twitter: Twitter, caplog: pytest.LogCaptureFixture
) -> None:
    script.scripts[MENTIONS] = [Reply(body={"data": [tweet("9"), tweet("8", created_at="soon"), {}, 7]})]
    assert [each.post.id for each in await twitter.mentions(after=None)] == ["9"]
    assert "the post 8 is not as X describes posts" in caplog.text


async def test_an_answer_that_is_none_is_unreachable(script: ScriptedX, twitter: Twitter) -> None:
    bodies: list[Any] = [b"<html>", ["a list"], {"errors": [{"detail": "Internal"}], "data": "text"}]
    for body in bodies:
        script.scripts["GET /2/users/me"] = [Reply(body=body)]
        with pytest.raises(Unreachable):
            await twitter.identify()
    bodies = [b"{}{}", None, ["a list"], {"data": {}}, {"data": 7}]
    for body in bodies:
        script.scripts["POST /2/tweets"] = [Reply(201, body)]
        with pytest.raises(Unreachable):
            await twitter.reply("In colour", to="1")


async def test_a_reply_whose_answer_comes_by_halves_may_be_there() -> None:
    async with x_world() as world:
        asked = world.post("alice", f"@{BOT} please")
        world.fake.set_fault("create", FaultKind.TRUNCATED, times=1)
        since = world.now() - timedelta(seconds=1)
        with pytest.raises(Unreachable):
            await world.platform.reply("In colour", to=asked)
        assert [each.reply_to for each in await world.platform.own_posts(since=since)] == [asked]

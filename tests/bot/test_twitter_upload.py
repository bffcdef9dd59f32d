"""Uploads to X, and what is done when they break."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from bot.fake_x import FaultKind
from bot.platforms.protocol import AttachmentKind, Forbidden, LimitedUntil, Unreachable
from bot.platforms.twitter import Twitter
from bot.platforms.twitter_limits import CHUNK_BYTES
from bot.platforms.twitter_upload import PAUSES_SECONDS
from tests.bot.platform_worlds import BOT, film, gif, jpeg, x_world
from tests.bot.scripted_x import CUT, KEYS, Asked, Reply, ScriptedX, scripted_x
from tests.noise import NOISE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

BEGIN = "POST /2/media/upload/initialize"
APPEND = "POST /2/media/upload/99/append"
FINISH = "POST /2/media/upload/99/finalize"
STATUS = "GET /2/media/upload"
DESCRIBE = "POST /2/media/metadata"
FILM = (NOISE * 5)[: 2 * CHUNK_BYTES + 12_345]
"""Three chunks."""


@dataclass
class Slept:
    """Pauses, that are not waited for."""

    seconds: list[float] = field(default_factory=list)

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


@pytest.fixture
def slept() -> Slept:
    return Slept()


@pytest.fixture
def script() -> Iterator[ScriptedX]:
    with scripted_x() as server:
        server.scripts |= {
            BEGIN: [Reply(202, {"data": {"id": "99"}})],
            APPEND: [Reply(200, {"data": {"expires_at": 1}})],
            FINISH: [Reply(200, {"data": {"id": "99"}})],
            DESCRIBE: [Reply(200, {"data": {"id": "99"}})],
        }
        yield server


@pytest.fixture
async def twitter(script: ScriptedX, slept: Slept) -> AsyncIterator[Twitter]:
    platform = Twitter(KEYS, address=script.url, sleep=slept)
    yield platform
    await platform.close()


async def upload(
    twitter: Twitter, data: bytes = FILM, kind: AttachmentKind = AttachmentKind.VIDEO, alt_text: str = "a tram"
) -> str:
    types = {AttachmentKind.PHOTO: "image/jpeg", AttachmentKind.GIF: "image/gif", AttachmentKind.VIDEO: "video/mp4"}
    return await twitter.upload(io.BytesIO(data), kind=kind, content_type=types[kind], alt_text=alt_text)


def form(asked: Asked) -> tuple[int, bytes]:
    """Segment index and bytes of a chunk, taken from the form that it was sent in."""
    boundary = asked.headers["content-type"].partition("boundary=")[2].encode()
    found: dict[str, bytes] = {}
    for part in asked.body.split(b"--" + boundary)[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        name = re.search(rb'name="(\w+)"', head)
        assert name
        found[name[1].decode()] = content.removesuffix(b"\r\n")
    return int(found["segment_index"]), found["media"]


def sent(script: ScriptedX) -> list[tuple[int, bytes]]:
    return [form(asked) for asked in script.asked if f"{asked.method} {asked.path}" == APPEND]


async def test_a_file_goes_up_in_chunks_that_add_up_to_it(script: ScriptedX, twitter: Twitter, slept: Slept) -> None:
    assert await upload(twitter) == "99"
    assert script.paths() == [BEGIN, APPEND, APPEND, APPEND, FINISH, DESCRIBE]
    assert [index for index, _ in sent(script)] == [0, 1, 2]
    assert b"".join(chunk for _, chunk in sent(script)) == FILM
    assert slept.seconds == []
    begun = script.asked[0].body
    assert b'"total_bytes": %d' % len(FILM) in begun
    assert b'"media_category": "tweet_video"' in begun


@pytest.mark.parametrize("trouble", [Reply(503), CUT, Reply(200, b'{"data": 1}', cut_after=3), Reply(500, b"<html>")])
async def test_only_the_chunk_that_breaks_is_sent_again_after_growing_pauses(
    script: ScriptedX, twitter: Twitter, slept: Slept, trouble: Reply
) -> None:
    script.scripts[APPEND] = [Reply(), trouble, trouble, trouble, Reply()]
    assert await upload(twitter) == "99"
    assert [index for index, _ in sent(script)] == [0, 1, 1, 1, 1, 2]
    assert b"".join(dict(sent(script)).values()) == FILM
    assert slept.seconds == list(PAUSES_SECONDS[:3])
    assert slept.seconds == sorted(set(slept.seconds))
    assert script.paths().count(BEGIN) == 1


async def test_trouble_that_does_not_end_is_unreachable(script: ScriptedX, twitter: Twitter, slept: Slept) -> None:
    script.scripts[APPEND] = [Reply(503)]
    with pytest.raises(Unreachable):
        await upload(twitter)
    assert slept.seconds == list(PAUSES_SECONDS)
    assert script.paths().count(FINISH) == 0


@pytest.mark.parametrize("step", [BEGIN, APPEND, FINISH, DESCRIBE])
async def test_a_limit_is_not_waited_out_but_told(script: ScriptedX, twitter: Twitter, slept: Slept, step: str) -> None:
    script.scripts[step] = [Reply(429, {"title": "Too Many Requests"})]
    with pytest.raises(LimitedUntil):
        await upload(twitter)
    assert slept.seconds == []


@pytest.mark.parametrize("lost", [Reply(404), Reply(400, {"errors": [{"message": "Invalid media_id."}]})])
async def test_an_upload_that_x_lost_can_be_begun_again(script: ScriptedX, twitter: Twitter, lost: Reply) -> None:
    script.scripts[APPEND] = [Reply(), lost]
    with pytest.raises(Unreachable):
        await upload(twitter)
    script.scripts[APPEND] = [Reply()]
    assert await upload(twitter) == "99"


def work(state: str, **more: Any) -> Reply:
    return Reply(200, {"data": {"id": "99", "processing_info": {"state": state, **more}}})


async def test_xs_work_is_looked_at_when_x_says_so(script: ScriptedX, twitter: Twitter, slept: Slept) -> None:
    script.scripts[FINISH] = [work("pending", check_after_secs=5)]
    script.scripts[STATUS] = [
        work("in_progress", check_after_secs=12),
        Reply(503),
        work("in_progress", check_after_secs=4000),
        work("in_progress"),
        work("succeeded"),
    ]
    assert await upload(twitter) == "99"
    assert slept.seconds == [5, 12, PAUSES_SECONDS[0], 30, 1]
    looked = [asked.query for asked in script.asked if f"{asked.method} {asked.path}" == STATUS]
    assert looked[0] == {"command": "STATUS", "media_id": "99"}
    # It is described once it is there.
    assert script.paths()[-1] == DESCRIBE


async def test_work_that_does_not_end_is_not_waited_for_for_ever(
    script: ScriptedX, twitter: Twitter, slept: Slept
) -> None:
    script.scripts[FINISH] = script.scripts[STATUS] = [work("in_progress", check_after_secs=30)]
    with pytest.raises(Unreachable, match="is not done"):
        await upload(twitter)
    assert sum(slept.seconds) == 1200


async def test_work_that_fails_says_why(script: ScriptedX, twitter: Twitter) -> None:
    error = {"code": 1, "name": "InvalidMedia", "message": "Unsupported\nvideo format"}
    script.scripts[FINISH] = [work("pending", check_after_secs=1)]
    script.scripts[STATUS] = [work("failed", error=error)]
    with pytest.raises(Forbidden, match="Unsupported video format") as caught:
        await upload(twitter)
    assert caught.value.code == "bad-media"
    odds: list[Any] = [None, "text", {}]
    for odd in odds:
        script.scripts[STATUS] = [work("failed", error=odd)]
        with pytest.raises(Forbidden, match="no reason given"):
            await upload(twitter)
    script.scripts[STATUS] = [work("failed", error={"name": "InternalError", "message": "ours"})]
    with pytest.raises(Unreachable):
        await upload(twitter)


@pytest.mark.parametrize("step", [BEGIN, APPEND, FINISH])
async def test_a_refusal_is_about_the_file(script: ScriptedX, twitter: Twitter, step: str) -> None:
    script.scripts[step] = [Reply(400, {"errors": [{"message": "what is that?"}]})]
    with pytest.raises(Forbidden, match="what is that") as caught:
        await upload(twitter)
    assert caught.value.code == "bad-media"


async def test_wrong_keys_are_not_blamed_on_the_file(script: ScriptedX, twitter: Twitter) -> None:
    script.scripts[BEGIN] = [Reply(401, {"title": "Unauthorized"})]
    with pytest.raises(Forbidden) as caught:
        await upload(twitter)
    assert caught.value.code == "bad-credentials"


async def test_closing_an_upload_whose_answer_was_lost_is_found_out(script: ScriptedX, twitter: Twitter) -> None:
    closed = Reply(400, {"errors": [{"message": "Upload is finalized already."}]})
    script.scripts[FINISH] = [CUT, closed]
    script.scripts[STATUS] = [work("in_progress"), work("succeeded")]
    assert await upload(twitter) == "99"
    # Of photos there is no status: the upload begins anew later.
    script.scripts[FINISH] = [CUT, closed]
    script.scripts[STATUS] = [Reply(400, {"errors": [{"message": "BadRequest: Not found"}]})]
    with pytest.raises(Unreachable):
        await upload(twitter)


async def test_a_film_without_alt_text_is_better_than_none(
    script: ScriptedX, twitter: Twitter, caplog: pytest.LogCaptureFixture
) -> None:
    script.scripts[DESCRIBE] = [Reply(400, {"errors": [{"message": "not for films"}]})]
    assert await upload(twitter) == "99"
    assert "a film has no alt text" in caplog.text
    with pytest.raises(Forbidden):
        await upload(twitter, b"photo", AttachmentKind.PHOTO)


async def test_without_alt_text_nothing_is_described(script: ScriptedX, twitter: Twitter) -> None:
    await upload(twitter, alt_text="")
    assert DESCRIBE not in script.paths()


@pytest.mark.parametrize("answer", [None, ["x"], {"data": {}}, {"data": 7}])
async def test_an_answer_that_is_none_is_unreachable(script: ScriptedX, twitter: Twitter, answer: Any) -> None:
    script.scripts[BEGIN] = [Reply(200, answer)]
    with pytest.raises(Unreachable):
        await upload(twitter)


@pytest.mark.parametrize("kind", [AttachmentKind.GIF, AttachmentKind.VIDEO])
async def test_a_fake_that_checks_everything_takes_what_is_uploaded(kind: AttachmentKind, slept: Slept) -> None:
    data = gif() if kind is AttachmentKind.GIF else film()
    async with x_world(sleep=slept, processing_checks=3, check_after_seconds=7) as world:
        key = await upload(world.platform, data, kind)
        assert slept.seconds == [7.0] * len(slept.seconds)
        assert len(slept.seconds) >= 3
        posted = await world.platform.reply("In colour", to=world.post("a", f"@{BOT}"), media=[key])
        assert world.shown(posted.id)[0].data == data


async def test_a_fake_that_fails_to_work_on_a_film_refuses_it() -> None:
    async with x_world() as world:
        world.fake.set_fault("upload", FaultKind.PROCESSING_FAILED, times=1)
        with pytest.raises(Forbidden) as caught:
            await upload(world.platform, film())
        assert caught.value.code == "bad-media"


@pytest.mark.parametrize("kind", [FaultKind.UNAVAILABLE, FaultKind.HTML, FaultKind.CUT_BEFORE, FaultKind.CUT_AFTER])
async def test_trouble_that_passes_is_sat_out(kind: FaultKind, slept: Slept) -> None:
    async with x_world(sleep=slept) as world:
        world.fake.set_fault("upload", kind, times=3)
        world.fake.set_fault("metadata", kind, times=2)
        key = await upload(world.platform, jpeg(), AttachmentKind.PHOTO, "a street")
        posted = await world.platform.reply("In colour", to=world.post("a", f"@{BOT}"), media=[key])
        assert world.shown(posted.id)[0].alt_text == "a street"
        assert len(slept.seconds) == 5

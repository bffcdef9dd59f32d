"""Pictures and films on X's servers of files."""

from __future__ import annotations

import asyncio
import io
from typing import TYPE_CHECKING, Any

import pytest

from bot.platforms.protocol import Attachment, AttachmentKind, Gone, Unreachable
from bot.platforms.twitter import Twitter
from functions.errors import Rejected
from tests.bot.scripted_x import CUT, KEYS, Asked, Reply, ScriptedX, scripted_x

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

PHOTO = Attachment("3_1", AttachmentKind.PHOTO, "https://pbs.twimg.com/media/abc.jpg")
FILM = Attachment("7_1", AttachmentKind.VIDEO, "https://video.twimg.com/ext/abc.mp4?tag=12", "video/mp4")


@pytest.fixture
def script() -> Iterator[ScriptedX]:
    with scripted_x() as server:
        yield server


@pytest.fixture
async def twitter(script: ScriptedX) -> AsyncIterator[Twitter]:
    platform = Twitter(KEYS, address=script.url)
    yield platform
    await platform.close()


async def fetched(twitter: Twitter, attachment: Attachment, max_bytes: int = 1000) -> tuple[str, bytes]:
    into = io.BytesIO()
    content_type = await twitter.download(attachment, into, max_bytes=max_bytes)
    return content_type, into.getvalue()


def sizes(**answers: Reply) -> Callable[[Asked], Reply]:
    """Answer by the size of a photo that is asked for."""
    return lambda asked: answers.get(asked.query.get("name", "given"), Reply(404))


JPEG = {"Content-Type": "image/jpeg; charset=binary"}


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"orig": Reply(200, b"o" * 90, JPEG), "large": Reply(200, b"l", JPEG)}, b"o" * 90),
        ({"large": Reply(200, b"large", JPEG), "given": Reply(200, b"given", JPEG)}, b"large"),
        ({"orig": Reply(403), "given": Reply(200, b"given", JPEG)}, b"given"),
        ({"orig": Reply(200, b"o" * 101, JPEG), "large": Reply(200, b"large", JPEG)}, b"large"),
    ],
    ids=["the original", "the large one", "the one that is named", "the best that fits"],
)
async def test_a_photo_is_fetched_in_the_best_size_there_is(
    script: ScriptedX, twitter: Twitter, answers: dict[str, Reply], expected: bytes
) -> None:
    script.scripts["GET /media/abc.jpg"] = sizes(**answers)
    assert await fetched(twitter, PHOTO, max_bytes=100) == ("image/jpeg", expected)


async def test_a_photo_that_is_nowhere_is_gone_and_one_too_large_in_all_sizes_is_so(
    script: ScriptedX, twitter: Twitter
) -> None:
    with pytest.raises(Gone):
        await fetched(twitter, PHOTO)
    script.scripts["GET /media/abc.jpg"] = [Reply(200, b"x" * 101, JPEG)]
    with pytest.raises(Rejected) as caught:
        await fetched(twitter, PHOTO, max_bytes=100)
    assert caught.value.code == "too-large"


async def test_a_file_that_does_not_tell_its_size_is_stopped_when_it_is_too_large(
    script: ScriptedX, twitter: Twitter
) -> None:
    chunked = {"Transfer-Encoding": "chunked"}
    script.scripts["GET /ext/abc.mp4"] = [Reply(200, b"64\r\n" + b"x" * 100 + b"\r\n0\r\n\r\n", chunked)]
    assert (await fetched(twitter, FILM, max_bytes=100))[1] == b"x" * 100
    with pytest.raises(Rejected) as caught:
        await fetched(twitter, FILM, max_bytes=99)
    assert caught.value.code == "too-large"


async def test_a_file_says_what_it_is_or_is_what_the_post_said(script: ScriptedX, twitter: Twitter) -> None:
    script.scripts["GET /ext/abc.mp4"] = [Reply(200, b"film")]
    assert await fetched(twitter, FILM) == ("video/mp4", b"film")


async def test_servers_of_files_are_told_nothing_of_us(script: ScriptedX, twitter: Twitter) -> None:
    script.scripts["GET /ext/abc.mp4"] = [Reply(200, b"film", {"Set-Cookie": "guest=1; Domain=.twimg.com"})]
    for _ in range(2):
        await fetched(twitter, FILM)
    assert {asked.host for asked in script.asked} == {"video.twimg.com"}
    for asked in script.asked:
        assert not {"authorization", "cookie"} & asked.headers.keys()
        assert asked.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("to", ["https://example.com/a.mp4", "http://video.twimg.com/a.mp4", "//169.254.169.254/"])
async def test_a_redirect_does_not_lead_away_from_x(script: ScriptedX, twitter: Twitter, to: str) -> None:
    script.scripts["GET /ext/abc.mp4"] = [Reply(302, headers={"Location": to})]
    with pytest.raises(Rejected) as caught:
        await fetched(twitter, FILM)
    assert caught.value.code == "bad-address"
    assert len(script.asked) == 1


async def test_a_redirect_within_x_is_followed_but_not_round_and_round(script: ScriptedX, twitter: Twitter) -> None:
    script.scripts["GET /ext/abc.mp4"] = [Reply(301, headers={"Location": "https://pbs.twimg.com/b.mp4"})]
    script.scripts["GET /b.mp4"] = [Reply(200, b"film")]
    assert (await fetched(twitter, FILM))[1] == b"film"
    script.scripts["GET /b.mp4"] = [Reply(302, headers={"Location": "/b.mp4"})]
    with pytest.raises(Unreachable):
        await fetched(twitter, FILM)
    assert len(script.asked) < 10


@pytest.mark.parametrize("reply", [CUT, Reply(200, b"film", cut_after=2), Reply(503)])
async def test_a_download_that_breaks_is_unreachable(script: ScriptedX, twitter: Twitter, reply: Reply) -> None:
    script.scripts["GET /ext/abc.mp4"] = [reply]
    with pytest.raises(Unreachable):
        await fetched(twitter, FILM)


async def test_what_the_receiving_file_does_is_not_blamed_on_x(script: ScriptedX, twitter: Twitter) -> None:
    class Full(io.BytesIO):
        def write(self, _: Any) -> int:
            msg = "no space left"
            raise OSError(msg)

    script.scripts["GET /ext/abc.mp4"] = [Reply(200, b"film")]
    with pytest.raises(OSError, match="no space left"):
        await twitter.download(FILM, Full(), max_bytes=100)


async def test_many_requests_are_asked_at_once(script: ScriptedX, twitter: Twitter) -> None:
    script.scripts["GET /ext/abc.mp4"] = [Reply(200, b"film")]
    found = await asyncio.gather(*(fetched(twitter, FILM) for _ in range(40)))
    assert found == [("video/mp4", b"film")] * 40

"""The controls of a fake X in another process: people post, things go wrong, and one can look at what the bot did."""

from __future__ import annotations

import asyncio
import base64
import http.client
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from functions.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cli.drill_bot_pictures import Picture

ANSWER_SECONDS: Final = 60.0
"""For what takes milliseconds: the fake shares a busy machine with the network."""

THREADS: Final = 16

HELD_SECONDS: Final = 60.0
"""For a request that the bot makes sooner or later: it may be pausing after some trouble."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A post on the fake."""

    id: str
    text: str
    posted_at: datetime
    reply_to: str | None
    media: tuple[str, ...]
    """Media keys."""


class FakeControl:
    """Asks `POST /_control/METHOD`, in threads of its own.

    Every method raises `Rejected` where the fake refuses it ("refused"), and `TimeoutError` where a wait was in vain.

    Args:
        url: of the fake.
        token: that opens its controls.
    """

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = str(parts.hostname), int(parts.port or 80)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="fake x")

    def close(self) -> None:
        """Let go of the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def post(  # noqa: PLR0913 - all that a post can be
        self,
        author: str,
        text: str,
        *,
        pictures: tuple[Picture, ...] = (),
        reply_to: str | None = None,
        quote_of: str | None = None,
        retweet_of: str | None = None,
        posted_at: datetime | None = None,
    ) -> str:
        """Let somebody post something; its id."""
        return str(
            await self._ask(
                "post",
                author=author,
                text=text,
                attachments=await self._off_loop(lambda: [_attached(picture) for picture in pictures]),
                reply_to=reply_to,
                quote_of=quote_of,
                retweet_of=retweet_of,
                posted_at=None if posted_at is None else posted_at.isoformat(),
            )
        )

    async def delete_post(self, post: str) -> bool:
        """Delete a post of anybody's; whether it was there."""
        return bool(await self._ask("delete_post", post=post))

    async def posts_by(self, who: str) -> list[Seen]:
        """An account's posts, oldest first."""
        return [
            Seen(
                post["id"],
                post["text"],
                datetime.fromisoformat(post["posted_at"]),
                post["reply_to"],
                tuple(post["media"]),
            )
            for post in await self._ask("posts_by", who=who)
        ]

    async def media(self, key: str) -> tuple[bytes, str, str]:
        """Bytes, kind and alt text of what a post shows."""
        found = await self._ask("media", media=key)
        return base64.urlsafe_b64decode(found["content"]), found["kind"], found["alt_text"] or ""

    async def set_fault(self, family: str, kind: str, *, times: int, seconds: float = 0.0) -> None:
        """Let the next so many requests of a family go wrong."""
        await self._ask("set_fault", family=family, kind=kind, times=times, seconds=seconds)

    async def clear_faults(self) -> None:
        """Let nothing go wrong any more."""
        await self._ask("clear_faults")

    async def faults_happened(self) -> dict[str, int]:
        """How often what went wrong, by family and kind with a slash between."""
        return dict(await self._ask("faults_happened"))

    async def hold(self, family: str, when: str = "before") -> str:
        """Hold the next request of a family, before or after its effect; the hold's name."""
        return str(await self._ask("hold", family=family, when=when))

    async def wait_held(self, hold: str, seconds: float = HELD_SECONDS) -> str:
        """Wait until a request is held; its method."""
        return str((await self._ask("wait_held", hold=hold, seconds=seconds))["method"])

    async def release(self, hold: str | None = None, *, how: str = "go-on") -> None:
        """Let a held request go on, or all of them; `cut` ends their connections."""
        await self._ask("release", hold=hold, how=how)

    async def drop_stream(self) -> bool:
        """Cut the stream that is open; whether one was."""
        return bool(await self._ask("drop_stream"))

    async def wait_stream(self, seconds: float) -> None:
        """Wait until somebody listens to the stream."""
        await self._ask("wait_stream", seconds=seconds)

    async def requests_so_far(self) -> int:
        """How many the bot has made."""
        counts: Mapping[str, int] = await self._ask("counts")
        return sum(count for name, count in counts.items() if "/" not in name)

    async def _ask(self, method: str, **arguments: object) -> Any:
        return await self._off_loop(lambda: self._answered(method, arguments))

    async def _off_loop(self, work: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _answered(self, method: str, arguments: Mapping[str, object]) -> Any:
        waits = arguments.get("seconds") if method.startswith("wait") else None
        seconds = ANSWER_SECONDS + (waits if isinstance(waits, float) else 0.0)
        connection = http.client.HTTPConnection(self._host, self._port, timeout=seconds)
        try:
            connection.request("POST", f"/_control/{method}", json.dumps(arguments), self._headers)
            response = connection.getresponse()
            body = json.loads(response.read())
        finally:
            connection.close()
        if response.status == HTTPStatus.REQUEST_TIMEOUT:
            raise TimeoutError(body["reason"])
        if response.status != HTTPStatus.OK:
            msg = f"the fake X refuses {method}: {body['reason']}"
            raise Rejected(msg, code="refused")
        return body["result"]


def _attached(picture: Picture) -> dict[str, object]:
    return {
        "content": base64.urlsafe_b64encode(picture.content()).decode(),
        "kind": picture.kind,
        "content_type": picture.content_type,
        "alt_text": picture.alt_text,
        "duration_ms": picture.duration_ms,
        "shown": picture.is_shown,
    }

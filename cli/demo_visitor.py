"""A visitor of the stand who is a program: brings pictures over HTTP, waits for them, and takes them home."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

import httpx

from functions.errors import Postponed, Rejected

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from types import TracebackType

PATIENCE_SECONDS: Final = 120.0
"""For a picture; a busy machine may stand still for a minute."""

AGAIN_SECONDS: Final = 0.5
"""After which a stand that is away is tried again: `colorise demo` has it back in a second or two."""

OURS: Final = {"X-Stand": "1"}
"""What the stand asks of everybody who changes something."""

A_FILE: Final = {"Content-Type": "application/octet-stream"}


@dataclass(frozen=True, slots=True)
class Coloured:
    """What a visitor got."""

    before: bytes
    """JPEG, or MP4 of a clip."""
    after: bytes
    width: int
    height: int
    seconds: float
    """From its first byte to the news that it is in colour, as the visitor's clock says."""
    page: str
    """Address of the page to take it home from."""
    visit: str
    """Id."""
    token: str
    """With which it can be posted to the wall, and deleted."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A visit that the stand has taken on."""

    visit: str
    """Id."""
    token: str
    """As above."""
    events: str
    """Address of what happens to it."""


class Visitor:
    """A browser of one's own: one cookie, as many connections as are needed.

    Args:
        address: of the stand.
    """

    def __init__(self, address: str) -> None:
        # For the stand on our own machine, whose certificate may be for other names.
        self._client = httpx.AsyncClient(
            base_url=address,
            verify=False,  # noqa: S501 - as said
            trust_env=False,
            timeout=PATIENCE_SECONDS,
            headers=OURS,
        )

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.__aexit__(kind, error, trace)

    async def stand(self) -> dict[str, Any]:
        """What the stand says of itself."""
        return dict((await self.asked("GET", "/api/stand")).json())

    async def sample(self, name: str) -> Coloured:
        """Have one of the stand's samples coloured.

        Raises:
            Rejected: it is not coloured; with the stand's own code and sentence.
        """
        began = time.monotonic()
        return await self._coloured(await self.choose(name), began)

    async def bring(self, data: bytes) -> Coloured:
        """Have a file coloured.

        Raises:
            Rejected: as above.
        """
        began = time.monotonic()
        return await self._coloured(await self.hand_in(data), began)

    async def choose(self, sample: str) -> Accepted:
        """Ask for one of the stand's samples, and do not wait for it.

        Raises:
            Rejected: it is not taken; with the stand's own code and sentence.
        """
        return _accepted(await self.asked("POST", "/api/visits", json={"sample": sample}))

    async def hand_in(self, data: bytes | AsyncIterator[bytes]) -> Accepted:
        """Bring a file, and do not wait for it.

        Raises:
            Rejected: as above.
        """
        return _accepted(await self.asked("POST", "/api/visits", content=data, headers=A_FILE))

    async def until_done(self, accepted: Accepted) -> dict[str, Any]:
        """Follow a visit until it is in colour: what the stand says of it then, with addresses of its pictures.

        Raises:
            Rejected: it is not coloured; with the stand's own code and sentence ("ended" where it says neither).
        """
        async with self.following(accepted.events) as events:
            async for name, said in events:
                if name == "failed":
                    raise Rejected(said["reason"], code=said["code"])
                if name == "done":
                    return dict(said)
        msg = "the stand ended before the picture was in colour"
        raise Rejected(msg, code="ended")

    async def fetched(self, address: str) -> bytes:
        """What is at an address of the stand.

        Raises:
            Rejected: nothing is.
        """
        return (await self.asked("GET", address)).content

    async def status(self, address: str) -> int:
        """With which status the stand answers for an address.

        Raises:
            Postponed: it cannot be reached.
        """
        with _reaching():
            return (await self._client.get(address)).status_code

    async def post_to_wall(self, visit: Coloured | Accepted, caption: str) -> None:
        """Post it, with consent."""
        wishes = {"saturation": 1, "caption": caption}
        await self.asked("PUT", f"/api/visits/{visit.visit}/wall?token={visit.token}", json=wishes)

    async def take_down(self, visit: Coloured | Accepted) -> None:
        """Take it off the wall again."""
        await self.asked("DELETE", f"/api/visits/{visit.visit}/wall?token={visit.token}")

    async def delete(self, visit: Coloured | Accepted) -> None:
        """Have everything of it deleted."""
        await self.asked("DELETE", f"/api/visits/{visit.visit}?token={visit.token}")

    async def mention(self, text: str, picture: bytes) -> tuple[str, bytes]:
        """Mention somebody on the timeline with a picture; text and picture of the first answer.

        Raises:
            Rejected: it is not taken, or not answered with a picture.
        """
        return await self.answer_to(await self.post(text, picture))

    async def post(self, text: str, picture: bytes, *, called: str = "") -> str:
        """Post on the timeline with a picture, and return the post's id.

        Raises:
            Rejected: it is not taken.
        """
        files = [("files", ("picture.jpg", picture, "image/jpeg"))]
        fields = {"text": text, "name": called}
        return str((await self.asked("POST", "/api/timeline/posts", data=fields, files=files)).json()["id"])

    async def answer_to(self, post: str) -> tuple[str, bytes]:
        """Wait for the first answer to a post: its text and its picture.

        Raises:
            Rejected: it has no picture ("declined"), or the timeline ends first ("ended").
        """
        async with self.following("/api/timeline/events") as events:  # which begins with the newest posts
            async for name, said in events:
                if name != "post" or said["reply_to"] != post:
                    continue
                if not said["media"]:
                    raise Rejected(said["text"], code="declined")
                return said["text"], await self.fetched(said["media"][0]["url"])
        msg = "the timeline ended before there was an answer"
        raise Rejected(msg, code="ended")

    async def asked(self, method: str, address: str, **given: Any) -> httpx.Response:
        """Ask the stand for something; `given` is passed to httpx.

        Raises:
            Rejected: it refuses, with its own code and sentence.
            Postponed: it cannot be reached, or is gone before it has answered.
        """
        with _reaching():
            response = await self._client.request(method, address, **given)
        if not response.is_success:
            raise _refusal(response)
        return response

    @contextlib.asynccontextmanager
    async def following(
        self, address: str, *, seconds: float | None = PATIENCE_SECONDS
    ) -> AsyncIterator[AsyncIterator[tuple[str, Any]]]:
        """Server-sent events of an address, name and data of each; None follows them without end.

        Raises:
            Rejected: the stand refuses, with its own code and sentence.
            TimeoutError: it takes longer.
            Postponed: the stand cannot be reached, or is gone.
        """
        with _reaching():
            async with asyncio.timeout(seconds), self._client.stream("GET", address) as response:
                if not response.is_success:
                    await response.aread()
                    raise _refusal(response)
                yield events_of(response)

    async def _coloured(self, accepted: Accepted, began: float) -> Coloured:
        said = await self.until_done(accepted)
        seconds = time.monotonic() - began
        before, after = [await self.fetched(said[part]) for part in ("before", "after")]
        return Coloured(
            before, after, said["width"], said["height"], seconds, said["page"], accepted.visit, accepted.token
        )


@contextlib.contextmanager
def _reaching() -> Iterator[None]:
    """Say of a stand that is away what can be done about it: come again."""
    try:
        yield
    except httpx.TransportError as error:
        msg = f"the stand cannot be reached ({type(error).__name__}{f': {error}' if str(error) else ''})"
        raise Postponed(msg, after_seconds=AGAIN_SECONDS) from error


def _accepted(response: httpx.Response) -> Accepted:
    told = response.json()
    return Accepted(told["id"], told["token"], told["events"])


def _refusal(response: httpx.Response) -> Rejected:
    try:
        told = response.json()
        return Rejected(str(told["reason"]), code=str(told["code"]))
    except (ValueError, KeyError, TypeError):
        request = response.request
        msg = f"the stand answered {request.method} {request.url.path} with {response.status_code}"
        return Rejected(msg, code="strange")


async def events_of(response: httpx.Response) -> AsyncIterator[tuple[str, Any]]:
    """Server-sent events: name and data of each."""
    name, data = "message", ""
    async for line in response.aiter_lines():
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            data += value
        elif not line and data:
            yield name, json.loads(data)
            name, data = "message", ""

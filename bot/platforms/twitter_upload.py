"""Uploads to X, chunk by chunk; what breaks on the way is taken up again, not begun again.

Paths and fields: https://docs.x.com/x-api/media/quickstart/media-upload-chunked, and the pages of the endpoints
`initialize`, `append`, `finalize`, `status` and `metadata` beside it (read 2026-11). tweepy has none of it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Protocol

from bot.platforms.protocol import AttachmentKind, Forbidden, Gone, Unreachable
from bot.platforms.twitter_limits import CHUNK_BYTES, LIMITS, RETRY_SECONDS
from functions.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

URL: Final = "https://api.x.com/2/media"

PAUSES_SECONDS: Final = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Before each further try of one step: half a minute of trouble is sat out."""

LONGEST_CHECK_SECONDS: Final = 30.0
"""Between two looks at X's work, whatever it asks for."""

PROCESSING_SECONDS: Final = 1200.0
"""After which X is not waited for: 140 s of film take it a minute or two."""

_CATEGORIES: Final = {
    AttachmentKind.PHOTO: "tweet_image",
    AttachmentKind.GIF: "tweet_gif",
    AttachmentKind.VIDEO: "tweet_video",
}

_log = logging.getLogger(__name__)


class Ask(Protocol):
    """Asks X as our account, off the event loop, and gives the answer's JSON."""

    def __call__(self, method: str, url: str, *, doing: str, **given: Any) -> Awaitable[Any]:
        """`given` goes to requests."""


@dataclass(frozen=True, slots=True)
class Uploader:
    """Uploads one file after another.

    Args:
        ask: X.
        sleep: waits for so many seconds.
    """

    ask: Ask
    sleep: Callable[[float], Awaitable[None]]

    async def upload(self, media: BinaryIO, *, kind: AttachmentKind, content_type: str, alt_text: str) -> str:
        """Upload a file, wait until X has worked on it, describe it, and return its id.

        Raises:
            Forbidden: X does not take it ("bad-media").
            LimitedUntil: X asks us to wait.
            Unreachable: X does not answer, tried again and again, or lost what was uploaded.
        """
        size = media.seek(0, 2)
        _check(size, kind, alt_text)
        try:
            media_id = await self._begun(size, kind, content_type)
            await self._append(media, media_id)
            await self._finish(media_id)
            await self._describe(media_id, kind, alt_text)
        except Gone as error:
            # Ours to upload anew; what was asked for is not gone.
            msg = f"X lost the upload ({error.reason})"
            raise Unreachable(msg, after_seconds=RETRY_SECONDS) from error
        except Forbidden as error:
            if error.code != "forbidden":
                raise
            raise Forbidden(error.reason, code="bad-media") from error
        return media_id

    async def _begun(self, size: int, kind: AttachmentKind, content_type: str) -> str:
        order = {"media_type": content_type, "total_bytes": size, "media_category": _CATEGORIES[kind]}
        doing = "beginning an upload"
        answer = await self._step("POST", f"{URL}/upload/initialize", doing=doing, json=order)
        try:
            return str(answer["data"]["id"])
        except (KeyError, TypeError):
            raise _not_understood(doing) from None

    async def _append(self, media: BinaryIO, media_id: str) -> None:
        media.seek(0)
        index = 0
        while chunk := media.read(CHUNK_BYTES):
            await self._step(
                "POST",
                f"{URL}/upload/{media_id}/append",
                doing="uploading a chunk",
                data={"segment_index": str(index)},
                files={"media": ("chunk", chunk, "application/octet-stream")},
            )
            index += 1

    async def _finish(self, media_id: str) -> None:
        """Close the upload; where the answer to that is lost, closing it again may be refused, and asking helps."""
        doing = "closing an upload"
        broken: Unreachable | None = None
        for pause in (0.0, *PAUSES_SECONDS):
            await self._rest(pause)
            try:
                answer = await self.ask("POST", f"{URL}/upload/{media_id}/finalize", doing=doing)
                break
            except Unreachable as error:
                broken = error
            except Rejected:
                if broken is None:
                    raise
                answer = await self._status_after(broken, media_id)
                break
        else:
            raise broken or _not_understood(doing)
        await self._wait(media_id, _work(answer, doing))

    async def _status_after(self, broken: Unreachable, media_id: str) -> Any:
        """What became of an upload whose closing had no answer; X has no status of pictures, which begin anew then."""
        try:
            return await self._status(media_id)
        except Rejected:
            raise broken from None

    async def _wait(self, media_id: str, work: dict[str, Any]) -> None:
        waited = 0.0
        while work and work.get("state") != "succeeded":
            if work.get("state") == "failed":
                raise _failed(work)
            if waited >= PROCESSING_SECONDS:
                msg = f"X has worked on the upload for {PROCESSING_SECONDS:.0f} s and is not done"
                raise Unreachable(msg, after_seconds=RETRY_SECONDS)
            pause = min(max(1.0, float(work.get("check_after_secs") or 1.0)), LONGEST_CHECK_SECONDS)
            await self._rest(pause)
            waited += pause
            work = _work(await self._status(media_id), "looking at an upload")

    async def _status(self, media_id: str) -> Any:
        asked = {"command": "STATUS", "media_id": media_id}
        return await self._step("GET", f"{URL}/upload", doing="looking at an upload", params=asked)

    async def _describe(self, media_id: str, kind: AttachmentKind, alt_text: str) -> None:
        if not alt_text:
            return
        order = {"id": media_id, "metadata": {"alt_text": {"text": alt_text}}}
        try:
            await self._step("POST", f"{URL}/metadata", doing="describing an upload", json=order)
        except Rejected as error:
            # X documents alt text for pictures and GIFs; a film without is better than none.
            if kind is not AttachmentKind.VIDEO:
                raise
            _log.warning("a film has no alt text: %s", error.reason)

    async def _step(self, method: str, url: str, *, doing: str, **given: Any) -> Any:
        """Ask, and ask again where X does not answer."""
        for pause in PAUSES_SECONDS:
            try:
                return await self.ask(method, url, doing=doing, **given)
            except Unreachable as error:
                _log.info("%s; again in %.0f s", error.reason, pause)
                await self._rest(pause)
        return await self.ask(method, url, doing=doing, **given)

    async def _rest(self, seconds: float) -> None:
        if seconds:
            await self.sleep(seconds)


def _check(size: int, kind: AttachmentKind, alt_text: str) -> None:
    """Refuse what X would refuse after all of it was sent."""
    most = LIMITS.most_bytes(kind)
    if not 0 < size <= most:
        msg = f"X takes a {kind} of 1 to {most} bytes, and this has {size}"
        raise Forbidden(msg, code="bad-media")
    if len(alt_text) > LIMITS.alt_text_length:
        msg = f"X takes an alt text of {LIMITS.alt_text_length} characters, and this has {len(alt_text)}"
        raise Forbidden(msg, code="bad-media")


def _work(answer: Any, doing: str) -> dict[str, Any]:
    """What X says of its work on an upload; empty where there is none to wait for."""
    try:
        work = answer["data"].get("processing_info") or {}
    except (KeyError, TypeError, AttributeError):
        raise _not_understood(doing) from None
    return work if isinstance(work, dict) else {}


def _failed(work: dict[str, Any]) -> Forbidden | Unreachable:
    error = work.get("error")
    said = error if isinstance(error, dict) else {}
    reason = " ".join(str(said.get("message") or said.get("detail") or said.get("name") or "no reason given").split())
    if said.get("name") == "InternalError":
        return Unreachable(f"X failed to work on the upload: {reason}", after_seconds=RETRY_SECONDS)
    return Forbidden(f"X does not take the file: {reason}", code="bad-media")


def _not_understood(doing: str) -> Unreachable:
    return Unreachable(f"X answered {doing} with something else", after_seconds=RETRY_SECONDS)

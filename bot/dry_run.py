"""A network on which the bot does everything but speak."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bot.platforms.protocol import Posted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.platforms.protocol import AttachmentKind, Platform

log = logging.getLogger(__name__)


class DryRun:
    """A `Platform` that reads as the one behind it does, and posts, uploads and deletes nothing.

    Args:
        platform: behind it.
    """

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._posted: list[Posted] = []
        self._uploads = 0

    def __getattr__(self, name: str) -> Any:
        """Whatever only reads."""
        return getattr(self._platform, name)

    async def upload(self, media: Any, *, kind: AttachmentKind, content_type: str, alt_text: str) -> str:
        """Say what would be uploaded."""
        self._uploads += 1
        size = len(media.read())
        said = {"kind": kind.value, "content_type": content_type, "bytes": size, "alt_text": alt_text}
        log.info("would upload", extra=said)
        return f"dry-{self._uploads}"

    async def reply(self, text: str, *, to: str, media: Sequence[str] = ()) -> Posted:
        """Say what would be posted."""
        log.info("would reply: %s", text, extra={"to": to, "media": len(media)})
        posted = Posted(f"dry-{len(self._posted) + 1}", reply_to=to, text=text, posted_at=datetime.now(UTC))
        self._posted.append(posted)
        return posted

    async def own_posts(self, *, since: datetime) -> list[Posted]:
        """What would have been posted."""
        return [posted for posted in reversed(self._posted) if posted.posted_at >= since]

    async def delete(self, post_id: str) -> None:
        """Say what would be deleted."""
        log.info("would delete", extra={"post": post_id})

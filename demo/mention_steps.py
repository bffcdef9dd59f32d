"""What the pretend network knows of a mention's way through the machine: posted, its picture fetched, answered."""

from __future__ import annotations

import re
from collections import deque
from itertools import chain
from typing import TYPE_CHECKING, Final

from demo.machine_tries import VisitSteps

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from demo.network import Network
    from demo.network_posts import Entry

JOB: Final = re.compile(r"[\w-]+-(?P<mention>\d+)-\d+(-film)?", re.ASCII)
"""Name of a job of the bot's: after the mention, and which of its pictures it is."""

FETCHED: Final = 2000
"""Moments at which files were fetched that are remembered: twice as many as there are posts."""


class MentionSteps:
    """Remembers when the bot fetched what.

    Args:
        network: posts.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self._fetched: deque[tuple[str, datetime]] = deque(maxlen=FETCHED)

    def fetched(self, key: str) -> None:
        """Take note that the bot asks for a file."""
        self._fetched.append((key, self._network.now()))

    async def of(self, job: str) -> VisitSteps | None:
        """The way of a mention, from its side; None where it is no job of the bot's, or its mention is gone."""
        named = JOB.fullmatch(job)
        mention = self._network.posts.get(named["mention"]) if named else None
        if mention is None or self._network.bot.id not in mention.mentions:
            return None
        moments = {"received": mention.posted_at, "stored": self._fetch_for(mention), "done": self._answered(mention)}
        return VisitSteps(job, [(stage, 1000 * at.timestamp()) for stage, at in moments.items() if at], who="bot")

    def _fetch_for(self, mention: Entry) -> datetime | None:
        """When the bot began to fetch what hangs on it, or on what it replies to or quotes."""
        others = (self._network.posts.get(other or "") for other in (mention.reply_to, mention.quotes))
        keys = {media.key for post in chain([mention], others) if post for media in post.media}
        return _first(at for key, at in self._fetched if key in keys and at >= mention.posted_at)

    def _answered(self, mention: Entry) -> datetime | None:
        """When the bot's pictures hung below it."""
        own = self._network.newest_first(self._network.bot.id)
        return _first(post.posted_at for post in own if post.reply_to == mention.id and post.media)


def _first(moments: Iterable[datetime]) -> datetime | None:
    return min(moments, default=None)

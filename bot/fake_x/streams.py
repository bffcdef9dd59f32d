"""The filtered stream: its rules, whoever listens, and what is sent to them."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from bot.fake_x.faults import FaultKind
from bot.fake_x.problems import disconnected, no_rules, too_many_connections
from bot.fake_x.rendering import Rendering

if TYPE_CHECKING:
    from bot.fake_x.network import Network
    from bot.fake_x.parameters import Wanted
    from bot.fake_x.posts import Post

RULE_LENGTH: Final = 1024
MOST_RULES: Final = 1000

_TERM: Final = re.compile(r'"[^"]*"|\S+')


@dataclass(frozen=True, slots=True)
class Rule:
    """What a listener wants to hear of.

    Its terms must all match: `@name`, `from:name`, `is:retweet`, `is:reply`, `is:quote`, `has:media`, words, each also
    with a minus before it. Brackets and OR are not understood.
    """

    id: str
    value: str
    tag: str | None = None


class Ending(Enum):
    """How a stream ends."""

    CLEAN = "clean"
    CUT = "cut"
    """In the middle of nothing, without a goodbye."""


@dataclass(slots=True)
class Connection:
    """A listener; what is put into `outgoing` is sent."""

    wanted: Wanted
    loop: asyncio.AbstractEventLoop
    outgoing: asyncio.Queue[bytes | Ending] = field(default_factory=asyncio.Queue)
    late: list[bytes] = field(default_factory=list)
    silent: bool = False

    def send(self, line: bytes | Ending) -> None:
        """Send a line, or end, from any thread."""
        self.loop.call_soon_threadsafe(self.outgoing.put_nowait, line)


class Streams:
    """The app's rules and its one connection; its methods are called by whoever holds the network's lock."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self.rules: dict[str, Rule] = {}
        self.connection: Connection | None = None
        self.opened = 0
        """Connections so far."""
        self._busy_until = 0.0

    def open(self, wanted: Wanted) -> Connection:
        """Let a listener in.

        Raises:
            Problem: there is one already, or nothing to listen for. A wish for posts missed before is ignored.
        """
        if self.connection or self._network.clock.now() < self._busy_until:
            raise too_many_connections()
        if not self.rules:
            raise no_rules()
        self.connection = Connection(wanted, asyncio.get_running_loop())
        self.opened += 1
        self._network.changed.notify_all()
        return self.connection

    def close(self, connection: Connection) -> None:
        """Let go of a listener that is gone."""
        if self.connection is connection:
            self.connection = None
            self._busy_until = self._network.clock.now() + self._network.settings.stream_linger_seconds
            self._network.changed.notify_all()

    def end(self, how: Ending) -> bool:
        """End the connection, and say whether there was one."""
        if self.connection is None:
            return False
        self.connection.send(how)
        return True

    def deliver(self, post: Post) -> None:
        """Send a post to whoever listens, unless it goes wrong."""
        connection = self.connection
        if connection is None or connection.silent or not self._network.sees(None, post):
            return
        matching = [rule for rule in self.rules.values() if self._matches(rule, post)]
        if not matching:
            return
        line = self._line(connection, post, matching)
        draw = self._network.faults.draw
        if draw("stream", FaultKind.STREAM_SILENT):
            connection.silent = True
        elif draw("stream", FaultKind.STREAM_DISCONNECT):
            connection.send(json.dumps(disconnected()).encode() + b"\r\n")
            connection.send(Ending.CLEAN)
        elif not draw("stream", FaultKind.STREAM_LOST):
            self._send(connection, line)

    def _send(self, connection: Connection, line: bytes) -> None:
        draw = self._network.faults.draw
        if draw("stream", FaultKind.STREAM_MALFORMED):
            connection.send(line[: len(line) // 2] + b"\r\n")
        if draw("stream", FaultKind.STREAM_LATE):
            connection.late.append(line)
            return
        connection.send(line)
        if draw("stream", FaultKind.STREAM_DUPLICATE):
            connection.send(line)
        while connection.late:
            connection.send(connection.late.pop())
        if draw("stream", FaultKind.STREAM_CUT):
            connection.send(Ending.CUT)

    def _line(self, connection: Connection, post: Post, matching: list[Rule]) -> bytes:
        rendering = Rendering(self._network, connection.wanted, None)
        (data,) = rendering.posts([post])
        body: dict[str, Any] = rendering.body(data)
        body["matching_rules"] = [{"id": rule.id, "tag": rule.tag or ""} for rule in matching]
        return json.dumps(body, ensure_ascii=False).encode() + b"\r\n"

    def _matches(self, rule: Rule, post: Post) -> bool:
        return all(
            self._term(term.removeprefix("-"), post) is not term.startswith("-") for term in _TERM.findall(rule.value)
        )

    def _term(self, term: str, post: Post) -> bool:
        if term.startswith("@"):
            return self._names(term[1:].lower(), post)
        if term.startswith("from:"):
            author = self._network.accounts.by_id[post.author]
            return term[5:].lower().removeprefix("@") in {author.username.lower(), author.id}
        if term.startswith(("is:", "has:")):
            return {
                "is:retweet": post.retweet_of is not None,
                "is:reply": post.reply_to is not None,
                "is:quote": post.quote_of is not None,
                "has:media": bool(post.media),
                "has:mentions": bool(post.mentions),
            }.get(term, False)
        return term.strip('"').lower() in post.text.lower()

    def _names(self, username: str, post: Post) -> bool:
        seen = [post]
        quoted = self._network.posts.by_id.get(post.quote_of or 0)
        if quoted and self._network.settings.rules_see_quoted:
            seen.append(quoted)
        return any(named.username.lower() == username for one in seen for named in one.mentions)

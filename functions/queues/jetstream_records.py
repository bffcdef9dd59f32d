"""A book of records on NATS JetStream: a key-value bucket as every NATS client makes it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from functions.errors import Postponed
from functions.queues.heard import ServerError, agreed
from functions.queues.jetstream_layout import entry_of, stream_of
from functions.queues.records import Record

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from functions.queues.jetstream_connection import JetStreamConnection, Kept

WRONG_SEQUENCE: Final = frozenset({10071, 10164})
"""NATS's codes: the subject's last message is another one."""

_NOT_IN_KEYS: Final = re.compile(r"[^A-Za-z0-9/_.-]|^\.|(?<=\.)\.|\.$")
_QUOTED: Final = re.compile(r"(?:=[0-9A-F]{2})+")

_MARKERS: Final = (b"\r\nKV-Operation:", b"\r\nNats-Marker-Reason:")
"""Headers of a message that says only that a value was deleted: other clients leave such."""


class NatsRecords:
    """Values by key; each is kept for as long as the bucket's layout says.

    Every write carries a name of its own. Where an answer was lost the question is put again, and when the server then
    says that somebody has written before, the name in what is there tells whether that was oneself: equal bytes would
    not tell, since two programs may well write the same. Where another's name is there, one's own may have been under
    it; nobody can say, and `Postponed` is raised.
    """

    def __init__(self, connection: JetStreamConnection, bucket: str) -> None:
        self._connection = connection
        self._bucket = bucket

    async def get(self, key: str) -> Record | None:
        """The record of a key."""
        found = await self._last(f"look up {key}", key)
        return None if found is None or _is_marker(found) else Record(key, found.data, found.number)

    async def create(self, key: str, value: bytes) -> Record | None:
        """Write the first value of a key; asked again over a short outage, it still knows its own."""
        what = f"create {key}"
        after = 0
        while True:
            written = await self._write(what, key, value, after=after)
            if written is not None:
                return written
            found = await self._last(what, key)
            if found is None or not _is_marker(found):
                return None
            after = found.number

    async def replace(self, record: Record, value: bytes) -> Record | None:
        """Write another value; asked again over a short outage, it still knows its own."""
        return await self._write(f"replace {record.key}", record.key, value, after=record.revision)

    async def put(self, key: str, value: bytes) -> Record:
        """Write a value."""
        what = f"put {key}"
        written = await self._write(what, key, value, after=None)
        if written is None:
            msg = f"cannot {what}: NATS takes it for a question that it was not"
            raise Postponed(msg, after_seconds=1)
        return written

    async def delete(self, key: str) -> None:
        """Delete a record."""
        request = {"filter": self._entry(key)}
        await self._connection.api(f"delete {key}", f"STREAM.PURGE.{stream_of(self._bucket)}", request)

    async def under(self, prefix: str) -> AsyncIterator[Record]:
        """Records under a prefix, as they were last changed before this was asked; one request for each."""
        what = f"look for {prefix}"
        stream = stream_of(self._bucket)
        # What changes from now on comes after the end: otherwise whoever changes what it sees would never come to it.
        end = (await self._connection.api(what, f"STREAM.INFO.{stream}"))["state"]["last_seq"]
        async for found in self._connection.all_kept(what, stream, f"{self._entry(prefix)}.>"):
            if found.number > end:
                return
            if not _is_marker(found):
                yield Record(self._key(found.subject), found.data, found.number)

    async def _write(self, what: str, key: str, value: bytes, *, after: int | None) -> Record | None:
        """Write a value.

        Args:
            what: for whoever reads the error: `cannot {what}`.
            key: of the value.
            value: its bytes.
            after: the number that the key's last message must have, 0 where there must be none; None for whatever.

        Returns:
            None where its last message is another one.

        Raises:
            Postponed: the server does not answer, or it cannot be known whether an earlier try was stored.
        """
        name = self._connection.new_inbox()
        headers = {"Nats-Msg-Id": name}
        if after is not None:
            headers["Nats-Expected-Last-Subject-Sequence"] = str(after)
        heard = await self._connection.ask(what, self._entry(key), value, headers=headers)
        try:
            answer = agreed(what, heard.data)
        except ServerError as error:
            if error.code not in WRONG_SEQUENCE:
                raise
            if not heard.repeated:
                return None
            found = await self._last(what, key)
            if found is not None and f"\r\nNats-Msg-Id: {name}\r\n".encode() in found.headers:
                return Record(key, value, found.number)
            msg = f"cannot {what}: an answer was lost, and somebody has written since; look at what is there"
            raise Postponed(msg, after_seconds=1) from error
        return Record(key, value, answer["seq"])

    async def _last(self, what: str, key: str) -> Kept | None:
        return await self._connection.kept(what, stream_of(self._bucket), {"last_by_subj": self._entry(key)})

    def _entry(self, key: str) -> str:
        """The subject of a key: what a subject cannot hold is written as `=XX`, byte by byte."""
        quoted = _NOT_IN_KEYS.sub(lambda found: "".join(f"={byte:02X}" for byte in found[0].encode()), key)
        return entry_of(self._bucket, quoted or "=")

    def _key(self, subject: str) -> str:
        """The key of a subject."""
        quoted = subject.removeprefix(entry_of(self._bucket, ""))
        return _QUOTED.sub(lambda found: bytes.fromhex(found[0].replace("=", "")).decode(errors="replace"), quoted)


def _is_marker(found: Kept) -> bool:
    return any(marker in found.headers for marker in _MARKERS)

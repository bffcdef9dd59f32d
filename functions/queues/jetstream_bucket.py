"""A key-value bucket in NATS."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Final

from functions.queues.heard import ServerError
from functions.queues.jetstream_layout import entry_of

if TYPE_CHECKING:
    from functions.queues.jetstream_connection import JetStreamConnection

NO_MESSAGE: Final = 10037
"""NATS's code: there is no message as asked for."""

WRONG_SEQUENCE: Final = frozenset({10071, 10164})
"""NATS's codes: somebody has written it before."""

_NOT_IN_KEYS: Final = re.compile(r"[^A-Za-z0-9/_.-]|^\.|(?<=\.)\.|\.$")


class Bucket:
    """Values by key; each is kept for as long as the bucket's layout says."""

    def __init__(self, connection: JetStreamConnection, name: str) -> None:
        self._connection = connection
        self._name = name

    async def create(self, key: str, value: bytes) -> bool:
        """Write a value unless there is one, whoever else tries at the same moment; False where there is one."""
        headers = {"Nats-Expected-Last-Subject-Sequence": "0"}
        try:
            # Not asked twice: the second answer could not tell one's own first try from somebody else's.
            await self._connection.store(f"claim {key}", self._entry(key), value, headers=headers, once=True)
        except ServerError as error:
            if error.code in WRONG_SEQUENCE:
                return False
            raise
        return True

    async def put(self, key: str, value: bytes) -> None:
        """Write a value, over one that is there."""
        await self._connection.store(f"note {key}", self._entry(key), value)

    async def get(self, key: str) -> bytes | None:
        """Read a value; None where there is none."""
        request = {"last_by_subj": self._entry(key)}
        try:
            answer = await self._connection.api(f"look up {key}", f"STREAM.MSG.GET.KV_{self._name}", request)
        except ServerError as error:
            if error.code == NO_MESSAGE:
                return None
            raise
        return base64.b64decode(answer["message"].get("data", ""))

    async def delete(self, key: str) -> None:
        """Delete a value, if there is one."""
        await self._connection.api(f"forget {key}", f"STREAM.PURGE.KV_{self._name}", {"filter": self._entry(key)})

    def _entry(self, key: str) -> str:
        """The subject of a key: what a subject cannot hold is written as `=XX`, byte by byte."""
        quoted = _NOT_IN_KEYS.sub(lambda found: "".join(f"={byte:02X}" for byte in found[0].encode()), key)
        return entry_of(self._name, quoted or "=")

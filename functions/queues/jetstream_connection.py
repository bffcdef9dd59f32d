"""A connection to NATS, and the questions that its JetStream answers."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from functions.queues.heard import ServerError, agreed
from functions.queues.jetstream_layout import make
from functions.queues.nats import NatsConnection

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from functions.queues.jetstream_layout import Piece

NO_MESSAGE: Final = 10037
"""NATS's code: there is no message as asked for."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A message in a stream."""

    number: int
    subject: str
    data: bytes
    headers: bytes
    """As they were sent."""
    at: datetime
    """When the server took it."""


class JetStreamConnection(NatsConnection):
    """Asks for what is in streams, and puts more there."""

    async def need(self, piece: Piece) -> None:
        """Make something more, or bring it up to date, now and on every new connection."""
        if piece in self.layout:
            return

        async def ask(request: str, body: Mapping[str, Any]) -> dict[str, Any]:
            return await self.api(f"make {piece.create}", request, body)

        await make(piece, ask)
        for number, other in enumerate(self.layout):
            if other.create == piece.create:  # as it was wanted before
                self.layout[number] = piece
                return
        self.layout.append(piece)

    async def api(self, what: str, request: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Ask JetStream.

        Raises:
            ServerError: it refuses.
            Postponed: it does not answer.
        """
        return agreed(what, (await self.ask(what, f"$JS.API.{request}", json.dumps(body or {}).encode())).data)

    async def store(self, what: str, subject: str, data: bytes, *, headers: dict[str, Any] | None = None) -> bool:
        """Put a message into the stream that listens to `subject`; it is stored when this returns.

        Returns:
            False where one with the same `Nats-Msg-Id` was there already.

        Raises:
            ServerError: it refuses.
            Postponed: it does not answer.
        """
        heard = await self.ask(what, subject, data, headers=headers)
        return not agreed(what, heard.data).get("duplicate", False)

    async def kept(self, what: str, stream: str, which: Mapping[str, Any]) -> Kept | None:
        """Look at a message in a stream; None where there is none.

        It is asked of the stream's first server, which knows of every change that anybody was told of. Any server may
        answer a direct get, and need not have heard of the last change; that is quicker by a fifth of a millisecond.

        Args:
            what: for whoever reads the error: `cannot {what}`.
            stream: its name.
            which: by number (`seq`), the last of a subject (`last_by_subj`), or the next (`seq`, `next_by_subj`).

        Raises:
            ServerError: it refuses.
            Postponed: it does not answer.
        """
        try:
            found = (await self.api(what, f"STREAM.MSG.GET.{stream}", which))["message"]
        except ServerError as error:
            if error.code == NO_MESSAGE:
                return None
            raise
        data, headers = (base64.b64decode(found.get(part, "")) for part in ("data", "hdrs"))
        return Kept(found["seq"], found["subject"], data, headers, datetime.fromisoformat(found["time"]))

    async def all_kept(self, what: str, stream: str, subject: str, *, first: int = 1) -> AsyncIterator[Kept]:
        """Look at the messages in a stream, from a number on."""
        number = first
        while (found := await self.kept(what, stream, {"seq": number, "next_by_subj": subject})) is not None:
            yield found
            number = found.number + 1

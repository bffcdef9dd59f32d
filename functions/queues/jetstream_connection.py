"""A connection to NATS, and the questions that its JetStream answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from functions.queues.heard import agreed
from functions.queues.nats import NatsConnection

if TYPE_CHECKING:
    from collections.abc import Mapping

    from functions.queues.jetstream_layout import Piece


class JetStreamConnection(NatsConnection):
    """Asks for what is in streams, and puts more there."""

    async def need(self, piece: Piece) -> None:
        """Make something more, now and on every new connection."""
        if piece not in self.layout:
            await self.api(f"make {piece.create}", piece.create, piece.config)
            self.layout.append(piece)

    async def api(self, what: str, request: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Ask JetStream.

        Raises:
            ServerError: it refuses.
            Postponed: it does not answer.
        """
        return agreed(what, (await self.ask(what, f"$JS.API.{request}", json.dumps(body or {}).encode())).data)

    async def store(
        self, what: str, subject: str, data: bytes, *, headers: dict[str, Any] | None = None, once: bool = False
    ) -> bool:
        """Put a message into the stream that listens to `subject`; it is stored when this returns.

        Returns:
            False where one with the same `Nats-Msg-Id` was there already.

        Raises:
            ServerError: it refuses.
            Postponed: it does not answer.
        """
        heard = await self.ask(what, subject, data, headers=headers, once=once)
        return not agreed(what, heard.data).get("duplicate", False)

"""What a NATS server says, in words that do not depend on its client."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from functions.errors import Postponed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class ServerError(Postponed):
    """NATS answered with an error of its own, known by `code`; asking again later may help."""

    def __init__(self, reason: str, *, code: int) -> None:
        super().__init__(reason, after_seconds=5)
        self.code = code


@dataclass(frozen=True, slots=True)
class Heard:
    """A message from the server."""

    data: bytes
    subject: str
    headers: Mapping[str, str]
    reply: str
    """Where an answer goes; of an order, where its worker says how it went."""
    place: Place | None
    """None where it does not come from a consumer."""
    repeated: bool = False
    """Of an answer: the question was put before, and that answer was lost, or the question was."""

    @property
    def status(self) -> str | None:
        """Such as 404, where the server says only that there is nothing."""
        return self.headers.get("Status")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message stands in its stream, and with its consumer."""

    sequence: int
    delivered: int
    """How many times, with this one."""
    turn: int
    """Of all that this consumer was given, counted from 1."""
    at: datetime
    """When it was stored."""


def agreed(what: str, data: bytes) -> dict[str, Any]:
    """Read an answer of JetStream's.

    Raises:
        ServerError: it is a refusal.
    """
    answer: dict[str, Any] = json.loads(data)
    if "error" in answer:
        error = answer["error"]
        msg = f"cannot {what}: NATS answers: {error.get('description', 'an error')}"
        raise ServerError(msg, code=error.get("err_code", 0))
    return answer

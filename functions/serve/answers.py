"""What is answered: results as they are, failures as a reason for people and a code for programs."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from functions.errors import Postponed, Rejected

if TYPE_CHECKING:
    from collections.abc import Mapping

JSON: Final = "application/json"

STATUSES: Final[Mapping[str, int]] = {
    "bad-link": 400,
    "bad-message": 400,
    "bad-name": 400,
    "newer-version": 400,
    "not-its-kind": 400,
    "missing-object": 404,
    # The caller can resolve both and call again: by force, and with what is there now.
    "already-colour": 409,
    "changed": 409,
    "too-large": 413,
    "too-costly": 413,
    # The network failed: nobody's picture is to blame.
    "bad-model": 500,
}
"""Code of a `Rejected` → status."""

UNPROCESSABLE: Final = 422
"""The status of all other codes: the call is in order, and nothing can be made of what it names."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back, over the same connection or by a callback."""

    status: int
    body: bytes
    media_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, too
    """A call that is not carried out, for a reason of HTTP."""

    def __init__(self, status: int, reason: str, *, code: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.code = code
        self.headers = headers or {}


def json_answer(status: int, fields: Mapping[str, object], headers: Mapping[str, str] | None = None) -> Answer:
    """Answer with JSON."""
    return Answer(status, json.dumps(fields, ensure_ascii=False).encode(), headers=headers or {})


def failure(error: Rejected | Postponed | Refusal) -> Answer:
    """Answer with what went wrong."""
    if isinstance(error, Postponed):
        seconds = str(max(1, math.ceil(error.after_seconds)))
        return json_answer(503, {"reason": error.reason, "code": "postponed"}, {"Retry-After": seconds})
    status = error.status if isinstance(error, Refusal) else STATUSES.get(error.code, UNPROCESSABLE)
    headers = error.headers if isinstance(error, Refusal) else None
    return json_answer(status, {"reason": error.reason, "code": error.code}, headers)


def bug(call_id: str) -> Answer:
    """Answer without a word on what happened; the log has it."""
    reason = f"something is wrong with this function; its log says what, under {call_id}"
    return json_answer(500, {"reason": reason, "code": "bug"})

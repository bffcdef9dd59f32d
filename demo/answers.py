"""How the stand says no: a code for the page, and a sentence for the person, in their language."""

from __future__ import annotations

import json
import logging
import math
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response

from demo.sentences import told
from functions.errors import Postponed, Rejected

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.requests import Request

    from demo.rules import RuleBook
    from demo.sentences import Sentences

STATUSES: Final[Mapping[str, int]] = {
    "bad-request": 400,
    "wrong-pin": 403,
    "forbidden": 403,
    "gone": 404,
    "too-slow": 408,
    "too-large": 413,
    "too-long": 413,
    "bad-settings": 422,
    "too-often": 429,
    "busy": 503,
    "stopping": 503,
}
"""Code → status; all others are about a file that is none of those that are taken."""

NONE_OF_THOSE: Final = 415

JSON_BYTES: Final = 16 * 1024
"""Of a request's JSON: settings, a caption."""

BUSY: Final = "the stand is busy just now: try again"
"""Where something is out of reach; which of its parts that is does not matter to a visitor."""

Say: TypeAlias = "Callable[[Request, str, str], str]"
"""Request, code and reason → a sentence for whoever asks, in their language."""

log = logging.getLogger(__name__)


class Later(Rejected):
    """Not now, but after a while: the same request may then do well."""

    def __init__(self, reason: str, *, code: str, after_seconds: float) -> None:
        super().__init__(reason, code=code)
        self.after_seconds = after_seconds


class Answers:
    """Answers requests, also those that are refused.

    Args:
        sentences: in all languages.
        rules: with the stand's language.
    """

    def __init__(self, sentences: Sentences, rules: RuleBook) -> None:
        self.sentences = sentences
        self._rules = rules

    def language(self, request: Request) -> str:
        """That whoever asks is answered in."""
        return self.sentences.chosen(request.headers.get("accept-language"), self._rules.now.language)

    def say(self, code: str, reason: str) -> str:
        """A sentence in the stand's own language."""
        return self.sentences.why(self._rules.now.language, code, reason)

    def of(self, answer: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        """The same, with refusals in words."""

        def say(request: Request, code: str, reason: str) -> str:
            return self.sentences.why(self.language(request), code, reason)

        return in_words(answer, say)


def in_words(
    answer: Callable[[Request], Awaitable[Response]],
    say: Say,
    statuses: Mapping[str, int] = STATUSES,
    *,
    otherwise: int = NONE_OF_THOSE,
) -> Callable[[Request], Awaitable[Response]]:
    """What answers requests, with refusals in words: a status, a code, a sentence, and from when on it may go well.

    Args:
        answer: that may raise `Rejected` and `Postponed`.
        say: what is said of a refusal.
        statuses: code → status.
        otherwise: the status of all other codes.
    """

    def refused(request: Request, code: str, reason: str, after_seconds: float | None) -> Response:
        code, sentence = told(code), say(request, code, reason)
        headers = {} if after_seconds is None else {"Retry-After": str(max(1, math.ceil(after_seconds)))}
        return refusal(statuses.get(code, otherwise), code, sentence, headers=headers)

    async def answered(request: Request) -> Response:
        try:
            return await answer(request)
        except Rejected as error:
            seconds = error.after_seconds if isinstance(error, Later) else None
            return refused(request, error.code, error.reason, seconds)
        except Postponed as error:
            log.warning("a request cannot be answered now: %s", error.reason)
            return refused(request, "busy", BUSY, error.after_seconds)
        except ClientDisconnect:
            return Response(status_code=400)

    return answered


async def json_of(request: Request) -> dict[str, Any]:
    """A request's JSON object.

    Raises:
        Rejected: it is none, or too long ("bad-request").
    """
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > JSON_BYTES:
            break
    try:
        if len(body) <= JSON_BYTES and isinstance(fields := json.loads(bytes(body)), dict):
            return fields
    except (ValueError, RecursionError):
        pass
    msg = "this is no JSON object"
    raise Rejected(msg, code="bad-request")


def refusal(
    status: int, code: str, reason: str, *, headers: Mapping[str, str] | None = None, **more: Any
) -> JSONResponse:
    """Say in JSON what is not done, and why."""
    return JSONResponse({"code": code, "reason": reason, **more}, status, headers)


def plainly(_request: Request, _code: str, reason: str) -> str:
    """In English, as it came."""
    return reason

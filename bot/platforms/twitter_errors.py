"""What an HTTP answer of X's means: never, later, or gone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from bot.platforms.protocol import Forbidden, Gone, LimitedUntil, Unreachable
from bot.platforms.twitter_limits import DAY_SECONDS, RETRY_SECONDS, SECOND_STREAM_SECONDS, WINDOW_SECONDS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from functions.errors import Postponed, Rejected

_LONGEST_DETAIL: Final = 300
"""Characters of what X says that are passed on."""

_TEMPORARY: Final = frozenset({408, 409, 425})
"""Statuses below 500 that may be another one soon; 409 is a stream whose rules are not there yet."""

_DAY_LIMITS: Final = ("x-app-limit-24hour", "x-user-limit-24hour")
"""The day's limits are told beside those of the quarter of an hour."""

_PHRASES: Final = (
    # What X says with 403, in order of trust → code. All but the last of each kind were seen in its answers.
    ("duplicate content", "duplicate"),
    ("deleted or not visible", "gone"),
    ("invalid media_id", "gone"),
    ("not been mentioned or otherwise engaged", "not-allowed"),
    ("only reply to or quote posts where you are mentioned", "not-allowed"),
    ("not allowed to reply", "not-allowed"),
    ("restricted who can reply", "not-allowed"),
    ("reply to this conversation is not allowed", "not-allowed"),
    ("not authorized to see", "protected"),
    ("a video longer than", "bad-media"),
    ("oauth1 app permissions", "bad-credentials"),
    ("user is suspended", "bad-credentials"),
    ("account is suspended", "bad-credentials"),
    ("temporarily locked", "bad-credentials"),
)
_TYPES: Final = (
    ("not-authorized-for-resource", "protected"),
    ("resource-not-found", "gone"),
    ("client-forbidden", "bad-credentials"),
    ("oauth1-permissions", "bad-credentials"),
    ("unsupported-authentication", "bad-credentials"),
)
"""The ends of the addresses that X gives problems as their types."""

_STATUSES: Final[Mapping[int, str]] = {
    HTTPStatus.UNAUTHORIZED: "bad-credentials",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "bad-media",
}
"""Statuses that mean one thing, whatever is said with them."""

_ADVICE: Final = {
    "bad-credentials": "look at the app's keys and permissions in X's developer console",
    "duplicate": "word it differently",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that is not the one hoped for."""

    status: int
    headers: Mapping[str, str]
    """Whatever their case."""
    body: Any
    """Parsed JSON, or None."""


def failure(answer: Answer, *, doing: str, now: datetime) -> Rejected | Postponed:
    """Give the error to raise for an answer.

    Args:
        answer: any but a good one.
        doing: such as `POST /2/tweets`.
        now: by our own clock.
    """
    said = detail(answer.body) or f"status {answer.status}"
    told = f"X refused {doing}: {said}"
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return limited(answer, doing=doing, now=now)
    if answer.status == HTTPStatus.PAYMENT_REQUIRED:
        return _until(now, WINDOW_SECONDS, f"{told}; credits are used up: buy more in X's developer console")
    if answer.status in _TEMPORARY or not 400 <= answer.status < 500:  # noqa: PLR2004 - as HTTP counts
        return Unreachable(f"X has trouble with {doing}: {said}", after_seconds=RETRY_SECONDS)
    if answer.status == HTTPStatus.NOT_FOUND:
        return Gone(told)
    if code := _STATUSES.get(answer.status):
        return _forbidden(told, code)
    return problem(answer.body, told=told)


def problem(body: Any, *, told: str) -> Gone | Forbidden:
    """Give the error for a problem that X describes."""
    code = _code(body)
    return Gone(told) if code == "gone" else _forbidden(told, code)


def limited(answer: Answer, *, doing: str, now: datetime) -> LimitedUntil:
    """Give the error for an answer that says that we ask too often.

    The time that it names is by X's clock. Where the answer tells what that shows, ours is corrected by it.
    """
    headers = {name.lower(): value for name, value in answer.headers.items()}
    if is_second_stream(answer.body):
        told = f"X refused {doing}: there is a stream already, and a second is not allowed"
        return _until(now, SECOND_STREAM_SECONDS, told)
    reset = _reset(headers)
    seconds = WINDOW_SECONDS if reset is None else reset - _their_time(headers, now)
    seconds = min(max(1.0, float(math.ceil(seconds))), DAY_SECONDS)
    until = now + timedelta(seconds=seconds)
    return _until(now, seconds, f"X limits {doing}: we asked too often; again at {until:%H:%M:%S}")


def is_second_stream(body: Any) -> bool:
    """Tell whether X says that there is a stream already."""
    return isinstance(body, dict) and body.get("connection_issue") == "TooManyConnections"


def detail(body: Any) -> str:
    """What X says in words, on one line; empty where it says nothing."""
    if not isinstance(body, dict):
        return ""
    errors = body.get("errors")
    said = [
        str(error.get("detail") or error.get("message") or error.get("title") or "")
        for error in (errors if isinstance(errors, list) else ())
        if isinstance(error, dict)
    ]
    whole = "; ".join(filter(None, said)) or str(body.get("detail") or body.get("title") or body.get("error") or "")
    return " ".join(whole.split())[:_LONGEST_DETAIL]


def _forbidden(told: str, code: str) -> Forbidden:
    advice = _ADVICE.get(code)
    return Forbidden(f"{told}; {advice}" if advice else told, code=code)


def _code(body: Any) -> str:
    if not isinstance(body, dict):
        return "forbidden"
    words = " ".join([detail(body), str(body.get("detail") or "")]).lower()
    for phrase, code in _PHRASES:
        if phrase in words:
            return code
    errors = body.get("errors")
    problems = [body, *(each for each in (errors if isinstance(errors, list) else ()) if isinstance(each, dict))]
    for each in problems:
        kind = str(each.get("type") or "")
        for end, code in _TYPES:
            if kind.endswith(end):
                return code
    named = " ".join(str(each.get("parameters") or "") for each in problems)
    return "bad-media" if "media" in words + named else "forbidden"


def _reset(headers: Mapping[str, str]) -> float | None:
    """Seconds since 1970 by X's clock, of the limit that is used up."""
    used_up = [name for name in _DAY_LIMITS if headers.get(f"{name}-remaining") == "0"]
    for name in [*used_up, "x-rate-limit"]:
        try:
            return float(headers[f"{name}-reset"])
        except (KeyError, ValueError):
            continue
    return None


def _their_time(headers: Mapping[str, str], now: datetime) -> float:
    try:
        return parsedate_to_datetime(headers["date"]).timestamp()
    except (KeyError, ValueError):
        return now.timestamp()


def _until(now: datetime, seconds: float, told: str) -> LimitedUntil:
    return LimitedUntil(told, until=now + timedelta(seconds=seconds), after_seconds=seconds)

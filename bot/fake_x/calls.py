"""A request as the endpoints get it, and an answer as they give it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from bot.fake_x.problems import Problem, invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.fake_x.accounts import Account
    from bot.fake_x.network import Network

JSON: Final = "application/json; charset=utf-8"
PROBLEM: Final = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Call:
    """A request whose sender is known."""

    path: Mapping[str, str]
    """The variable parts of its path."""
    query: str
    content_type: str
    body: bytes
    account: Account | None
    """Who signed it; None is the app itself."""

    @property
    def user(self) -> Account:
        """Who signed it, where the endpoint is for accounts only."""
        assert self.account is not None  # noqa: S101 - the application has refused all others
        return self.account

    def json(self) -> dict[str, Any]:
        """Read the body as a JSON object.

        Raises:
            Problem: it is none.
        """
        try:
            body = json.loads(self.body)
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise invalid({}, "Request body is not valid JSON.")
        return body

    def fields(self) -> dict[str, bytes]:
        """Read the fields of a form, of one of many parts, or of JSON; those of the query are among them.

        Raises:
            Problem: it is none of these.
        """
        found = {name: value.encode() for name, value in parse_qsl(self.query, keep_blank_values=True)}
        kind = self.content_type.partition(";")[0].strip().lower()
        if kind == "multipart/form-data":
            return found | parts(self.content_type, self.body)
        if kind == "application/x-www-form-urlencoded":
            return found | {
                name: value.encode()
                for name, value in parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True)
            }
        if self.body:
            return found | {name: str(value).encode() for name, value in self.json().items()}
        return found


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back."""

    status: int
    body: bytes = b""
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Something that can be asked for."""

    method: str
    path: str
    family: str
    by: str
    """Who may ask: `user`, `app` or `either`."""
    handle: Callable[[Network, Call], Answer]


def answer(body: Mapping[str, Any], status: int = 200) -> Answer:
    """Answer with JSON."""
    return Answer(status, json.dumps(body, ensure_ascii=False).encode())


def refusal(problem: Problem) -> Answer:
    """Answer with what is wrong."""
    kind = PROBLEM if problem.body.get("type") == "about:blank" else JSON
    return Answer(problem.status, json.dumps(problem.body).encode(), kind)


def parts(content_type: str, body: bytes) -> dict[str, bytes]:
    """Take a body of many parts apart (RFC 7578); of equal names the last one counts."""
    boundary = content_type.partition("boundary=")[2].partition(";")[0].strip().strip('"')
    if not boundary:
        raise invalid({}, "Request body is not valid multipart.")
    found = {}
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary.encode())[1:]:
        head, separator, content = part.partition(b"\r\n\r\n")
        name = head.decode("utf-8", "replace").partition(' name="')[2].partition('"')[0]
        if separator and name:
            found[name] = content
    return found

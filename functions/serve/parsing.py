"""Reads what callers write, by the letter of the OpenAPI document: a number in quotes is no number."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from functions.errors import Rejected
from functions.jobs import AnyOrder, ImageWishes, parse_order
from functions.serve.answers import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

_Model = TypeVar("_Model", bound=BaseModel)

_OBJECT: Final[TypeAdapter[dict[str, Any]]] = TypeAdapter(dict[str, Any])
_ORDER: Final[TypeAdapter[AnyOrder]] = TypeAdapter(AnyOrder)

_LISTS: Final = frozenset({"kinds"})
"""Parameters with several values."""

EXACT: Final = 2**53
"""Up to which a float holds every integer."""


def fields_of(body: bytes) -> dict[str, Any]:
    """The fields of a JSON object.

    Raises:
        Rejected: it is none, or nested too deeply ("bad-message").
    """
    try:
        return _OBJECT.validate_json(body)
    except ValidationError as error:
        raise _bad(error) from error


def message_of(kind: type[_Model], body: bytes) -> _Model:
    """Read a message of this kind, from JSON that `fields_of` has read.

    Raises:
        Rejected: it is none ("bad-message").
    """
    try:
        return kind.model_validate_json(_whole(body), strict=True)
    except ValidationError as error:
        raise _bad(error) from error


def order_of(body: bytes) -> AnyOrder:
    """Read an order, from JSON that `fields_of` has read.

    Raises:
        Rejected: it is of a newer version ("newer-version"), or no order at all ("bad-message").
    """
    parse_order(body)  # the better words for what is wrong; but it lets through what is merely spelled strangely
    try:
        return _ORDER.validate_json(_whole(body), strict=True)
    except ValidationError as error:
        raise _bad(error) from error


def wishes_of(query: Sequence[tuple[str, str]]) -> ImageWishes:
    """Read a picture's wishes from a query such as `saturation=1.2&kinds=png,jpeg&force=true`.

    Raises:
        Refusal: 400 for a parameter that is unknown, named twice, or has a value that it cannot have.
    """
    values: dict[str, object] = {}
    for name, text in query:
        if name not in ImageWishes.model_fields:
            known = ", ".join(ImageWishes.model_fields)
            raise Refusal(400, f"there is no parameter {name!r} (there are {known})", code="unknown-parameter")
        if name in values:
            raise Refusal(400, f"the parameter {name!r} is there twice", code="bad-parameter")
        values[name] = _list(text) if name in _LISTS else _value(text)
    try:
        return ImageWishes.model_validate(values, strict=True)
    except ValidationError as error:
        raise Refusal(400, _words(error, "query"), code="bad-parameter") from error


def _list(text: str) -> tuple[str, ...]:
    """Texts between commas: OpenAPI's style "form" that is not exploded."""
    return tuple(text.split(",")) if text else ()


def _value(text: str) -> object:
    """`true`, `false` and numbers are what JSON calls so; all else is a text."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, bool | int | float) else text


def _whole(body: bytes) -> bytes:
    """Write 80.0 as 80: to JSON Schema both are integers, and to pydantic only one."""
    if b"." not in body and b"e" not in body and b"E" not in body:
        return body

    def number(text: str) -> float:
        value = float(text)
        return int(value) if abs(value) <= EXACT and value.is_integer() else value

    return json.dumps(json.loads(body, parse_float=number)).encode()


def _bad(error: ValidationError) -> Rejected:
    return Rejected(_words(error, "body"), code="bad-message")


def _words(error: ValidationError, whole: str) -> str:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or whole
    return f"{where}: {first['msg'][:1].lower()}{first['msg'][1:]}"

"""Describes a function in OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.1), from the models that it reads with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from functions.jobs import VERSION, ColoriseChunk, ColoriseImage, ImageWishes, JoinVideo, SplitVideo
from functions.outcome import OrderCarriedOut
from functions.serve.answers import JSON
from functions.serve.modes import UNDECLARED
from functions.serve.vocabulary import LinkCall

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from functions.serve.function import Function

Fields: TypeAlias = dict[str, Any]
"""Of a JSON object."""

ORDERS: Final = (ColoriseImage, SplitVideo, ColoriseChunk, JoinVideo)

_REFERENCE: Final = "#/components/schemas/{model}"

_HEADERS: Final[Fields] = {
    "X-Call-Id": {"description": "The call's id, also in the log.", "schema": {"type": "string"}},
    "X-Duration-Seconds": {"description": "From the call to its answer.", "schema": {"type": "number", "minimum": 0}},
}

_RETRY_AFTER: Final[Fields] = {
    "Retry-After": {"description": "Seconds.", "schema": {"type": "integer", "minimum": 1}},
}

_FAILURES: Final[Mapping[str, str]] = {
    "400": "The call is not one that this function understands.",
    "404": "There is no such object in the store.",
    "408": "The body took too long to arrive.",
    "409": "The picture is in colour already (`force` colours it anyway), or was replaced meanwhile.",
    "413": "Body, file or picture are larger than is taken.",
    "415": "The body is of another type than is taken.",
    "422": "It is no picture that can be read, or there is nothing to colour.",
    "429": "Too many calls are in hand.",
    "500": "Something is wrong with the function; its log says what.",
    "503": "Not ready, about to stop, or something that is needed is out of reach.",
}


class Failure(BaseModel):
    """What went wrong."""

    reason: str
    """A sentence for a person."""
    code: str
    """The same for programs, such as `already-colour`."""


class Accepted(BaseModel):
    """The answer goes to the callback address."""

    call_id: str


def document(function: Function) -> Fields:
    """Describe a function: what it can do with its store, its engine, its handlers, and whether it calls back."""
    calls = _calls(function)
    answers: list[type[BaseModel]] = [*function.vocabulary.answers.values(), OrderCarriedOut, Failure]
    if function.callbacks is not None:
        answers.append(Accepted)
    described: list[tuple[type[BaseModel], JsonSchemaMode]] = [
        *((call, "validation") for call in calls),
        *((answer, "serialization") for answer in answers),
    ]
    _, schemas = models_json_schema(described, ref_template=_REFERENCE)
    components = schemas["$defs"]
    for order in ORDERS:
        if order in calls:
            schema = components[order.__name__]
            schema["properties"]["version"]["maximum"] = VERSION
            schema["required"] = ["kind", *schema["required"]]  # that is how an order is known
    return {
        "openapi": "3.1.0",
        "info": {"title": function.name, "version": str(VERSION), "description": "Colours pictures and films."},
        "paths": {
            "/": {"post": _call(function, calls)},
            "/_/health": {"get": _asked("Whether the process is alive.", {"status": {"const": "alive"}})},
            "/_/ready": {
                "get": _asked(
                    "Whether calls are welcome.",
                    {"status": {"const": "ready"}},
                    failures={"503": "Warming up, or about to stop."},
                )
            },
            "/metrics": {"get": _metrics()},
            "/openapi.json": {"get": _asked("This document.", {"openapi": {"type": "string"}})},
        },
        "components": {"schemas": components},
    }


def _calls(function: Function) -> list[type[BaseModel]]:
    calls: list[type[BaseModel]] = [
        order for order in ORDERS if order.model_fields["kind"].default in function.handlers
    ]
    if function.store is not None:
        calls.append(function.vocabulary.call)
    if function.vocabulary.order is ColoriseImage:
        calls.append(LinkCall)
    return calls


def _call(function: Function, calls: Iterable[type[BaseModel]]) -> Fields:
    content: Fields = {JSON: {"schema": {"anyOf": [_reference(call) for call in calls]}}}
    binary: Fields = {}
    parameters = [_header("X-Call-Id", "The call's id; one is made where there is none.", {"type": "string"})]
    accepted: Fields = {}
    if function.callbacks is not None:
        address = {"type": "string", "format": "uri"}
        parameters.append(_header("X-Callback-Url", "Answer 202 at once, and post the real answer there.", address))
        accepted["202"] = _response(
            "The answer goes to the callback address.", {JSON: {"schema": _reference(Accepted)}}
        )
    if function.colorise_bytes is not None:
        undeclared = sorted(UNDECLARED & {"application/octet-stream"})
        content.update((name, _bytes(1)) for name in [*_image_types(), *undeclared])
        binary = {name: _bytes(1) for name in _image_types()}
        parameters += _wishes()
    results: list[type[BaseModel]] = [*function.vocabulary.answers.values(), OrderCarriedOut]
    return {
        "operationId": "call",
        "summary": "Colour a picture that is sent, linked or stored, or carry out one of the queue's orders.",
        "description": "The parameters of the query are for pictures that are sent as they are.",
        "parameters": parameters,
        "requestBody": {"required": True, "content": content},
        "responses": {
            "200": _response(
                "Done.", {JSON: {"schema": {"anyOf": [_reference(result) for result in results]}}, **binary}
            ),
            **accepted,
            **_failures(_FAILURES),
        },
    }


def _wishes() -> list[Fields]:
    """The fields of `ImageWishes` as parameters of a query, where nothing can be null; lists are parted by commas."""
    parameters = []
    for name, field in ImageWishes.model_json_schema()["properties"].items():
        schema = next(iter(field.get("anyOf", ())), field)
        listed = {"style": "form", "explode": False} if schema.get("type") == "array" else {}
        parameters.append({"name": name, "in": "query", "schema": schema, **listed})
    return parameters


def _asked(summary: str, properties: Fields, failures: Mapping[str, str] | None = None) -> Fields:
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    return {
        "summary": summary,
        "responses": {"200": _response(summary, {JSON: {"schema": schema}}), **_failures(failures or {})},
    }


def _metrics() -> Fields:
    content = {name: {"schema": {"type": "string"}} for name in ("text/plain", "application/openmetrics-text")}
    return {"summary": "For Prometheus.", "responses": {"200": _response("Metrics.", content)}}


def _failures(described: Mapping[str, str]) -> Fields:
    content = {JSON: {"schema": _reference(Failure)}}
    return {
        status: _response(words, content, _RETRY_AFTER if status in {"429", "503"} else None)
        for status, words in described.items()
    }


def _response(description: str, content: Fields, headers: Fields | None = None) -> Fields:
    return {"description": description, "headers": {**_HEADERS, **(headers or {})}, "content": content}


def _header(name: str, description: str, schema: Fields) -> Fields:
    return {"name": name, "in": "header", "description": description, "schema": schema}


def _image_types() -> list[str]:
    """Of pictures that go in and come out."""
    written = ImageWishes.model_json_schema()["properties"]["kind"]["anyOf"][0]["enum"]
    return [f"image/{kind}" for kind in sorted({*written, "gif"})]


def _bytes(least: int) -> Fields:
    return {"schema": {"type": "string", "format": "binary", "minLength": least}}


def _reference(model: type[BaseModel]) -> Fields:
    return {"$ref": _REFERENCE.format(model=model.__name__)}

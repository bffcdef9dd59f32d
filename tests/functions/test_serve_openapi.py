from __future__ import annotations

import contextlib
import json
import threading
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, assume, settings
from hypothesis import strategies as st
from schemathesis.generation import GenerationMode

from functions.serve import Limits, Patience, application
from functions.serve.answers import JSON
from functions.serve.openapi import document
from functions.serve.server import listening
from tests.file_server import Offer, serving
from tests.http_function import Stub
from tests.http_web import PUBLIC, Names, web_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from schemathesis import Case

    from functions.serve import Function
    from functions.web_files import WebFiles

# Schemathesis draws from `random` where hypothesis would rather it did not.
pytestmark = pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisDeprecationWarning")

STUB = Stub(careless=True)
LIMITS = Limits(max_inflight=50)
IMPATIENT = Patience(attempts=1)
LINK = "http://pictures.example/a.jpg"
schemathesis.openapi.format("uri", st.just(LINK))
for kind in ("avif", "bmp", "gif", "heic", "jpeg", "png", "tiff", "webp"):
    schemathesis.openapi.media_type(f"image/{kind}", st.binary(min_size=1, max_size=100))

CALLS_BACK = web_files(Names({}), 1)
"""For documents: it is not asked anything."""

asked = settings(max_examples=15, suppress_health_check=list(HealthCheck), derandomize=True)


@contextlib.contextmanager
def in_thread(function: Function) -> Iterator[str]:
    """Serve in a thread: the questions are asked without an event loop."""
    listener = listening("127.0.0.1", 0)
    config = uvicorn.Config(application(function), log_config=None, access_log=False, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(60)


@pytest.fixture(scope="module")
def web() -> Iterator[WebFiles]:
    with serving() as site:
        site.offers["/a.jpg"] = Offer(b"\xff\xd8\xff")
        yield web_files(Names({"pictures.example": [[PUBLIC]]}), site.server_address[1], allow_http=True)


@pytest.fixture(scope="module")
def pictures(web: WebFiles) -> Iterator[str]:
    with in_thread(STUB.pictures(links=web, callbacks=web, limits=LIMITS, patience=IMPATIENT)) as address:
        yield address


@pytest.fixture(scope="module")
def films(web: WebFiles) -> Iterator[str]:
    with in_thread(STUB.films(callbacks=web, limits=LIMITS, patience=IMPATIENT)) as address:
        yield address


@schemathesis.openapi.from_dict(document(STUB.pictures(callbacks=CALLS_BACK))).parametrize()
@asked
def test_the_pictures_function_is_as_its_document_says(case: Case[Any], pictures: str) -> None:
    hold_to_document(case, pictures)


@schemathesis.openapi.from_dict(document(STUB.films(callbacks=CALLS_BACK))).parametrize()
@asked
def test_the_films_function_is_as_its_document_says(case: Case[Any], films: str) -> None:
    hold_to_document(case, films)


def test_the_document_is_served(pictures: str) -> None:
    served = httpx.get(f"{pictures}/openapi.json", trust_env=False).json()
    assert served == json.loads(json.dumps(document(STUB.pictures(callbacks=CALLS_BACK))))


@pytest.mark.parametrize("make", [STUB.pictures, STUB.films])
def test_the_document_speaks_of_callbacks_only_where_there_are_any(make: Callable[..., Function]) -> None:
    for function, called_back in ((make(), False), (make(callbacks=CALLS_BACK), True)):
        described = document(function)
        call = described["paths"]["/"]["post"]
        named = {parameter["name"] for parameter in call["parameters"]}
        there = (
            "X-Callback-Url" in named,
            "202" in call["responses"],
            "Accepted" in described["components"]["schemas"],
        )
        assert there == (called_back,) * 3


def hold_to_document(case: Case[Any], address: str) -> None:
    """Ask, and check whatever schemathesis can check."""
    if case.media_type == JSON and case.query:  # the one thing that a document cannot say
        case.query = {}
        assume(case.meta is None or all(part.mode is GenerationMode.POSITIVE for part in case.meta.components.values()))
    case.call_and_validate(base_url=address)

"""Puts a function on the web: its calls, and what its surroundings ask of it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from typing import TYPE_CHECKING, Final

from prometheus_client.exposition import choose_encoder
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.routing import Route

from functions.errors import Postponed
from functions.serve.answers import JSON, Answer, Refusal, failure, json_answer
from functions.serve.endpoint import Endpoint
from functions.serve.envelope import Envelope
from functions.serve.gate import Gate
from functions.serve.metrics import CallMetrics
from functions.serve.openapi import document
from functions.serve.threads import Threads

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

    from functions.serve.function import Function

_log = logging.getLogger(__name__)

FUNCTION_PATH: Final = "/"


def application(function: Function, gate: Gate | None = None) -> Starlette:
    """Make the application; it warms up when the server starts it.

    Args:
        function: what it serves.
        gate: where the server says that it is to stop, and hears when it may.
    """
    gate = gate or Gate(function.limits.max_inflight)
    threads = Threads(function.limits.max_inflight)
    metrics = CallMetrics(function.metrics.registry, gate)
    openapi = Response(json.dumps(document(function)), media_type=JSON)

    async def health(_request: Request) -> Response:
        return _plain(json_answer(200, {"status": "alive"}))

    async def ready(_request: Request) -> Response:
        try:
            gate.check_ready()
        except Refusal as refusal:
            return _plain(failure(refusal))
        return _plain(json_answer(200, {"status": "ready"}))

    async def measured(request: Request) -> Response:
        encode, media_type = choose_encoder(request.headers.get("Accept", ""))
        return Response(encode(function.metrics.registry), headers={"Content-Type": media_type})

    async def described(_request: Request) -> Response:
        return openapi

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        warming = asyncio.create_task(_warm_up(function, gate, threads))
        try:
            yield
        finally:
            warming.cancel()
            threads.close()

    app = Starlette(
        routes=[
            Route(FUNCTION_PATH, Endpoint(function, gate, threads, metrics).post, methods=["POST"]),
            Route("/_/health", health),
            Route("/_/ready", ready),
            Route("/metrics", measured),
            Route("/openapi.json", described),
        ],
        middleware=[Middleware(Envelope, metrics, FUNCTION_PATH)],
        exception_handlers={HTTPException: _http_error},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    return app


async def _warm_up(function: Function, gate: Gate, threads: Threads) -> None:
    """Warm up, as often as it takes."""
    while not gate.draining:
        try:
            await threads.run(function.warm_up)
        except Postponed as error:
            _log.warning("not warm yet: %s", error.reason)
            await asyncio.sleep(error.after_seconds)
        except Exception as error:  # noqa: BLE001 - whoever runs the server raises it
            gate.fail(error)
            return
        else:
            gate.open()
            _log.info("ready", extra={"function": function.name})
            return


async def _http_error(_request: Request, error: Exception) -> Response:
    """Answer what the router has nothing for."""
    assert isinstance(error, HTTPException)  # noqa: S101 - it is registered for nothing else
    reasons = {404: "there is nothing at this address", 405: "this address is not called with this method"}
    reason = reasons.get(error.status_code, error.detail)
    code = {404: "no-such-address", 405: "no-such-method"}.get(error.status_code, "refused")
    return _plain(failure(Refusal(error.status_code, reason, code=code, headers=error.headers)))


def _plain(answer: Answer) -> Response:
    return Response(answer.body, answer.status, headers=dict(answer.headers), media_type=answer.media_type)

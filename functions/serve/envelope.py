"""What every answer carries, and every call leaves in the log."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders

from functions.serve.calls import call_id_of, trace_id_of
from functions.telemetry.context import about

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from functions.serve.metrics import CallMetrics

_log = logging.getLogger(__name__)


class Envelope:
    """Puts `X-Call-Id` and `X-Duration-Seconds` on answers, counts calls, and gives each its line in the log.

    While a call is in hand, every line of the log has its `call_id` and `trace_id`, in handlers' threads as well.

    Args:
        app: what answers.
        metrics: where calls are counted.
        function_path: where calls go to; what else there is, is asked every few seconds and not worth a line.
    """

    def __init__(self, app: ASGIApp, metrics: CallMetrics, function_path: str) -> None:
        self._app = app
        self._metrics = metrics
        self._function_path = function_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on, and its answer back."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        call_id = call_id_of(Headers(scope=scope).get("X-Call-Id", ""))
        scope.setdefault("state", {}).update(call_id=call_id, started=started)

        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                seconds = time.perf_counter() - started
                headers = MutableHeaders(scope=message)
                headers["X-Call-Id"] = call_id
                headers["X-Duration-Seconds"] = f"{seconds:.6f}"
                headers["Cache-Control"] = "no-store"
                headers["X-Content-Type-Options"] = "nosniff"
                if scope["path"] == self._function_path:
                    self._note(scope["method"], message["status"], seconds)
            await send(message)

        with about(call_id=call_id, trace_id=trace_id_of(call_id)):
            await self._app(scope, receive, sealed)

    def _note(self, method: str, status: int, seconds: float) -> None:
        self._metrics.answered(method, status, seconds)
        _log.info("call answered", extra={"method": method, "status": status, "seconds": round(seconds, 4)})

"""A call from its first byte to its answer, or to its callback."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect
from starlette.responses import Response

from functions.errors import Postponed, Rejected, Suspected
from functions.serve.answers import Answer, Refusal, bug, failure, json_answer
from functions.serve.body import EarlyResponse, read_body
from functions.serve.callbacks import deliver
from functions.serve.calls import Sent
from functions.serve.modes import Modes
from functions.serve.work import Work

if TYPE_CHECKING:
    from starlette.requests import Request

    from functions.serve.function import Function
    from functions.serve.gate import Gate
    from functions.serve.metrics import CallMetrics
    from functions.serve.modes import Task
    from functions.serve.threads import Threads
    from functions.web_files import WebFiles

_log = logging.getLogger(__name__)


class Endpoint:
    """Answers calls of one function.

    Args:
        function: that is called.
        gate: who may come in.
        threads: where whatever blocks is done.
        metrics: where callbacks are counted.
    """

    def __init__(self, function: Function, gate: Gate, threads: Threads, metrics: CallMetrics) -> None:
        self._function = function
        self._gate = gate
        self._metrics = metrics
        self._modes = Modes(function, Work(function, threads))
        self._later: set[asyncio.Task[None]] = set()

    async def post(self, request: Request) -> Response:
        """Answer a call."""
        try:
            self._gate.enter()
        except Refusal as error:
            return _response(failure(error), EarlyResponse)
        stays = False
        try:
            sent = await self._sent(request)
            answer, stays = await self._answered(request, sent)
        except Refusal as error:  # of the body, which may still be on its way
            return _response(failure(error), EarlyResponse)
        except ClientDisconnect:
            return _response(failure(Refusal(400, "the body broke off", code="broken-off")))
        finally:
            if not stays:
                self._gate.leave()
        return _response(answer)

    async def _sent(self, request: Request) -> Sent:
        media_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if request.headers.get("Content-Encoding", "identity") != "identity":
            raise Refusal(415, "compressed bodies are not understood: send it as it is", code="unsupported-encoding")
        limit = self._modes.max_bytes(media_type)
        body = await read_body(request, max_bytes=limit, seconds=self._function.limits.body_seconds)
        return Sent(media_type, tuple(request.query_params.multi_items()), body)

    async def _answered(self, request: Request, sent: Sent) -> tuple[Answer, bool]:
        """The answer, and whether the call stays in hand after it."""
        call_id, web = request.state.call_id, self._function.callbacks
        try:
            task = self._modes.understood(sent, call_id)
            link = request.headers.get("X-Callback-Url")
            if link is not None and web is not None:
                await web.check(link)
        except (Rejected, Postponed, Refusal) as error:
            return failure(error), False
        if link is None or web is None:
            return await _done(task, call_id), False
        later = asyncio.create_task(self._call_back(task, web, link, call_id, request.state.started))
        self._later.add(later)  # or it might be collected while it runs
        later.add_done_callback(self._later.discard)
        return json_answer(202, {"call_id": call_id}), True

    async def _call_back(self, task: Task, web: WebFiles, link: str, call_id: str, started: float) -> None:
        try:
            answer = await _done(task, call_id)
            headers = {
                **answer.headers,
                "X-Call-Id": call_id,
                "X-Duration-Seconds": f"{time.perf_counter() - started:.6f}",
                "X-Function-Name": self._function.name,
                "X-Function-Status": str(answer.status),
            }
            delivered = await deliver(web, link, answer, headers, self._function.patience)
            self._metrics.called_back(delivered=delivered)
        except Exception:  # noqa: BLE001 - nobody waits for this task
            _log.exception("callback failed")
        finally:
            self._gate.leave()


async def _done(task: Task, call_id: str) -> Answer:
    try:
        return await task()
    except (Rejected, Postponed) as error:
        _log.info("call not carried out: %s", error.reason)
        return failure(error)
    except Suspected as error:
        _log.exception("call failed")
        return failure(Refusal(500, f"{error}; once more may help", code=error.code))
    except Exception:  # noqa: BLE001 - the caller must be answered, and the next call served
        _log.exception("call failed")
        return bug(call_id)


def _response(answer: Answer, kind: type[Response] = Response) -> Response:
    return kind(answer.body, answer.status, headers=dict(answer.headers), media_type=answer.media_type)

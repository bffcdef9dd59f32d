"""The controls over HTTP, for drills in other processes."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
from typing import TYPE_CHECKING, Any, Final

from pydantic import ConfigDict, TypeAdapter, ValidationError, validate_call
from starlette.requests import Request
from starlette.responses import JSONResponse

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from bot.fake_x.fake import FakeX

METHODS: Final = frozenset(
    [
        "add_account",
        "clear_faults",
        "connected",
        "counts",
        "credentials",
        "delete_post",
        "drop_stream",
        "faults_happened",
        "forward",
        "hold",
        "media",
        "post",
        "posts_by",
        "protect",
        "release",
        "replies_to",
        "requests",
        "set_fault",
        "set_limit",
        "wait_counted",
        "wait_gone",
        "wait_held",
        "wait_replies",
        "wait_stream",
    ]
)

_ANYTHING: Final = TypeAdapter[Any](Any, config=ConfigDict(ser_json_bytes="base64"))


class ControlEndpoint:
    """`POST /_control/METHOD` with the arguments as a JSON object; gives `{"result": …}`, or `{"reason": …}`.

    Bytes are in base64 (of URLs). Its sender shows the control token as a bearer.
    """

    def __init__(self, fake: FakeX) -> None:
        self._token = f"Bearer {fake.settings.control_token}".encode()
        self._methods = {name: validate_call(getattr(fake, name)) for name in METHODS}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        request = Request(scope, receive)
        status, body = await self._call(request)
        await JSONResponse(body, status)(scope, receive, send)

    async def _call(self, request: Request) -> tuple[int, dict[str, Any]]:
        raw = await request.body()
        if not hmac.compare_digest(request.headers.get("authorization", "").encode(), self._token):
            return 401, {"reason": "the control token is another"}
        method = self._methods.get(request.path_params["method"])
        if method is None:
            return 404, {"reason": f"there is no control of this name; there are {', '.join(sorted(METHODS))}"}
        try:
            arguments = json.loads(raw or b"{}")
            for attached in arguments.get("attachments", []):
                attached["content"] = base64.urlsafe_b64decode(attached["content"])
            # Some wait, and all take the network's lock: in a thread of their own.
            result = await asyncio.to_thread(method, **arguments)
        except TimeoutError as error:
            return 408, {"reason": str(error)}
        except (ValidationError, LookupError, ValueError, TypeError) as error:
            return 400, {"reason": str(error)}
        return 200, {"result": _ANYTHING.dump_python(result, mode="json")}

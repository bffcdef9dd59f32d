"""The door to a gateway that speaks as OpenFaaS's does: calls functions, and tells apart how a call can end.

What OpenFaaS answers by itself, where a function does not, was read in its sources (github.com/openfaas): the gateway
502 without a word, also where its `upstream_timeout` has passed (faas, gateway/handlers/forwarding_proxy.go); its
provider 503 where a function has no pod, and 500 where one breaks off or takes too long (faas-provider,
proxy/proxy.go); the gateway 404 for a function that it does not know (faas, gateway/handlers/scaling.go).
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import httpx

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

CONNECT_SECONDS: Final = 10.0

PROBE_SECONDS: Final = 30.0
"""For a function to say whether it is ready: OpenFaaS may have to start it from nothing for that."""

ANSWER_BYTES: Final = 32 * 1024 * 1024
"""Of an answer: that to a film's first order names each chunk with some 500 bytes at most, and a chunk is five to ten
seconds."""

KEPT_SECONDS: Final = 5.0
"""That an unused connection is kept: less than gateways do, as a rule, so that few are closed while they are used."""


class Unreached(Exception):  # noqa: N818 - what is the matter, not only an error
    """There was nobody to make the call to: it was not made."""


class BrokenOff(Exception):  # noqa: N818 - as above
    """The call was made, and no whole answer came."""


class TookTooLong(Exception):  # noqa: N818 - as above
    """The call was made, and given up."""


class TooMuch(Exception):  # noqa: N818 - as above
    """The answer is larger than any that a function gives."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, of the function or of somebody on the way."""

    status: int
    body: bytes
    headers: Mapping[str, str]
    """Names in any case."""
    seconds: float
    """From the call to its last byte."""


class Gateway:
    """Calls functions; open it with `Gateway.open`. It keeps no cookies, follows nobody, and knows no proxy.

    Args:
        transport: connects.
        address: of the gateway.
        credentials: the header that says who calls; empty where nobody asks.
        seconds: for a call.
    """

    def __init__(
        self, transport: httpx.AsyncBaseTransport, address: str, credentials: Mapping[str, str], *, seconds: float
    ) -> None:
        self._transport = transport
        self._address = address.rstrip("/")
        self._credentials = credentials
        self.seconds = seconds

    @classmethod
    @contextlib.asynccontextmanager
    async def open(
        cls, address: str, *, user: str | None = None, password: str | None = None, seconds: float
    ) -> AsyncIterator[Gateway]:
        """Be there to call functions while the block lasts; nothing is connected to before the first call.

        Args:
            address: of the gateway: http or https, then signed by an authority that this system trusts.
            user: None where the gateway asks for none.
            password: of the user.
            seconds: for a call, from its first byte to the answer's last.
        """
        token = b64encode(f"{user}:{password}".encode()).decode()
        transport = httpx.AsyncHTTPTransport(
            verify=ssl.create_default_context(),  # the system's authorities, or those of SSL_CERT_FILE
            trust_env=False,
            limits=httpx.Limits(max_connections=None, keepalive_expiry=KEPT_SECONDS),
        )
        async with transport:
            credentials = {} if user is None else {"Authorization": f"Basic {token}"}
            yield cls(transport, address, credentials, seconds=seconds)

    async def call(self, function: str, body: bytes, *, call_id: str) -> Reply:
        """Post JSON to a function.

        Args:
            function: its name.
            body: the JSON.
            call_id: for the function's log, and for the answer's header.

        Raises:
            Unreached: the gateway cannot be connected to, or shows no valid certificate.
            BrokenOff: it closed the connection before the whole answer was there.
            TookTooLong: there was no whole answer in time.
            TooMuch: it is too large.
        """
        headers = {"Content-Type": "application/json", "X-Call-Id": call_id}
        request = self._request("POST", f"/function/{function}", headers, body)
        return await self._answered(request, self.seconds)

    async def ready(self, function: str) -> bool:
        """Whether a function takes calls now; True also where somebody answers who does not know the question.

        Raises:
            Unreached: as `call` does.
        """
        request = self._request("GET", f"/function/{function}/_/ready", {}, None)
        try:
            reply = await self._answered(request, min(self.seconds, PROBE_SECONDS))
        except (BrokenOff, TookTooLong, TooMuch):
            return False
        return reply.status < httpx.codes.INTERNAL_SERVER_ERROR and reply.status != httpx.codes.TOO_MANY_REQUESTS

    def _request(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> httpx.Request:
        # Compressed answers could unpack to any size.
        told = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "colorisebot"}
        return httpx.Request(
            method,
            f"{self._address}{path}",
            headers={**told, **self._credentials, **headers},
            content=body,
            extensions={"timeout": {"connect": CONNECT_SECONDS}},  # `_answered` bounds the rest
        )

    async def _answered(self, request: httpx.Request, seconds: float) -> Reply:
        started = time.perf_counter()
        try:
            async with asyncio.timeout(seconds), self._begun(request) as answer:
                body = bytearray()
                async for piece in answer.aiter_raw():
                    body += piece
                    if len(body) > ANSWER_BYTES:
                        msg = f"an answer of more than {ANSWER_BYTES / 1e6:,.0f} MB"
                        raise TooMuch(msg)
                return Reply(answer.status_code, bytes(body), answer.headers, time.perf_counter() - started)
        except TimeoutError as error:
            msg = f"no whole answer came in {seconds:g} s"
            raise TookTooLong(msg) from error
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            msg = f"{type(error).__name__}: {error}"
            raise Unreached(msg) from error
        except httpx.TransportError as error:
            msg = f"{type(error).__name__} after {time.perf_counter() - started:.1f} s: {error}"
            raise BrokenOff(msg) from error

    @contextlib.asynccontextmanager
    async def _begun(self, request: httpx.Request) -> AsyncIterator[httpx.Response]:
        answer = await self._transport.handle_async_request(request)
        try:
            yield answer
        finally:
            await answer.aclose()

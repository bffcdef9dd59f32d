"""The door to the web: fetches what a link leads to, and posts to one, at addresses that were judged."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, TypeAlias

import httpx

from functions.errors import Postponed, Rejected
from functions.web_files.guard import Guard

if TYPE_CHECKING:
    import ssl

OpenTransport: TypeAlias = Callable[["ssl.SSLContext"], httpx.AsyncBaseTransport]
"""Makes what connects; for tests, which have no public addresses."""

REDIRECTS: Final = 3
"""Picture hosts use one or two."""

LONGEST_LINK: Final = 2048
"""Characters."""

RETRY_SECONDS: Final = 30.0
"""After which a server that did not answer is worth another try."""

HIGHEST_PORT: Final = 65_535

_TEMPORARY: Final = frozenset({408, 425, 429})
"""Answers below 500 that may be another one later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a stranger's server may cost."""

    max_bytes: int = 64 * 1024 * 1024
    total_seconds: float = 20.0
    """From the first look at the link to the last byte, redirects included: a server may send a byte a minute."""
    connect_seconds: float = 5.0
    """For each address of the host."""


class WebFiles:
    """Fetches from links and posts to them; keeps no connection, no cookie and no proxy of the environment.

    Args:
        guard: what links may lead to.
        bounds: of time and size.
        certificates: whom to trust; by default SSL_CERT_FILE and SSL_CERT_DIR, else certifi's authorities.
        open_transport: what connects.
    """

    def __init__(
        self,
        guard: Guard | None = None,
        bounds: Bounds | None = None,
        *,
        certificates: ssl.SSLContext | None = None,
        open_transport: OpenTransport | None = None,
    ) -> None:
        self._guard = guard or Guard()
        self._bounds = bounds or Bounds()
        self._given = certificates
        self._open_transport = open_transport or _transport

    async def check(self, link: str) -> None:
        """Refuse a link that could not be fetched from or posted to; nothing is connected to.

        Raises:
            Rejected: "bad-link".
            Postponed: nobody said in time where its host is.
        """
        url = self._url(link)
        async with self._in_time():
            await self._guard.addresses(_host(url), _port(url))

    async def fetch(self, link: str) -> bytes:
        """Fetch what a link leads to, whatever its server calls it.

        Raises:
            Rejected: the link may not be followed ("bad-link"), leads to nothing ("link-failed"), or to too much
                ("too-large").
            Postponed: its server cannot be reached, is in trouble, or slow.
        """
        url = self._url(link)
        headers = {"Accept": "image/*, */*;q=0.5"}
        async with self._in_time():
            for _ in range(REDIRECTS + 1):
                async with self._answer("GET", url, headers) as answer:
                    if not answer.has_redirect_location:
                        return await self._body(answer)
                    url = self._url(answer.headers["Location"], seen_from=url)
        msg = f"the link leads from one address to the next, more than {REDIRECTS} times"
        raise Rejected(msg, code="link-failed")

    async def post(self, link: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Post to a link; redirects are not followed, and the answer's body is not read.

        Raises:
            Rejected: the link may not be posted to ("bad-link"), or its server does not want it ("link-failed").
            Postponed: its server cannot be reached, is in trouble, or slow.
        """
        url = self._url(link)
        async with self._in_time(), self._answer("POST", url, headers, body) as answer:
            if not answer.is_success:
                raise _failed(answer.status_code)

    @cached_property
    def _certificates(self) -> ssl.SSLContext:
        return self._given or httpx.create_ssl_context()

    def _url(self, link: str, *, seen_from: httpx.URL | None = None) -> httpx.URL:
        """Read a link, or a redirect's target."""
        try:
            url = seen_from.join(link) if seen_from else httpx.URL(link)
            host = _host(url)
        except (httpx.InvalidURL, UnicodeError) as error:
            msg = "the link is no address of the web"
            raise Rejected(msg, code="bad-link") from error
        if len(link) > LONGEST_LINK or not host:
            msg = f"the link is no address of the web, or longer than {LONGEST_LINK} characters"
            raise Rejected(msg, code="bad-link")
        if url.port is not None and not 0 < url.port <= HIGHEST_PORT:
            msg = f"the link names port {url.port}, and there is none"
            raise Rejected(msg, code="bad-link")
        if url.userinfo:
            msg = "the link has a user's name or password in it; it must work without"
            raise Rejected(msg, code="bad-link")
        self._guard.check_scheme(url.scheme, host)
        return url

    @contextlib.asynccontextmanager
    async def _in_time(self) -> AsyncIterator[None]:
        seconds = self._bounds.total_seconds
        try:
            async with asyncio.timeout(seconds):
                yield
        except TimeoutError as error:
            msg = f"the link's server took longer than {seconds:g} s"
            raise Postponed(msg, after_seconds=RETRY_SECONDS) from error

    @contextlib.asynccontextmanager
    async def _answer(
        self, method: str, url: httpx.URL, headers: Mapping[str, str], body: bytes = b""
    ) -> AsyncIterator[httpx.Response]:
        """Open the answer to a request that is sent to one of the host's judged addresses."""
        addresses = await self._guard.addresses(_host(url), _port(url))
        named = httpx.Request(
            method,
            url,
            # Compressed answers could unpack to any size.
            headers={"Accept-Encoding": "identity", "User-Agent": "colorisebot", **headers},
            content=body or None,
        )
        async with self._open_transport(self._certificates) as transport:
            answer = await self._first_answer(transport, named, addresses)
            try:
                yield answer
            except httpx.RequestError as error:
                msg = "the link's server broke off"
                raise Postponed(msg, after_seconds=RETRY_SECONDS) from error
            finally:
                await answer.aclose()

    async def _first_answer(
        self, transport: httpx.AsyncBaseTransport, named: httpx.Request, addresses: Sequence[str]
    ) -> httpx.Response:
        """Ask the addresses in turn until one can be connected to."""
        failure: httpx.RequestError | None = None
        for address in addresses:
            pinned = httpx.Request(
                named.method,
                named.url.copy_with(host=address),
                headers=named.headers,  # with the name as Host
                stream=named.stream,
                extensions={
                    "sni_hostname": _host(named.url),  # the certificate must be the name's, too
                    "timeout": {"connect": self._bounds.connect_seconds},  # _in_time bounds the rest
                },
            )
            try:
                return await transport.handle_async_request(pinned)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failure = error
            except httpx.RequestError as error:
                failure = error
                break
        msg = "the link's server cannot be reached, or shows no valid certificate"
        raise Postponed(msg, after_seconds=RETRY_SECONDS) from failure

    async def _body(self, answer: httpx.Response) -> bytes:
        if answer.status_code != httpx.codes.OK:
            raise _failed(answer.status_code)
        if answer.headers.get("Content-Encoding", "identity") != "identity":
            msg = "the link's server sends the file compressed, although it was asked not to"
            raise Rejected(msg, code="link-failed")
        most = self._bounds.max_bytes
        promised = answer.headers.get("Content-Length", "")
        body = bytearray()
        if not promised.isdecimal() or int(promised) <= most:
            async for chunk in answer.aiter_raw():
                body += chunk
                if len(body) > most:
                    break
            else:
                return bytes(body)
        msg = f"the link leads to more than {most / 1e6:,.1f} MB"
        raise Rejected(msg, code="too-large")


def _transport(certificates: ssl.SSLContext) -> httpx.AsyncBaseTransport:
    # Kept connections would be another request's, judged for another name.
    limits = httpx.Limits(max_keepalive_connections=0)
    return httpx.AsyncHTTPTransport(verify=certificates, trust_env=False, limits=limits)


def _host(url: httpx.URL) -> str:
    return url.raw_host.decode("ascii").lower().removesuffix(".")


def _port(url: httpx.URL) -> int:
    return url.port or {"https": 443}.get(url.scheme, 80)


def _failed(status: int) -> Rejected | Postponed:
    msg = f"the link's server answers {status}"
    if status in _TEMPORARY or status >= httpx.codes.INTERNAL_SERVER_ERROR:
        return Postponed(msg, after_seconds=RETRY_SECONDS)
    return Rejected(msg, code="link-failed")

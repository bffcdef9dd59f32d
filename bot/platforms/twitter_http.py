"""The lines to X: sessions that know their timeouts and, for tests and drills, another address."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import urlsplit, urlunsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter

from bot.platforms.protocol import Unreachable
from bot.platforms.twitter_errors import Answer, failure
from bot.platforms.twitter_limits import RETRY_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


CONNECT_SECONDS: Final = 10.0
READ_SECONDS: Final = 30.0
"""Of silence; neither tweepy nor requests gives up on its own."""

THREADS: Final = 8
"""Requests at once, and so connections that are kept."""

_OUTSIDE: Final = (requests.RequestException, urllib3.exceptions.HTTPError, OSError)
"""All that is raised where a connection is not made, or breaks."""

_TALKATIVE: Final = ("tweepy", "oauthlib", "requests_oauthlib")
"""Libraries that write tokens into their debug logs."""

Auth: TypeAlias = "Callable[[requests.PreparedRequest], requests.PreparedRequest] | None"
"""What signs a request."""

_log = logging.getLogger(__name__)


class TwitterHttp:
    """Asks X, and turns what goes wrong into the protocol's errors, with no secret in their texts.

    Errors are raised without their cause: it holds the request, and that the tokens.

    Args:
        address: where X is to be found instead, such as `http://127.0.0.1:8089`; None is X itself.
        hide: leaves secrets out of a text.
        now: our clock.
    """

    def __init__(
        self,
        *,
        address: str | None = None,
        hide: Callable[[str], str] = lambda text: text,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        for name in _TALKATIVE:
            logging.getLogger(name).setLevel(logging.INFO)
        if address:
            _log.warning("X is looked for at %s, which is not X: this is for tests and drills", address)
        self._address = address
        self._hide = hide
        self.now = now
        self._session = self.open_session()
        self._allowances: dict[str, tuple[int, int]] = {}
        self.access_level: str | None = None
        """What our keys may do, as X said last: `read`, or `read-write` and more; None where it did not say."""
        self._lock = threading.Lock()

    @property
    def allowances(self) -> dict[str, tuple[int, int]]:
        """What was asked for → how many requests are left of how many, as X said last."""
        with self._lock:
            return dict(self._allowances)

    def open_session(self) -> requests.Session:
        """Open a session of its own, to be closed by whoever asked for it."""
        session = requests.Session()
        adapter = _Adapter(self._address)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        # Nothing of the home folder's .netrc is sent, and no cookie is kept.
        session.auth = _no_auth
        session.headers["User-Agent"] = "colorisebot"
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        return session

    def ask(
        self,
        method: str,
        url: str,
        *,
        doing: str | None = None,
        auth: Auth = None,
        **given: Any,
    ) -> Any:
        """Ask, and give the answer's JSON; None where it has no body.

        Args:
            method: of HTTP.
            url: of X's own.
            doing: for errors and allowances; method and path where it is not given.
            auth: signs the request.
            given: to requests: `params`, `json`, `data`, `files`, `headers`.
        """
        doing = doing or f"{method} {urlsplit(url).path}"
        try:
            with self._session.request(method, url, auth=auth, allow_redirects=False, **given) as response:
                return self.checked(response, doing=doing)
        except _OUTSIDE as error:
            raise unreachable(error, doing=doing) from None

    def open(  # noqa: PLR0913 - a request has as many sides
        self,
        url: str,
        *,
        doing: str,
        session: requests.Session | None = None,
        auth: Auth = None,
        params: Mapping[str, str] | None = None,
        silence_seconds: float = READ_SECONDS,
    ) -> requests.Response:
        """Open an answer whose body is read by the caller, who closes it; redirects are handed out as they are.

        It comes as it is, not packed: what is packed may unpack to any size, and a stream's lines would be late.
        """
        timeout = (CONNECT_SECONDS, silence_seconds)
        try:
            return (session or self._session).request(
                "GET",
                url,
                auth=auth,
                headers={"Accept-Encoding": "identity"},
                params=params,
                stream=True,
                allow_redirects=False,
                timeout=timeout,
            )
        except _OUTSIDE as error:
            raise unreachable(error, doing=doing) from None

    def checked(self, response: requests.Response, *, doing: str) -> Any:
        """Give an answer's JSON, or raise what it means."""
        self._note(response, doing)
        body = _json(response)
        if not response.ok or response.is_redirect:
            raise self.failed(response, body, doing=doing)
        if body is None and response.content:
            msg = f"X answered {doing} with something that is no JSON"
            raise Unreachable(msg, after_seconds=RETRY_SECONDS)
        return body

    def failed(self, response: requests.Response, body: Any, *, doing: str) -> Exception:
        """Give the error for an answer that is not good, with secrets left out."""
        error = failure(Answer(response.status_code, response.headers, body), doing=doing, now=self.now())
        error.reason = self._hide(error.reason)
        error.args = (error.reason,)
        return error

    def close(self) -> None:
        """Let go of all connections."""
        self._session.close()

    def _note(self, response: requests.Response, doing: str) -> None:
        self.access_level = response.headers.get("x-access-level") or self.access_level
        try:
            left = int(response.headers["x-rate-limit-remaining"])
            of = int(response.headers["x-rate-limit-limit"])
        except (KeyError, ValueError):
            return
        with self._lock:
            self._allowances[doing] = (left, of)


class _Adapter(HTTPAdapter):
    def __init__(self, address: str | None) -> None:
        super().__init__(pool_maxsize=THREADS + 1, max_retries=0)
        self._address = urlsplit(address) if address else None

    def send(  # noqa: PLR0913, PLR0917 - as the base class has it
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: FBT001, FBT002 - as above
        timeout: Any = None,
        verify: bool | str = True,  # noqa: FBT001, FBT002 - as above
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        timeout = timeout or (CONNECT_SECONDS, READ_SECONDS)
        if self._address is None:
            return super().send(request, stream, timeout, verify, cert, proxies)
        # The request was signed for X's own address, and stays as it is; a copy is sent elsewhere.
        moved = request.copy()
        there = urlsplit(str(request.url))
        moved.url = urlunsplit((self._address.scheme, self._address.netloc, there.path, there.query, ""))
        moved.headers["Host"] = there.netloc
        response = super().send(moved, stream, timeout, verify, cert, {})
        response.request, response.url = request, str(request.url)
        return response


def unreachable(error: Exception, *, doing: str) -> Unreachable:
    """Say that X did not answer; what libraries say of it may hold addresses, so that only its kind is passed on."""
    return Unreachable(f"X did not answer {doing} ({type(error).__name__})", after_seconds=RETRY_SECONDS)


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _json(response: requests.Response) -> Any:
    try:
        return response.json()
    except requests.JSONDecodeError:
        return None

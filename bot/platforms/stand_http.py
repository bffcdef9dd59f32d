"""The line to a stand: a session that knows its timeouts, and what its answers mean."""

from __future__ import annotations

import hashlib
import re
import ssl
from datetime import UTC, datetime
from http import HTTPStatus
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, Final

import requests
import urllib3
from requests.adapters import HTTPAdapter

from bot.platforms.protocol import Forbidden, Gone, LimitedUntil, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from functions.errors import Postponed, Rejected

CONNECT_SECONDS: Final = 5.0
READ_SECONDS: Final = 30.0
"""Of silence; requests does not give up on its own."""

RETRY_SECONDS: Final = 2.0
"""After which a stand that does not answer is worth another try: it is on this machine, or in this room."""

THREADS: Final = 8
"""Requests at once, and so connections that are kept."""

LONGEST_REASON: Final = 300
"""Characters of what a stand says that are passed on."""

_PEM: Final = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
"""The first of a file is the server's own; its authorities follow."""

OUTSIDE: Final = (requests.RequestException, urllib3.exceptions.HTTPError, OSError)
"""All that is raised where a connection is not made, or breaks."""


class StandHttp:
    """Asks a stand, and turns what goes wrong into the protocol's errors.

    Errors are raised without their cause: it holds the request, and that the token.

    Args:
        address: of the stand, such as `http://127.0.0.1:8000`.
        token: that it asks of its bot.
        certificate: file with the one that the stand shows; that very one is asked for, whoever has signed it and
            whatever names are in it, for the stand is known by an address. None trusts the system's authorities.
        now: our clock.
    """

    def __init__(self, address: str, token: str, *, certificate: Path | None, now: Callable[[], datetime]) -> None:
        self.address = address
        self._now = now
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy is asked for a machine in this room, and no .netrc read
        # X-Stand is what a stand asks of everybody who changes something: no page elsewhere can send it.
        headers = {"User-Agent": "colorisebot", "Authorization": f"Bearer {token}", "X-Stand": "1"}
        self._session.headers.update(headers)
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(pool_maxsize=THREADS, max_retries=0))
        if certificate is not None:
            self._session.verify = False  # in favour of what is stricter
            self._session.mount("https://", _Pinned(certificate))

    def ask(self, method: str, path: str, **given: Any) -> Any:
        """Ask, and give the answer's JSON; None where it has no body."""
        doing = f"{method} {path}"
        with self.open(method, path, stream=False, **given) as response:
            if not response.content:
                return None
            try:
                return response.json()
            except requests.JSONDecodeError:
                raise strange(doing) from None

    def open(self, method: str, path: str, *, silence_seconds: float = READ_SECONDS, **given: Any) -> requests.Response:
        """Ask, and give a good answer, to be closed by whoever asked; its body is not read unless that is asked for."""
        doing = f"{method} {path}"
        given.setdefault("stream", True)
        try:
            response = self._session.request(
                method, self.address + path, allow_redirects=False, timeout=(CONNECT_SECONDS, silence_seconds), **given
            )
            if response.ok and not response.is_redirect:
                return response
            with response:
                raise self._failure(response, doing)
        except OUTSIDE as error:
            raise unreachable(error, doing=doing) from None

    def close(self) -> None:
        """Let go of all connections."""
        self._session.close()

    def _failure(self, response: requests.Response, doing: str) -> Rejected | Postponed:
        try:
            told = response.json()
        except requests.JSONDecodeError:
            told = None
        fields: dict[str, Any] = told if isinstance(told, dict) else {}
        said = str(fields.get("reason") or f"status {response.status_code}")[:LONGEST_REASON]
        reason = f"the stand refused {doing}: {said}"
        match response.status_code:
            case HTTPStatus.NOT_FOUND:
                return Gone(reason)
            case HTTPStatus.UNAUTHORIZED:
                return Forbidden(reason, code="bad-credentials")
            case HTTPStatus.FORBIDDEN:
                return Forbidden(reason, code=str(fields.get("code") or "forbidden"))
            case HTTPStatus.TOO_MANY_REQUESTS:
                until = _moment(fields.get("until"))
                after_seconds = (until - self._now()).total_seconds() if until else RETRY_SECONDS
                return LimitedUntil(reason, until=until or self._now(), after_seconds=max(0.0, after_seconds))
            case _:
                return Unreachable(f"the stand has trouble with {doing}: {said}", after_seconds=RETRY_SECONDS)


class _Pinned(HTTPAdapter):
    """Speaks to who shows a certain certificate, and to nobody else."""

    def __init__(self, certificate: Path) -> None:
        self._certificate = certificate
        super().__init__(pool_maxsize=THREADS, max_retries=0)

    def build_connection_pool_key_attributes(self, request: requests.PreparedRequest, *more: Any) -> Any:
        """Name the certificate that is asked for; read each time, for a stand may make another.

        Raises:
            OSError: it is not there: the stand has not begun yet.
        """
        host, pool = super().build_connection_pool_key_attributes(request, *more)
        found = _PEM.search(self._certificate.read_text(encoding="ascii", errors="replace"))
        if found is None:
            msg = f"{self._certificate} holds no certificate"
            raise OSError(msg)
        fingerprint = hashlib.sha256(ssl.PEM_cert_to_DER_cert(found[0])).hexdigest()
        return host, {**pool, "assert_fingerprint": fingerprint}


def unreachable(error: Exception, *, doing: str) -> Unreachable:
    """Say that the stand did not answer; what libraries say of it may hold the request, so only its kind is told."""
    return Unreachable(f"the stand did not answer {doing} ({type(error).__name__})", after_seconds=RETRY_SECONDS)


def strange(doing: str) -> Unreachable:
    """Say that the stand answered with something else."""
    return Unreachable(f"the stand answered {doing} with something else: is it a stand?", after_seconds=RETRY_SECONDS)


def _moment(told: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(told)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

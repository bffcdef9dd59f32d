"""Whose request it is: OAuth 1.0a signatures, really checked (RFC 5849), and the app's bearer token."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, quote, unquote

from bot.fake_x.problems import unauthorized

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.fake_x.accounts import Account, AccountBook
    from bot.fake_x.settings import AppKeys

FRESH_SECONDS: Final = 300.0
"""How far a signature's time may be from ours."""

_PUBLIC_HOSTS: Final = frozenset({"api.x.com", "api.twitter.com", "upload.x.com", "upload.twitter.com"})
_PARAMETER: Final = re.compile(r'(\w+)="([^"]*)"')
_FORM: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Signed:
    """What of a request a signature covers."""

    method: str
    host: str
    """As the client sees it: its Host header."""
    path: str
    """As it was sent, not decoded."""
    query: str
    content_type: str
    body: bytes
    authorization: str


class Doorkeeper:
    """Finds out who asks."""

    def __init__(self, keys: AppKeys, accounts: AccountBook, real: Callable[[], float]) -> None:
        self._keys = keys
        self._accounts = accounts
        self._real = real
        self._nonces: set[tuple[str, str]] = set()
        self._nonce_times: deque[tuple[float, tuple[str, str]]] = deque()

    def identify(self, request: Signed) -> Account | None:
        """Find the account that signed; None for the app itself.

        Raises:
            Problem: 401, whatever is wrong: X does not say.
        """
        scheme, _, rest = request.authorization.partition(" ")
        if scheme.lower() == "bearer":
            if not hmac.compare_digest(rest.strip().encode(), self._keys.bearer_token.encode()):
                raise unauthorized()
            return None
        if scheme.lower() != "oauth":
            raise unauthorized()
        given = {name: unquote(value) for name, value in _PARAMETER.findall(rest)}
        account = self._accounts.with_token(given.get("oauth_token", ""))
        if account is None or not hmac.compare_digest(
            given.get("oauth_consumer_key", "").encode(), self._keys.consumer_key.encode()
        ):
            raise unauthorized()
        expected = signature(request, given, self._keys.consumer_secret, account.access_token_secret)
        if given.get("oauth_signature_method") != "HMAC-SHA1" or not hmac.compare_digest(
            given.get("oauth_signature", "").encode(), expected.encode()
        ):
            raise unauthorized()
        self._use_nonce(given, account)
        return account

    def _use_nonce(self, given: dict[str, str], account: Account) -> None:
        """Refuse what is old, and what was sent before."""
        stamp, nonce = given.get("oauth_timestamp", ""), given.get("oauth_nonce", "")
        now = self._real()
        while self._nonce_times and self._nonce_times[0][0] < now - 2 * FRESH_SECONDS:
            self._nonces.discard(self._nonce_times.popleft()[1])
        key = (account.access_token, f"{stamp} {nonce}")
        if not nonce or not stamp.isdecimal() or abs(now - int(stamp)) > FRESH_SECONDS or key in self._nonces:
            raise unauthorized()
        self._nonces.add(key)
        self._nonce_times.append((now, key))


def signature(request: Signed, oauth: dict[str, str], consumer_secret: str, token_secret: str) -> str:
    """Sign a request with HMAC-SHA1, from its base string (RFC 5849, 3.4.1).

    A form's fields are part of it; a JSON body, or one of many parts, is not.
    """
    pairs = parse_qsl(request.query, keep_blank_values=True)
    if request.content_type.partition(";")[0].strip().lower() == _FORM:
        pairs += parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
    pairs += [(name, value) for name, value in oauth.items() if name != "oauth_signature"]
    parameters = "&".join(f"{name}={value}" for name, value in sorted((_escape(n), _escape(v)) for n, v in pairs))
    host = request.host.lower()
    scheme = "https" if host.partition(":")[0] in _PUBLIC_HOSTS else "http"
    base = "&".join(_escape(part) for part in (request.method.upper(), f"{scheme}://{host}{request.path}", parameters))
    key = f"{_escape(consumer_secret)}&{_escape(token_secret)}"
    return base64.b64encode(hmac.new(key.encode(), base.encode(), hashlib.sha1).digest()).decode()


def _escape(text: str) -> str:
    return quote(text, safe="~")

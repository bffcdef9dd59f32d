"""HTTP to a server that may be busy, stalled or gone for a moment: each request is tried a few times, quickly."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

import stamina
from urllib3 import PoolManager, Timeout
from urllib3.exceptions import HTTPError, NewConnectionError, ProtocolError, TimeoutError  # noqa: A004 - urllib3's own

if TYPE_CHECKING:
    from collections.abc import Callable

    from urllib3 import BaseHTTPResponse

BUSY: Final = frozenset({429, 500, 502, 503, 504})
"""Statuses that may be others in a moment; a full disk is a 500 at SeaweedFS."""

CONNECTIONS: Final = 10
"""Kept open for the next request, as minio-py's own pool does."""

_Answer = TypeVar("_Answer")


class Busy(HTTPError):  # noqa: N818 - what the server is, not what went wrong here
    """The server has answered that it cannot answer."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a store is waited for, before the work in hand is better put off."""

    connect_seconds: float = 3
    read_seconds: float = 30
    """Without a byte: a disk behind a busy server may well take twenty."""
    tries: int = 5
    """Of one request."""
    pause_seconds: float = 0.2
    """After the first try; each further pause is twice as long, and all are a little uneven."""
    total_seconds: float = 10
    """After which no further try begins; one that hangs may outlast it by `read_seconds`."""

    def insist(self, step: Callable[[], _Answer], *, on: tuple[type[Exception], ...]) -> _Answer:
        """Do a step until these errors do not end it.

        Raises:
            Exception: what ended the last try, or a first error of another kind.
        """
        return stamina.retry(
            on=on,
            attempts=self.tries,
            timeout=self.total_seconds,
            wait_initial=self.pause_seconds,
            wait_max=8 * self.pause_seconds,
            wait_jitter=self.pause_seconds,
        )(step)()


class PatientPool(PoolManager):
    """Connections for a client that must not try anything again on its own.

    A request that was tried in vain raises `Busy` or urllib3's error; any other status is handed out as it is.
    """

    def __init__(self, patience: Patience) -> None:
        super().__init__(
            maxsize=CONNECTIONS,
            timeout=Timeout(connect=patience.connect_seconds, read=patience.read_seconds),
            retries=False,
        )
        self._patience = patience

    def urlopen(self, method: str, url: str, redirect: bool = True, **options: Any) -> BaseHTTPResponse:  # type: ignore[override]  # noqa: FBT001, FBT002 - urllib3's own signature; its options are many
        """Send a request, which must be harmless to send twice: those to an S3 server are."""
        del redirect  # its signature is for one host; minio-py reads the answer and says where the bucket is

        def send() -> BaseHTTPResponse:
            response = super(PatientPool, self).urlopen(method, url, redirect=False, **options)
            if response.status in BUSY:
                raise Busy(_said(response))
            return response

        return self._patience.insist(send, on=(Busy, NewConnectionError, TimeoutError, ProtocolError))


def _said(response: BaseHTTPResponse) -> str:
    """What a busy server says, such as `503 SlowDown`; its connection is free again."""
    code = re.search(rb"<Code>(\w{1,60})</Code>", response.data or b"")
    response.release_conn()
    return f"{response.status} {code[1].decode() if code else response.reason or ''}".rstrip()

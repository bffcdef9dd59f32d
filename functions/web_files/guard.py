"""Judges where a link leads before anything connects there."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final, TypeAlias

from functions.errors import Rejected
from functions.web_files.addresses import is_public, literal_address

_log = logging.getLogger(__name__)

Resolve: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host and port → addresses, best first; raises OSError where there is no such host."""

ADDRESSES: Final = 4
"""Of a host, that are tried; more would only make a dead host's failure slower."""


async def resolved(host: str, port: int) -> Sequence[str]:
    """Ask the system's resolver.

    Raises:
        OSError: there is no such host, or nobody to ask.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """What links may lead to."""

    allow_http: bool = False
    """Without TLS anybody on the way can read and change what comes."""
    allowed_hosts: frozenset[str] = frozenset()
    """In lower case: hosts that may be private, and may speak plain http: a gateway in one's own cluster."""
    resolve: Resolve = resolved

    def check_scheme(self, scheme: str, host: str) -> None:
        """Refuse a link that is not https.

        Raises:
            Rejected: "bad-link".
        """
        if scheme == "https" or (scheme == "http" and (self.allow_http or host in self.allowed_hosts)):
            return
        msg = "the link must begin with https://"
        raise Rejected(msg, code="bad-link")

    async def addresses(self, host: str, port: int) -> Sequence[str]:
        """The addresses that may be connected to for a host; not the name, which might lead elsewhere the next time.

        A host that does not exist, one inside the private network, and one that resolves to both kinds of addresses are
        all refused with the same words: which of them it is would be a map of the private network.

        Raises:
            Rejected: "bad-link".
        """
        literal = literal_address(host)
        try:
            found = await self.resolve(host, port) if literal is None else [str(literal)]
        except (OSError, UnicodeError) as error:
            _log.info("link refused: %s: %s", host, error)
            raise _refused() from error
        allowed = host in self.allowed_hosts
        if not found or not (allowed or all(is_public(ip_address(address)) for address in found)):
            _log.warning("link refused: %s is inside the private network", host, extra={"addresses": list(found)})
            raise _refused()
        return found[:ADDRESSES]


def _refused() -> Rejected:
    msg = "the link's host is not on the public web"
    return Rejected(msg, code="bad-link")

"""Under which addresses the stand is found: for the QR codes, for the terminal, and for a certificate."""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import psutil  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request

LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})

ANY: Final = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - compared with, not listened on
"""Hosts that mean all addresses of the machine."""

SOMEWHERE: Final = "192.0.2.1"
"""Of a network for documents only (RFC 5737). A datagram's socket that is connected to it sends nothing, and knows by
which of its addresses this machine would speak to others."""

_HOST: Final = re.compile(r"(?P<name>[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class Addresses:
    """Of one server."""

    scheme: str
    host: str
    """That it listens on."""
    port: int
    machine: Sequence[str] = ()
    """Addresses of this machine on its networks, the likeliest first; without loopback."""

    @property
    def local(self) -> str:
        """For who sits at the machine."""
        host = "127.0.0.1" if self.host in ANY else self.host
        return f"{self.scheme}://{_bracketed(host)}:{self.port}"

    @property
    def network(self) -> str | None:
        """For others; None where nobody else is let in."""
        if is_loopback(self.host):
            return None
        host = next(iter(self.machine), None) if self.host in ANY else self.host
        return None if host is None else f"{self.scheme}://{_bracketed(host)}:{self.port}"

    def seen_from(self, request: Request) -> str:
        """Where whoever is shown a link finds the stand: as the asker did, or on the network where they are at it."""
        host = request.headers.get("host", "")
        named = _HOST.fullmatch(host)
        if named is not None and not is_loopback(named["name"]):
            return f"{request.url.scheme}://{host}"
        return self.network or self.local


def is_loopback(host: str) -> bool:
    """Whether a host's name or address is this machine and nothing else."""
    if host.lower() in LOOPBACK_NAMES:
        return True
    try:
        found = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return bool((mapped or found).is_loopback)


def is_local(request: Request) -> bool:
    """Whether somebody sits at the stand's own machine.

    The name they asked by counts as well: a page of elsewhere whose name was bent to lead here has another one.
    """
    named = _HOST.fullmatch(request.headers.get("host", ""))
    client = request.client
    return client is not None and is_loopback(client.host) and named is not None and is_loopback(named["name"])


def place_of(request: Request) -> str:
    """Where somebody asks from, for counting: an address, or of IPv6 a network, of which one machine has all addresses.

    Of an address, 64 bits are one's own to choose (RFC 4291, 2.5.4).
    """
    host = request.client.host if request.client else ""
    try:
        found = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(found) if found.is_loopback else str(ipaddress.ip_network((found, 64), strict=False))


def is_at_machine(request: Request) -> bool:
    """Whether a request comes from the stand's own machine, by whichever name: its booth and its wall, as a rule."""
    return request.client is not None and is_loopback(request.client.host)


def machine_addresses() -> list[str]:
    """This machine's addresses on its networks, the likeliest first; nothing is sent to find them."""
    likely = _outward()
    found = [
        address.address
        for interface in psutil.net_if_addrs().values()
        for address in interface
        if address.family == socket.AF_INET and not is_loopback(address.address)
    ]
    up = dict.fromkeys(([likely] if likely else []) + sorted(found, key=_rank))
    return list(up)


def _outward() -> str | None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((SOMEWHERE, 9))
            address = str(probe.getsockname()[0])
        except OSError:  # no way out: a machine without a network, or with a local one only
            return None
    return None if is_loopback(address) or address in ANY else address


def _rank(address: str) -> tuple[bool, bool]:
    """Private networks first; addresses that a machine gave itself last."""
    found = ipaddress.ip_address(address)
    return found.is_link_local, not found.is_private


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host

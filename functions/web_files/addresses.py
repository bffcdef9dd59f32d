"""Which addresses are on the public web, and how a host may spell one."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final, TypeAlias

from functions.errors import Rejected

Address: TypeAlias = IPv4Address | IPv6Address

# Written out, because `is_global` has answered differently from one Python to the next. From the IANA registries of
# special-purpose addresses: https://www.iana.org/assignments/iana-ipv4-special-registry (and -ipv6-).
_NOT_PUBLIC_4: Final = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this host, this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # behind a provider's NAT; Alibaba's metadata
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # Azure's metadata and DNS: a public address that is the host's own
        "169.254.0.0/16",  # link-local; most clouds' metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # IETF protocols; Oracle's metadata
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays, abandoned
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved; broadcast
    )
)

_GLOBAL_UNICAST_6: Final = IPv6Network("2000::/3")
"""All that was ever given out. Loopback, private, link-local and multicast addresses lie outside."""

_NOT_PUBLIC_6: Final = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # IETF protocols; Teredo, which carries any IPv4 address
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, which carries any IPv4 address
        "3fff::/20",  # documentation
    )
)

_NAT64: Final = IPv6Network("64:ff9b::/96")
"""Carries an IPv4 address: the ordinary way to IPv4 hosts from a network that has IPv6 only (RFC 6052)."""

_ENDS_IN_A_NUMBER: Final = re.compile(r"(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)\.?$", re.IGNORECASE)
"""Hosts that resolvers read as IPv4 addresses in one of inet_aton's spellings (https://url.spec.whatwg.org)."""


def is_public(address: Address) -> bool:
    """Whether an address is one of the public web's; those that carry an IPv4 address count as that one."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_4)
    if address.ipv4_mapped is not None:
        return is_public(address.ipv4_mapped)
    if address in _NAT64:
        return is_public(IPv4Address(address.packed[-4:]))
    return address in _GLOBAL_UNICAST_6 and not any(address in network for network in _NOT_PUBLIC_6)


def literal_address(host: str) -> Address | None:
    """The address that a host spells; None where it is a name.

    Raises:
        Rejected: it is a number in other than the common spelling, such as 0x7f.1 or 2130706433 ("bad-link").
    """
    try:
        return ip_address(host)
    except ValueError as error:
        if _ENDS_IN_A_NUMBER.search(host) or ":" in host:
            msg = "the link's host is a number; write the site's name"
            raise Rejected(msg, code="bad-link") from error
        return None

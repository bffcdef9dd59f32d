"""Ports on loopback for the programs of `colorise up`: free ones, and the same as last time where they still are."""

from __future__ import annotations

import json
import random
import socket
import sys
from typing import TYPE_CHECKING, Final

from cli.up_data import write_private
from functions.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

LOOPBACK: Final = "127.0.0.1"

FIRST: Final = 10_240
LAST: Final = 22_767
"""With `GRPC_OFFSET` on top, still below 32768, where Linux begins to hand out ports for outgoing connections. A port
from up there could be taken while its program starts again, and whoever dials it meanwhile may connect to itself."""

GRPC_OFFSET: Final = 10_000
"""SeaweedFS's own worker looks for the admin server's gRPC port so far above the HTTP port, whatever the flags say."""

TRIES: Final = 1000


def choose(names: Sequence[str], wanted: Mapping[str, int], kept: Path) -> dict[str, int]:
    """Find a free port for each name, and remember them in the file `kept`.

    A name that ends in `+grpc` gets a port that is free `GRPC_OFFSET` higher as well.

    Args:
        names: that need a port.
        wanted: name → port that it is to have.
        kept: JSON file with the ports of last time.

    Raises:
        Rejected: a port that is wanted is taken ("port-taken").
    """
    before = _read(kept)
    chosen: dict[str, int] = {}
    for name, port in wanted.items():
        if not _suits(name, port, chosen):
            msg = f"port {port} is taken: stop what listens there, or give another --{name}-port"
            raise Rejected(msg, code="port-taken")
        chosen[name] = port
    for name in names:
        if name in chosen:
            continue
        last = before.get(name)
        chosen[name] = last if last is not None and _suits(name, last, chosen) else _another(name, chosen)
    write_private(kept, json.dumps(before | chosen, indent=1) + "\n")
    return chosen


def one_more(name: str, taken: Mapping[str, int], kept: Path) -> int:
    """Find a free port for a name that comes later, and remember it in the file `kept`.

    Args:
        name: that needs one.
        taken: name → port of all the others, whether they listen at the moment or not.
        kept: as for `choose`.

    Raises:
        Rejected: there is none ("port-taken").
    """
    before = _read(kept)
    last = before.get(name)
    port = last if last is not None and _suits(name, last, taken) else _another(name, taken)
    write_private(kept, json.dumps(before | {name: port}, indent=1) + "\n")
    return port


def _another(name: str, chosen: Mapping[str, int]) -> int:
    for _ in range(TRIES):
        port = random.randint(FIRST, LAST)  # noqa: S311 - no secret, only out of each other's way
        if _suits(name, port, chosen):
            return port
    msg = f"no free port between {FIRST} and {LAST} on {LOOPBACK}"
    raise Rejected(msg, code="port-taken")


def _suits(name: str, port: int, chosen: Mapping[str, int]) -> bool:
    needed = [port, port + GRPC_OFFSET] if name.endswith("+grpc") else [port]
    return not set(needed) & set(chosen.values()) and all(is_free(one) for one in needed)


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of loopback now."""
    with socket.socket() as probe:
        if sys.platform != "win32":
            # Connections of a server that is gone linger for a minute; servers listen in spite of them.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
            probe.listen()
        except (OSError, OverflowError):
            return False
        return True


def _read(kept: Path) -> dict[str, int]:
    try:
        found = json.loads(kept.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}  # the first time; or damaged, and new ports do as well
    if not isinstance(found, dict):
        return {}
    return {str(name): port for name, port in found.items() if isinstance(port, int)}

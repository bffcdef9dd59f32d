"""What the stand says on the terminal when it begins."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import segno

if TYPE_CHECKING:
    from demo.addresses import Addresses


def greeting(addresses: Addresses, pin: str | None, *, code: bool) -> str:
    """Where it is found, and the operator's number.

    Args:
        addresses: of the stand.
        pin: of its operator; None where whoever started it has chosen it: what is said here may end in a log.
        code: with a QR code for phones, where others are let in.
    """
    lines = [f"the stand is at {addresses.local}"]
    if addresses.network is not None and addresses.network != addresses.local:
        lines.append(f"on the network it is at {addresses.network}")
    if pin is not None:
        lines.append(f"the operator's number at {addresses.local}/operator is {pin}")
    if code and addresses.network is not None:
        drawn = io.StringIO()
        segno.make(addresses.network, error="m", micro=False).terminal(drawn, border=2, compact=True)
        lines.append(drawn.getvalue().rstrip("\n"))
    return "\n".join(lines) + "\n"

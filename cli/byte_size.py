"""Numbers of bytes as people write them: 5MB, 300kB, 1.5MiB."""

from __future__ import annotations

import re
from typing import Final

import typer

UNITS: Final = {"": 1, "k": 10**3, "ki": 2**10, "m": 10**6, "mi": 2**20, "g": 10**9, "gi": 2**30}
"""What stands before the B: networks and disks count in thousands, some programs in 1,024."""


def byte_size(text: str) -> int:
    """Read a number of bytes.

    Raises:
        BadParameter: it is none.
    """
    found = re.fullmatch(r"([0-9]{1,12}(?:\.[0-9]{1,6})?) ?([kmg]i?)?b?", text.strip(), re.ASCII | re.IGNORECASE)
    size = int(float(found[1]) * UNITS[(found[2] or "").lower()]) if found else 0
    if size < 1:
        msg = f"{text!r} is no number of bytes: write one such as 5MB, 300kB or 1.5MiB"
        raise typer.BadParameter(msg)
    return size

"""Moments of a film as people write them."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

from cli.sources import Usage

CLOCK: Final = re.compile(r"(?:(?:(\d+):)?([0-5]?\d):)?(\d+(?:\.\d+)?)")
"""Seconds, or [HH:]MM:SS, with any number of decimals."""

MINUTE: Final = 60


def seconds_of(text: str | None, option: str) -> Fraction | None:
    """The seconds that an option's value names, exactly; None for None.

    Args:
        text: 90, 90.5, 1:30 or 0:01:30.5.
        option: the option's name, for the message.

    Raises:
        Usage: it is no moment.
    """
    if text is None:
        return None
    parts = CLOCK.fullmatch(text.strip())
    if parts is None or (parts[2] is not None and Fraction(parts[3]) >= MINUTE):
        msg = f"{option} {text} is no moment: give seconds, or [HH:]MM:SS, such as 90.5 or 1:30.5"
        raise Usage(msg)
    return (int(parts[1] or 0) * MINUTE + int(parts[2] or 0)) * MINUTE + Fraction(parts[3])


def ends_after(start: Fraction | None, seconds: float) -> Fraction:
    """The moment so many seconds after `start`, or after the beginning: 0.2 is a fifth, not the float beside it."""
    return (start or Fraction(0)) + Fraction(str(seconds))

"""Numbers as people say them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_NUMBERS: Final = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_PLACES: Final = ("", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")

_TENTHS_BELOW: Final = 9.95
"""Seconds that are told with a digit after the point."""

_UNITS: Final = (("second", 1, 90), ("minute", 60, 90), ("hour", 3600, 48))
"""Name, seconds, and the count from which the next one is taken."""

_MINUTE: Final = 60
_DAY: Final = 86400


def duration(seconds: float) -> str:
    """How long something took, such as `3.4 seconds` or `2 minutes`: the longer, the rougher."""
    tenths = f"{max(0.1, seconds):.1f}"
    if seconds < _TENTHS_BELOW:
        return _counted(tenths.removesuffix(".0"), "second")
    for unit, size, most in _UNITS:
        if seconds / size < most - 0.5:
            return _counted(f"{seconds / size:.0f}", unit)
    return _counted(f"{seconds / _DAY:.0f}", "day")


def length(seconds: float) -> str:
    """How long a film may be, never more than that: such as `140 seconds` or `10 minutes`."""
    whole = int(seconds)
    return _counted(str(whole), "second") if whole % _MINUTE else _counted(str(whole // _MINUTE), "minute")


def number(count: int) -> str:
    """Such as `four`; above ten, in digits."""
    return _NUMBERS[count] if 0 <= count < len(_NUMBERS) else str(count)


def place(position: int) -> str:
    """Which one, counted from 1: `second`; above ten, in digits: `22nd`."""
    if 0 < position < len(_PLACES):
        return _PLACES[position]
    is_teen = position // 10 % 10 == 1
    return f"{position}{'th' if is_teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(position % 10, 'th')}"


def listed(words: Sequence[str]) -> str:
    """Such as `first, second and third`."""
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _counted(digits: str, unit: str) -> str:
    return f"{digits} {unit}" if digits == "1" else f"{digits} {unit}s"

"""Waiting for a queue or a store that is out of reach, and saying so, once."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Final, TypeVar

from functions.errors import Postponed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

LONGEST_WAIT_SECONDS: Final = 5.0
"""Between two tries: whoever sits before the terminal sees it go on soon after the server is back."""

_Value = TypeVar("_Value")


def said_on_stderr(line: str) -> None:
    """Print a note for people."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def unsaid(_line: str) -> None:
    """Keep a note back: `--quiet`."""


class Patience:
    """Tries again for as long as it takes: nothing is lost meanwhile, and Ctrl-C ends it.

    Args:
        say: takes a line when something is out of reach, and one when it is back.
        wait_seconds: between two tries at most.
    """

    def __init__(self, say: Callable[[str], None], *, wait_seconds: float = LONGEST_WAIT_SECONDS) -> None:
        self._say = say
        self._wait_seconds = wait_seconds
        self._lost: set[str] = set()

    async def insist(self, what: str, attempt: Callable[[], Awaitable[_Value]]) -> _Value:
        """Attempt something until `what` it needs, such as "the queue", is within reach.

        Raises:
            Exception: what the attempt raises, but `Postponed`.
        """
        while True:
            try:
                value = await attempt()
            except Postponed as error:
                self.lost(what, error.reason)
                await asyncio.sleep(min(error.after_seconds, self._wait_seconds))
            else:
                self.found(what)
                return value

    def lost(self, what: str, reason: str) -> None:
        """Say that something is out of reach, if that is news."""
        if what not in self._lost:
            self._lost.add(what)
            self._say(f"waiting for {what}: {reason}; nothing is lost, and Ctrl-C ends the waiting")

    def found(self, what: str) -> None:
        """Say that something is back, if it was away."""
        if what in self._lost:
            self._lost.remove(what)
            self._say(f"{what} is back")

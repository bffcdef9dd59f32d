"""Requests that are held until somebody lets them go, so that a client can be killed exactly there."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from bot.fake_x.faults import ANY, check_family

When: TypeAlias = Literal["before", "after"]
"""The effect."""

Release: TypeAlias = Literal["go-on", "cut"]


@dataclass(frozen=True, slots=True)
class Held:
    """A request that is being held, or was."""

    hold: str
    family: str
    when: When
    method: str
    path: str


@dataclass(slots=True)
class _Hold:
    id: str
    family: str
    when: When
    held: Held | None = None
    released: Future[Release] = field(default_factory=Future)


class Holds:
    """All holds. Its methods may be called from any thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._holds: dict[str, _Hold] = {}
        self._made = 0

    def set(self, family: str, when: When) -> str:
        """Hold the next request of a family, once; gives the hold's name.

        Raises:
            ValueError: there is no such family.
        """
        check_family(family)
        with self._changed:
            self._made += 1
            hold = _Hold(f"hold-{self._made}", family, when)
            self._holds[hold.id] = hold
            return hold.id

    def catch(self, family: str, when: When, method: str, path: str) -> tuple[str, Future[Release]] | None:
        """Say whether a request is to be held, and what to wait for."""
        with self._changed:
            for hold in self._holds.values():
                if hold.held is None and hold.when == when and hold.family in {family, ANY}:
                    hold.held = Held(hold.id, family, when, method, path)
                    self._changed.notify_all()
                    return hold.id, hold.released
        return None

    def forget(self, hold: str) -> None:
        """Drop a hold whose request is over: released, or its client gone."""
        with self._changed:
            self._holds.pop(hold, None)
            self._changed.notify_all()

    def wait(self, hold: str | None, seconds: float) -> Held:
        """Wait until a request is held; by any hold, or by one of them.

        Raises:
            TimeoutError: none was.
        """

        def caught() -> Held | None:
            waiting = (h for h in self._holds.values() if not h.released.done() and hold in {None, h.id})
            return next((h.held for h in waiting if h.held), None)

        with self._changed:
            found = self._changed.wait_for(caught, seconds)
        if found is None:
            msg = f"no request was held within {seconds:g} s"
            raise TimeoutError(msg)
        return found

    def wait_gone(self, hold: str, seconds: float) -> None:
        """Wait until a held request is over.

        Raises:
            TimeoutError: it is not.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: hold not in self._holds, seconds):
                msg = f"{hold} still holds its request after {seconds:g} s"
                raise TimeoutError(msg)

    def release(self, hold: str | None = None, how: Release = "go-on") -> int:
        """Let one go on, or all; those that hold nothing yet are dropped. Gives how many requests were let go."""
        with self._changed:
            chosen = [h for h in self._holds.values() if not h.released.done() and hold in {None, h.id}]
            for one in chosen:
                if one.held is None:
                    del self._holds[one.id]
                else:
                    one.released.set_result(how)
            self._changed.notify_all()
        return sum(one.held is not None for one in chosen)

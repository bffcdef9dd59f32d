"""Misbehaviour on demand: drawn with a seed, by endpoint family."""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.fake_x.settings import FAMILIES


class FaultKind(StrEnum):
    """What goes wrong."""

    UNAVAILABLE = "503"
    HTML = "500-html"
    """A page instead of JSON."""
    TOO_MANY = "429"
    """As if the limit were reached: and it is, until the window's end."""
    REVOKED = "401"
    """As if the token were taken back."""
    NO_CREDITS = "402"
    """As if what was paid in advance were used up."""
    LOCKED = "403-locked"
    """As if the account were locked."""
    SLOW = "slow"
    """Works, after so many seconds."""
    CUT_BEFORE = "cut-before"
    """The connection ends, and nothing was done."""
    CUT_AFTER = "cut-after"
    """The connection ends, and it was done."""
    TRUNCATED = "truncated"
    """It was done, and half of the answer comes."""
    PROCESSING_FAILED = "processing-failed"
    """Of an upload that is asked to be finished: it turns out bad later."""
    STREAM_CUT = "stream-cut"
    """After a post was sent on it."""
    STREAM_DISCONNECT = "stream-disconnect"
    """X says that it ends the stream, and ends it, instead of sending a post."""
    STREAM_SILENT = "stream-silent"
    """It stays open, and nothing comes on it from now on, not even a blank line."""
    STREAM_DUPLICATE = "stream-duplicate"
    """A post is sent twice."""
    STREAM_LATE = "stream-late"
    """A post is sent only after the next one."""
    STREAM_MALFORMED = "stream-malformed"
    """A line of rubbish is sent before a post."""
    STREAM_LOST = "stream-lost"
    """A post is not sent at all."""


ANY: Final = "*"


@dataclass(slots=True)
class Fault:
    """A kind of misbehaviour that is switched on."""

    family: str
    kind: FaultKind
    chance: float = 1.0
    """For each request, or each post on a stream."""
    times: int | None = None
    """How often it may still happen; None for ever."""
    seconds: float = 0.0
    """Of SLOW."""


class Faults:
    """All that are switched on."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - a drill is to be repeated
        self.active: list[Fault] = []
        self.happened: dict[str, int] = {}
        """Family and kind, joined by a slash → how often."""

    def set(self, fault: Fault) -> None:
        """Switch one on, beside those that are.

        Raises:
            ValueError: there is no such family.
        """
        check_family(fault.family)
        self.active.append(fault)

    def clear(self, family: str | None = None) -> None:
        """Switch all off, or those of a family."""
        self.active = [fault for fault in self.active if family is not None and fault.family != family]

    def draw(self, family: str, *kinds: FaultKind) -> Fault | None:
        """Draw whether one of some kinds happens now."""
        for fault in self.active:
            if fault.kind not in kinds or fault.family not in {family, ANY} or fault.times == 0:
                continue
            if self._random.random() < fault.chance:
                if fault.times is not None:
                    fault.times -= 1
                name = f"{family}/{fault.kind}"
                self.happened[name] = self.happened.get(name, 0) + 1
                return fault
        return None


def check_family(family: str) -> None:
    """Raise ValueError for a family that there is not."""
    if family not in FAMILIES and family != ANY:
        msg = f"there is no endpoint family {family!r}; there are {', '.join(FAMILIES)}, and {ANY} for all"
        raise ValueError(msg)

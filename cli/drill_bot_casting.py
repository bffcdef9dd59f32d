"""Makes people and pictures for the bot's drill, no two alike, and says what the bot is told of its limits."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from cli.drill_bot_pictures import Look, Picture

if TYPE_CHECKING:
    from random import Random

BOT: Final = "colorisebot"

PER_HOUR: Final = 5
"""Answers with pictures that the bot in the drill gives a person in an hour."""

PER_CONVERSATION: Final = 4

MAX_AGE: Final = timedelta(hours=12)

REQUESTS: Final = (
    "please",
    "my grandmother, about 1920",
    "can you do this one?",
    "the harbour as it was",
    "found this in the attic",
    "colour, please & thank you",
    "what did it look like?",
)
CHAT: Final = ("hello there", "what can you do?", "good morning", "nice to meet you")
ALT_TEXTS: Final = (
    "A woman at a loom",
    "Two boys on a bench, one holds a dog.",
    "A street with a tram",
    'The bridge "before" 1910 & its keeper',
)


@dataclass(slots=True)
class Casting:
    """Makes the scenes; no two pictures and no two people are alike."""

    random: Random
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    people: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    protected: list[str] = field(default_factory=list)
    blocked: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    def person(self, role: str = "p") -> str:
        """Somebody new."""
        self.names.append(f"{role}_{next(self.people)}")
        return self.names[-1]

    def picture(self, look: Look = Look.GREY, *, described: bool = False, is_shown: bool = True) -> Picture:
        """A new picture."""
        alt_text = self.random.choice(ALT_TEXTS) if described else None
        return Picture(next(self.numbers), look, alt_text, is_shown)

    def plea(self) -> str:
        """A mention's text."""
        return f"@{BOT} {self.random.choice(REQUESTS)}"

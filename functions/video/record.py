"""One claim about a coloured film, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Record:
    """What was expected, what is there, and whether that will do."""

    name: str
    expected: str
    found: str
    ok: bool

    @classmethod
    def equal(cls, name: str, expected: object, found: object) -> Record:
        """Claim that two values are equal."""
        return cls(name, str(expected), str(found), expected == found)

    def __str__(self) -> str:
        verdict = "ok" if self.ok else "NOT"
        return f"{verdict:3} {self.name}: {self.found}" + ("" if self.ok else f", expected {self.expected}")

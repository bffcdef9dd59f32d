"""What was asked, by whom and when, and what came of it."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass


@dataclass(slots=True)
class LoggedRequest:
    """A request."""

    at: float
    """Seconds since 1970."""
    method: str
    path: str
    query: str
    family: str
    account: str | None = None
    """Name of who signed it; None for the app itself, and where nobody could be made out."""
    status: int = 0
    """Of the answer; 0 while there is none, or where the connection was cut."""
    seconds: float = 0.0
    fault: str | None = None
    """What was done to it on purpose."""


class RequestLog:
    """The last so many requests, and counts of all."""

    def __init__(self, length: int) -> None:
        self.entries: deque[LoggedRequest] = deque(maxlen=length)
        self.counts: Counter[str] = Counter()
        """By family, and by family and status with a slash between, such as `create/201`."""

    def begin(self, entry: LoggedRequest) -> None:
        """Note a request that came."""
        self.entries.append(entry)
        self.counts[entry.family] += 1

    def end(self, entry: LoggedRequest, status: int, seconds: float) -> None:
        """Note what came of it."""
        entry.status = status
        entry.seconds = seconds
        self.counts[f"{entry.family}/{status}"] += 1

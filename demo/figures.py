"""How much the stand did: for its wall, for its operator, and for Prometheus. No picture and no person is in it."""

from __future__ import annotations

import csv
import io
import logging
import statistics
from collections import Counter, deque
from datetime import UTC
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, Gauge, Histogram
from prometheus_client import Counter as Count
from pydantic import BaseModel, ValidationError

from functions.errors import Postponed

if TYPE_CHECKING:
    from datetime import datetime

    from demo.visit import Visit
    from functions.queues.records import Records

PREFIX: Final = "figures"
"""Of the records' keys, one for each hour."""

SECONDS: Final = (0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 20, 30, 60, 120, 300)
"""Buckets: a photo is to take no more than one second, a clip takes as long as it runs."""

NEWEST: Final = 200
"""Pictures whose median the wall tells."""

COLUMNS: Final = ("hour", "kind", "ending", "visits", "median_seconds", "longest_seconds")

COLOURED: Final = "coloured"
"""The ending of a visit that went well; the others end with the code that the visitor was told."""

log = logging.getLogger(__name__)


class _Hour(BaseModel):
    """Of an hour (UTC)."""

    visits: dict[str, int] = {}
    """`kind ending` → how many."""
    seconds: dict[str, list[float]] = {}
    """`kind ending` → of each, from the first byte to the result."""


class Figures:
    """Counts.

    Args:
        book: where they are written down by the hour.
        registry: of the metrics.
    """

    def __init__(self, book: Records, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        self._book = book
        self._hours: dict[str, _Hour] = {}
        self._unwritten: set[str] = set()
        self._newest: deque[float] = deque(maxlen=NEWEST)
        self.pictures = 0
        """That were coloured, in all lives of the stand."""
        self._visits = Count(
            "colorise_demo_visits", "Visits that ended, by how.", ["kind", "ending"], registry=self.registry
        )
        self._seconds = Histogram(
            "colorise_demo_visit_seconds",
            "From the first byte of an upload to its colours.",
            ["kind"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self.on_wall = Gauge("colorise_demo_wall_pictures", "Pictures on the wall.", registry=self.registry)
        self.streams = Gauge("colorise_demo_streams", "Streams of events that are open.", registry=self.registry)

    async def load(self) -> None:
        """Take on the figures of earlier lives.

        Raises:
            Postponed: the book is out of reach.
        """
        async for record in self._book.under(PREFIX):
            try:
                hour = _Hour.model_validate_json(record.value)
            except ValidationError:
                log.warning("figures cannot be read and are passed over: %s", record.key)
                continue
            self._hours[record.key.partition(".")[2]] = hour
            self.pictures += sum(count for name, count in hour.visits.items() if name.endswith(f" {COLOURED}"))

    async def save(self) -> None:
        """Write down what has changed.

        Raises:
            Postponed: the book is out of reach; it is tried again with the next call.
        """
        for hour in sorted(self._unwritten):
            await self._book.put(f"{PREFIX}.{hour}", self._hours[hour].model_dump_json().encode())
            self._unwritten.discard(hour)

    async def save_if_it_works(self) -> None:
        """The same; what cannot be written is told to the log."""
        try:
            await self.save()
        except Postponed as error:
            log.warning("figures are written down later: %s", error.reason)

    def ended(self, visit: Visit) -> None:
        """A visit is settled."""
        seconds = visit.seconds
        if visit.coloured is not None and seconds is not None:
            self.pictures += 1
            self._newest.append(seconds)
            self._seconds.labels(visit.kind).observe(seconds)
            self._count(visit.began_at, visit.kind, COLOURED, seconds)
        elif visit.refused is not None:
            self._count(visit.began_at, visit.kind, visit.refused.code)

    def turned_away(self, code: str, at: datetime) -> None:
        """Something was brought, and not even taken on."""
        self._count(at, "none", code)

    @property
    def median_seconds(self) -> float | None:
        """Of the newest pictures; None before the first one."""
        return round(statistics.median(self._newest), 3) if self._newest else None

    def csv(self) -> str:
        """A table with a line for each hour, kind and ending."""
        written = io.StringIO()
        table = csv.writer(written)
        table.writerow(COLUMNS)
        for name, hour in sorted(self._hours.items()):
            for what, count in sorted(hour.visits.items()):
                seconds = hour.seconds.get(what)
                times = (f"{statistics.median(seconds):.3f}", f"{max(seconds):.3f}") if seconds else ("", "")
                table.writerow((f"{name}:00Z", *what.split(" ", 1), count, *times))
        return written.getvalue()

    def _count(self, at: datetime, kind: str, ending: str, seconds: float | None = None) -> None:
        self._visits.labels(kind, ending).inc()
        name, what = at.astimezone(UTC).strftime("%Y-%m-%dT%H"), f"{kind} {ending}"
        hour = self._hours.setdefault(name, _Hour())
        hour.visits = dict(Counter(hour.visits) + Counter({what: 1}))
        if seconds is not None:
            hour.seconds.setdefault(what, []).append(round(seconds, 3))
        self._unwritten.add(name)

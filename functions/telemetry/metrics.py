"""What a worker counts and times, for Prometheus; docs/operations.md explains what to watch."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info

from functions.telemetry.in_hand import WorkLog, note_ending, note_stage

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from functions.queues.protocol import Depth

Ending: TypeAlias = Literal["done", "rejected", "postponed", "failed", "left"]
"""How a try at an order ended; `left` is one whose ending could not be told to the queue, so that it comes again."""

SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600)
"""Buckets: from acknowledging, some milliseconds, over pictures, about a second, to long films that wait."""


class Metrics:
    """The metrics of one program. Made once: a registry takes each name once."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        self.work = WorkLog()
        """What is in hand, order by order."""
        self._orders = Counter(
            "colorise_orders", "Tries at orders, by how they ended.", ["kind", "outcome"], registry=self.registry
        )
        self._seconds = Histogram(
            "colorise_order_seconds",
            "Time by stage: wait in the queue, handle, acknowledge, and the handlers' own stages.",
            ["kind", "stage"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self._in_flight = Gauge("colorise_orders_in_flight", "Orders in hand here.", ["kind"], registry=self.registry)
        self._redeliveries = Counter(
            "colorise_redeliveries", "Orders that were given to somebody before.", ["kind"], registry=self.registry
        )
        self._dead_letters = Counter(
            "colorise_dead_letters", "Orders buried here, by reason.", ["kind", "code"], registry=self.registry
        )
        self._depth = Gauge(
            "colorise_queue_orders",
            "Orders in the queue, for all workers: waiting, or in hand.",
            ["kind", "state"],
            registry=self.registry,
        )
        self._oldest = Gauge(
            "colorise_queue_oldest_seconds",
            "Since the order was sent that has waited longest, of those that nobody has been given yet; 0 without one.",
            ["kind"],
            registry=self.registry,
        )
        self._model = Info("colorise_model", "The network that colours.", registry=self.registry)

    def model(self, *, name: str, sha256: str) -> None:
        """Say which network is loaded."""
        self._model.info({"name": name, "sha256": sha256})

    @contextlib.contextmanager
    def in_flight(self, kind: str, *, attempt: int) -> Iterator[None]:
        """An order is in hand."""
        if attempt > 1:
            self._redeliveries.labels(kind).inc()
        with self._in_flight.labels(kind).track_inprogress(), self.work.taken(kind, attempt=attempt):
            yield

    def ended(self, kind: str, ending: Ending) -> None:
        """A try has ended."""
        note_ending(ending)
        self._orders.labels(kind, ending).inc()

    def buried(self, kind: str, code: str) -> None:
        """An order is among the dead letters."""
        self._dead_letters.labels(kind, code).inc()

    def took(self, kind: str, stage: str, seconds: float) -> None:
        """A stage is over."""
        seconds = max(0.0, seconds)  # clocks of two machines may disagree
        note_stage(stage, seconds)
        self._seconds.labels(kind, stage).observe(seconds)

    @contextlib.contextmanager
    def timed(self, kind: str, stage: str) -> Iterator[None]:
        """Time a stage."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.took(kind, stage, time.perf_counter() - start)

    def stages_of(self, kind: str) -> Callable[[str, float], None]:
        """What the stages of a handler are told to: see `functions.telemetry.context.stage`."""
        return lambda stage, seconds: self.took(kind, stage, seconds)

    def depths(self, depths: Mapping[str, Depth]) -> None:
        """How much there is in the queue now."""
        for kind, depth in depths.items():
            self._depth.labels(kind, "waiting").set(depth.waiting)
            self._depth.labels(kind, "in_hand").set(depth.in_hand)

    def oldest(self, kinds: Collection[str], seconds: Mapping[str, float]) -> None:
        """How long the first of those that wait has waited; of kinds that are not in `seconds`, none waits."""
        for kind in kinds:
            self._oldest.labels(kind).set(max(0.0, seconds.get(kind, 0.0)))  # clocks of two machines may disagree

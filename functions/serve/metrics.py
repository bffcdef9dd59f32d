"""Counts calls, under the names that OpenFaaS's watchdog gives them, so that its dashboards fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from prometheus_client import Counter, Gauge, Histogram

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from functions.serve.gate import Gate

SECONDS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
"""Bounds of the buckets: from a refusal to a chunk of a film."""


class CallMetrics:
    """Of the calls of one function.

    Args:
        registry: that they are added to.
        gate: knows how many calls are in hand.
    """

    def __init__(self, registry: CollectorRegistry, gate: Gate) -> None:
        self._calls = Counter("http_requests", "Calls that were answered.", ["code", "method"], registry=registry)
        self._seconds = Histogram(
            "http_request_duration_seconds",
            "From a call to its answer.",
            ["code", "method"],
            buckets=SECONDS,
            registry=registry,
        )
        self._callbacks = Counter("http_callbacks", "Answers to callback addresses.", ["outcome"], registry=registry)
        inflight = Gauge("http_requests_in_flight", "Calls in hand, asynchronous ones included.", registry=registry)
        inflight.set_function(lambda: gate.inflight)

    def answered(self, method: str, status: int, seconds: float) -> None:
        """Count a call."""
        labels = (str(status), method if method == "POST" else "other")  # anybody can invent methods
        self._calls.labels(*labels).inc()
        self._seconds.labels(*labels).observe(seconds)

    def called_back(self, *, delivered: bool) -> None:
        """Count a callback."""
        self._callbacks.labels("delivered" if delivered else "given up").inc()

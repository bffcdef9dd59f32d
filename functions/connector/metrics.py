"""Counts what a gateway answers."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from prometheus_client import Counter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client import CollectorRegistry


class Call:
    """A call that is being made."""

    status = "none"
    """That it was answered with; none came as long as it says so."""

    def answered(self, status: int) -> None:
        """An answer came."""
        self.status = str(status)


class GatewayMetrics:
    """Of the calls of one connector.

    Args:
        registry: that they are added to.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._calls = Counter(
            "colorise_gateway_calls",
            "Calls of functions by a connector, by what was answered: a status, or none.",
            ["function", "code"],
            registry=registry,
        )

    @contextlib.contextmanager
    def call(self, function: str) -> Iterator[Call]:
        """Count a call, however it ends."""
        call = Call()
        try:
            yield call
        finally:
            self._calls.labels(function, call.status).inc()

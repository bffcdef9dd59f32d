"""What the metrics and the log say of the children."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from prometheus_client import Counter, Info

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from functions.sandbox.words import Guards

log = logging.getLogger(__name__)


class Report:
    """Rows of a program's metrics."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._told: Guards | None = None
        self._guards = Info("colorise_sandbox", "What holds where strangers' files are decoded.", registry=registry)
        self._lost = Counter(
            "colorise_sandbox_lost",
            "Processes that decode files lost over an order, by what it was called.",
            ["kind", "code"],
            registry=registry,
        )

    def guards(self, guards: Guards) -> None:
        """Say what holds, and in the log what does not; once for all children of whom the same is true."""
        if guards == self._told:
            return
        self._told = guards
        held = guards.model_dump()
        self._guards.info({"mode": "process", **held})
        missing = [name for name, by in held.items() if by == "none"]
        if missing:
            log.warning("files are decoded in a process of their own, without guard over %s", ", ".join(missing))
        log.info("files are decoded in a process of their own", extra=held)

    def off(self) -> None:
        """Say that there are no children."""
        self._guards.info({"mode": "off"})

    def lost(self, kind: str, code: str) -> None:
        """Count one that was lost."""
        self._lost.labels(kind, code).inc()

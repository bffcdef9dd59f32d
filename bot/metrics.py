"""What the bot counts and times, for Prometheus; docs/operations.md explains what to watch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from bot.verdicts import why

if TYPE_CHECKING:
    from datetime import datetime

    from bot.verdicts import Verdict

SECONDS: Final = (0.5, 1, 2, 3, 5, 8, 12, 20, 30, 60, 120, 300, 900, 3600, 6 * 3600)
"""Buckets: from a second beyond the poll's delay to the hours that a limit may last."""

MICROS: Final = 1_000_000


class BotMetrics:
    """The metrics of one bot. Made once: a registry takes each name once."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        self._mentions = Counter(
            "colorise_bot_mentions", "Mentions by verdict, and why.", ["verdict", "why"], registry=self.registry
        )
        self._answers = Counter(
            "colorise_bot_answers", "How mentions ended that were taken on.", ["ending", "why"], registry=self.registry
        )
        self._seconds = Histogram(
            "colorise_bot_answer_seconds",
            "From a mention being posted to the bot's reply to it.",
            ["task"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self._pending = Gauge("colorise_bot_pending", "Mentions that are being answered.", registry=self.registry)
        self._active = Gauge(
            "colorise_bot_active", "1 where this bot answers, 0 where it stands by.", registry=self.registry
        )
        self._stream = Gauge("colorise_bot_stream", "1 while the stream of mentions is open.", registry=self.registry)
        self._polled = Gauge(
            "colorise_bot_polled_timestamp_seconds",
            "When mentions were last asked for in vain or not.",
            registry=self.registry,
        )
        self._limits = Counter(
            "colorise_bot_limits", "Times that the network said to wait.", ["family"], registry=self.registry
        )
        self._closed = Gauge(
            "colorise_bot_limited_until_timestamp_seconds",
            "Until when the network said to wait last.",
            ["family"],
            registry=self.registry,
        )
        self._spent = Gauge("colorise_bot_spent_dollars", "Spent today, as counted here.", registry=self.registry)
        self._budget = Gauge(
            "colorise_bot_budget_left_dollars", "Left of today's budget; absent without one.", registry=self.registry
        )
        self._budget.set(float("inf"))

    def heard(self, verdict: Verdict) -> None:
        """A mention was judged."""
        self._mentions.labels(type(verdict).__name__.lower(), why(verdict)).inc()

    def ended(self, ending: str, why: str = "") -> None:
        """A mention that was taken on is over with: `answered`, `left` or `erased`."""
        self._answers.labels(ending, why).inc()

    def answered(self, task: str, seconds: float) -> None:
        """A reply was posted so long after the mention."""
        self._seconds.labels(task).observe(max(0.0, seconds))  # clocks differ

    def pending(self, count: int) -> None:
        """So many mentions are being answered."""
        self._pending.set(count)

    def active(self, *, is_active: bool) -> None:
        """Whether we are the one who answers."""
        self._active.set(is_active)

    def stream(self, *, is_open: bool) -> None:
        """Whether the stream is open."""
        self._stream.set(is_open)

    def polled(self, at: datetime) -> None:
        """Mentions were asked for, and the network answered."""
        self._polled.set(at.timestamp())

    def limited(self, family: str, until: datetime) -> None:
        """The network said to wait."""
        self._limits.labels(family).inc()
        self._closed.labels(family).set(until.timestamp())

    def spent(self, micros: int, left_micros: int | None) -> None:
        """What today has cost so far."""
        self._spent.set(micros / MICROS)
        if left_micros is not None:
            self._budget.set(left_micros / MICROS)

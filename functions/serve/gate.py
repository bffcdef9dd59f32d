"""Lets calls in: when the function is warm, not too many at once, and no more once it is told to stop."""

from __future__ import annotations

from functions.serve.answers import Refusal

WARM_UP_SECONDS = "5"
"""`Retry-After` while the function is not ready: about what loading a network takes."""

BUSY_SECONDS = "1"
"""`Retry-After` when there are too many calls: about what a picture takes."""


class Gate:
    """The states of a server: warming up, open, draining; and how many calls are inside.

    Used from one event loop; only `drain` may be called from a signal's handler as well.
    """

    def __init__(self, max_inflight: int) -> None:
        self._max_inflight = max_inflight
        self._warm = False
        self.draining = False
        self.failure: Exception | None = None
        """Why the function will never be warm."""
        self.inflight = 0

    @property
    def ready(self) -> bool:
        """Whether calls are welcome."""
        return self._warm and not self.draining

    @property
    def finished(self) -> bool:
        """Whether the server may stop: it was told to, and nobody is inside any more; or it can never start."""
        return self.failure is not None or (self.draining and not self.inflight)

    def open(self) -> None:
        """The function is warm."""
        self._warm = True

    def fail(self, failure: Exception) -> None:
        """The function cannot get warm."""
        self.failure = failure

    def drain(self) -> None:
        """Let nobody in any more."""
        self.draining = True

    def check_ready(self) -> None:
        """Say why the function is not ready, where it is not.

        Raises:
            Refusal: 503.
        """
        if self.draining:
            headers = {"Connection": "close", "Retry-After": BUSY_SECONDS}
            raise Refusal(503, "this server is about to stop: call again", code="stopping", headers=headers)
        if not self._warm:
            headers = {"Retry-After": WARM_UP_SECONDS}
            raise Refusal(503, "the function is warming up: call again soon", code="warming-up", headers=headers)

    def enter(self) -> None:
        """Let a call in; whoever is let in leaves.

        Raises:
            Refusal: 503 when the function is not ready, 429 when it is full.
        """
        self.check_ready()
        if self.inflight >= self._max_inflight:
            reason = f"{self.inflight} calls are in hand, which is as many as fit: call again soon"
            raise Refusal(429, reason, code="busy", headers={"Retry-After": BUSY_SECONDS})
        self.inflight += 1

    def leave(self) -> None:
        """Let a call out."""
        self.inflight -= 1

"""Two kinds of failure: work that can never succeed, and work to try again later."""

from __future__ import annotations


class Rejected(ValueError):
    """The work can never succeed: tell whoever asked, and do not try again.

    Args:
        reason: one sentence that a person understands: what, why, and what would help.
        code: a short constant for programs, such as `already-colour`.
    """

    def __init__(self, reason: str, *, code: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


class Unreadable(Rejected):
    """The bytes are no picture that can be read: damaged, empty, or of another kind."""


class Postponed(RuntimeError):
    """The work may succeed later: try it again after a while.

    Args:
        reason: one sentence that an operator understands.
        after_seconds: how long to wait before the next try.
    """

    def __init__(self, reason: str, *, after_seconds: float) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after_seconds = after_seconds

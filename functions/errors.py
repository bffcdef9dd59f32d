"""Kinds of failure: work that can never succeed, work to try again later, and work that fails by what was sent."""

from __future__ import annotations

from typing import ClassVar


class Rejected(ValueError):  # noqa: N818 - the verdict on an order, not only an error
    """The work can never succeed: tell whoever asked, and do not try again.

    Args:
        reason: one sentence that a person understands: what, why, and what would help.
        code: a short constant for programs, such as `already-colour`.
    """

    def __init__(self, reason: str, *, code: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code

    def __reduce__(self) -> tuple[object, ...]:
        """Let it cross to another process: an exception is otherwise rebuilt from its message alone."""
        return _rebuilt, (type(self), self.args, self.__dict__)


class Unreadable(Rejected):
    """The bytes are no picture that can be read: damaged, empty, or of another kind."""


class Postponed(RuntimeError):  # noqa: N818 - as above
    """The work may succeed later: try it again after a while.

    Args:
        reason: one sentence that an operator understands.
        after_seconds: how long to wait before the next try.
    """

    def __init__(self, reason: str, *, after_seconds: float) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after_seconds = after_seconds

    def __reduce__(self) -> tuple[object, ...]:
        """Let it cross to another process, as `Rejected` does."""
        return _rebuilt, (type(self), self.args, self.__dict__)


class Suspected(RuntimeError):  # noqa: N818 - as above
    """The work failed, most likely by what was sent: it is tried again as after a bug, for that may not be so.

    Where it is given up, whoever asked is told the code and the sentence of its kind; its own words are for operators.
    """

    code: ClassVar[str]
    """A short constant for programs, such as `crashed`."""
    told: ClassVar[str]
    """One sentence that a person understands: what, and what would help."""


def _rebuilt(kind: type[Exception], args: tuple[object, ...], state: dict[str, object]) -> Exception:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error

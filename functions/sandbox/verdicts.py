"""How an order fails that a child did not survive."""

from __future__ import annotations

from functions.errors import Suspected


class Crashed(Suspected):
    """The child died over an order, or did what no order leads to, and was ended."""

    code = "crashed"
    told = "the file makes the program that reads it crash, each time that it is tried: it is damaged, or made to"
    most = 3
    """Tries of an order that end so."""


class TooCostly(Suspected):
    """An order took more memory or time than it may."""

    code = "too-costly"
    told = "the file takes more memory or time than there is for one: send a smaller one, or a part of it"
    most = 2
    """It is the same file the next time; but a machine may have been in trouble."""


class NotStarted(RuntimeError):  # noqa: N818 - what has happened, not only an error
    """A child died before it was ready: no order is to blame."""


class Inside(Exception):  # noqa: N818 - of another process
    """A bug in the child; what is raised is of a kind that is called as there."""


def failed_inside(kind: str, message: str, traceback: str) -> Exception:
    """Make an exception of one that was raised in the child.

    Args:
        kind: its name there.
        message: its words.
        traceback: from there; it becomes a note.
    """
    error: Exception = type(kind, (Inside,), {"__module__": __name__})(message)
    error.add_note(f"In the process that decodes files:\n{traceback}")
    return error

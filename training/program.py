"""How a training program ends: with a number, and one line where something is wrong."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

import typer
from typer.exceptions import Abort, TyperException

from functions.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

DONE: Final = 0
FAILED: Final = 1
USAGE: Final = 2
INTERRUPTED: Final = 130
"""Exit codes, as the command `colorise` has them."""


def run(program: Callable[..., None], name: str, words: Sequence[str] | None = None) -> int:
    """Parse the command line, run the program, and return its exit code; a bug keeps its traceback.

    Args:
        program: its parameters are its options, as Typer reads them.
        name: how it is called, for the help and the messages.
        words: the command line; by default this process's.
    """
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    app.command()(program)
    try:
        code = app(sys.argv[1:] if words is None else list(words), prog_name=name, standalone_mode=False)
    except TyperException as error:
        return _complain(name, error.format_message(), error.exit_code)
    except (KeyboardInterrupt, Abort):
        return _complain(name, "interrupted", INTERRUPTED)
    except Rejected as error:
        return _complain(name, error.reason, USAGE if error.code == "usage" else FAILED)
    except OSError as error:
        return _complain(name, str(error), FAILED)
    if code == INTERRUPTED:  # Typer turns Ctrl-C in a command into this number, silently
        return _complain(name, "interrupted", INTERRUPTED)
    return int(code or DONE)


def _complain(name: str, message: str, code: int) -> int:
    typer.echo(f"{name}: {message}", err=True)
    return code

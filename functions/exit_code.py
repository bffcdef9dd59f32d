"""How a program ends: its exit code, and one line for whatever has gone wrong."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError
from pydantic_settings import SettingsError

from functions.environment import complaints
from functions.errors import Postponed, Rejected

if TYPE_CHECKING:
    from collections.abc import Callable

DONE: Final = 0
FAILED: Final = 1
USAGE: Final = 2
"""It did what it was to do or was told to stop, it could not go on, its settings or arguments are wrong."""


def exit_code(name: str, run: Callable[[], int | None]) -> int:
    """Run a program, and give its exit code; what goes wrong is told on standard error, a bug goes on as it is.

    Args:
        name: that lines begin with, such as `colorise bot`.
        run: the program; None is `DONE`.
    """
    try:
        return run() or DONE
    except (ValidationError, SettingsError) as error:
        for line in complaints(error):
            complain(name, line)
        return USAGE
    except (Rejected, Postponed) as error:
        complain(name, error.reason)
    except OSError as error:
        complain(name, " ".join(str(error).split()))
    except KeyboardInterrupt:
        complain(name, "interrupted")
    return FAILED


def complain(name: str, line: str) -> None:
    """Say on standard error what is wrong."""
    sys.stderr.write(f"{name}: {line}\n")

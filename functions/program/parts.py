"""What a program is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from functions.program.settings import ProgramSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from functions.outcome import Handlers
    from functions.passing_on import OrderSink
    from functions.serve import Function
    from functions.stores.protocol import ObjectStore


def _nothing() -> None:
    """Be warm."""


def _no_files(_: object) -> Sequence[Path]:
    """It reads none."""
    return ()


def _no_accelerator(_: object) -> bool:
    """It uses none."""
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """A function, put together."""

    handlers: Handlers
    """Kind of order → what carries it out; the most urgent kind first."""
    warm_up: Callable[[], None] = _nothing
    """Blocks until the first order would be as quick as the next; raises what the first order would."""
    model: tuple[str, str] | None = None
    """Name and sha256 of the network that is loaded."""
    colorise_bytes: Callable[..., Any] | None = None
    """From bytes to bytes, as `functions.serve` calls it."""


Settings = TypeVar("Settings", bound=ProgramSettings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Program(Generic[Settings]):
    """A function's program."""

    name: str
    """Such as `functions.colorise`."""
    settings: type[Settings]
    kinds: tuple[str, ...]
    """Of orders that it carries out where there is a store; the most urgent first."""
    needs_store: bool
    """Whether it is of no use over HTTP without a store."""
    assemble: Callable[[Settings, ObjectStore | None], Parts]
    """Puts the function together; called in a thread, once the number of threads is set. Raises `Rejected`."""
    function: Callable[[Settings, Parts, ObjectStore | None, OrderSink | None], Function]
    """Makes of it what can be served over HTTP."""
    readable: Callable[[Settings], Sequence[Path]] = _no_files
    """Files and folders that it reads beside its own code and the store."""
    accelerator: Callable[[Settings], bool] = _no_accelerator
    """Whether it computes on one."""

"""What may run beside the pipeline of `colorise up`, kept alive like its workers: the stand and its bot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cli.up_data import DataFolder
    from cli.up_program import Program
    from cli.up_telling import Teller


@dataclass(frozen=True, slots=True)
class Ground:
    """What such a program stands on."""

    data: DataFolder
    environment: Mapping[str, str]
    """Variables that lead it to queue and store, and to the folder of secrets."""
    control: str | None
    """Host and port of `up_control`; None of an older `colorise up`, which has no such thing."""
    ports: Mapping[str, int]
    """Name → port where it answers whether it is ready."""


class Beside(Protocol):
    """Programs beside the pipeline."""

    @property
    def names(self) -> Sequence[str]:
        """Of the programs."""

    @property
    def is_calm(self) -> bool:
        """Whether nobody wants to hear how each program does, as long as it does."""

    def programs(self, ground: Ground) -> Sequence[Program]:
        """The programs themselves.

        Raises:
            Rejected: one of them could not work.
            OSError: a file cannot be written.
        """

    def telling(self, teller: Teller, stop: Callable[[], None]) -> Teller:
        """A teller that hears all, passes it on to `teller`, and may ask by `stop` that everything ends."""

"""Who else could work for a running `colorise up`: more of the workers that colour, up to a number."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cli.up_ports import one_more
from cli.up_workers import worker
from functions.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from cli.up_data import DataFolder
    from cli.up_program import Program

MOST: Final = 32
"""Workers that colour: each holds a network and its frames, in a process beside its own: some 216 MB for both."""


class Crew:
    """Makes workers like the first one that `colorise up` began with, which colours.

    Args:
        data: the data folder.
        told: variables of all workers.
        workers: name → command of those that it began with.
        ports: name → port of all programs.
    """

    def __init__(
        self,
        data: DataFolder,
        told: Mapping[str, str],
        workers: Mapping[str, Sequence[str]],
        ports: Mapping[str, int],
    ) -> None:
        self._data = data
        self._told = told
        first, self._command = next(iter(workers.items()))
        self._kind = re.sub(r"-\d+$", "", first)
        self._ports = dict(ports)

    def may_leave(self, name: str) -> bool:
        """Whether a worker can be taken away: those of which another could be had."""
        return re.fullmatch(rf"{re.escape(self._kind)}(-\d+)?", name) is not None

    def another(self, names: Collection[str]) -> Program:
        """Make one more.

        Args:
            names: of all programs that there are.

        Raises:
            Rejected: there are enough ("too-many"), or there is no port for it ("port-taken").
            OSError: its port cannot be written down.
        """
        if sum(self.may_leave(name) for name in names) >= MOST:
            msg = f"there are {MOST} workers, and no more are started on one machine"
            raise Rejected(msg, code="too-many")
        name = next(name for number in range(1, MOST + 2) if (name := f"{self._kind}-{number}") not in names)
        others = {other: port for other, port in self._ports.items() if other != name}
        port = self._ports[name] = one_more(name, others, self._data.ports)
        return worker(name, self._command, self._data.temporary / name, port, self._told)

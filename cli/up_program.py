"""What `colorise up` knows of a program that it keeps running, and what it tells of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Program:
    """A row of the table of programs."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    """All of it: nothing is inherited."""
    folder: Path
    """It works in, and has its temporary files there; emptied whenever it starts, gone when everything has stopped."""
    address: str
    is_ready: Callable[[], bool]
    """Whether it does its work; it may block for `up_probes.PATIENCE_SECONDS`, and is called in a thread."""
    is_server: bool = False
    """Others cannot end well without it, so it is stopped after them."""
    is_worker: bool = True
    """Servers are none, and neither is what runs beside the pipeline."""
    litter: Sequence[Path] = ()
    """Files elsewhere that it leaves behind when it is killed."""
    stuck_at: re.Pattern[str] | None = None
    """A line of its log after which nothing helps but to start it again."""
    may_go_on: Callable[[], bool] = lambda: True
    """Whether what got it stuck is over, so that it will fare better."""


class State(StrEnum):
    """What a program is doing."""

    STARTING = "starting"
    READY = "ready"
    UNREADY = "unready"
    """It was ready, and runs, but says that it cannot work now: a worker without its queue, for instance."""
    WAITING = "waiting"
    """It died, and is started again soon."""
    STOPPING = "stopping"
    STOPPED = "stopped"
    ELSEWHERE = "elsewhere"
    """A server that the settings name: not ours to start or stop."""


@dataclass(slots=True)
class Status:
    """How a program is."""

    name: str
    address: str
    state: State = State.STARTING
    pid: int | None = None
    started: float = 0.0
    """Of the process, in seconds since 1970, as psutil says: with the number, it names a process for good."""
    restarts: int = 0
    deaths: int = 0
    """Ends that nobody asked for; one more than `restarts` while it waits for its next life."""
    is_server: bool = False
    is_worker: bool = True
    """As its program says."""
    how: str = ""
    """The last death, as `Death` says it; empty where there was none."""
    ready_once: bool = field(default=False, repr=False)


@dataclass(frozen=True, slots=True)
class Death:
    """A program ended although nobody asked it to."""

    name: str
    how: str
    """`was killed by signal 9`, `ended with code 1`, `was stuck and had to be ended`."""
    in_a_row: int
    """Deaths without a calm life between them, this one included."""
    again_seconds: float
    """Until it is started again."""
    last_line: str
    """Of its log in this life; empty where it said nothing."""
    log: Path

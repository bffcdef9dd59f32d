"""The workers of a machine: their processes, and what each has in hand."""

from __future__ import annotations

import asyncio
import http.client
import json
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import psutil  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from demo.machine_control import UpControl

PATIENCE_SECONDS: Final = 1.0
"""For an answer from a worker of this machine; one that is busy answers in a few milliseconds."""

MEGABYTE: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class WorkerTry:
    """A worker's try at an order, as far as it is known."""

    worker: str
    kind: str
    job: str | None
    attempt: int
    since: datetime
    seconds: float
    stages: Mapping[str, float]
    """Name → seconds, in the order in which they ended."""
    how: str | None
    """How it ended; None where that was not heard of, so it goes on or died with its worker."""

    @property
    def key(self) -> tuple[str, datetime]:
        """What tells it from all others."""
        return self.worker, self.since

    def told(self) -> dict[str, Any]:
        """In hand, for the page."""
        return {"kind": self.kind, "job": self.job, "seconds": round(self.seconds, 2), "attempt": self.attempt}


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker at one moment."""

    name: str
    state: str
    """As `colorise up` says; `dead` where it has died and is started again soon."""
    pid: int | None
    deaths: int
    how: str
    """Its last death."""
    removable: bool
    in_hand: tuple[WorkerTry, ...] = ()
    lately: tuple[WorkerTry, ...] = ()
    done: int | None = None
    """Tries that this process has ended; None where it does not answer."""
    memory_mb: float | None = None

    def after(self, known: Worker | None) -> Worker:
        """The same; while it does not answer, which the busy one may be slow to, with what was known of its process."""
        if known is None or self.done is not None or self.pid is None or self.pid != known.pid:
            return self
        return replace(self, in_hand=known.in_hand, lately=known.lately, done=known.done)

    def told(self) -> dict[str, Any]:
        """For the page."""
        return {
            "name": self.name,
            "state": self.state,
            "pid": self.pid,
            "in_hand": [one.told() for one in self.in_hand],
            "done": self.done,
            "memory_mb": self.memory_mb,
            "deaths": self.deaths,
            "removable": self.removable,
        }


@dataclass(frozen=True, slots=True)
class Crew:
    """All workers at one moment, or why nobody tells of them."""

    workers: Sequence[Worker] = field(default=())
    said: str | None = None


async def look(control: UpControl) -> Crew:
    """Look at all workers of the `colorise up` that is named.

    Raises:
        Rejected: none is named, or the token is wrong.
        Postponed: it does not answer.
    """
    programs = (await control.ask("status"))["programs"]
    workers = [program for program in programs if program["is_worker"]]
    return Crew(await asyncio.gather(*(_worker(program) for program in workers)))


async def _worker(program: Mapping[str, Any]) -> Worker:
    name, pid = str(program["name"]), program.get("pid")
    work = await asyncio.to_thread(_work, str(program.get("address", ""))) if pid else None
    state = str(program["state"])
    return Worker(
        name=name,
        state="dead" if state == "waiting" else state,
        pid=pid,
        deaths=int(program.get("deaths", 0)),
        how=str(program.get("how", "")),
        removable=bool(program.get("removable")),
        in_hand=_tries(name, work, "in_hand"),
        lately=_tries(name, work, "lately"),
        done=None if work is None else work.get("ended"),
        memory_mb=memory_mb(pid) if pid else None,
    )


def _work(address: str) -> dict[str, Any] | None:
    """What a worker has in hand; None where it does not say."""
    where = urlsplit(address)
    if not where.hostname:
        return None
    connection = http.client.HTTPConnection(where.hostname, where.port, timeout=PATIENCE_SECONDS)
    try:
        connection.request("GET", "/_/work")
        answer = connection.getresponse()
        told = json.loads(answer.read()) if answer.status == http.client.OK else None
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
    return told if isinstance(told, dict) else None


def _tries(worker: str, work: Mapping[str, Any] | None, which: str) -> tuple[WorkerTry, ...]:
    if work is None:
        return ()
    return tuple(
        WorkerTry(
            worker,
            one["kind"],
            one["job"],
            one["attempt"],
            datetime.fromisoformat(one["since"]),
            one["seconds"],
            one["stages"],
            one["how"],
        )
        for one in work.get(which, ())
    )


def memory_mb(pid: int) -> float | None:
    """Resident megabytes of a worker and of its child, in which it decodes; None where it is gone."""
    try:
        process = psutil.Process(pid)
        both = (process, *process.children())
        return round(sum(float(one.memory_info().rss) for one in both) / MEGABYTE, 1)
    except psutil.Error:
        return None

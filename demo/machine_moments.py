"""What has happened to a crew between two looks at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from demo.machine_workers import Worker, WorkerTry

What: TypeAlias = Literal["killed", "died", "started", "stopped", "redelivered", "finished", "failed"]


@dataclass(frozen=True, slots=True)
class Moment:
    """Something worth a line in the log of the room."""

    at: datetime
    what: What
    said: str
    worker: str | None = None
    job: str | None = None
    code: str | None = None
    """Why it failed, as the pages have a sentence for it."""

    def told(self) -> dict[str, Any]:
        """For the page."""
        return {
            "at": self.at.isoformat(),
            "what": self.what,
            "worker": self.worker,
            "job": self.job,
            "said": self.said,
            "code": self.code,
        }


def between(before: Mapping[str, Worker], after: Mapping[str, Worker], now: datetime) -> list[Moment]:
    """Deaths, starts and departures, between two looks at the workers by name."""
    moments: list[Moment] = []
    for name, worker in after.items():
        known = before.get(name)
        if known is not None and worker.deaths > known.deaths:
            moments.append(_death(known, worker, now))
        if worker.state == "ready" and (known is None or known.pid != worker.pid or known.state == "starting"):
            moments.append(Moment(now, "started", f"{name} is ready for work (process {worker.pid})", name))
    gone = sorted(before.keys() - after.keys())
    return [*moments, *(Moment(now, "stopped", f"{name} has ended its work, and is gone", name) for name in gone)]


def redelivery(one: WorkerTry, now: datetime) -> Moment:
    """A try that is not the first one at its order."""
    said = f"{one.worker} has the order that was in another's hands before: attempt {one.attempt}"
    return Moment(now, "redelivered", said, one.worker, one.job)


def _death(known: Worker, worker: Worker, now: datetime) -> Moment:
    held = known.in_hand[0].job if known.in_hand else None
    by_force = worker.how.endswith("signal 9")
    with_it = f", with {len(known.in_hand)} in hand" if known.in_hand else ""
    return Moment(
        now, "killed" if by_force else "died", f"{worker.name} {worker.how or 'died'}{with_it}", worker.name, held
    )

"""Who tried which order, when, and how long each stage took: remembered for a while, also of workers that died."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from demo.machine_workers import Worker, WorkerTry

JOBS: Final = 500
"""That are remembered; a stand's visitors bring so many in an hour."""

TRIES: Final = 200
"""Of one job: a film has a try for each of its chunks."""

HANDLE: Final = "handle"
"""The stage that the others of a worker's handler are parts of."""


LASTS: Final = {"received": ("listener", "stored"), "stored": ("store", "ordered")}
"""Stage of a visit → what goes on from then on, and the stage that it lasts until."""


@dataclass(frozen=True, slots=True)
class VisitSteps:
    """What is known of a visit, or of a mention, from its own side."""

    job: str
    stages: Sequence[tuple[str, float]]
    """`received`, `stored`, `ordered`, `done` → milliseconds since 1970; what is not known is missing."""
    who: str = "stand"
    """Who takes pictures in, and answers."""


@dataclass(slots=True)
class Tries:
    """Tries by job."""

    _jobs: dict[str, dict[tuple[str, datetime], WorkerTry]] = field(default_factory=dict)
    """The least recently tried first."""

    def see(self, workers: Iterable[Worker]) -> list[WorkerTry]:
        """Take note of what workers have in hand and had lately; gives those that were not known before."""
        new = []
        for worker in workers:
            for one in (*worker.lately, *worker.in_hand):
                if one.job is None:
                    continue
                tries = self._jobs.pop(one.job, {})
                if one.key not in tries and len(tries) < TRIES:
                    new.append(one)
                if one.key in tries or len(tries) < TRIES:
                    tries[one.key] = one
                self._jobs[one.job] = tries
        while len(self._jobs) > JOBS:
            del self._jobs[next(iter(self._jobs))]
        return new

    def of(self, job: str) -> list[WorkerTry]:
        """Of a job, in the order in which they began."""
        return sorted(self._jobs.get(job, {}).values(), key=lambda one: one.since)

    def last_worker(self, job: str) -> str | None:
        """Who has carried out the last order of a job; None where that was not seen."""
        done = [one for one in self.of(job) if one.how == "done"]
        return done[-1].worker if done else None


def trace(tries: Sequence[WorkerTry], visit: VisitSteps | None) -> list[dict[str, Any]]:
    """The way of a job through the machine: stage, who, at which millisecond since 1970, and for how many seconds."""
    rows = [row for one in tries for row in _of_try(one)]
    if visit is not None:
        rows += _of_visit(visit, rows)
    return sorted(rows, key=lambda row: float(row["at_ms"]))


def _of_visit(visit: VisitSteps, tries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What is before the tries, and after them."""
    stages = dict(visit.stages)
    if tries:
        stages.setdefault("ordered", min(row["at_ms"] for row in tries))
    rows = [
        _row(name, visit.who, at, stages[until])
        for stage, at in visit.stages
        for name, until in [LASTS.get(stage, ("", ""))]
        if until in stages
    ]
    if done := stages.get("done"):
        ends = [row["at_ms"] + 1000 * row["seconds"] for row in (*rows, *tries) if row["at_ms"] <= done]
        rows.append(_row("reply", visit.who, min(done, max(ends, default=done)), done))
    return rows


def _of_try(one: WorkerTry) -> list[dict[str, Any]]:
    """Of a worker's stages only the names and durations are known: they are one after another."""
    began = one.since.timestamp() * 1000
    stages = dict(one.stages)
    waited, handled = stages.pop("wait", None), stages.pop(HANDLE, None)
    told = stages.pop("acknowledge", None)
    rows = [] if waited is None else [_row("queue", one.kind, began - 1000 * waited, began)]
    who = one.worker if one.attempt == 1 else f"{one.worker}, attempt {one.attempt}"
    if one.how not in {"done", None}:
        who = f"{who}: {one.how}"
    end = began + 1000 * (one.seconds if handled is None else handled)
    rows.append(_row("function", who, began, end))
    at = began
    for name, seconds in stages.items():
        rows.append(_row(name, one.worker, at, at := at + 1000 * seconds))
    if told is not None:
        rows.append(_row("told", one.worker, end, end + 1000 * told))
    return rows


def _row(stage: str, who: str, at_ms: float, until_ms: float) -> dict[str, Any]:
    return {"stage": stage, "who": who, "at_ms": round(at_ms, 1), "seconds": round((until_ms - at_ms) / 1000, 4)}

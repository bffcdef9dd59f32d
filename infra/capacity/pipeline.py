"""The pipeline as a simulation: mentions come in, orders wait, workers with one slot each carry them out.

It has the rules of functions/worker.py and of the queue: of an idle worker's kinds the earlier go first, and within a
kind the oldest; nothing in hand is interrupted; the last chunk's worker orders the join; what a dead worker had in hand
comes back when `ack_wait` has passed since its last sign of life, before all others, and is buried after `SILENCES`.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from functions.queues.keeping import ACK_WAIT_SECONDS
from functions.worker import Tries

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping, Sequence

    from infra.capacity.events import Clock, Event
    from infra.capacity.resources import Resource, Service
    from infra.capacity.work import Task, Work

IMAGE: Final = "colorise-image"
CHUNK: Final = "colorise-chunk"
JOIN: Final = "join-video"
SPLIT: Final = "split-video"

COLOUR: Final = (IMAGE, CHUNK)
FILMS: Final = (JOIN, SPLIT)
"""What each program's workers take, the most urgent kind first, as in their `__main__.py`."""

BEATS: Final = 3
"""Signs of life within `ack_wait`."""

SILENCES: Final = Tries().silences
"""Deaths over one order after which it is buried."""


@dataclass(frozen=True, slots=True)
class Deaths:
    """How workers die."""

    mean_life_seconds: float
    restart_seconds: float = 3.0
    ack_wait_seconds: float = ACK_WAIT_SECONDS


@dataclass(slots=True)
class Job:
    """Something that somebody asked for."""

    name: str
    task: Task
    asked_at: float
    chunks_left: int = 0
    has_ended: bool = False


@dataclass(slots=True)
class _Order:
    kind: str
    job: Job
    work: Work
    sent_at: float
    attempts: int = 0


@dataclass(slots=True, eq=False)
class _Worker:
    kinds: Sequence[str]
    order: _Order | None = None
    taken_at: float = 0.0
    service: Service | None = None
    is_dead: bool = False


@dataclass(slots=True)
class Seen:
    """What happened."""

    asked: int = 0
    done: int = 0
    buried: int = 0
    redelivered: int = 0
    ended_at: float = 0.0
    """Of the last job that ended."""
    waits: dict[str, list[float]] = field(default_factory=dict)
    """Kind of order → seconds from its sending to the worker that took it first."""
    stays: dict[str, list[float]] = field(default_factory=dict)
    """Name of what was asked for → seconds until it was there."""
    busy: dict[str, float] = field(default_factory=dict)
    """Kind of order → seconds that workers had one in hand."""
    in_system: float = 0.0
    """Jobs that were asked for and not ended, times seconds."""


class Pipeline:
    """Workers and the orders that wait for them.

    Args:
        clock: simulated time.
        workers: program's kinds → how many workers there are.
        stages: a field of `Work`, the resource that does it, and how much of that one unit takes; in the order in which
            a worker does them. Fields that are not named cost nothing.
        deaths: how workers die; None is never.
        luck: that deaths are drawn by.
        ignore_seconds: jobs asked for before count for nothing: the pipeline was still empty.
    """

    def __init__(  # noqa: PLR0913 - each has its reason, and most a default
        self,
        clock: Clock,
        workers: Mapping[Sequence[str], int],
        stages: Sequence[tuple[str, Resource, float]],
        *,
        deaths: Deaths | None = None,
        luck: random.Random | None = None,
        ignore_seconds: float = 0.0,
    ) -> None:
        self._clock = clock
        self._stages = list(stages)
        self._deaths = deaths
        self._luck = luck
        self._ignore = ignore_seconds
        self._waiting: dict[str, deque[_Order]] = {kind: deque() for kinds in workers for kind in kinds}
        self._crew = {kind: list(kinds) for kinds in workers for kind in kinds}
        self._idle: dict[tuple[str, ...], list[_Worker]] = {}
        self._open = 0
        self._looked_at = 0.0
        self._dying: list[Event] = []
        self.seen = Seen()
        for kinds, count in workers.items():
            crew = [_Worker(kinds) for _ in range(count)]
            self._idle[tuple(kinds)] = crew
            if deaths is not None:
                for worker in list(crew):
                    self._live(worker)

    def ask(self, name: str, task: Task) -> None:
        """Somebody asks for something now."""
        self._count(+1)
        job = Job(name, task, self._clock.now, chunks_left=len(task.chunks))
        if job.asked_at >= self._ignore:
            self.seen.asked += 1
        self._send(SPLIT if task.is_film else IMAGE, job, task.first)

    @property
    def is_empty(self) -> bool:
        """Whether all that was asked for has ended."""
        return not self._open

    def close(self) -> None:
        """Let nobody die any more, so that the simulation comes to its end."""
        for death in self._dying:
            death.cancel()
        self._deaths = None

    def _send(self, kind: str, job: Job, work: Work) -> None:
        self._offer(_Order(kind, job, work, self._clock.now))

    def _offer(self, order: _Order, *, first: bool = False) -> None:
        idle = self._idle[tuple(self._crew[order.kind])]
        if idle:
            self._take(idle.pop(), order)
        elif first:
            self._waiting[order.kind].appendleft(order)
        else:
            self._waiting[order.kind].append(order)

    def _seek(self, worker: _Worker) -> None:
        for kind in worker.kinds:
            if self._waiting[kind]:
                self._take(worker, self._waiting[kind].popleft())
                return
        self._idle[tuple(worker.kinds)].append(worker)

    def _take(self, worker: _Worker, order: _Order) -> None:
        worker.order, worker.taken_at = order, self._clock.now
        order.attempts += 1
        if order.attempts == 1 and order.job.asked_at >= self._ignore:
            self.seen.waits.setdefault(order.kind, []).append(self._clock.now - order.sent_at)
        self._do(worker, order, 0)

    def _do(self, worker: _Worker, order: _Order, number: int) -> None:
        """Do a stage of the work, and then the next ones."""
        while number < len(self._stages):
            name, resource, each = self._stages[number]
            amount = getattr(order.work, name) * each
            number += 1
            if amount > 0:
                worker.service = resource.serve(amount, partial(self._do, worker, order, number))
                return
        worker.service = worker.order = None
        self._account(worker, order)
        self._follow(order)
        self._seek(worker)

    def _account(self, worker: _Worker, order: _Order) -> None:
        spent = self._clock.now - worker.taken_at
        self.seen.busy[order.kind] = self.seen.busy.get(order.kind, 0.0) + spent

    def _follow(self, order: _Order) -> None:
        """Send what an order leads to; without anything, the job is done."""
        job, task = order.job, order.job.task
        if order.kind == SPLIT:
            for chunk in task.chunks:
                self._send(CHUNK, job, chunk)
        elif order.kind == CHUNK:
            job.chunks_left -= 1
            if not job.chunks_left and task.join is not None:
                self._send(JOIN, job, task.join)
        else:
            self._end(job)

    def _end(self, job: Job, *, buried: bool = False) -> None:
        if job.has_ended:
            return
        job.has_ended = True
        self._count(-1)
        if job.asked_at < self._ignore:
            return
        self.seen.ended_at = self._clock.now
        self.seen.buried += buried
        self.seen.done += not buried
        if not buried:
            self.seen.stays.setdefault(job.name, []).append(self._clock.now - job.asked_at)

    def _count(self, step: int) -> None:
        now = self._clock.now
        self.seen.in_system += self._open * max(0.0, now - max(self._looked_at, self._ignore))
        self._open += step
        self._looked_at = now

    def _live(self, worker: _Worker) -> None:
        """Announce a worker's death."""
        if self._deaths is not None and self._luck is not None:
            life = self._luck.expovariate(1 / self._deaths.mean_life_seconds)
            self._dying.append(self._clock.after(life, lambda: self._die(worker)))

    def _die(self, worker: _Worker) -> None:
        deaths = self._deaths
        if deaths is None:
            return
        order, worker.order = worker.order, None
        if order is None:
            self._idle[tuple(worker.kinds)].remove(worker)
        else:
            if worker.service is not None:
                worker.service.cancel()
            self._account(worker, order)
            beat = deaths.ack_wait_seconds / BEATS
            silent = (self._clock.now - worker.taken_at) % beat
            self._clock.after(deaths.ack_wait_seconds - silent, lambda: self._redeliver(order))
        self._clock.after(deaths.restart_seconds, self._reborn(worker))

    def _reborn(self, worker: _Worker) -> Callable[[], None]:
        def live() -> None:
            self._live(worker)
            self._seek(worker)

        return live

    def _redeliver(self, order: _Order) -> None:
        self.seen.redelivered += 1
        if order.attempts >= SILENCES:
            self._bury(order)
        else:
            self._offer(order, first=True)

    def _bury(self, order: _Order) -> None:
        """A job ends with its first order that is buried; its other chunks are carried out for nothing."""
        if order.kind == CHUNK:
            order.job.chunks_left = -1  # no chunk is the last one any more
        self._end(order.job, buried=True)

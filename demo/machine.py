"""The machine: how much is in the queue, what each worker has in hand, what was finished, looked at once a second."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import statistics
from collections import deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from demo.fan_out import FanOut
from demo.machine_moments import Moment, between, redelivery
from demo.machine_tries import Tries
from demo.machine_workers import Crew, look
from demo.sentences import told
from functions.errors import Postponed, Rejected
from functions.jobs import ImageColorised, JobFailed, VideoColorised
from functions.stopping import end

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from demo.machine_control import UpControl
    from demo.machine_workers import Worker
    from functions.jobs import AnyResult
    from functions.queues.protocol import Depth, Queue

LOOK_SECONDS: Final = 1.0

HISTORY: Final = 60
"""Looks that the page shows as a course."""

WINDOW_SECONDS: Final = 10.0
"""Over which what was finished a second is counted: at a stand it is a few."""

TIMES: Final = 100
"""Of the newest jobs, of whose seconds the median is told."""

MOMENTS: Final = 50
"""That who comes later is told of."""

PATIENT_LOOKS: Final = 3
"""For which it is waited until a worker tells that it has done something: a busy one may be slow to answer."""

LISTEN_AGAIN_SECONDS: Final = 1.0

_log = logging.getLogger(__name__)


class Machine:
    """Looks, counts and tells.

    Args:
        queue: whose depths and results are told.
        control: of `colorise up`, whose workers are.
        now: the clock.
    """

    def __init__(
        self, queue: Queue, control: UpControl, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._queue = queue
        self.control = control
        self._now = now
        self.news: FanOut[Moment | dict[str, Any]] = FanOut()
        """States and moments, as they come."""
        self.tries = Tries()
        self._depths: dict[str, Depth] = {}
        self._crew = Crew()
        self._workers: dict[str, Worker] | None = None
        self._moments: deque[Moment] = deque(maxlen=MOMENTS)
        self._finished: deque[datetime] = deque()
        self._counted = 0
        self._seconds: deque[float] = deque(maxlen=TIMES)
        self._history: deque[tuple[int, int, int]] = deque(maxlen=HISTORY)
        self._to_tell: list[tuple[AnyResult, int]] = []
        """With the looks that have not shown yet who has carried out the order."""
        self._wake = asyncio.Event()
        self._looking = asyncio.Lock()

    @contextlib.asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        """Look while the block lasts."""
        tasks = [asyncio.create_task(self._hear()), asyncio.create_task(self._look_on())]
        try:
            yield
        finally:
            await end(tasks)

    @property
    def moments(self) -> list[Moment]:
        """The newest, oldest first."""
        return list(self._moments)

    def state(self) -> dict[str, Any]:
        """How everything is, for the page."""
        now = self._now()
        while self._finished and (now - self._finished[0]).total_seconds() > WINDOW_SECONDS:
            self._finished.popleft()
        return {
            "queue": {
                kind: {"waiting": depth.waiting, "in_hand": depth.in_hand} for kind, depth in self._depths.items()
            },
            "workers": [worker.told() for worker in self._crew.workers],
            "control": {"there": self._crew.said is None, "said": self._crew.said},
            "finished_per_second": round(len(self._finished) / WINDOW_SECONDS, 2),
            "median_seconds": round(statistics.median(self._seconds), 3) if self._seconds else None,
            "history": list(self._history),
        }

    def has_worker(self, name: str) -> bool:
        """Whether a worker of this name was there at the last look that saw any; without one, nobody can say."""
        return self._workers is None or name in self._workers

    def look_soon(self) -> None:
        """Do not wait for the next second: something has been changed, or somebody has begun to watch."""
        self._wake.set()

    async def look(self) -> None:
        """Look once, and tell what is seen."""
        async with self._looking:
            with contextlib.suppress(Postponed):  # the queue is away: what was seen last stays
                self._depths = await self._queue.depths()
            try:
                self._crew = await self._looked()
            except (Rejected, Postponed) as error:
                self._crew = Crew(said=error.reason)
            except (KeyError, TypeError, ValueError, AttributeError):
                self._crew = Crew(said="colorise up or a worker answers with something else: is it of another version?")
            now = self._now()
            if self._crew.said is None:
                self._compare(now)
            self._tell_results(now)
            self._note(now)
            self.news.tell(self.state())

    async def _looked(self) -> Crew:
        crew, known = await look(self.control), self._workers or {}
        return Crew([worker.after(known.get(worker.name)) for worker in crew.workers], crew.said)

    def _compare(self, now: datetime) -> None:
        workers = {worker.name: worker for worker in self._crew.workers}
        new = self.tries.see(workers.values())
        if self._workers is not None:  # nothing is news at the first look
            for moment in between(self._workers, workers, now):
                self._tell(moment)
            for one in new:
                if one.attempt > 1:
                    self._tell(redelivery(one, now))
        self._workers = workers

    def _note(self, now: datetime) -> None:
        """Go on with the course: a point for each second in which somebody looked, however often."""
        second, counted = round(now.timestamp()), self._counted
        if self._history and self._history[-1][0] == second:
            counted += self._history.pop()[1]
        self._history.append((second, counted, sum(depth.waiting for depth in self._depths.values())))
        self._counted = 0

    def _tell(self, moment: Moment) -> None:
        self._moments.append(moment)
        self.news.tell(moment)

    def _tell_results(self, now: datetime) -> None:
        """Results are told with the next look that knows who has carried out the order, or not much later."""
        results, self._to_tell = self._to_tell, []
        for result, looks in results:
            worker = self.tries.last_worker(result.job_id)
            if isinstance(result, JobFailed):
                self._tell(Moment(now, "failed", result.reason, worker, result.job_id, told(result.code)))
            elif worker is None and self._crew.workers and looks < PATIENT_LOOKS:
                self._to_tell.append((result, looks + 1))
            elif isinstance(result, ImageColorised | VideoColorised):
                what = "a picture" if isinstance(result, ImageColorised) else f"a film of {result.frames} frames"
                by = f" by {worker}" if worker else ""
                said = f"{what} is in colour after {result.seconds:.2f} s{by}"
                self._tell(Moment(now, "finished", said, worker, result.job_id))

    async def _look_on(self) -> None:
        while True:
            try:
                await self.look()
            except Exception:  # noqa: BLE001 - a bug here must not blind the room for the rest of the day
                _log.exception("the machine room could not look")
            self._wake.clear()
            with contextlib.suppress(TimeoutError):
                # `wait_for` would pass over being cancelled in the moment in which it is woken, before Python 3.12.
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._wake.wait()

    async def _hear(self) -> None:
        """Count what is finished; listen again where the queue was away."""
        while True:
            try:
                async with self._queue.results() as results:
                    async for result in results:
                        self._heard(result)
            except Postponed as error:
                _log.warning("results are not heard now: %s", error.reason)
            await asyncio.sleep(LISTEN_AGAIN_SECONDS)

    def _heard(self, result: AnyResult) -> None:
        if not result.final:
            return
        self._to_tell.append((result, 0))
        if isinstance(result, ImageColorised | VideoColorised):
            self._finished.append(self._now())
            self._counted += 1
            self._seconds.append(result.seconds)

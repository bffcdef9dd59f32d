"""How well the simulation foretells a real batch: photographs and films that are ordered at once, and their makespan.

Three forecasts, from costs that were measured before and apart. The first supposes an idle machine. The second was
possible before the batch: it supposes that others keep the machine as busy as they did just then. The third knows how
busy they kept it meanwhile, second by second; it shows what of the rest is the simulation's own error.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from functions.queues.settings import open_queue
from functions.stores.settings import open_store
from infra.capacity.costs import read_costs
from infra.capacity.measuring import machine
from infra.capacity.measuring.orders import film_order, measured_idle, photo_order
from infra.capacity.measuring.sources import clip, photograph
from infra.capacity.measuring.up import running_up, used
from infra.capacity.resources import NEVER
from infra.capacity.scenario import Crew, OneMachine, run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from functions.jobs import Order
    from functions.queues.protocol import Queue
    from infra.capacity.measuring.up import Up

PHOTO: Final = "photo-4"
FILM: Final = "clip-640x360"

PROBE_SECONDS: Final = 12.0
"""Of the look just before and just after: others' load comes and goes."""

LOOK_SECONDS: Final = 1.0

STANDSTILL: Final = 5.0
"""Times the pause between two looks: after a longer one it was the machine itself that stood still."""


@dataclass(slots=True)
class Watch:
    """How busy others kept the machine, while ours worked."""

    pids: Sequence[int]
    cores: int
    competition: list[tuple[float, float]] = field(default_factory=list)
    """Seconds from the start, and busy processes of others from then on."""
    meanwhile: float = 0.0
    """Busy processes of others over all of it. Not the mean of the above: a moment without any core for us would count
    as hundreds there."""
    stood_still: float = 0.0

    async def look(self) -> None:
        """Look once a second, until cancelled."""
        began = last = time.perf_counter()
        first = before = machine.threads_of(self.pids)
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            now = time.perf_counter()
            after = machine.threads_of(self.pids)
            others = machine.competition(before, after, now - last, cores=self.cores)
            if now - last > STANDSTILL * LOOK_SECONDS:
                self.stood_still += now - last
                others = NEVER
            self.competition.append((last - began, others))
            self.meanwhile = machine.competition(first, after, now - began, cores=self.cores)
            last, before = now, after


def validated(measured: Path, *, photos: int, films: int, workers: int) -> dict[str, Any]:
    """Run the batch and the forecasts, and say how long each says it takes.

    Args:
        measured: what was measured before.
        photos: of the batch.
        films: of the batch.
        workers: that colour, in a `colorise up` of our own.

    Raises:
        OSError: nothing was measured yet.
    """
    costs, cores = read_costs(measured), machine.described()["cores"]
    load = machine.load()
    with running_up(workers) as up:
        before = machine.competition_of_spin(machine.spin(cores, PROBE_SECONDS), cores=cores)
        real = asyncio.run(_batch(up, cores, photos, films))
        after = machine.competition_of_spin(machine.spin(cores, PROBE_SECONDS), cores=cores)
    watch: Watch = real.pop("watch")
    batch = [(0.0, FILM)] * films + [(0.0, PHOTO)] * photos
    message = costs.queue["disk"]["order"]["server_cpu"] / 2
    watch.competition.append((real["makespan"], watch.meanwhile))  # for a forecast that goes on for longer
    forecasts = []
    for name, competition in (
        ("on an idle machine", []),
        ("others as busy as just before", [(0.0, before)]),
        ("others as busy as they were", watch.competition),
    ):
        site = OneMachine(cores, message, competition)
        found = run(costs.recipes, batch, Crew(colour=workers), site, seed=1)
        makespan = found.seen.ended_at
        forecasts.append({"name": name, "makespan": makespan, "ratio": makespan / real["makespan"]})
    return {
        "began": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine.described(),
        "batch": {"photos": photos, "films": films, "workers": workers, "photo": PHOTO, "film": FILM},
        "load_before": load,
        "load_after": machine.load(),
        "competition": {
            "before": before,
            "meanwhile": watch.meanwhile,
            "after": after,
        },
        "stood_still": watch.stood_still,
        "real": real | {"jobs_a_minute": 60 * (photos + films) / real["makespan"]},
        "foretold_core": _foretold(costs, photos, films),
        "forecasts": forecasts,
    }


def _foretold(costs: Any, photos: int, films: int) -> dict[str, float]:
    """Seconds on a core that the batch should take, by part."""
    photo, film = costs.mean_task(PHOTO), costs.mean_task(FILM)
    return {
        "workers": photos * photo.first.core + films * sum(one.core for one in film.chunks),
        "split": films * (film.first.core + film.join.core),
        "store": photos * photo.first.store + films * sum(one.store for one in (film.first, *film.chunks, film.join)),
    }


async def _batch(up: Up, cores: int, photos: int, films: int) -> dict[str, Any]:
    store = open_store(up.running.store)
    queue = await open_queue(up.running.queue)
    picture = photograph(float(PHOTO.removeprefix("photo-")))
    store.write("inbox/batch.jpg", picture, content_type="image/jpeg")
    folder = up.running.data
    film = clip(folder / "batch.mp4", FILM.removeprefix("clip-"))
    store.write("inbox/batch.mp4", film, content_type="video/mp4")
    await _all(queue, [photo_order("inbox/batch.jpg", f"warm-{number}") for number in range(2 * len(up.pids))])
    idle = await measured_idle(up)
    # Films first: the photographs, which come later and go first, then have something to overtake.
    orders: list[Order] = [film_order("inbox/batch.mp4", f"film-{number}", number) for number in range(films)]
    orders += [photo_order("inbox/batch.jpg", f"photo-{number}") for number in range(photos)]
    watch = Watch([pid for name, pid in up.pids.items() if name.startswith(("colorise-", "split"))], cores)
    before = up.cpu_seconds()
    watching = asyncio.create_task(watch.look())
    makespan = await _all(queue, orders)
    watching.cancel()
    spent = used(before, up.cpu_seconds())
    await queue.close()
    return {
        "makespan": makespan,
        "core": {part: seconds - idle[part] * makespan for part, seconds in spent.items()},
        "watch": watch,
    }


async def _all(queue: Queue, orders: Sequence[Order]) -> float:
    """Send all at once; seconds until the last of them is done.

    Raises:
        RuntimeError: one failed.
    """
    open_jobs = {order.job_id for order in orders}
    async with queue.results() as results:
        began = time.perf_counter()
        await asyncio.gather(*(queue.send(order) for order in orders))
        while open_jobs:
            result = await anext(results)
            if result.kind == "job-failed":
                msg = f"{result.job_id} failed"
                raise RuntimeError(msg)
            if result.final:
                open_jobs.discard(result.job_id)
        return time.perf_counter() - began

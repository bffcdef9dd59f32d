"""`colorise drill faults`: the store refuses, stalls and breaks off, and every order is answered all the same."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Final

from cli.drill_engine import EngineHere
from cli.drill_flow import beside, flowing
from cli.drill_goods import films, pictures
from cli.drill_ground import said
from cli.drill_promises import add_promises, checking
from cli.drill_proxy import Answer, Cut, Fault, FaultProxy, Stall
from cli.drill_report import DrillReport
from cli.drill_store import proxied_store
from cli.drill_up import drill_up

if TYPE_CHECKING:
    from pathlib import Path

REFUSALS: Final = ((503, "SlowDown"), (503, "ServiceUnavailable"), (500, "InternalError"), (429, "TooManyRequests"))

REQUESTS_EACH: Final = 6
"""Of a picture at least: two looks, the source, what is answered, and both results."""

STALL_EACH: Final = 12
"""One fault of so many is a stall: each takes long."""

LOOK_SECONDS: Final = 0.1
"""Between looks whether a request is stalled."""


@dataclass(frozen=True, slots=True)
class FaultsOptions:
    """What is asked, and how often the store fails."""

    images: int = 150
    films: int = 2
    shots: int = 3
    every: int = 5
    """One request of so many is hurt."""
    stall_seconds: float = 35.0
    """Longer than the store's clients wait for a byte, which is half a minute."""
    wait_minutes: float = 15.0
    """For answers."""
    workers: int = 2
    seed: int = 1
    side: int | None = None


async def faults(data: Path, options: FaultsOptions) -> DrillReport:
    """Order everything through a proxy that hurts requests at random, and look at what comes of it.

    Raises:
        Rejected: `colorise up` does not get ready, or ends.
    """
    said(f"making {options.images} pictures and {options.films} films")
    goods = pictures(options.images, seed=options.seed, side=options.side)
    goods += films(options.films, options.shots, seed=options.seed, side=options.side)
    engine = await asyncio.to_thread(EngineHere)
    report = DrillReport("faults")
    async with (
        proxied_store(data / "store") as store,
        drill_up(data / "up", workers=options.workers, told=store.settings) as up,
        flowing(up.running) as flow,
    ):
        proxy = store.proxy
        with checking(flow, engine) as checker:
            async with beside(_released(proxy, options.stall_seconds)):
                proxy.fail(*planned_faults(options))
                async with asyncio.TaskGroup() as group:
                    for good in goods:
                        group.create_task(checker.check(good, options.wait_minutes * 60))
                        group.create_task(flow.order(good))
                hurt = dict(proxy.hurt)
                requests = len(proxy.requests)
                proxy.pass_on()
            report.figure("orders", len(goods))
            report.figure("requests to the store", requests)
            for kind in ("answer", "cut", "stall"):
                report.figure(f"requests hurt: {kind}", hurt.get(kind, 0))
            await add_promises(report, flow, goods, checker)
    return report


def planned_faults(options: FaultsOptions) -> list[Fault]:
    """So many that they last until all is done, spread evenly but for chance; the same ones for the same seed."""
    random = Random(options.seed)  # noqa: S311 - the same drill for the same seed
    planned: list[Fault] = []
    for place in range(0, REQUESTS_EACH * options.images, options.every):
        spared = place + random.randrange(options.every)
        after = random.choice([None, random.randrange(1, 20_000)])
        if len(planned) % STALL_EACH == STALL_EACH - 1:
            planned.append(Stall(times=1, spared=spared, after=after))
        elif len(planned) % 2:
            planned.append(Cut(times=1, spared=spared, after=after))
        else:
            status, code = random.choice(REFUSALS)
            planned.append(Answer(times=1, spared=spared, status=status, code=code))
    return planned


async def _released(proxy: FaultProxy, stall_seconds: float) -> None:
    """End each stall after its time, without end."""
    while True:
        while not await asyncio.to_thread(proxy.stalled.wait, LOOK_SECONDS):
            pass
        await asyncio.sleep(stall_seconds)
        proxy.release()

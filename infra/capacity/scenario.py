"""Runs of the simulation: mentions that come in at random, or a batch that is there at once."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from infra.capacity.events import Clock
from infra.capacity.pipeline import COLOUR, FILMS, Pipeline
from infra.capacity.resources import Line, OwnCore, SharedCores

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from infra.capacity.pipeline import Deaths, Seen
    from infra.capacity.resources import Resource
    from infra.capacity.work import Mix, Recipe

Arrival = tuple[float, str]
"""Seconds from the start, and name of a recipe."""

STEP_SECONDS: Final = 600.0
"""Of simulated time between looks whether all is done."""


@dataclass(frozen=True, slots=True)
class Crew:
    """How many workers there are, one slot and one thread each."""

    colour: int
    films: int = 1
    """That split and join."""


Stages = list[tuple[str, "Resource", float]]
"""As `Pipeline` takes them."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Workers with a core each; store and queue on machines of their own."""

    store_cores: float = math.inf
    network: float = math.inf
    """Bytes a second between store and workers, all together."""
    messages: float = math.inf
    """That the queue puts on its disk in a second."""
    message_seconds: float = 0.0
    """That a worker waits for each of them, however idle the queue is."""

    def stages(self, clock: Clock) -> Stages:
        """Each thing of its own; what has no limit takes its time all the same."""
        own = OwnCore(clock)
        found: Stages = [("core", own, 1.0), ("messages", own, self.message_seconds)]
        found.append(("store", own if self.store_cores == math.inf else Line(clock, self.store_cores), 1.0))
        for name, rate in (("moved", self.network), ("messages", self.messages)):
            if rate < math.inf:
                found.append((name, Line(clock, rate), 1.0))
        return found


@dataclass(frozen=True, slots=True)
class OneMachine:
    """Workers, store and queue on the same cores, as with `colorise up`."""

    cores: int
    message_core: float
    """Seconds on a core that the queue takes for a message."""
    competition: Sequence[tuple[float, float]] = ()
    """As `SharedCores` takes it."""
    message_seconds: float = 0.0
    """That a worker waits for each message, on no core: for the disk."""

    def stages(self, clock: Clock) -> Stages:
        """All of them together."""
        cores = SharedCores(clock, self.cores, self.competition)
        return [
            ("core", cores, 1.0),
            ("store", cores, 1.0),
            ("messages", cores, self.message_core),
            ("messages", OwnCore(clock), self.message_seconds),
        ]


Site = Cluster | OneMachine


@dataclass(frozen=True, slots=True)
class Run:
    """What was simulated."""

    seen: Seen
    seconds: float
    """From the end of what is ignored to the last arrival; of a batch, to its end."""
    used: Mapping[str, float]
    """Resource → share of it that was in use, where it has a limit; of shared cores, the share of all of them."""


def arrivals(per_minute: float, mix: Mix, seconds: float, seed: int) -> Iterator[Arrival]:
    """Mentions at random moments, independent of each other (a Poisson process)."""
    luck = random.Random(seed)  # noqa: S311 - nothing secret is drawn
    names, shares = list(mix.shares), list(mix.shares.values())
    now = 0.0
    while (now := now + luck.expovariate(per_minute / 60)) < seconds:
        yield now, luck.choices(names, shares)[0]


def run(  # noqa: PLR0913 - each has its reason, and most a default
    recipes: Mapping[str, Recipe],
    coming: Iterable[Arrival],
    crew: Crew,
    site: Site,
    *,
    seed: int,
    ignore_seconds: float = 0.0,
    deaths: Deaths | None = None,
) -> Run:
    """Simulate until all that was asked for has ended.

    Args:
        recipes: by name.
        coming: what is asked for, in the order of time.
        crew: the workers.
        site: where they are.
        seed: of all that is drawn; the same arguments lead to the same figures.
        ignore_seconds: jobs asked for before do not count.
        deaths: how workers die; None is never.

    Raises:
        KeyError: something is asked for that has no recipe.
    """
    clock, luck = Clock(), random.Random(seed)  # noqa: S311 - as above
    stages = site.stages(clock)
    pipeline = Pipeline(
        clock,
        {COLOUR: crew.colour, FILMS: crew.films},
        stages,
        deaths=deaths,
        luck=random.Random(seed + 1),  # noqa: S311 - as above
        ignore_seconds=ignore_seconds,
    )
    for at, name in coming:
        clock.run(at)
        pipeline.ask(name, recipes[name].draw(luck))
    last = clock.now
    while not pipeline.is_empty:
        clock.run(clock.now + STEP_SECONDS)
    pipeline.close()
    seen = pipeline.seen
    seconds = (last if last > 0 else seen.ended_at) - ignore_seconds
    used = {}
    for name, resource, _ in stages:
        if isinstance(resource, Line):
            used[name] = resource.done / resource.rate / max(seen.ended_at, 1e-9)
        elif isinstance(resource, SharedCores) and isinstance(site, OneMachine):
            used["cores"] = resource.done / site.cores / max(seen.ended_at, 1e-9)
    return Run(seen, seconds, used)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least so large a share of all do not exceed; 0 where there are none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0

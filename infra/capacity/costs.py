"""What was measured, in the simulation's words: recipes of photographs and films from measured.json."""

from __future__ import annotations

import json
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from infra.capacity.work import Measured, Task, Work

if TYPE_CHECKING:
    from collections.abc import Mapping

MEASURED: Final = Path(__file__).with_name("measured.json")

PHOTO_MESSAGES: Final = 2
"""That the queue puts on its disk for a photograph: the order and its result."""

SPLIT_MESSAGES: Final = 2
"""For a split: the order, and what was planned. The chunks' orders count with the chunks."""

CHUNK_MESSAGES: Final = 2

JOIN_MESSAGES: Final = 4
"""The claim on the join, its order, the note that it was sent, and the film's result (functions/worker.py)."""


@dataclass(frozen=True, slots=True)
class Requests:
    """What a job asks of the store."""

    requests: Mapping[str, int]
    """Method → how many; LIST is a GET that lists."""
    bytes_down: int
    bytes_up: int


@dataclass(frozen=True, slots=True)
class Costs:
    """What was measured of each kind of job; all of a kind are alike."""

    recipes: Mapping[str, Measured]
    sources: Mapping[str, int]
    """Name of a recipe → bytes of its source."""
    stages: Mapping[str, list[dict[str, Any]]]
    """Name of a recipe → its orders, with seconds by stage, requests and bytes."""
    idle: Mapping[str, float]
    """Part of the pipeline → seconds on a core that a second of doing nothing takes."""
    queue: Mapping[str, Any]
    raw: Mapping[str, Any]
    """All of the file."""

    def store_of(self, name: str) -> Requests:
        """What a job of this kind asks of the store, all of its orders together."""
        requests: dict[str, int] = {}
        for order in self.stages[name]:
            for method, count in order["requests"].items():
                requests[method] = requests.get(method, 0) + count
        down = sum(order["bytes_down"] for order in self.stages[name])
        return Requests(requests, down, sum(order["bytes_up"] for order in self.stages[name]))

    def mean_task(self, name: str) -> Task:
        """A job that costs what jobs of this kind do on average, order by order."""
        return _mean(self.recipes[name].tasks)


def read_costs(path: Path = MEASURED) -> Costs:
    """Read what `python -m infra.capacity.measure` wrote.

    Raises:
        OSError: there is no such file.
        KeyError: something was not measured.
    """
    raw = json.loads(path.read_text(encoding="utf-8"))
    stages = raw["stages"]["measured"]
    recipes, sources = {}, {}
    for part in ("photos", "films"):
        measured = raw[part]["measured"]
        for name, found in measured.items():
            if name == "idle":
                continue
            sources[name] = found["bytes"]
            moved = [order["bytes_down"] + order["bytes_up"] for order in stages[name]]
            if part == "photos":
                tasks = [Task(_work(one, moved[0], PHOTO_MESSAGES, measured["idle"])) for one in found["orders"]]
            else:
                tasks = [_film(one, moved, measured["idle"]) for one in found["films"]]
            recipes[name] = Measured(name, tasks)
    return Costs(recipes, sources, stages, raw["photos"]["measured"]["idle"], raw["queue"]["measured"], raw)


def _film(found: Mapping[str, Any], moved: list[int], idle: Mapping[str, float]) -> Task:
    split, *chunks, join = moved
    return Task(
        _work(found["split"], split, SPLIT_MESSAGES, idle, worker="split"),
        tuple(_work(one, bytes_, CHUNK_MESSAGES, idle) for one, bytes_ in zip(found["chunks"], chunks, strict=True)),
        _work(found["join"], join, JOIN_MESSAGES, idle, worker="split"),
    )


def _work(
    found: Mapping[str, float], moved: int, messages: int, idle: Mapping[str, float], *, worker: str = "workers"
) -> Work:
    """What an order takes, without what its programs would have taken in that time doing nothing."""
    wall = found["wall"]
    return Work(
        core=max(0.0, found[worker] - idle[worker] * wall),
        store=max(0.0, found["store"] - idle["store"] * wall),
        moved=moved,
        messages=messages,
    )


def _mean(tasks: Any) -> Task:
    first = [task.first for task in tasks]
    chunks = zip(*(task.chunks for task in tasks), strict=True)
    joins = [task.join for task in tasks if task.join is not None]
    return Task(_mean_work(first), tuple(map(_mean_work, chunks)), _mean_work(joins) if joins else None)


def _mean_work(works: Any) -> Work:
    return Work(*(statistics.fmean(values) for values in zip(*works, strict=True)))

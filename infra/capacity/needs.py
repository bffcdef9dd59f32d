"""What so many mentions a minute need: workers, store, queue, and at which rate which part is too small."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from functions.queues.jetstream_layout import RESULTS, layout
from functions.queues.keeping import ACK_WAIT_SECONDS, CLAIMS_SECONDS, DAY, DUPLICATES_SECONDS, RESULTS_SECONDS
from functions.stores.protocol import INBOX, KEPT_DAYS, OUTBOX, WORK
from infra.capacity.formulae import Stream, servers_for, stream_of, waits_beside_batches
from infra.capacity.pipeline import BEATS
from infra.capacity.work import Mix

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from infra.capacity.costs import Costs
    from infra.capacity.work import Task, Work

USUAL_MIX: Final = Mix(
    {
        "photo-1": 0.54,
        "photo-4": 0.27,
        "photo-12": 0.09,
        "clip-640x360": 0.03,
        "clip-1280x720": 0.05,
        "clip-1920x1080": 0.02,
    }
)
"""Nine photographs to a clip of 15 s: an assumption, for there is no bot yet that could be asked."""

PHOTO_ROUNDS: Final = 9
"""Messages that the server gets or sends for a photograph, without the bell: counted by `measuring.queue`. The order
and its acknowledgement, the worker's question and the order again, the result, its acknowledgement and its copy for the
asker, the worker's word that it is done and the answer."""

EMPTY_ROUND: Final = 2
"""Further messages for a chunk or a split: the question for the more urgent kind, and that there is none."""

RESULTS_BYTES: Final = sum(
    int(piece.config["max_bytes"])
    for piece in layout(ack_wait_seconds=ACK_WAIT_SECONDS, replicas=1)
    if piece.config.get("name") == RESULTS
)
"""After which the oldest results are dropped."""

FRAMING_BYTES: Final = 130
"""Of a stored message besides its body: subject, headers, times. An estimate."""


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What a plan supposes."""

    mix: Mix = USUAL_MIX
    busiest: float = 0.8
    """Share of the time that workers are busy, at most: above it a small surge makes a long queue."""
    longest_wait: float = 2.0
    """Seconds that a photograph waits for a worker on average, at most."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What a rate of mentions needs; rates are a second."""

    jobs: float
    orders: float
    photos: Stream
    chunks: Stream
    joins: Stream
    splits: Stream
    together: int
    """Chunks of a film, on average."""
    colour_workers: int
    film_workers: int
    requests: float
    down: float
    """Bytes from the store to workers and askers."""
    up: float
    """Bytes to the store."""
    store_cores: float
    """Cores of the store's that are busy."""
    kept: Mapping[str, float] = field(repr=False)
    """Prefix → bytes that are there in the end."""
    objects: float
    """That are there in the end."""
    stored_messages: float
    """That the queue puts on its disk."""
    messages: float
    """That the queue gets and sends, without the bell."""
    rings: float
    """Of the bell: one an order for each program that listens."""
    result_bytes: float

    @property
    def results_kept_seconds(self) -> float:
        """How long an asker may be away and still read its results from the queue."""
        return min(RESULTS_SECONDS, RESULTS_BYTES / self.result_bytes)

    @property
    def known_ids(self) -> float:
        """Message ids of orders that the queue holds in memory; those of results are forgotten after two minutes."""
        return self.orders * DUPLICATES_SECONDS


def hold(work: Work, message_seconds: float) -> float:
    """Seconds that an order keeps its worker: on its core, and waiting for store and queue that are not busy."""
    return work.core + work.store + work.messages * message_seconds


def message_seconds(costs: Costs) -> float:
    """Until one message is on the queue's disk and acknowledged, where nobody else sends any."""
    return float(costs.queue["disk"]["one_after_another"]["wall"])


def needs(costs: Costs, per_minute: float, assumed: Assumptions = Assumptions()) -> Needs:
    """Work out what a rate needs: rates times costs, and as many workers as keep the promises."""
    jobs, pause = per_minute / 60, message_seconds(costs)
    shares = {name: share for name, share in assumed.mix.shares.items() if share}
    tasks = {name: costs.mean_task(name) for name in shares}
    films = [name for name in shares if tasks[name].is_film]
    photos = [(share, hold(tasks[name].first, pause)) for name, share in shares.items() if name not in films]
    chunks = [(shares[name], hold(one, pause)) for name in films for one in tasks[name].chunks]
    splits = [(shares[name], hold(tasks[name].first, pause)) for name in films]
    joins = [(shares[name], hold(join, pause)) for name in films if (join := tasks[name].join) is not None]
    streams = [_stream(jobs, parts) for parts in (photos, chunks, joins, splits)]
    asked_for = sum(shares[name] for name in films)
    together = round(sum(shares[name] * len(tasks[name].chunks) for name in films) / asked_for) if films else 1

    def fewest(urgent: Stream, other: Stream, at_once: int) -> int:
        return servers_for(
            lambda servers: waits_beside_batches(urgent, other, servers, at_once)[0],
            load=urgent.load + other.load,
            busiest=assumed.busiest,
            longest_wait=assumed.longest_wait,
        )

    colour, split = fewest(streams[0], streams[1], together), fewest(streams[2], streams[3], 1)
    orders = sum(one.rate for one in streams)

    def total(amount: Callable[[str], float]) -> float:
        return jobs * sum(share * amount(name) for name, share in shares.items())

    stored = {name: costs.store_of(name) for name in shares}
    results = total(lambda name: len(_works(tasks[name])) * (costs.queue["disk"]["bytes"]["result"] + FRAMING_BYTES))
    beats = 2 * BEATS / ACK_WAIT_SECONDS * sum(one.load for one in streams)
    kept = {
        prefix: total(lambda name, prefix=prefix: _new_bytes(costs, name)[prefix]) * _kept_seconds(prefix)  # type: ignore[misc]
        for prefix in (INBOX, WORK, OUTBOX)
    }
    objects = total(lambda name: sum(n * _kept_seconds(prefix) for prefix, n in _new_objects(tasks[name]).items()))
    return Needs(
        jobs=jobs,
        orders=orders,
        photos=streams[0],
        chunks=streams[1],
        joins=streams[2],
        splits=streams[3],
        together=together,
        colour_workers=colour,
        film_workers=split,
        requests=total(lambda name: sum(stored[name].requests.values()) + 2),
        down=total(lambda name: stored[name].bytes_down + _result_bytes(costs, name)),
        up=total(lambda name: stored[name].bytes_up + costs.sources[name]),
        store_cores=total(lambda name: sum(work.store for work in _works(tasks[name]))),
        kept=kept,
        objects=objects,
        stored_messages=total(lambda name: sum(work.messages for work in _works(tasks[name]))),
        messages=PHOTO_ROUNDS * orders + EMPTY_ROUND * (orders - streams[0].rate) + beats,
        rings=orders * (colour + split),
        result_bytes=results,
    )


def claims_kept(found: Needs) -> float:
    """Claims on joins that the queue keeps: one a film, for days."""
    return found.joins.rate * CLAIMS_SECONDS


def _stream(jobs: float, parts: list[tuple[float, float]]) -> Stream:
    """Orders of a kind: how many a job on average has of each length."""
    each = sum(share for share, _ in parts)
    if not each:
        return Stream(0.0, 0.0, 0.0)
    return stream_of(jobs * each, [(share / each, seconds) for share, seconds in parts])


def _works(task: Task) -> list[Work]:
    return [task.first, *task.chunks, *([task.join] if task.join is not None else [])]


def _kept_seconds(prefix: str) -> float:
    """S3 counts whole days, from the midnight after: what is to be kept for a day may be there for two."""
    return (KEPT_DAYS[prefix] + 1) * DAY


def _result_bytes(costs: Costs, name: str) -> float:
    """Of a job's result, which its asker fetches."""
    return float(costs.stages[name][-1]["bytes_up"])


def _new_bytes(costs: Costs, name: str) -> dict[str, float]:
    """What a job leaves under each prefix."""
    *before, last = costs.stages[name]
    work = sum(order["bytes_up"] for order in before)
    return {INBOX: costs.sources[name], WORK: work, OUTBOX: last["bytes_up"]}


def _new_objects(task: Task) -> dict[str, int]:
    """A source; a plan, and a piece and its account a chunk; a result and the answer beside it."""
    return {INBOX: 1, WORK: 1 + 2 * len(task.chunks) if task.is_film else 0, OUTBOX: 2}

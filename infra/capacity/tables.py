"""The tables of docs/capacity.md, in Markdown, from what was measured."""

from __future__ import annotations

import json
import statistics
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from functions.video.plan import CHUNK_FRAMES
from infra.capacity.film import PLAN_BYTES, long_film
from infra.capacity.formulae import waits_beside_batches
from infra.capacity.limits import limits
from infra.capacity.markdown import megabytes, milliseconds, number, span, table
from infra.capacity.needs import Assumptions, message_seconds, needs
from infra.capacity.pipeline import CHUNK, IMAGE
from infra.capacity.scenario import Cluster, Crew, arrivals, percentile, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from infra.capacity.costs import Costs
    from infra.capacity.needs import Needs

VALIDATED: Final = Path(__file__).with_name("validated.json")

RATES: Final = (1, 10, 1_000, 100_000)
"""Mentions a minute."""

SIMULATED: Final[Mapping[int, float]] = {1: 9_000.0, 10: 900.0, 1_000: 12.0, 100_000: 0.8}
"""Mentions a minute → minutes that are simulated: ten thousand mentions each, or as long as two clips take."""

IGNORED: Final = 0.4
"""Share of that in which the pipeline fills, and nothing is counted."""

SEED: Final = 2017

FILM_MINUTES: Final = 120.0
FILM_RATE: Final = 24.0


def machine_table(costs: Costs) -> Iterator[str]:
    """Where and beside what else each part was measured."""
    rows = []
    for part, found in costs.raw.items():
        machine = found["machine"]
        where = f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gb']:.0f} GB"
        load = f"{found['load_before'][0]:.1f} to {found['load_after'][0]:.1f}"
        rows.append([part, where, found["began"][:16].replace("T", " "), load, f"{found['share_of_a_core']:.0%}"])
    return table(["part", "machine", "when (UTC)", "load", "share of a core"], rows)


def photo_table(costs: Costs) -> Iterator[str]:
    """A photograph's costs."""
    rows = []
    for name in _names(costs, "photo"):
        (order,) = costs.stages[name]
        stages, work = order["stages"], costs.mean_task(name).first
        asked = costs.store_of(name)
        walls = [one["wall"] for one in costs.raw["photos"]["measured"][name]["orders"]]
        rows.append(
            [
                f"{name.removeprefix('photo-')} Mpx",
                *(milliseconds(stages[stage]["cpu"]) for stage in ("read", "colour", "write", "rest")),
                milliseconds(work.core),
                milliseconds(work.store),
                f"{milliseconds(statistics.median(walls))}",
                str(sum(asked.requests.values())),
                megabytes(asked.bytes_down),
                megabytes(asked.bytes_up),
            ]
        )
    titles = ["photograph", "read", "colour", "write", "answer", "worker, all", "store", "wall", "requests", "MB down"]
    return table([*titles, "MB up"], rows)


def film_table(costs: Costs) -> Iterator[str]:
    """A film's costs."""
    rows = []
    for name in (*_names(costs, "clip"), *_names(costs, "film")):
        task, film = costs.mean_task(name), costs.raw["films"]["measured"][name]["films"][0]
        asked = costs.store_of(name)
        per_frame = [work.core / chunk["frames"] for work, chunk in zip(task.chunks, film["chunks"], strict=True)]
        join = task.join.core if task.join is not None else 0.0
        rows.append(
            [
                f"{name.partition('-')[2]}, {film['frames']} frames",
                f"{task.first.core:.2f}",
                ", ".join(f"{1000 * one:.1f}" for one in per_frame),
                f"{sum(one.core for one in task.chunks):.1f}",
                f"{join:.2f}",
                f"{sum(one.store for one in (task.first, *task.chunks, *([task.join] if task.join else []))):.2f}",
                str(sum(asked.requests.values())),
                megabytes(asked.bytes_down),
                megabytes(asked.bytes_up),
            ]
        )
    titles = ["film", "split, s", "ms a frame, by chunk", "all chunks, s", "join, s", "store, s", "requests", "MB down"]
    return table([*titles, "MB up"], rows)


def queue_table(costs: Costs) -> Iterator[str]:
    """What the queue can do."""
    rows = []
    for name, what in (("disk", "on the disk"), ("memory", "on a disk that costs no time (memory)")):
        found = costs.queue[name]
        if found is None:
            continue
        alone, together, order = found["one_after_another"], found["side_by_side"], found["order"]
        rows.append(
            [
                what,
                f"{1000 * found['disk_sync']:.2f}",
                f"{alone['a_second']:,.0f}",
                f"{together['a_second']:,.0f}",
                f"{1e6 * together['server_cpu']:.0f}",
                f"{1e6 * together['client_cpu']:.0f}",
                f"{1000 * order['wall']:.1f}",
                f"{sum(order[f'{who}_{way}'] for who in ('asker', 'worker') for way in ('in', 'out')):.0f}",
            ]
        )
    titles = ["", "sync, ms", "a second, one after another", "a second, 64 at once", "server, µs", "client, µs"]
    return table([*titles, "empty order, ms", "messages"], rows)


def needs_table(costs: Costs) -> Iterator[str]:
    """What each rate needs."""
    found = [needs(costs, rate) for rate in RATES]
    figures: dict[str, Callable[[Needs], str]] = {
        "orders a second": lambda one: number(one.orders),
        "workers that colour: busy on average": lambda one: number(one.photos.load + one.chunks.load),
        "workers that colour: needed": lambda one: f"{one.colour_workers:,}",
        "workers that split and join: busy": lambda one: number(one.joins.load + one.splits.load),
        "workers that split and join: needed": lambda one: f"{one.film_workers:,}",
        "store: requests a second": lambda one: number(one.requests),
        "store: MB/s to workers and askers": lambda one: number(one.down / 1e6),
        "store: MB/s from them": lambda one: number(one.up / 1e6),
        "store: cores busy (SeaweedFS)": lambda one: number(one.store_cores),
        **{f"store: GB kept under {prefix}/": _kept(prefix) for prefix in found[0].kept},
        "store: objects kept, thousands": lambda one: number(one.objects / 1e3),
        "queue: messages stored a second": lambda one: number(one.stored_messages),
        "queue: messages in and out a second": lambda one: number(one.messages),
        "queue: rings of the bell a second": lambda one: number(one.rings),
        "queue: message ids remembered, thousands": lambda one: number(one.known_ids / 1e3),
        "queue: results readable for": lambda one: span(one.results_kept_seconds),
    }
    rows = [[name, *(figure(one) for one in found)] for name, figure in figures.items()]
    return table(["mentions a minute", *(f"{rate:,}" for rate in RATES)], rows)


def latency_table(costs: Costs) -> Iterator[str]:
    """How long people wait, by formula and by simulation."""
    assumed, rows = Assumptions(), []
    for rate in RATES:
        need = needs(costs, rate, assumed)
        photo, chunk = waits_beside_batches(need.photos, need.chunks, need.colour_workers, need.together)
        row = [f"{rate:,}", f"{need.colour_workers:,} + {need.film_workers:,}", f"{photo:.2f}", f"{chunk:.2f}"]
        rows.append(row + _simulated(costs, rate, Crew(need.colour_workers, need.film_workers), SIMULATED[rate] * 60))
    waits = ["photo waits, formula", "chunk waits, formula", "photo waits, simulated", "chunk waits, simulated"]
    stays = ["photo there after: median", "95 %", "clip there after: median, 95 %"]
    return table(["mentions a minute", "workers", *waits, *stays], rows)


def _simulated(costs: Costs, rate: int, crew: Crew, seconds: float) -> list[str]:
    coming = arrivals(rate, Assumptions().mix, seconds, SEED)
    site = Cluster(message_seconds=message_seconds(costs))
    seen = run(costs.recipes, coming, crew, site, seed=SEED, ignore_seconds=seconds * IGNORED).seen
    photos = [stay for name, stays in seen.stays.items() if name.startswith("photo") for stay in stays]
    clips = [stay for name, stays in seen.stays.items() if name.startswith("clip") for stay in stays]
    waits = [statistics.fmean(seen.waits[kind]) for kind in (IMAGE, CHUNK)]
    return [
        *(f"{wait:.2f}" for wait in waits),
        *(f"{percentile(photos, share):.2f}" for share in (0.5, 0.95)),
        ", ".join(f"{percentile(clips, share):.1f}" for share in (0.5, 0.95)),
    ]


def film_needs_table(costs: Costs) -> Iterator[str]:
    """Two hours of film."""
    film = long_film(costs, minutes=FILM_MINUTES, rate=FILM_RATE)
    rows = []
    for workers in (1, 2, 10, 100, film.chunks):
        seconds = film.seconds(workers)
        rate = film.moved / seconds / 1e6
        rows.append([f"{workers:,}", span(seconds), f"{film.frames / seconds:,.1f}", f"{rate:,.1f}"])
    yield from table(["workers", "until it is there", "frames a second", "MB/s at the store, on average"], rows)
    yield ""
    yield (
        f"{film.frames:,} frames in {film.chunks} chunks of {CHUNK_FRAMES}; a chunk keeps its worker for "
        f"{film.chunk:.0f} s, the split {span(film.split)}, the join {span(film.join)}. The store moves "
        f"{film.moved / 1e9:.1f} GB in {film.requests:,.0f} requests; its plan has "
        f"{film.frames * PLAN_BYTES / 1e6:.1f} MB; the listings after each chunk name {film.listed:,} objects together."
    )


def limits_table(costs: Costs) -> Iterator[str]:
    """Which part is too small from which rate on."""
    rows = [[one.what, one.why, f"{number(one.per_minute)}", one.remedy] for one in limits(costs)]
    yield "| what is full first | its limit | mentions a minute | what to do |"
    yield "|---|---|---:|---|"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def validation_table(_costs: Costs) -> Iterator[str]:
    """How well real batches were foretold."""
    if not VALIDATED.exists():
        return iter(["No batch was run since the costs were measured."])
    runs: list[dict[str, Any]] = json.loads(VALIDATED.read_text(encoding="utf-8"))
    rows = []
    for found in runs:
        batch, real, core = found["batch"], found["real"], found["foretold_core"]
        others = found["competition"]
        rows.append(
            [
                f"{batch['photos']} x {batch['photo']}, {batch['films']} x {batch['film']}, {batch['workers']} workers",
                f"{found['load_before'][0]:.1f} to {found['load_after'][0]:.1f}",
                f"{others['before']:.1f}, {others['meanwhile']:.1f}",
                f"{real['makespan']:.0f}",
                f"{real['jobs_a_minute']:.0f}",
                *(f"{one['makespan']:.0f} ({one['ratio']:.2f})" for one in found["forecasts"]),
                f"{sum(core.values()):.0f} / {sum(real['core'][part] for part in core):.0f}",
            ]
        )
    titles = ["batch", "load", "others: just before, meanwhile", "real, s", "jobs a minute", "forecast, idle"]
    titles += ["others as before", "others as they were", "seconds on a core, foretold / real"]
    return table(titles, rows)


TABLES: Final[Mapping[str, Callable[[Costs], Iterator[str]]]] = {
    "machine": machine_table,
    "photographs": photo_table,
    "films": film_table,
    "queue": queue_table,
    "needs": needs_table,
    "latency": latency_table,
    "long film": film_needs_table,
    "limits": limits_table,
    "validation": validation_table,
}
"""By the names that mark their places in the page."""


def _names(costs: Costs, kind: str) -> list[str]:
    return [name for name in costs.recipes if name.startswith(f"{kind}-")]


def _kept(prefix: str) -> Callable[[Needs], str]:
    return lambda one: number(one.kept[prefix] / 1e9)

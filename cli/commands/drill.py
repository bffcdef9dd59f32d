"""`colorise drill`: the pipeline is broken on purpose, and what it promises is counted."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="Break a pipeline of our own on purpose, and see that it keeps its promises.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


class Part(StrEnum):
    """What `throughput` measures."""

    COLD = "cold"
    STUB = "stub"
    OVERHEAD = "overhead"
    WORKERS = "workers"
    WAITING = "waiting"


Data = Annotated[
    Path | None, typer.Option(help="Empty folder for everything, which is kept; a temporary one by default.")
]
Seed = Annotated[int, typer.Option(min=0, help="Another one makes other pictures and other faults.")]
Side = Annotated[int | None, typer.Option(min=32, max=1024, help="Pixels that the network sees; fewer are quicker.")]
Workers = Annotated[int, typer.Option("--workers", "-w", min=1, help="Processes that colour.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]


@app.command()
def chaos(
    images: Annotated[int, typer.Option(min=0, help="Pictures that are ordered.")] = 300,
    films: Annotated[int, typer.Option(min=0, help="Films that are ordered.")] = 5,
    shots: Annotated[int, typer.Option(min=1, help="Chunks of a film, five seconds each.")] = 4,
    minutes: Annotated[float, typer.Option(min=0.01, help="That programs are killed for.")] = 2.0,
    kill_seconds: Annotated[float, typer.Option(min=0.1, help="Between kills, on average.")] = 3.0,
    workers: Workers = 2,
    seed: Seed = 1,
    side: Side = None,
    data: Data = None,
    as_json: AsJson = False,
) -> int:
    """Kill workers, queue and store one after another while orders flow."""
    from cli.drill_chaos import ChaosOptions, chaos  # noqa: PLC0415 - the engine, the queue's client and asyncio
    from cli.drill_ground import run_drill  # noqa: PLC0415 - with them
    from cli.drill_report import told  # noqa: PLC0415 - with them

    options = ChaosOptions(
        images=images,
        films=films,
        shots=shots,
        minutes=minutes,
        kill_seconds=kill_seconds,
        workers=workers,
        seed=seed,
        side=side,
    )
    return told(run_drill(lambda folder: chaos(folder, options), data), as_json=as_json)


@app.command("full-disk")
def full_disk(
    images: Annotated[int, typer.Option(min=3, help="Pictures that are ordered.")] = 60,
    films: Annotated[int, typer.Option(min=0, help="Films that are ordered.")] = 1,
    shots: Annotated[int, typer.Option(min=1, help="Chunks of a film, five seconds each.")] = 2,
    full_seconds: Annotated[float, typer.Option(min=1, help="Without any room on the disk.")] = 20.0,
    workers: Workers = 2,
    seed: Seed = 1,
    side: Side = None,
    data: Data = None,
    as_json: AsJson = False,
) -> int:
    """Have the disk full for a while.

    Root on Linux gets a small disk of its own, under queue and store both. Elsewhere a proxy says of the store alone
    what SeaweedFS says when its disk is full.
    """
    from cli.drill_full_disk import FullDiskOptions, full_disk  # noqa: PLC0415 - as above
    from cli.drill_ground import run_drill  # noqa: PLC0415 - as above
    from cli.drill_report import told  # noqa: PLC0415 - as above

    options = FullDiskOptions(
        images=images, films=films, shots=shots, full_seconds=full_seconds, workers=workers, seed=seed, side=side
    )
    return told(run_drill(lambda folder: full_disk(folder, options), data), as_json=as_json)


@app.command()
def faults(
    images: Annotated[int, typer.Option(min=1, help="Pictures that are ordered.")] = 150,
    films: Annotated[int, typer.Option(min=0, help="Films that are ordered.")] = 2,
    shots: Annotated[int, typer.Option(min=1, help="Chunks of a film, five seconds each.")] = 3,
    every: Annotated[int, typer.Option(min=2, help="One request of so many is hurt.")] = 5,
    stall_seconds: Annotated[float, typer.Option(min=0.1, help="Until a stalled request is cut off.")] = 35.0,
    workers: Workers = 2,
    seed: Seed = 1,
    side: Side = None,
    data: Data = None,
    as_json: AsJson = False,
) -> int:
    """Have the store refuse, stall and break off while orders flow."""
    from cli.drill_faults import FaultsOptions, faults  # noqa: PLC0415 - as above
    from cli.drill_ground import run_drill  # noqa: PLC0415 - as above
    from cli.drill_report import told  # noqa: PLC0415 - as above

    options = FaultsOptions(
        images=images,
        films=films,
        shots=shots,
        every=every,
        stall_seconds=stall_seconds,
        workers=workers,
        seed=seed,
        side=side,
    )
    return told(run_drill(lambda folder: faults(folder, options), data), as_json=as_json)


@app.command()
def poison(
    orders: Annotated[int, typer.Option(min=1, help="Good orders in each round.")] = 200,
    rounds: Annotated[int, typer.Option(min=0, help="Pairs with and without poison; 0 takes no time.")] = 5,
    workers: Workers = 2,
    seed: Seed = 1,
    side: Side = None,
    data: Data = None,
    as_json: AsJson = False,
) -> int:
    """Mix orders in that nobody can carry out, and see that they hold up no others."""
    from cli.drill_ground import run_drill  # noqa: PLC0415 - as above
    from cli.drill_poison import PoisonOptions, poison  # noqa: PLC0415 - as above
    from cli.drill_report import told  # noqa: PLC0415 - as above

    options = PoisonOptions(orders=orders, rounds=rounds, workers=workers, seed=seed, side=side)
    return told(run_drill(lambda folder: poison(folder, options), data), as_json=as_json)


@app.command()
def throughput(
    only: Annotated[list[Part] | None, typer.Option(help="Measure this alone; may be given again.")] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Photographs through the queue and past it.")] = 40,
    batch: Annotated[int, typer.Option(min=2, help="Pictures for one worker, and for two.")] = 40,
    batches: Annotated[int, typer.Option(min=1, help="Times that both colour them.")] = 5,
    stub_orders: Annotated[int, typer.Option(min=1, help="Through a worker that does nothing.")] = 5000,
    waiting_orders: Annotated[int, typer.Option(min=1, help="That a worker's memory is measured with.")] = 50_000,
    starts: Annotated[int, typer.Option(min=1, help="Of `colorise up`, from nothing.")] = 3,
    seed: Seed = 1,
    side: Side = None,
    data: Data = None,
    as_json: AsJson = False,
) -> int:
    """Measure what the queue costs, how much it carries, and how soon it is there; nothing is promised."""
    from cli.drill_ground import run_drill  # noqa: PLC0415 - as above
    from cli.drill_report import told  # noqa: PLC0415 - as above
    from cli.drill_throughput import ThroughputOptions, throughput  # noqa: PLC0415 - as above

    options = ThroughputOptions(
        parts=[part.value for part in only or Part],
        rounds=rounds,
        batch=batch,
        batches=batches,
        stub_orders=stub_orders,
        waiting_orders=waiting_orders,
        starts=starts,
        seed=seed,
        side=side,
    )
    return told(run_drill(lambda folder: throughput(folder, options), data), as_json=as_json)


@app.command()
def bot(
    mentions: Annotated[
        int, typer.Option(min=60, help="Posts that the bot may hear of; every kind is among them.")
    ] = 2000,
    kills: Annotated[int, typer.Option(min=1, help="Of the bot, beside two at which it has work at every step.")] = 12,
    work_seconds: Annotated[float, typer.Option(min=0, help="That the bot has between kills, at most.")] = 4.0,
    latency_photos: Annotated[
        int, typer.Option(min=0, help="Photos that are answered one after the other first.")
    ] = 26,
    load_seconds: Annotated[
        float, typer.Option(min=0, help="Of steady mentions that need no reply; 0 leaves it out.")
    ] = 60,
    quiet_seconds: Annotated[float, typer.Option(min=1, help="In the end, in which nothing more must come.")] = 8.0,
    workers: Workers = 2,
    seed: Seed = 1,
    side: Side = None,
    data: Data = None,
    as_json: AsJson = False,
) -> int:
    """Have a crowd mention the bot, on an X that misbehaves, and kill it between any two steps."""
    from cli.drill_bot import BotOptions, rehearse  # noqa: PLC0415 - as above
    from cli.drill_ground import run_drill  # noqa: PLC0415 - as above
    from cli.drill_report import told  # noqa: PLC0415 - as above

    options = BotOptions(
        mentions=mentions,
        kills=kills,
        work_seconds=work_seconds,
        latency_photos=latency_photos,
        load_seconds=load_seconds,
        quiet_seconds=quiet_seconds,
        workers=workers,
        seed=seed,
        side=side,
    )
    return told(run_drill(lambda folder: rehearse(folder, options), data), as_json=as_json)


@app.command()
def stand(
    quiet: Annotated[int, typer.Option(min=1, help="Visitors one after another.")] = 40,
    crowd: Annotated[int, typer.Option(min=1, max=30, help="Visitors at the very same moment, at most.")] = 30,
    rounds: Annotated[int, typer.Option(min=1, help="Crowds of each size.")] = 3,
    kills: Annotated[int, typer.Option(min=0, help="Of a worker, the stand and the bot, in turn.")] = 9,
    kill_seconds: Annotated[float, typer.Option(min=0, help="Between kills.")] = 10.0,
    minutes: Annotated[float, typer.Option(min=0, help="Of visitors while nothing is killed.")] = 10.0,
    at_once: Annotated[int, typer.Option(min=1, max=30, help="Visitors who are there at the same time then.")] = 6,
    expiry: Annotated[
        bool, typer.Option(help="Wait for what the stand deletes by itself; without, visitors delete what is theirs.")
    ] = True,
    workers: Workers = 2,
    seed: Seed = 1,
    side: Side = None,
    data: Data = None,
    as_json: AsJson = False,
) -> int:
    """Play a day of visitors at a stand, at speed, and see what they get and what is left of it."""
    from cli.drill_ground import run_drill  # noqa: PLC0415 - as above
    from cli.drill_report import told  # noqa: PLC0415 - as above
    from cli.drill_stand import StandOptions, rehearse  # noqa: PLC0415 - as above

    options = StandOptions(
        quiet=quiet,
        crowd=crowd,
        rounds=rounds,
        kills=kills,
        kill_seconds=kill_seconds,
        minutes=minutes,
        at_once=at_once,
        expiry=expiry,
        workers=workers,
        seed=seed,
        side=side,
    )
    return told(run_drill(lambda folder: rehearse(folder, options), data), as_json=as_json)

"""What decoding in a process of its own costs: two workers side by side, one of each kind, order about order.

    python -m tests.functions.sandbox.measure [--rounds 15]

Each worker has a queue of its own, so that orders go to the one that is meant; the S3 server is one. Orders alternate,
so that whatever else the machine does falls on both. Prints JSON: milliseconds from sending an order to its result,
seconds of cores, orders a second of a burst, and megabytes of both processes.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import cv2

from functions.jobs import ColoriseChunk, ColoriseImage
from functions.queues.settings import QueueSettings, open_queue
from functions.stores.minio import Bucket, MinioStore
from functions.video_split.handlers import SplitHandler
from tests.grey_films import pan, written
from tests.nats_server import nats_server
from tests.orders import order
from tests.pictures import in_grey
from tests.seaweed import seaweed
from tests.stored_films import SOURCE, film_order

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from functions.jobs import Order
    from functions.queues.protocol import Queue

SIZES: Final = {"1 Mpx": (1000, 1000), "4 Mpx": (2000, 2000), "12 Mpx": (3000, 4000)}
"""(height, width)."""

FILM: Final = (360, 640)
FRAMES: Final = 120

BURST: Final = 12
"""Photos of 1 Mpx that are sent at once."""

MODES: Final = ("off", "process")


@dataclass
class Worker:
    """A worker that runs, and its queue."""

    process: subprocess.Popen[str]
    queue: Queue
    milliseconds: dict[str, list[float]] = field(default_factory=dict)
    core_milliseconds: dict[str, list[float]] = field(default_factory=dict)
    a_second: list[float] = field(default_factory=list)

    def pids(self) -> list[int]:
        """Its own, and its child's."""
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        return [self.process.pid, *(int(pid) for task in tasks for pid in task.read_text().split())]

    def cores(self) -> float:
        """Seconds of cores so far."""
        fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in self.pids()]
        return sum(int(one[11]) + int(one[12]) for one in fields) / os.sysconf("SC_CLK_TCK")

    def megabytes(self, row: str) -> list[float]:
        """Of each process; `Pss` counts what several share once."""
        return [round(_row(Path(f"/proc/{pid}/smaps_rollup"), row) / 1024, 1) for pid in self.pids()]


def _row(file: Path, row: str) -> int:
    return next(int(line.split()[1]) for line in file.read_text().splitlines() if line.startswith(f"{row}:"))


@contextlib.contextmanager
def started(environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """Run a worker that takes orders."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("COLORISE_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "functions.colorise", "worker"],
        env={**clean, **environment},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        while "taking orders" not in process.stderr.readline():
            assert process.poll() is None
        yield process
    finally:
        process.terminate()
        process.communicate()


async def carried_out(worker: Worker, orders: Sequence[Order]) -> float:
    """Send orders, and wait until all are done: seconds."""
    begun = time.perf_counter()
    for one in orders:
        await worker.queue.send(one)
    for job_id in {one.job_id for one in orders}:
        async with worker.queue.results(job_id) as results:
            await anext(results)
    return time.perf_counter() - begun


async def timed(worker: Worker, what: str, one: Order) -> None:
    """Carry out an order, and write down what it took."""
    cores = worker.cores()
    seconds = await carried_out(worker, [one])
    await asyncio.sleep(0.05)  # what comes after the result costs as well
    worker.milliseconds.setdefault(what, []).append(1000 * seconds)
    worker.core_milliseconds.setdefault(what, []).append(1000 * (worker.cores() - cores))


def photo(mode: str, what: str, number: str) -> ColoriseImage:
    """One more order for a photo."""
    name = what.replace(" ", "-")
    return order(
        ColoriseImage, f"{mode}-{name}-{number}", source=_source(what), target=f"outbox/{mode}-{name}-{number}.jpg"
    )


def _source(what: str) -> str:
    return f"inbox/{what.replace(' ', '-')}.jpg"


async def measured(rounds: int) -> dict[str, Any]:
    """Do it all."""
    async with contextlib.AsyncExitStack() as stack:
        s3 = stack.enter_context(seaweed())
        store = MinioStore(Bucket(s3.endpoint, s3.bucket, s3.access_key, s3.secret_key))
        store.prepare()
        for what, (height, width) in SIZES.items():
            pixels = cv2.resize(in_grey("astronaut"), (width, height), interpolation=cv2.INTER_CUBIC)
            store.write(_source(what), cv2.imencode(".jpg", pixels)[1].tobytes(), content_type="image/jpeg")
        _write_film(store)
        workers: dict[str, Worker] = {}
        for mode in MODES:
            nats = stack.enter_context(nats_server())
            keys = {"COLORISE_S3_ACCESS_KEY": s3.access_key, "COLORISE_S3_SECRET_KEY": s3.secret_key}
            places = {"COLORISE_NATS_URL": nats.url, "COLORISE_S3_ENDPOINT": s3.endpoint, "COLORISE_SANDBOX": mode}
            process = stack.enter_context(started({**places, **keys}))
            queue = await open_queue(QueueSettings(nats_url=nats.url))
            stack.push_async_callback(queue.close)
            workers[mode] = Worker(process, queue)
        idle = {mode: worker.megabytes("Pss") for mode, worker in workers.items()}
        for number in range(-1, rounds):
            for mode, worker in sorted(workers.items(), reverse=number % 2 == 0):
                for what in SIZES:
                    await timed(worker, what, photo(mode, what, str(number + 1)))
                chunk = _chunk_order(store, f"{mode}-{number + 1}")
                await timed(worker, "chunk", chunk)
                for info in store.list(chunk.plan.rpartition("/")[0]):
                    if "/plan-" not in info.name:
                        store.delete(info.name)
                burst = [photo(mode, "1 Mpx", f"burst-{number + 1}-{one}") for one in range(BURST)]
                worker.a_second.append(BURST / await carried_out(worker, burst))
        return _summary(workers, idle)


def _write_film(store: MinioStore) -> None:
    still = cv2.resize(in_grey("astronaut"), (FILM[1] + 100, FILM[0] + 100))
    with TemporaryDirectory() as folder:
        film = written(Path(folder) / "film.mp4", pan(still, FRAMES, *FILM), "libx264")
        store.write(SOURCE, film.read_bytes(), content_type="video/mp4")


def _chunk_order(store: MinioStore, job_id: str) -> ColoriseChunk:
    """The film's first chunk, for a job of its own."""
    first = SplitHandler(store, max_bytes=1 << 30)(film_order(job_id)).orders[0]
    assert isinstance(first, ColoriseChunk)
    return first


def _summary(workers: dict[str, Worker], idle: dict[str, list[float]]) -> dict[str, Any]:
    told: dict[str, Any] = {"idle_pss_megabytes": idle, "load": os.getloadavg()}
    off, process = (workers[mode] for mode in MODES)
    for what in (*SIZES, "chunk"):
        told[what] = {
            "milliseconds": _compared(off.milliseconds[what], process.milliseconds[what]),
            "core_milliseconds": _compared(off.core_milliseconds[what], process.core_milliseconds[what]),
        }
    told["burst_a_second"] = _compared(off.a_second, process.a_second)
    for row in ("Pss", "Rss"):
        told[f"{row.lower()}_megabytes"] = {mode: worker.megabytes(row) for mode, worker in workers.items()}
    return told


def _compared(off: list[float], process: list[float]) -> dict[str, float]:
    """Medians, and the median of the ratios of each round; the first round warms up."""
    ratios = [with_it / without for without, with_it in zip(off[1:], process[1:], strict=True)]
    return {
        "off": round(median(off[1:]), 2),
        "process": round(median(process[1:]), 2),
        "ratio": round(median(ratios), 3),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=15)
    sys.stdout.write(json.dumps(asyncio.run(measured(parser.parse_args().rounds)), indent=1) + "\n")

"""What the queue can do: messages an order, and acknowledged messages a second, at a NATS server of our own.

The server is started as `colorise up` starts it, with every message on the disk before it is acknowledged.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cli.up_data import prepare
from cli.up_ports import choose
from cli.up_secrets import QUEUE_PASSWORD, made_once
from cli.up_servers import QUEUE_PORTS, queue_server
from cli.up_settings import USER
from functions.jobs import ImageColorised, encoded
from functions.outcome import Outcome
from functions.queues.jetstream import NatsQueue
from functions.worker import work
from infra.capacity.measuring.machine import cpu_seconds
from infra.capacity.measuring.orders import TRACE, heard, photo_order

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from functions.jobs import ColoriseImage

ALONE: Final = 200
"""Messages told one after another."""

TOGETHER: Final = 4000
SIDE_BY_SIDE: Final = 64
"""As many as a split tells at once (`functions.worker.SIDE_BY_SIDE`)."""

ORDERS: Final = 100


def measured_queue(folder: Path | None = None) -> dict[str, Any]:
    """Measure a NATS server that nobody else uses.

    Args:
        folder: on whose disk it is to keep its files; None is the system's folder for temporary files.
    """
    with _server(folder) as (pid, url, password):
        found = asyncio.run(_measured(pid, url, password))
    return found | {"disk_sync": _disk_sync(folder)}


def _disk_sync(folder: Path | None) -> float:
    """Seconds until the disk has a message-sized piece that is added to a file: the middle one of many."""
    taken = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(ALONE):
            began = time.perf_counter()
            file.write(bytes(512))
            file.flush()
            os.fsync(file.fileno())
            taken.append(time.perf_counter() - began)
    return statistics.median(taken)


@contextlib.contextmanager
def _server(where: Path | None) -> Iterator[tuple[int, str, str]]:
    """Run it; its process, address and password."""
    with tempfile.TemporaryDirectory(prefix="colorise-capacity-", dir=where) as folder:
        data = prepare(Path(folder))
        password = made_once(data.secrets)
        port = choose(QUEUE_PORTS, {}, data.ports)["nats"]
        server = queue_server(data, port, password)
        server.folder.mkdir()
        process = subprocess.Popen(  # noqa: S603 - the product's own words
            server.command, cwd=server.folder, env=dict(server.environment), stderr=subprocess.DEVNULL
        )
        try:
            yield process.pid, server.address, password[QUEUE_PASSWORD]
        finally:
            process.terminate()
            process.wait()


async def _measured(pid: int, url: str, password: str) -> dict[str, Any]:
    async with _queue(url, password) as asker, _queue(url, password) as worker:
        return {
            "one_after_another": await _told(asker, pid, ALONE, 1),
            "side_by_side": await _told(asker, pid, TOGETHER, SIDE_BY_SIDE),
            "order": await _order_messages(asker, worker, pid),
            "bytes": {
                "order": len(encoded(photo_order("inbox/a.jpg", "a" * 28))),
                "result": len(encoded(_result("a" * 28))),
            },
        }


@contextlib.asynccontextmanager
async def _queue(url: str, password: str) -> AsyncIterator[NatsQueue]:
    queue = await NatsQueue.open([url], user=USER, password=password)
    try:
        yield queue
    finally:
        await queue.close()


async def _told(queue: NatsQueue, pid: int, count: int, together: int) -> dict[str, float]:
    """Tell results; each is on the server's disk when it is acknowledged."""
    waiting = iter(range(count))

    async def tell() -> None:
        for number in waiting:
            await queue.tell(_result(f"told-{together}-{number}"))

    began, server, own = time.perf_counter(), cpu_seconds(pid), time.process_time()
    async with asyncio.TaskGroup() as group:
        for _ in range(together):
            group.create_task(tell())
    wall = time.perf_counter() - began
    return {
        "a_second": count / wall,
        "server_cpu": (cpu_seconds(pid) - server) / count,
        "client_cpu": (time.process_time() - own) / count,
        "wall": wall / count,
    }


async def _order_messages(asker: NatsQueue, worker: NatsQueue, pid: int) -> dict[str, float]:
    """Messages of an order that somebody asks for, and that one idle worker carries out in no time."""
    stop = asyncio.Event()

    def handle(order: ColoriseImage) -> Outcome:
        return Outcome((_result(order.job_id),))

    working = asyncio.create_task(work(worker, {"colorise-image": handle}, stop=stop))
    async with asker.results() as results:
        first = photo_order("inbox/a.jpg", "first")
        await asker.send(first)
        await heard(results, first)
        before, server = [_messages(asker), _messages(worker)], cpu_seconds(pid)
        began = time.perf_counter()
        for number in range(ORDERS):
            order = photo_order("inbox/a.jpg", f"order-{number}")
            await asker.send(order)
            await heard(results, order)
        wall = time.perf_counter() - began
        after = [_messages(asker), _messages(worker)]
    stop.set()
    await working
    told = {
        f"{who}_{way}": (new[way] - old[way]) / ORDERS
        for who, old, new in zip(("asker", "worker"), before, after, strict=True)
        for way in ("in", "out")
    }
    return told | {"server_cpu": (cpu_seconds(pid) - server) / ORDERS, "wall": wall / ORDERS}


def _messages(queue: NatsQueue) -> dict[str, int]:
    """Messages of the connection until now, as its client counts them."""
    stats = queue._connection._client.stats  # noqa: SLF001 - nobody else counts them
    return {"in": stats["in_msgs"], "out": stats["out_msgs"]}


def _result(job_id: str) -> ImageColorised:
    return ImageColorised(
        job_id=job_id,
        trace_id=TRACE,
        target=f"outbox/capacity/{job_id}.jpg",
        picture_kind="jpeg",
        width=1600,
        height=1200,
        verdict="grey",
        seconds=0.25,
    )

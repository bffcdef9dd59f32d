"""Claims about worker programs beside a real queue and a real S3 server, and files that take over what decodes them."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import pytest

from functions.jobs import ColoriseImage, ImageColorised, JobFailed, VideoColorised
from functions.queues.settings import QueueSettings, open_queue
from functions.stores.minio import Bucket, MinioStore
from tests.grey_films import CHUNK, grey_film
from tests.logged_program import PATIENCE_SECONDS, asked, starting
from tests.nats_server import nats_server
from tests.orders import order
from tests.pictures import in_grey
from tests.seaweed import seaweed
from tests.stored_films import SOURCE, TARGET, coloured_here, film_order

if TYPE_CHECKING:
    from collections.abc import Iterator

    from functions.jobs import AnyResult, Order
    from functions.queues.protocol import Queue
    from tests.logged_program import Start
    from tests.seaweed import Seaweed

HOSTILE = "tests.functions.sandbox.hostile"

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[str, Seaweed]]:
    with nats_server() as nats, seaweed() as s3:
        yield nats.url, s3


@pytest.fixture
def environment(servers: tuple[str, Seaweed], tmp_path: Path) -> dict[str, str]:
    url, s3 = servers
    return {
        "COLORISE_NATS_URL": url,
        "COLORISE_S3_ENDPOINT": s3.endpoint,
        "COLORISE_S3_ACCESS_KEY": s3.access_key,
        "COLORISE_S3_SECRET_KEY": s3.secret_key,
        "COLORISE_HEALTH_PORT": "0",
        "COLORISE_SIDE": "32",
        "TMPDIR": str(tmp_path),
    }


@pytest.fixture
def store(servers: tuple[str, Seaweed]) -> MinioStore:
    s3 = servers[1]
    store = MinioStore(Bucket(s3.endpoint, s3.bucket, s3.access_key, s3.secret_key))
    store.prepare()
    return store


@pytest.fixture
def start() -> Iterator[Start]:
    with starting() as start:
        yield start


async def final(queue: Queue, asked: Order) -> AnyResult:
    """Ask, and wait until the job is over."""
    await queue.send(asked)
    async with asyncio.timeout(PATIENCE_SECONDS), queue.results(asked.job_id) as results:
        async for result in results:
            if result.final:
                return result
    raise AssertionError


def child_of(parent: int) -> int:
    children = Path(f"/proc/{parent}/task").glob("*/children")
    (child,) = {int(pid) for task in children for pid in task.read_text().split()}
    return child


async def test_what_a_file_does_to_the_child_is_told_and_the_next_one_is_carried_out(
    servers: tuple[str, Seaweed], environment: dict[str, str], store: MinioStore, start: Start
) -> None:
    limits = {"COLORISE_SANDBOX_MEGABYTES": "400", "COLORISE_SANDBOX_FILM_SECONDS": "2"}
    worker = start(HOSTILE, "worker", {**environment, **limits})
    guards = worker.until("files are decoded in a process of their own")
    port = worker.until("taking orders")["health_port"]
    store.write("inbox/other.png", b"another person's", content_type="image/png")
    deeds = ("segfault", "eat", "burn", "other_picture", "connect", "giant", "garbage")
    queue = await open_queue(QueueSettings(nats_url=servers[0]))

    async def done(deed: str) -> AnyResult:
        source, target = f"inbox/{deed}/1.png", f"outbox/{deed}.png"
        store.write(source, str(servers[1].port).encode(), content_type="image/png")
        told = await final(queue, order(ColoriseImage, deed, source=source, target=target))
        assert store.find(target) is None
        after, source = f"after-{deed}", f"inbox/decent/{deed}.png"
        store.write(source, b"grey", content_type="image/png")
        decent = order(ColoriseImage, after, source=source, target=f"outbox/{after}.png")
        assert isinstance(await final(queue, decent), ImageColorised)
        assert store.read(f"outbox/{after}.png") == b"grey"
        return told

    try:
        ended = dict(zip(deeds, await asyncio.gather(*map(done, deeds)), strict=True))
    finally:
        await queue.close()
    assert {deed: told.code for deed, told in ended.items() if isinstance(told, JobFailed)} == {
        "segfault": "crashed",
        "eat": "too-costly",
        "burn": "too-costly",
        "other_picture": "crashed",
        "connect": "told",
        "giant": "too-large",
        "garbage": "crashed",
    }
    connect = ended["connect"]
    assert isinstance(connect, JobFailed)
    assert connect.reason.startswith(("no socket", "no network"))
    _, metrics = await asyncio.to_thread(asked, port, "/metrics")
    assert 'colorise_sandbox_lost_total{code="crashed",kind="colorise-image"} 9.0' in metrics
    assert f'network="{guards["network"]}"' in metrics
    assert worker.stop() == 0


def check_apart(parent: int, child: int, key: str) -> None:
    """See that the parent has loaded nothing that decodes, and that the child has neither keys nor network."""
    of_parent, of_child = (Path(f"/proc/{pid}") for pid in (parent, child))
    assert not re.search(r"onnxruntime|cv2|numpy|/av/", (of_parent / "maps").read_text())
    inherited = (of_child / "environ").read_text()
    assert key not in inherited
    assert "COLORISE_NATS" not in inherited
    alone = (of_child / "ns/net").readlink() != (of_parent / "ns/net").readlink()
    assert alone or "Seccomp:\t2" in (of_child / "status").read_text()
    assert "NoNewPrivs:\t1" in (of_child / "status").read_text()


async def test_pictures_and_films_are_coloured_by_children_that_have_nothing(
    tmp_path: Path,
    servers: tuple[str, Seaweed],
    environment: dict[str, str],
    store: MinioStore,
    start: Start,
) -> None:
    clip = grey_film(tmp_path / "a.mp4", 2 * CHUNK)
    store.write(SOURCE, clip.read_bytes(), content_type="video/mp4")
    store.write("inbox/a.png", cv2.imencode(".png", in_grey("camera", 80))[1].tobytes(), content_type="image/png")
    colorise, split = (start(name, "worker", environment) for name in ("functions.colorise", "functions.video_split"))
    port = colorise.until("taking orders")["health_port"]
    split.until("taking orders")
    parent = colorise.process.pid
    child = child_of(parent)
    queue = await open_queue(QueueSettings(nats_url=servers[0]))
    try:
        picture = await final(queue, order(ColoriseImage, "real", source="inbox/a.png", target="outbox/real.png"))
        assert isinstance(picture, ImageColorised), picture
        film = await final(queue, film_order("real-film"))
        assert isinstance(film, VideoColorised), film
        assert store.read(TARGET) == coloured_here(clip, film_order("real-film"), tmp_path / "b.mkv")
        assert child_of(parent) == child
        work = json.loads((await asyncio.to_thread(asked, port, "/_/work"))[1])
        assert {"read", "colour", "write", "handle"} <= set(work["lately"][0]["stages"])
        check_apart(parent, child, environment["COLORISE_S3_SECRET_KEY"])
        os.kill(child, signal.SIGKILL)  # as the system does to an idle one when memory runs out
        again = await final(queue, order(ColoriseImage, "again", source="inbox/a.png", target="outbox/again.png"))
        assert isinstance(again, ImageColorised), again
        with os.fdopen(os.pidfd_open(child_of(parent))) as orphan:
            colorise.kill()
            assert await asyncio.to_thread(_ended, orphan.fileno())
    finally:
        await queue.close()
    assert split.stop() == 0


def _ended(process: int) -> bool:
    import select  # noqa: PLC0415 - one test needs it

    return bool(select.select([process], [], [], 60)[0])


def test_switched_off_it_says_so(environment: dict[str, str], start: Start) -> None:
    worker = start("functions.video_split", "worker", {**environment, "COLORISE_SANDBOX": "off"})
    port = worker.until("taking orders")["health_port"]
    assert 'colorise_sandbox_info{mode="off"} 1.0' in asked(port, "/metrics")[1]
    assert not [pid for pid in _children(worker.process.pid) if pid]
    assert worker.stop() == 0


def _children(parent: int) -> list[str]:
    return [pid for task in Path(f"/proc/{parent}/task").glob("*/children") for pid in task.read_text().split()]


def test_another_kind_of_settings_is_refused(environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "functions.colorise", "worker"]
    settings = {**os.environ, **environment, "COLORISE_SANDBOX": "maybe"}
    ended = subprocess.run(command, env=settings, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "COLORISE_SANDBOX=maybe" in ended.stderr

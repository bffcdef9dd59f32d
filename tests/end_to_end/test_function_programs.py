"""Claims about the functions' programs as processes of their own, beside a real queue."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import urllib.request
from typing import TYPE_CHECKING

import cv2
import pytest

from functions.jobs import ChunkColorised, ColoriseImage, ImageColorised, VideoColorised
from functions.queues.settings import QueueSettings, open_queue
from functions.stores.folder import FolderStore
from tests.grey_films import CHUNK, grey_film
from tests.logged_program import PATIENCE_SECONDS, asked, free_ports, starting
from tests.nats_server import NatsServer, nats_server
from tests.orders import order
from tests.pictures import in_grey
from tests.stored_films import SOURCE, TARGET, coloured_here, film_order

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from functions.jobs import AnyResult
    from functions.queues.protocol import Queue
    from tests.logged_program import Start


@pytest.fixture
def start() -> Iterator[Start]:
    with starting() as start:
        yield start


@pytest.fixture
def server() -> Iterator[NatsServer]:
    with nats_server() as server:
        yield server


def environment(folder: Path, server: NatsServer) -> dict[str, str]:
    return {
        "COLORISE_STORE": (folder / "store").as_uri(),
        "COLORISE_NATS_URL": server.url,
        "COLORISE_HEALTH_PORT": "0",
        "COLORISE_SIDE": "32",
    }


async def told(queue: Queue, job_id: str, kind: type[AnyResult]) -> AnyResult:
    async with asyncio.timeout(PATIENCE_SECONDS), queue.results(job_id) as results:
        async for result in results:
            if isinstance(result, kind):
                return result
            assert not result.final, result
    raise AssertionError


async def test_pictures_and_films_come_back_in_colour_and_a_worker_that_is_told_to_stop_finishes_first(
    tmp_path: Path, server: NatsServer, start: Start
) -> None:
    clip = grey_film(tmp_path / "a.mp4", 3 * CHUNK)
    store = FolderStore(tmp_path / "store")
    store.prepare()
    store.write(SOURCE, clip.read_bytes(), content_type="video/mp4")
    store.write("inbox/a.png", cv2.imencode(".png", in_grey("camera", 80))[1].tobytes(), content_type="image/png")
    settings = environment(tmp_path, server)
    colorise, split = (start(module, "worker", settings) for module in ("functions.colorise", "functions.video_split"))
    port = colorise.until("taking orders")["health_port"]
    split.until("taking orders")
    queue = await open_queue(QueueSettings(nats_url=server.url))
    try:
        await queue.send(order(ColoriseImage, "picture", source="inbox/a.png", target="outbox/a.png"))
        picture = await told(queue, "picture", ImageColorised)
        assert isinstance(picture, ImageColorised)
        assert store.find(picture.target) is not None
        await queue.send(film_order())
        await told(queue, "wedding", ChunkColorised)
        # A try is counted after its result was told, and before the next order is taken.
        _, metrics = await asyncio.to_thread(asked, port, "/metrics")
        assert 'colorise_orders_total{kind="colorise-image",outcome="done"} 1.0' in metrics
        assert 'colorise_order_seconds_count{kind="colorise-image",stage="colour"} 1.0' in metrics
        assert 'colorise_model_info{name="small"' in metrics
        assert await asyncio.to_thread(colorise.stop) == 0
        assert len(colorise.told("stopped as told")) == 1
        assert "Traceback" not in colorise.log
        other = start("functions.colorise", "worker", settings)
        film = await told(queue, "wedding", VideoColorised)
        assert isinstance(film, VideoColorised)
        assert store.read(TARGET) == coloured_here(clip, film_order(), tmp_path / "b.mkv")
        other.until("taking orders")
        for process in (other, split):
            assert await asyncio.to_thread(process.stop) == 0
    finally:
        await queue.close()


async def test_a_worker_waits_for_its_queue_and_says_so(tmp_path: Path, server: NatsServer, start: Start) -> None:
    server.kill()
    worker = start("functions.colorise", "worker", environment(tmp_path, server))
    worker.until("warm")
    server.start()
    port = worker.until("taking orders")["health_port"]
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert await asyncio.to_thread(asked, port, "/_/health") == (200, "alive\n")
    assert worker.stop() == 0


def test_a_worker_that_waits_for_its_queue_stops_when_it_is_told_to(
    tmp_path: Path, server: NatsServer, start: Start
) -> None:
    server.kill()
    worker = start("functions.video_split", "worker", environment(tmp_path, server))
    worker.until("warm")
    assert worker.stop() == 0


def test_a_model_that_is_not_there_is_one_line(tmp_path: Path, server: NatsServer) -> None:
    settings = {**os.environ, **environment(tmp_path, server), "COLORISE_MODEL": "van-gogh"}
    command = [sys.executable, "-m", "functions.colorise", "worker"]
    ended = subprocess.run(command, env=settings, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].startswith("functions.colorise: no model 'van-gogh' here")
    assert "Traceback" not in ended.stderr


def test_a_picture_sent_over_http_comes_back_in_colour(start: Start) -> None:
    (port,) = free_ports(1)
    settings = {"COLORISE_HTTP_HOST": "127.0.0.1", "COLORISE_HTTP_PORT": str(port), "COLORISE_SIDE": "32"}
    program = start("functions.colorise", "http", settings)
    program.until("ready")
    picture = cv2.imencode(".png", in_grey("camera", 80))[1].tobytes()
    request = urllib.request.Request(f"http://127.0.0.1:{port}/", picture, {"Content-Type": "image/png"})
    with urllib.request.urlopen(request, timeout=60) as coloured:  # noqa: S310 - as above
        assert coloured.headers["X-Picture-Size"] == "80x80"
        assert coloured.read()[:4] == b"\x89PNG"
    assert program.stop() == 0

"""Claims about `--via` with real servers and real workers: what is sent there comes back as if it were made here."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from cli import up_address
from cli.main import main
from cli.photo_batch import colour_all
from cli.photo_job import Batch
from cli.up_address import Running
from cli.up_processes import this_process
from cli.via_photos import photos_via
from cli.via_pipeline import Pipeline
from functions.colorise.handler import ImageHandler
from functions.colorise.photo import Wishes
from functions.queues.settings import QueueSettings, open_queue
from functions.stores.memory import MemoryStore
from functions.worker import work
from tests.engines import small_engine
from tests.grey_films import CHUNK, QUICK, grey_film
from tests.nats_server import nats_server
from tests.pictures import in_colour, in_grey
from tests.seaweed import seaweed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from tests.nats_server import NatsServer

COMMAND = [sys.executable, "-m", "cli"]


@dataclass(frozen=True)
class Servers:
    """A pipeline of real parts."""

    url: str
    environment: dict[str, str]


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    with contextlib.ExitStack() as stack:
        nats, weed = stack.enter_context(nats_server()), stack.enter_context(seaweed())
        environment = {
            "COLORISE_S3_ENDPOINT": weed.endpoint,
            "COLORISE_S3_BUCKET": weed.bucket,
            "COLORISE_S3_ACCESS_KEY": weed.access_key,
            "COLORISE_S3_SECRET_KEY": weed.secret_key,
        }
        told = {**os.environ, **environment, "COLORISE_NATS_URL": nats.url, "COLORISE_HEALTH_PORT": "0"}
        for program in ("functions.colorise", "functions.video_split"):
            words = [sys.executable, "-m", program, "worker"]
            worker = subprocess.Popen(words, env=told, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            stack.callback(worker.wait)
            stack.callback(worker.kill)
        yield Servers(nats.url, environment)


@pytest.fixture(autouse=True)
def environment(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a person would have set."""
    monkeypatch.setenv("COLORISE_WORK", str(tmp_path_factory.mktemp("work")))
    if "servers" in request.fixturenames:
        for name, value in request.getfixturevalue("servers").environment.items():
            monkeypatch.setenv(name, value)


def test_photographs_are_those_of_this_machine(
    servers: Servers, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "album"
    folder.mkdir()
    for number in range(6):
        cv2.imwrite(str(folder / f"{number}.jpg"), in_grey("astronaut")[number:400])
    cv2.imwrite(str(folder / "colour.png"), in_colour("coffee")[:200, :200])
    codes, told = [], []
    for name, words in (("here", []), ("via", ["--via", servers.url])):
        codes.append(main(["photo", str(folder), "-o", str(tmp_path / name), "--json", *words]))
        shown = capsys.readouterr()
        assert shown.err == ""
        lines = sorted((json.loads(line) for line in shown.out.splitlines()), key=lambda line: line["source"])
        told.append([{**line, "seconds": 0, "output": Path(line["output"]).name} for line in lines])
    assert codes == [4, 4]
    assert told[0] == told[1]
    results = [{path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("here", "via")]
    assert results[0] == results[1]
    assert len(results[1]) == 6


def test_a_film_is_that_of_this_machine(servers: Servers, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    film = grey_film(tmp_path / "a.mp4", 2 * CHUNK)
    for name, words in (("here", []), ("via", ["--via", servers.url, "--verify"])):
        assert main(["video", str(film), "-o", str(tmp_path / f"{name}.mp4"), *QUICK, *words]) == 0
    assert (tmp_path / "here.mp4").read_bytes() == (tmp_path / "via.mp4").read_bytes()
    shown = capsys.readouterr()
    assert "luma" in shown.out
    assert shown.err == ""


def test_pipes_carry_the_picture_and_nothing_else(servers: Servers) -> None:
    data = cv2.imencode(".png", in_grey("camera", 160))[1].tobytes()
    answers = [
        subprocess.run([*COMMAND, "photo", "-", *words], input=data, capture_output=True, check=True)
        for words in ([], ["--via", servers.url])
    ]
    assert answers[0].stdout == answers[1].stdout
    assert answers[1].stderr == b""


def test_ctrl_c_takes_the_orders_back(servers: Servers, tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    noise = np.random.default_rng(7)
    for number in range(90):
        picture = np.clip(in_grey("camera") + noise.integers(0, 3, (512, 512)), 0, 255).astype(np.uint8)
        cv2.imwrite(str(folder / f"{number:02}.png"), picture)
    command = [*COMMAND, "photo", str(folder), "-o", str(out), "--json", "--via", servers.url]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert running.stdout is not None
    assert json.loads(running.stdout.readline())["status"] == "done"  # it is in the middle of things now
    running.send_signal(signal.SIGINT)
    _, shown = running.communicate(timeout=120)
    assert running.returncode == 130
    *said, last = shown.splitlines()
    assert last == "colorise: interrupted"
    assert len(said) <= 1  # nothing to say where no order happened to be on its way
    assert all(line.startswith("orders taken back out of the queue: ") for line in said)
    results = sorted(out.iterdir())
    assert 0 < len(results) < 90
    assert all(path.suffix == ".png" and not path.name.startswith(".") for path in results)
    assert asyncio.run(_waiting(servers.url)) == 0


async def _waiting(url: str) -> int:
    queue = await open_queue(QueueSettings(nats_url=url))
    try:
        return sum(depth.waiting for depth in (await queue.depths()).values())
    finally:
        await queue.close()


def test_up_is_found_where_it_runs_and_goes_before_the_environment(
    servers: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    told = {"COLORISE_NATS_URL": servers.url, **servers.environment}
    (secrets / "colorise_s3_secret_key").write_text(told.pop("COLORISE_S3_SECRET_KEY"))
    ourselves = this_process("up")
    up_address.write(Running(tmp_path, ourselves, ready=True, environment=told, secrets=secrets, programs=()))
    monkeypatch.setenv("COLORISE_DATA", str(tmp_path))
    for name in servers.environment:
        monkeypatch.setenv(name, "wrong")
    source = tmp_path / "a.png"
    cv2.imwrite(str(source), in_grey("camera", 160))
    assert main(["photo", str(source), "--via", "up"]) == 0
    assert main(["jobs", "list", "--json"]) == 0
    assert "depths" in json.loads(capsys.readouterr().out)
    assert (tmp_path / "a.color.png").exists()


@pytest.mark.parametrize("variable", ["COLORISE_S3_ENDPOINT", "COLORISE_S3_BUCKET", "COLORISE_S3_SECRET_KEY"])
def test_a_store_out_of_reach_is_one_line(
    servers: Servers,
    variable: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    source = tmp_path / "a.png"
    cv2.imwrite(str(source), in_grey("camera", 64))
    monkeypatch.setenv(variable, {"COLORISE_S3_ENDPOINT": "http://127.0.0.1:1"}.get(variable, "wrong"))
    assert main(["photo", str(source), "--via", servers.url]) == 1
    shown = capfd.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("colorise: cannot ")
    assert shown.err.count("\n") == 1


def test_a_store_that_nobody_named_is_usage(
    servers: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("COLORISE_S3_ENDPOINT")
    source = tmp_path / "a.png"
    cv2.imwrite(str(source), in_grey("camera", 64))
    assert main(["photo", str(source), "--via", servers.url]) == 2
    assert "set either COLORISE_S3_ENDPOINT" in capsys.readouterr().err


def test_a_queue_that_is_killed_while_we_wait_loses_nothing(tmp_path: Path) -> None:
    source = tmp_path / "a.png"
    cv2.imwrite(str(source), in_grey("camera", 64))
    with nats_server() as server:
        opened = _Interrupted(server)
        batch = Batch(
            wishes=Wishes(),
            model="small",
            side=32,
            require_gpu=False,
            jobs=None,
            overwrite=False,
            skip_existing=False,
            as_json=False,
            quiet=False,
        )
        assert colour_all(batch, [str(source)], recursive=False, output=None, way=photos_via(opened)) == 0
    assert opened.was_killed
    assert (tmp_path / "a.color.png").exists()


class _Interrupted:
    """A pipeline whose queue dies after the order has come, and comes back; only then is there a worker."""

    def __init__(self, server: NatsServer) -> None:
        self._server = server
        self.was_killed = False

    @contextlib.asynccontextmanager
    async def __call__(self) -> AsyncIterator[Pipeline]:
        store = MemoryStore()
        queue = await open_queue(QueueSettings(nats_url=self._server.url))
        working = asyncio.create_task(self._work(store))
        try:
            yield Pipeline(self._server.url, queue, store)
        finally:
            working.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await working
            await queue.close()

    async def _work(self, store: MemoryStore) -> None:
        queue = await open_queue(QueueSettings(nats_url=self._server.url))
        try:
            while not [order async for order in queue.orders()]:  # noqa: ASYNC110 - nobody tells that it has come
                await asyncio.sleep(0.01)
            await asyncio.to_thread(self._server.kill)
            await asyncio.to_thread(self._server.start)
            self.was_killed = True
            await work(queue, {"colorise-image": ImageHandler(store, small_engine())}, stop=asyncio.Event())
        finally:
            await queue.close()

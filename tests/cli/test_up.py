"""Claims about `colorise up` as a whole, with the real servers and workers that stand in for ours."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import psutil  # type: ignore[import-untyped]
import pytest

from cli.main import main
from cli.up_address import find_running
from cli.up_ports import GRPC_OFFSET
from cli.up_probes import bucket_works, stream_server_answers
from cli.up_secrets import PIN
from functions.jobs import ColoriseImage, ImageColorised
from functions.queues.settings import open_queue
from functions.stores.settings import open_store
from tests.cli.up_process import PROGRAM, Up
from tests.told_process import LONG_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cli.up_address import Running

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals")


def order() -> ColoriseImage:
    return ColoriseImage(
        job_id="kept", trace_id="0" * 32, asked_at=datetime.now(UTC), source="inbox/a.jpg", target="outbox/a.jpg"
    )


async def put_in(running: Running) -> None:
    open_store(running.store).write("inbox/a.jpg", b"a picture", content_type="image/jpeg")
    orders = await open_queue(running.queue)
    await orders.send(order())
    await orders.close()


async def assert_kept(running: Running) -> None:
    assert open_store(running.store).read("inbox/a.jpg") == b"a picture"
    orders = await open_queue(running.queue)
    assert [json.loads(data)["job_id"] async for _, data in orders.orders("kept")] == ["kept"]
    await orders.close()


def sockets_of(ports: dict[str, int]) -> list[Path]:
    """Those of SeaweedFS's that are ours: a store of another test may have a port that is near to one of these."""
    grpc = {name: ports[f"{name}-grpc"] for name in ("s3", "master", "volume", "filer")}
    grpc["admin"] = ports["admin+grpc"] + GRPC_OFFSET
    paths = (Path(f"/tmp/seaweedfs-{name}-grpc-{port}.sock") for name, port in grpc.items())  # noqa: S108 - it has no other
    return [path for path in paths if path.exists()]


def status(port: int, path: str, method: str = "GET") -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LONG_SECONDS)
    try:
        connection.request(method, path)
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    data = tmp_path_factory.mktemp("data") / f'a long, "odd" name {"x" * 100}' / "here"
    with Up(data, colorise="plain", split="plain") as started:
        started.heard(event="ready")
        yield started


@pytest.fixture
def ports(up: Up) -> dict[str, int]:
    found: dict[str, int] = json.loads((up.data / "ports.json").read_text())
    return found


async def test_who_wants_to_use_it_finds_it(up: Up) -> None:
    running = up.running()
    assert running.ready
    assert running.supervisor.pid == up.process.pid
    assert {program.name for program in running.programs} == {"nats", "s3", "colorise", "split"}
    assert all(program.lives() for program in running.programs)
    await put_in(running)
    await assert_kept(running)


def test_no_secret_is_on_a_command_line_or_in_a_file_for_others(up: Up) -> None:
    # Six digits are found in many files by chance.
    secrets = [path.read_text() for path in up.running().secrets.iterdir() if path.name != PIN]
    assert len(secrets) == 4
    for process in up.processes():
        assert not any(secret in word for word in process.cmdline() for secret in secrets)
    files = [up.data / "run.json", up.data / "config" / "nats.conf", *up.running().secrets.iterdir()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    folders = [path for path in up.data.iterdir() if path.is_dir()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}


def listening(up: Up) -> set[tuple[str, int]]:
    """Where anything of it listens."""
    return {
        tuple(connection.laddr)
        for process in up.processes()
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }


def test_nothing_listens_beyond_this_machine(up: Up, ports: dict[str, int]) -> None:
    wanted = {("127.0.0.1", port) for port in (*ports.values(), ports["admin+grpc"] + 10_000)}
    heard = listening(up)
    until = time.monotonic() + LONG_SECONDS
    while heard < wanted and time.monotonic() < until:  # a part of the store that nobody waits for may come last
        time.sleep(0.1)
        heard = listening(up)
    assert heard == wanted


def test_strangers_get_nothing(up: Up, ports: dict[str, int]) -> None:
    open_store(up.running().store).write("inbox/secret.jpg", b"a picture", content_type="image/jpeg")
    assert status(ports["s3"], "/colorise/inbox/secret.jpg") == 403
    assert status(ports["s3"], "/colorise/inbox/secret.jpg", "PUT") == 403
    assert status(ports["s3"], "/colorise") == 403
    for name in ("filer", "master", "admin+grpc"):
        for path in ("/buckets/colorise/inbox/secret.jpg", "/buckets/", "/dir/assign", "/dir/lookup?volumeId=1"):
            assert status(ports[name], path) == 404
    assert [status(ports["volume"], f"/{volume},01{'0' * 8}") for volume in (1, 2, 3)] == [401] * 3
    assert not bucket_works(ports["s3"], "colorise", "colorise", "wrong")
    assert not stream_server_answers(ports["nats"], "colorise", "wrong")
    assert not stream_server_answers(ports["nats"], "", "")


def test_a_second_one_on_the_same_data_says_where_the_first_is(up: Up, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["up", "--data", str(up.data)]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert f"process {up.process.pid}" in shown.err
    assert up.running().environment["COLORISE_NATS_URL"] in shown.err
    assert shown.err.count("\n") == 1


@pytest.mark.parametrize("name", ["nats", "s3", "colorise"])
async def test_what_is_killed_comes_back_with_what_it_held(up: Up, name: str) -> None:
    await put_in(up.running())
    victim = next(program for program in up.running().programs if program.name == name)
    os.kill(victim.pid, signal.SIGKILL)
    assert up.heard(event="died", name=name)["how"] == "was killed by signal 9"
    again = up.heard(event="program", name=name, state="ready")
    assert again["pid"] != victim.pid
    assert again["restarts"] == 1
    assert again["address"] == victim.address
    await assert_kept(up.running())


async def test_nothing_is_lost_and_nothing_left_by_any_kind_of_end(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with Up(data, worker="stubborn") as first:
        first.heard(event="ready")
        await put_in(first.running())
        processes = first.processes()
        assert len(processes) == 4  # the worker's own among them
        ports = json.loads((data / "ports.json").read_text())
        assert first.end(signal.SIGTERM) == 0
    assert_gone(processes, data, ports)
    assert not (data / "run.json").exists()
    assert not (data / "tmp").exists()

    with Up(data, worker="plain") as second:
        second.heard(event="ready")
        await assert_kept(second.running())
        processes = second.processes()
        assert second.end(signal.SIGKILL) == -9
    if sys.platform == "linux":  # elsewhere, the next one ends them
        assert psutil.wait_procs(processes, timeout=LONG_SECONDS)[1] == []
    assert find_running(data) is None

    with Up(data, worker="plain") as third:
        third.heard(event="ready")
        assert json.loads((data / "ports.json").read_text()) == ports
        await assert_kept(third.running())
        processes = [*processes, *third.processes()]
        assert third.end(signal.SIGINT) == 0
    assert_gone(processes, data, ports)


def assert_gone(processes: list[psutil.Process], data: Path, ports: dict[str, int]) -> None:
    assert psutil.wait_procs(processes, timeout=LONG_SECONDS)[1] == []
    assert sockets_of(ports) == []
    assert [path for path in data.rglob("*") if path.is_socket()] == []


async def test_our_own_workers_colour_a_picture(tmp_path: Path) -> None:
    with Up(tmp_path / "data") as up:
        up.heard(event="ready")
        running = up.running()
        assert {program.name for program in running.programs} == {"nats", "s3", "colorise-1", "split"}
        store = open_store(running.store)
        _, jpeg = cv2.imencode(".jpg", np.tile(np.arange(256, dtype=np.uint8), (192, 1)))
        store.write("inbox/a.jpg", jpeg.tobytes(), content_type="image/jpeg")
        orders = await open_queue(running.queue)
        async with orders.results("kept") as results:
            await orders.send(order())
            result = await asyncio.wait_for(anext(results), LONG_SECONDS)
        await orders.close()
        assert isinstance(result, ImageColorised), result
        colored = cv2.imdecode(np.frombuffer(store.read(result.target), np.uint8), cv2.IMREAD_COLOR)
        assert colored is not None
        assert colored.shape == (192, 256, 3)
        assert up.end(signal.SIGINT) == 0


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Settings of a queue and a store that run already: as much as stand-ins ask of them."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield {
            "COLORISE_NATS_URL": f"nats://127.0.0.1:{server.getsockname()[1]}",
            "COLORISE_NATS_USER": "somebody",
            "COLORISE_NATS_PASSWORD": "of theirs",
            "COLORISE_STORE": (tmp_path / "store").as_uri(),
        }


def test_servers_that_the_settings_name_are_used(tmp_path: Path, elsewhere: dict[str, str]) -> None:
    with Up(tmp_path / "data", elsewhere, worker="plain") as up:
        ready = up.heard(event="ready")
        assert {event["name"] for event in up.seen if event.get("state") == "elsewhere"} == {"nats", "s3"}
        running = up.running()
        assert [program.name for program in running.programs] == ["worker"]
        assert running.environment["COLORISE_STORE"] == elsewhere["COLORISE_STORE"]
        assert "of theirs" not in json.dumps(ready) + (up.data / "run.json").read_text()
        password = running.queue.nats_password
        assert password is not None
        assert password.get_secret_value() == "of theirs"
        assert running.store.store == elsewhere["COLORISE_STORE"]


def test_what_keeps_dying_waits_longer_and_says_why(tmp_path: Path, elsewhere: dict[str, str]) -> None:
    with Up(tmp_path / "data", elsewhere, worker="broken") as up:
        deaths = [up.heard(event="died") for _ in range(4)]
        assert {death["how"] for death in deaths} == {"ended with code 1"}
        assert {death["last_line"] for death in deaths} == {"no model of this name"}
        assert [death["in_a_row"] for death in deaths] == [1, 2, 3, 4]
        assert [death["again_seconds"] for death in deaths] == pytest.approx([0.1, 0.2, 0.4, 0.8])
        assert up.end(signal.SIGINT) == 130  # it was never ready


def shown_on_a_terminal(data: Path, elsewhere: dict[str, str], until: Callable[[str], bool]) -> str:
    import pty  # noqa: PLC0415 - not on Windows

    ours, theirs = pty.openpty()
    words = [sys.executable, "-c", PROGRAM.replace("as_json=True", "as_json=False"), str(data), "worker=plain"]
    with subprocess.Popen(words, stdout=theirs, stderr=theirs, env=os.environ | elsewhere) as process:
        os.close(theirs)
        text = ""
        try:
            while not until(text):
                text += os.read(ours, 4096).decode()
        finally:
            process.send_signal(signal.SIGINT)
            os.set_blocking(ours, True)
            try:
                while more := os.read(ours, 4096):
                    text += more.decode()
            except OSError:  # the other end was closed
                pass
            os.close(ours)
    return text


def test_a_terminal_shows_a_table_and_how_to_use_it(tmp_path: Path, elsewhere: dict[str, str]) -> None:
    text = shown_on_a_terminal(tmp_path / "data", elsewhere | {"TERM": "xterm"}, lambda text: "stop   Ctrl-C" in text)
    assert "restarts" in text
    assert "ready in" in text
    assert "colorise photo old.jpg --via up" in text
    assert "stopped in" in text

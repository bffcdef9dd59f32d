"""Claims about the parts of `colorise up` that need no server."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from cli import up_logs
from cli.main import main
from cli.up_address import Running, find_running, read, write
from cli.up_data import prepare, refuse_little_room
from cli.up_keeper import BackOff, Keeper
from cli.up_ports import GRPC_OFFSET, choose, is_free
from cli.up_processes import Process, end_leftovers, started_at, this_process
from cli.up_program import Program, State
from cli.up_secrets import PIN, made_once
from cli.up_servers import NATS_STUCK, QUEUE_WORDS, STORE_PORTS, find_program, store_server
from functions.errors import Rejected

if TYPE_CHECKING:
    from pathlib import Path

    from cli.up_program import Death, Status


def test_restarts_are_quick_at_first_and_never_stop() -> None:
    back_off = BackOff()
    pauses = [back_off.after(0.0) for _ in range(5000)]
    assert pauses[:3] == pytest.approx([0.1, 0.2, 0.4])
    assert pauses == sorted(pauses)
    assert pauses[-1] == 30.0


def test_a_calm_life_clears_what_was_before() -> None:
    back_off = BackOff()
    for _ in range(5):
        back_off.after(1.0)
    assert back_off.after(30.0) == pytest.approx(0.1)


class Deaths:
    """Hears of a program."""

    def __init__(self) -> None:
        self.states: asyncio.Queue[State] = asyncio.Queue()
        self.deaths: asyncio.Queue[Death] = asyncio.Queue()

    def changed(self, status: Status) -> None:
        self.states.put_nowait(status.state)

    def died(self, death: Death) -> None:
        self.deaths.put_nowait(death)

    async def until(self, state: State) -> None:
        async with asyncio.timeout(60):
            while await self.states.get() is not state:
                pass


async def test_what_is_stuck_is_started_again_as_soon_as_that_helps(tmp_path: Path) -> None:
    said = "[ERR] JetStream failed to store a msg on stream '$G > COLORISE': write 1.blk: no space left on device"
    room, heard = threading.Event(), Deaths()
    program = Program(
        name="nats",
        command=[sys.executable, "-c", f"import signal; print({said!r}, flush=True); signal.pause()"],
        environment={},
        folder=tmp_path / "work",
        address="",
        is_ready=lambda: True,
        stuck_at=NATS_STUCK,
        may_go_on=room.is_set,
    )
    keeper = Keeper(program, tmp_path / "nats.log", heard)
    keeping = asyncio.create_task(keeper.keep())
    await heard.until(State.READY)
    await heard.until(State.UNREADY)
    assert heard.deaths.empty()
    room.set()
    async with asyncio.timeout(60):
        assert (await heard.deaths.get()).how == "was stuck and had to be ended"
    await heard.until(State.READY)
    keeping.cancel()
    await keeper.stop(60)


def test_ports_are_the_same_every_time_unless_they_are_taken(tmp_path: Path) -> None:
    names = ("one", "two", "three+grpc")
    first = choose(names, {}, tmp_path / "ports.json")
    assert choose(names, {}, tmp_path / "ports.json") == first
    assert len({*first.values(), first["three+grpc"] + GRPC_OFFSET}) == 4
    with socket.create_server(("127.0.0.1", first["one"])):
        assert not is_free(first["one"])
        second = choose(names, {}, tmp_path / "ports.json")
    assert second["one"] != first["one"]
    assert second["two"] == first["two"]


@pytest.mark.parametrize("damage", ["", "[1]", '{"nats": "x"}'])
def test_a_damaged_list_of_ports_is_made_anew(tmp_path: Path, damage: str) -> None:
    (tmp_path / "ports.json").write_text(damage)
    assert set(choose(("nats",), {}, tmp_path / "ports.json")) == {"nats"}


def test_a_taken_port_is_a_line_and_a_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert main(["up", "--data", str(tmp_path), "--s3-port", str(port)]) == 1
    shown = capsys.readouterr().err
    assert f"port {port} is taken" in shown
    assert shown.count("\n") == 1


def test_data_of_a_newer_version_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "data-version").write_text("2\n")
    assert main(["up", "--data", str(tmp_path)]) == 1
    assert "update colorise" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["data-version"]


def test_a_folder_that_cannot_be_made_is_a_line_and_a_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert main(["up", "--data", str(tmp_path / "file" / "data")]) == 1
    shown = capsys.readouterr().err
    assert f"cannot write to {tmp_path / 'file' / 'data'}" in shown
    assert shown.count("\n") == 1


def test_a_full_disk_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="make room") as refused:
        refuse_little_room(prepare(tmp_path), least_bytes=1 << 60)
    assert refused.value.code == "no-space"


def test_a_number_of_workers_is_auto_or_a_number(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["up", "--workers", "0"]) == 2
    assert "--workers 0" in capsys.readouterr().err


def test_a_missing_server_says_which_settings_take_its_place() -> None:
    with pytest.raises(Rejected, match=r"there is no no-such-server .* or name one elsewhere by COLORISE_NATS_URL"):
        find_program("no-such-server", f"name one elsewhere by {QUEUE_WORDS}")


def test_the_store_calls_nobody(tmp_path: Path) -> None:
    data = prepare(tmp_path)
    ports = {name: number for number, name in enumerate(STORE_PORTS, 20_000)}
    words = store_server(data, ports, made_once(data.secrets)).command
    assert {"-master.telemetry=false", "-ip.bind=127.0.0.1", "-disableHttp=true"} < set(words)


def test_passwords_are_made_once(tmp_path: Path) -> None:
    first = made_once(tmp_path)
    assert made_once(tmp_path) == first
    assert re.fullmatch("[0-9]{6}", first.pop(PIN))
    assert all(re.fullmatch("[0-9a-f]{64}", password) for password in first.values())
    assert len(set(first.values())) == len(first) == 4


def test_a_log_stays_bounded_and_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    with open(up_logs.opened(log), "wb", buffering=0) as file:  # noqa: PTH123 - by its descriptor
        file.write(b"x" * 100)
        up_logs.bound(log, largest=99)
        file.write(b"more\n")
    assert log.read_bytes() == b"more\n"
    assert (tmp_path / "a.log.1").read_bytes() == b"x" * 100
    assert log.stat().st_mode & 0o077 == 0


def test_the_last_line_is_of_this_life_only(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("before\n")
    assert up_logs.last_line(log, since=7) == ""
    with log.open("a") as file:
        file.write("first\nlast  one\n\n")
    assert up_logs.last_line(log, since=7) == "last one"
    assert up_logs.last_line(tmp_path / "none.log", since=0) == ""


def running(data: Path, supervisor: Process) -> Running:
    return Running(data, supervisor, True, {"COLORISE_NATS_URL": "nats://127.0.0.1:1"}, data / "secrets", ())  # noqa: FBT003 - ready


def test_who_is_gone_is_not_found(tmp_path: Path) -> None:
    assert find_running(tmp_path) is None
    ourselves = this_process("up")
    write(running(tmp_path, ourselves))
    assert find_running(tmp_path) == running(tmp_path, ourselves)
    assert (tmp_path / "run.json").stat().st_mode & 0o077 == 0
    # The same number, but started at another time: it was given again.
    write(running(tmp_path, Process("up", ourselves.pid, ourselves.started - 100)))
    assert find_running(tmp_path) is None
    assert read(tmp_path) is not None


@pytest.mark.parametrize("text", ["", "{}", '{"version": 2}', json.dumps({"version": 1, "supervisor": 3})])
def test_what_cannot_be_read_is_nobody(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json").write_text(text)
    assert find_running(tmp_path) is None


def test_leftovers_are_ended_and_others_left_alone() -> None:
    program = "import subprocess, sys; subprocess.Popen(['sleep', '600']); print(flush=True); sys.stdin.read()"
    words = [sys.executable, "-c", program]
    with (
        subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, process_group=0) as left,
        subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, process_group=0) as other,
    ):
        for process in (left, other):
            assert process.stdout is not None
            process.stdout.readline()
        given_again = Process("other", other.pid, started_at(other.pid) - 100)
        assert end_leftovers([Process("left", left.pid, started_at(left.pid)), given_again]) == ["left"]
        assert left.poll() is not None
        assert other.poll() is None
        assert end_leftovers([Process("other", other.pid, started_at(other.pid))]) == ["other"]

"""Claims about workers that are added, removed and killed while `colorise up` runs."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import psutil  # type: ignore[import-untyped]
import pytest

from cli import up_address
from cli.up_crew import MOST, Crew
from cli.up_data import prepare
from cli.up_processes import Process
from functions.errors import Rejected
from tests.cli.up_process import Up
from tests.told_process import LONG_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals")


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Settings of a queue and a store that run already: as much as stand-ins ask of them."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield {
            "COLORISE_NATS_URL": f"nats://127.0.0.1:{server.getsockname()[1]}",
            "COLORISE_STORE": (tmp_path_factory.mktemp("store")).as_uri(),
        }


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory, elsewhere: dict[str, str]) -> Iterator[Up]:
    kinds = {"colorise-1": "plain", "split": "plain"}
    with Up(tmp_path_factory.mktemp("data"), elsewhere, **kinds) as started:
        started.heard(event="ready")
        yield started


def lines(up: Up, *sent: bytes) -> list[bytes]:
    """What is answered to lines on one connection; empty where it was closed."""
    control = up.running().control
    assert control is not None
    host, port = control.split(":")
    with socket.create_connection((host, int(port)), LONG_SECONDS) as connection, connection.makefile("rb") as answers:
        found = []
        for line in sent:
            try:
                connection.sendall(line + b"\n")
                found.append(answers.readline())
            except ConnectionError:  # it was closed before all of the line was read
                found.append(b"")
        return found


def ask(up: Up, do: str, **fields: Any) -> dict[str, Any]:
    token = (up.running().secrets / "colorise_control_token").read_text()
    (line,) = lines(up, json.dumps({"token": token, "do": do, **fields}).encode())
    answer: dict[str, Any] = json.loads(line)
    return answer


def programs(up: Up) -> dict[str, dict[str, Any]]:
    return {program["name"]: program for program in ask(up, "status")["programs"]}


def test_all_programs_are_told_with_their_processes(up: Up) -> None:
    told = programs(up)
    assert list(told) == ["nats", "s3", "colorise-1", "split"]
    worker = told["colorise-1"]
    assert psutil.Process(worker["pid"]).create_time() == pytest.approx(worker["started"], abs=1)
    assert (worker["state"], worker["is_worker"], worker["removable"]) == ("ready", True, True)
    assert worker["address"].startswith("http://127.0.0.1:")
    assert (told["nats"]["is_worker"], told["split"]["removable"]) == (False, False)
    assert ask(up, "status")["ready"] is True


def test_an_added_worker_is_as_well_kept_as_the_others_and_a_removed_one_is_gone(up: Up) -> None:
    added = ask(up, "add")
    assert (added["ok"], added["name"]) == (True, "colorise-2")
    first = up.heard(event="program", name="colorise-2", state="ready")
    assert first["address"] != programs(up)["colorise-1"]["address"]
    recorded = {program.name: program for program in up.running().programs}
    assert recorded["colorise-2"].pid == first["pid"]
    assert (up.data / "logs" / "colorise-2.log").exists()

    assert ask(up, "kill", name="colorise-2")["ok"]
    assert up.heard(event="died", name="colorise-2")["how"] == "was killed by signal 9"
    again = up.heard(event="program", name="colorise-2", state="ready")
    assert (again["address"], again["restarts"]) == (first["address"], 1)
    told = programs(up)["colorise-2"]
    assert (told["pid"], told["deaths"], told["how"]) == (again["pid"], 1, "was killed by signal 9")

    assert ask(up, "remove", name="colorise-2")["state"] in {"ready", "stopping"}
    up.heard(event="program", name="colorise-2", state="stopped")
    assert not psutil.pid_exists(again["pid"])
    assert "colorise-2" not in programs(up)
    assert "colorise-2" not in {program.name for program in up.running().programs}
    assert ask(up, "add")["name"] == "colorise-2"
    assert up.heard(event="program", name="colorise-2", state="ready")["address"] == first["address"]


def test_a_removed_worker_may_end_what_it_has_in_hand(tmp_path: Path, elsewhere: dict[str, str]) -> None:
    with Up(tmp_path, elsewhere, **{"colorise-1": "busy", "split": "plain"}) as up:
        up.heard(event="ready")
        (busy,) = [program for program in up.running().programs if program.name == "colorise-1"]
        ask(up, "remove", name="colorise-1")
        up.heard(event="program", name="colorise-1", state="stopping")
        ask(up, "remove", name="colorise-1")
        assert programs(up)["colorise-1"]["pid"] == busy.pid
        assert busy.lives()
        # Whoever ends everything does not wait for it any longer than for the others.
        processes = up.processes()
        assert up.end(signal.SIGTERM) == 0
        assert psutil.wait_procs(processes, timeout=LONG_SECONDS)[1] == []
    # A worker that is told twice drops what it has in hand.
    assert (tmp_path / "logs" / "colorise-1.log").read_text().count("told to stop") == 1


def test_what_was_added_is_ended_with_everything_else(tmp_path: Path, elsewhere: dict[str, str]) -> None:
    with Up(tmp_path, elsewhere, **{"colorise-1": "plain"}) as up:
        up.heard(event="ready")
        ask(up, "add")
        up.heard(event="program", name="colorise-2", state="ready")
        processes = up.processes()
        assert len(processes) == 2
        assert up.end(signal.SIGTERM) == 0
    assert psutil.wait_procs(processes, timeout=LONG_SECONDS)[1] == []


def test_the_next_one_ends_what_was_added_to_one_that_was_killed(tmp_path: Path, elsewhere: dict[str, str]) -> None:
    with Up(tmp_path, elsewhere, **{"colorise-1": "plain"}) as up:
        up.heard(event="ready")
        ask(up, "add")
        up.heard(event="program", name="colorise-2", state="ready")
        processes = up.processes()
        assert up.end(signal.SIGKILL) == -9
    recorded = up_address.read(tmp_path)
    assert recorded is not None
    assert {program.name for program in recorded.programs} == {"colorise-1", "colorise-2"}
    with Up(tmp_path, elsewhere, **{"colorise-1": "plain"}) as second:
        second.heard(event="ready")
        assert psutil.wait_procs(processes, timeout=LONG_SECONDS)[1] == []
        assert [program.name for program in second.running().programs] == ["colorise-1"]
        assert second.running().control == recorded.control


@pytest.mark.parametrize(
    ("do", "name", "code"),
    [
        ("kill", "nobody", "no-such-program"),
        ("kill", "nats", "no-such-program"),
        ("remove", "nobody", "no-such-program"),
        ("remove", "split", "needed"),
        ("remove", "nats", "needed"),
        ("remove", ["split"], "bad-request"),
        ("explode", "split", "bad-request"),
    ],
)
def test_what_cannot_be_done_is_refused_and_nothing_happens(up: Up, do: str, name: object, code: str) -> None:
    before = programs(up)
    answer = ask(up, do, name=name)
    assert (answer["ok"], answer["code"]) == (False, code)
    assert answer["reason"]
    assert programs(up) == before


@pytest.mark.parametrize("token", ["", "wrong", None, "é"])
def test_nothing_is_done_or_told_without_the_token(up: Up, token: str | None) -> None:
    before = programs(up)
    request = {"token": token, "do": "add"}
    (line, after) = lines(up, json.dumps(request).encode(), b"{}")
    assert json.loads(line)["code"] == "wrong-token"
    assert after == b""
    assert programs(up) == before


@pytest.mark.parametrize("line", [b"POST / HTTP/1.1", b"[]", b"\xff", b"[" * 3000, b" " * 100_000])
def test_what_is_no_request_ends_the_connection_and_nothing_else(up: Up, line: bytes) -> None:
    assert lines(up, line) == [b""]
    assert ask(up, "status")["ok"]


def test_only_this_user_of_this_machine_has_a_way_in(up: Up) -> None:
    running = up.running()
    assert running.control is not None
    assert running.control.startswith("127.0.0.1:")
    token = running.secrets / "colorise_control_token"
    assert stat.S_IMODE(token.stat().st_mode) == 0o600
    assert token.read_text() not in (up.data / "run.json").read_text()
    assert (up.data / "secrets" / "colorise_control_token").read_text() == token.read_text()


def test_a_file_of_an_older_version_has_no_control_and_is_read_all_the_same(tmp_path: Path) -> None:
    running = up_address.Running(tmp_path, Process("up", os.getpid(), 1.0), True, {}, tmp_path, ())  # noqa: FBT003 - ready
    fields = {name: field for name, field in asdict(running).items() if name != "control"}
    (tmp_path / "run.json").write_text(json.dumps({**fields, "version": 1}, default=str))
    found = up_address.read(tmp_path)
    assert found is not None
    assert found.control is None
    up_address.write(up_address.Running(tmp_path, running.supervisor, True, {}, tmp_path, (), "127.0.0.1:1"))  # noqa: FBT003
    # What an older program looks at is where it was.
    assert fields.keys() <= json.loads((tmp_path / "run.json").read_text()).keys()
    assert json.loads((tmp_path / "run.json").read_text())["version"] == 1


def test_there_is_an_end_to_adding(tmp_path: Path) -> None:
    crew = Crew(prepare(tmp_path), {}, {"colorise-1": ("true",), "split": ("true",)}, {"colorise-1": 1, "split": 2})
    names = ["split", "colorise-2"]
    made = [crew.another(names)]
    for _ in range(MOST - 2):
        names.append(made[-1].name)
        made.append(crew.another(names))
    assert [program.name for program in made] == ["colorise-1", *(f"colorise-{n}" for n in range(3, MOST + 1))]
    assert len({program.address for program in made}) == MOST - 1
    with pytest.raises(Rejected) as refused:
        crew.another([*names, made[-1].name])
    assert refused.value.code == "too-many"

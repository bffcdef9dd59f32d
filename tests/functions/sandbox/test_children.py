"""Claims about a child that a stranger's file has taken over: it gets nothing, and the next order is carried out."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from functions.errors import Rejected
from functions.jobs import ColoriseImage, ImageColorised
from functions.program.settings import ProgramSettings
from functions.sandbox.child import Child
from functions.sandbox.children import Children
from functions.sandbox.limits import Limits
from functions.sandbox.scratch import Scratch
from functions.sandbox.verdicts import Crashed, NotStarted, TooCostly
from functions.stores.folder import FolderStore
from tests.orders import order

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from functions.outcome import Outcome

COMMAND = [sys.executable, "-m", "tests.functions.sandbox.hostile", "sandboxed"]

MEGABYTE = 1 << 20

IN_A_CONTAINER = """
import dataclasses, platform, runpy, sys
from functions.sandbox import kernel, seccomp
machine, known = platform.machine(), seccomp.MACHINES
unshare = {"x86_64": 272, "aarch64": 97}[machine]
seccomp.MACHINES = {machine: dataclasses.replace(known[machine], refused=(unshare,), on_itself=())}
kernel.prctl(kernel.NO_NEW_PRIVILEGES, 1)
assert seccomp.refuse_calls(machine)
seccomp.MACHINES = known
sys.argv[1:] = ["sandboxed"]
runpy.run_module("tests.functions.sandbox.hostile", run_name="__main__")
"""
"""As with a container's profile: it refuses new namespaces."""


linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems have no such guards")


class Nursery:
    """Children, and a store with a picture for each deed."""

    def __init__(
        self,
        folder: Path,
        *,
        command: Sequence[str] = COMMAND,
        count: int = 1,
        seconds: float = 3,
        patience: float = 60,
    ) -> None:
        self.command = command
        self.folder = folder
        self.store = FolderStore(folder)
        self.store.prepare()
        self.store.write("inbox/other.png", b"another person's", content_type="image/png")
        self.lost: list[str] = []
        self.stages: list[str] = []
        self.begun = Event()
        self.limits = Limits(
            memory_bytes=512 * MEGABYTE,
            file_bytes=8 * MEGABYTE,
            seconds={"colorise-image": seconds},
            patience=patience,
        )
        self.children = Children(
            self.start,
            self.store,
            count=count,
            stages=lambda _: self.stage,
            died=self.died,
        )
        self.ready = self.children.warm_up()

    def start(self) -> Child:
        return Child(self.command, ProgramSettings().model_dump_json(), self.limits, threads=1, log_level="INFO")

    def stage(self, name: str, _: float) -> None:
        self.stages.append(name)
        self.begun.set()

    def died(self, _: str, code: str) -> None:
        self.lost.append(code)

    def carry_out(self, deed: str, picture: bytes = b"grey") -> Outcome:
        asked = self.picture(deed, picture)
        return self.children.carry_out(asked)

    def picture(self, deed: str, picture: bytes = b"grey") -> ColoriseImage:
        self.store.write(f"inbox/{deed}/1.png", picture, content_type="image/png")
        return order(ColoriseImage, deed, source=f"inbox/{deed}/1.png", target=f"outbox/{deed}.png")

    def told(self, deed: str, picture: bytes = b"grey") -> str:
        """What an order ends with that can say something."""
        with pytest.raises(Rejected) as refused:
            self.carry_out(deed, picture)
        assert refused.value.code == "told", refused.value.reason
        return refused.value.reason

    def coloured(self) -> int:
        """Have a decent picture coloured; the process id of whoever did it."""
        (result,) = self.carry_out("decent").results
        assert isinstance(result, ImageColorised)
        assert self.store.read("outbox/decent.png") == b"grey"
        self.store.delete("outbox/decent.png")
        return result.width


@pytest.fixture(scope="module")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    nursery = Nursery(tmp_path_factory.mktemp("store"))
    yield nursery
    nursery.children.close()


def test_a_child_stays_for_many_orders(nursery: Nursery) -> None:
    assert nursery.coloured() == nursery.coloured() == nursery.children.pids()[0] != os.getpid()


DEATHS = {
    "segfault": (Crashed, "SIGSEGV"),
    "garbage": (Crashed, "no order leads to"),
    "flood": (Crashed, "no order leads to"),
    "wrong_word": (Crashed, "no order leads to"),
    "other_picture": (Crashed, "may not read 'inbox/other.png'"),
    "other_target": (Crashed, "may not write 'outbox/other.png'"),
    "impostor": (Crashed, "in the name of another job"),
    "other_result": (Crashed, "is about another target"),
    "giant": (Rejected, "far larger"),
    "burn": (TooCostly, "s of a core"),
    "eat": (TooCostly, "MB of memory"),
    "encode": (TooCostly, "MB of memory"),
    "eat_shared": (TooCostly, "MB of memory"),
}


@linux
@pytest.mark.parametrize("deed", DEATHS)
def test_a_deed_costs_the_child_its_life_and_the_next_order_is_carried_out(nursery: Nursery, deed: str) -> None:
    kind, words = DEATHS[deed]
    before = nursery.coloured()
    with pytest.raises(kind, match=words):
        nursery.carry_out(deed)
    assert nursery.coloured() != before
    assert nursery.store.read("inbox/other.png") == b"another person's"
    assert [found.name for found in nursery.store.list("outbox/")] == []


def test_what_is_over_the_line_is_a_reason_for_people_in_the_end(nursery: Nursery) -> None:
    asked = nursery.picture("segfault").model_copy(update={"job_id": "three-times"})
    for _ in range(Crashed.most - 1):
        with pytest.raises(Crashed):
            nursery.children.carry_out(asked)
    with pytest.raises(Rejected, match="crash") as refused:
        nursery.children.carry_out(asked)
    assert refused.value.code == "crashed"
    assert nursery.coloured()


@linux
def test_there_is_no_network_not_even_on_this_machine(nursery: Nursery) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        assert nursery.told("connect", port.encode()).startswith(("no socket", "no network"))
    assert nursery.ready.guards.network != "none"


@linux
def test_where_namespaces_are_refused_sockets_are_as_well(tmp_path: Path) -> None:
    nursery = Nursery(tmp_path, command=[sys.executable, "-c", IN_A_CONTAINER])
    try:
        assert nursery.ready.guards.network == "seccomp"
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = str(server.getsockname()[1])
            assert nursery.told("connect", port.encode()) == "no socket: PermissionError"
        assert nursery.coloured()
    finally:
        nursery.children.close()


def test_orders_side_by_side_have_a_child_each(tmp_path: Path) -> None:
    nursery = Nursery(tmp_path, count=2)
    with ThreadPoolExecutor(1) as thread:
        sleeping = thread.submit(nursery.carry_out, "sleep")
        assert nursery.begun.wait(60)
        with_it = nursery.children.pids()
        assert nursery.coloured() not in with_it
        assert nursery.stages == ["read"]
        nursery.children.close()
        with pytest.raises(Crashed):
            sleeping.result()


def test_an_order_that_takes_no_core_takes_its_time_only_for_so_long(tmp_path: Path) -> None:
    nursery = Nursery(tmp_path, seconds=1, patience=1)
    with pytest.raises(TooCostly, match="longer than"):
        nursery.carry_out("sleep")
    nursery.children.close()


def test_children_that_are_closed_while_they_start_leave_nothing(tmp_path: Path) -> None:
    started: list[Child] = []
    begun = Event()
    nursery = Nursery(tmp_path)
    nursery.children.close()

    def start() -> Child:
        started.append(nursery.start())
        begun.set()
        return started[-1]

    children = Children(start, nursery.store, stages=lambda _: lambda *_: None, died=nursery.died)
    with ThreadPoolExecutor(1) as thread:
        warming = thread.submit(children.warm_up)
        assert begun.wait(60)
        children.close()
        with pytest.raises(NotStarted):
            warming.result()
    assert not started[0].lives


def test_what_an_order_leaves_behind_in_knots_is_gone_before_the_next_one(nursery: Nursery) -> None:
    (before,) = nursery.children.pids()
    assert [nursery.told("knot") for _ in range(12)] == ["knotted"] * 12  # half as much again as it may take
    assert nursery.children.pids() == [before]


@linux
def test_no_key_can_be_found_by_looking_around(
    nursery: Nursery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLORISE_S3_SECRET_KEY", "hunter2")
    monkeypatch.setenv("COLORISE_NATS_PASSWORD", "hunter2")
    (before,) = nursery.children.pids()
    with os.fdopen(os.pidfd_open(before)) as process:
        os.kill(before, signal.SIGKILL)
        assert ended(process)  # the next one is started with these in our environment
    secret = tmp_path / "colorise_nats_password"
    secret.write_text("hunter2")
    if nursery.ready.guards.files == "none":
        pytest.skip("this kernel has no Landlock: files are open")
    places = [secret, nursery.folder / "inbox" / "other.png", "/etc/shadow", "/etc/passwd"]
    assert nursery.told("look_around", "\n".join(map(str, places)).encode()) == "seen: []"


@linux
@pytest.mark.parametrize(
    ("deed", "words"),
    [
        ("kill_parent", "Operation not permitted"),
        ("start_program", "no program: PermissionError"),
        ("giant_file", "File too large"),
    ],
)
def test_other_processes_and_large_files_are_refused(nursery: Nursery, deed: str, words: str) -> None:
    assert nursery.told(deed) == words


HOSTILE_NAMES = [
    "inbox/other.png",
    "inbox/hostile_name/../other.png",
    "../secrets/colorise_nats_password",
    "/etc/passwd",
    "",
    "inbox/hostile_name/1.png\n",
    "inbox/hostile_name/1.png\0",
    "outbox/hostile_name.png/../../inbox/other.png",
    "work/" + "a" * 32 + "/plan-hostile_name.json",
    "OUTBOX/hostile_name.png",
    "x" * 600,
]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_name_that_is_not_the_orders_own_is_refused(nursery: Nursery, name: str) -> None:
    with pytest.raises((Crashed, Rejected)) as refused:
        nursery.carry_out("hostile_name", name.encode())
    assert getattr(refused.value, "code", "") == "crashed"


def test_a_bug_comes_back_with_its_name_and_where_it_was(nursery: Nursery) -> None:
    before = nursery.coloured()
    with pytest.raises(Exception, match="by zero") as failed:
        nursery.carry_out("bug")
    assert type(failed.value).__name__ == "ZeroDivisionError"
    assert "hostile.py" in failed.value.__notes__[0]
    assert nursery.coloured() == before


@linux
def test_a_parent_that_is_killed_takes_its_child_with_it_and_its_files_go_with_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = (
        "import pathlib, sys, threading\n"
        "from tests.functions.sandbox.test_children import Nursery\n"
        "nursery = Nursery(pathlib.Path(sys.argv[1]))\n"
        "threading.Thread(target=nursery.carry_out, args=('sleep',)).start()\n"
        "nursery.begun.wait()\n"
        "print(nursery.children.pids()[0], flush=True)\n"
    )
    places = {**os.environ, "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-c", code, str(tmp_path / "store")]
    parent = subprocess.Popen(command, env=places, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with os.fdopen(os.pidfd_open(int(parent.stdout.readline()))) as child:
        parent.kill()
        parent.wait()
        assert ended(child)
    parent.stdout.close()
    (left,) = tmp_path.glob("colorise-sandbox-*")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    Scratch().delete()
    assert not left.exists()


def ended(process: Any) -> bool:
    """Wait for the end of a process by its pidfd."""
    import select  # noqa: PLC0415 - one test needs it

    return bool(select.select([process], [], [], 60)[0])

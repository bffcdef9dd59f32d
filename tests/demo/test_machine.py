"""Claims about what the machine room knows: from the queue, from `colorise up`, and from its workers."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr, ValidationError

from demo.fan_out import BEHIND, FanOut
from demo.machine import HISTORY, Machine
from demo.machine_control import UpControl
from demo.machine_moments import between
from demo.machine_settings import MachineSettings
from demo.machine_tries import JOBS, TRIES, Tries, VisitSteps, trace
from demo.machine_workers import Worker, WorkerTry, memory_mb
from demo.sentences import told
from functions.errors import Postponed, Rejected
from functions.jobs import ColoriseImage, ImageColorised, JobFailed
from functions.outcome import Outcome
from functions.queues.memory import MemoryQueue
from functions.telemetry.health import health_server
from functions.telemetry.metrics import Metrics
from functions.worker import work
from tests.http_web import raw_server
from tests.orders import TRACE, order

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from functions.outcome import Handler

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
TOKEN = "a-token"  # noqa: S105 - of a server that lives for one test
OLD = WorkerTry("colorise-1", "colorise-image", "wedding", 1, NOON, 0.4, {}, None)
WORKER = Worker("colorise-1", "ready", 7, 0, "", removable=True)


class Up:
    """The answers of a `colorise up`, as a test wants them."""

    def __init__(self) -> None:
        self.programs: list[dict[str, Any]] = []
        self.asked: list[dict[str, Any]] = []

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = json.loads(await reader.readline())
        self.asked.append(request)
        said: dict[str, Any] = {"ok": True, "programs": self.programs}
        if request["token"] != TOKEN:
            said = {"ok": False, "code": "wrong-token", "reason": "another token"}
        writer.write(json.dumps(said).encode() + b"\n")
        await writer.drain()

    def worker(self, name: str = "colorise-1", **fields: Any) -> None:
        told = {
            "name": name,
            "state": "ready",
            "pid": os.getpid(),
            "deaths": 0,
            "how": "",
            "address": "",
            "removable": True,
        }
        others = [program for program in self.programs if program["name"] != name]
        self.programs = [*others, told | {"is_worker": True} | fields]


def control_of(port: int, token: str = TOKEN) -> UpControl:
    return UpControl(MachineSettings(demo_control=f"127.0.0.1:{port}", control_token=SecretStr(token)))


@asynccontextmanager
async def a_machine(up: Up, queue: MemoryQueue | None = None) -> AsyncIterator[Machine]:
    async with raw_server(up.answer) as port:
        yield Machine(queue or MemoryQueue(), control_of(port))


def picture(job_id: str) -> ColoriseImage:
    return order(ColoriseImage, job_id, source="inbox/1.jpg", target="outbox/1.jpg")


def coloured(order: ColoriseImage) -> Outcome:
    done = ImageColorised(
        job_id=order.job_id,
        trace_id=TRACE,
        target=order.target,
        picture_kind="jpeg",
        width=1,
        height=1,
        verdict="grey",
        seconds=0.25,
    )
    return Outcome(results=(done,))


@asynccontextmanager
async def working(queue: MemoryQueue, handler: Handler) -> AsyncIterator[str]:
    """A worker in this process, with its health server; gives the address."""
    metrics, stop = Metrics(), asyncio.Event()
    async with health_server(metrics.registry, ready=lambda: True, work=metrics.work) as port:
        task = asyncio.create_task(work(queue, {"colorise-image": handler}, stop=stop, metrics=metrics))
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            stop.set()
            await task


async def test_a_worker_is_told_with_its_process_its_memory_and_the_order_in_its_hand() -> None:
    queue, up = MemoryQueue(), Up()
    begun, go_on = threading.Event(), threading.Event()

    def held(order: ColoriseImage) -> Outcome:
        begun.set()
        assert go_on.wait(60)
        return coloured(order)

    async with working(queue, held) as address, a_machine(up, queue) as machine:
        up.worker(address=address)
        up.worker("nats", is_worker=False)
        await queue.send(picture("wedding"))
        await queue.send(picture("birthday"))
        await asyncio.to_thread(begun.wait, 60)
        await machine.look()
        state = machine.state()
        assert state["control"] == {"there": True, "said": None}
        assert state["queue"]["colorise-image"] == {"waiting": 1, "in_hand": 1}
        (worker,) = state["workers"]
        assert (worker["name"], worker["state"], worker["pid"]) == ("colorise-1", "ready", os.getpid())
        assert worker["memory_mb"] > 1
        (held_now,) = worker["in_hand"]
        assert (held_now["kind"], held_now["job"], held_now["attempt"]) == ("colorise-image", "wedding", 1)
        assert machine.has_worker("colorise-1")
        assert not machine.has_worker("nats")
        go_on.set()


async def test_what_is_finished_is_counted_and_told_with_who_did_it() -> None:
    queue, up = MemoryQueue(), Up()
    async with working(queue, coloured) as address, a_machine(up, queue) as machine, machine.lifespan():
        up.worker(address=address)
        with machine.news.listening() as news:
            await machine.look()
            async with queue.results("wedding") as results:
                await queue.send(picture("wedding"))
                await anext(results)
            async with asyncio.timeout(60):
                async for thing in news:
                    machine.look_soon()
                    if not isinstance(thing, dict) and thing.what == "finished":
                        assert (thing.job, thing.worker) == ("wedding", "colorise-1")
                        assert thing.said == "a picture is in colour after 0.25 s by colorise-1"
                        break
        state = machine.state()
        assert (state["finished_per_second"], state["median_seconds"]) == (0.1, 0.25)
        assert sum(finished for _, finished, _ in state["history"]) == 1
        rows = trace(machine.tries.of("wedding"), None)
        assert [row["stage"] for row in rows][:2] == ["queue", "function"]


def test_a_worker_that_is_slow_to_answer_has_in_hand_what_it_had_and_another_process_has_not() -> None:
    known = replace(WORKER, in_hand=(OLD,), done=3)
    assert WORKER.after(known) == known
    assert WORKER.after(None) == WORKER
    for other in (replace(WORKER, pid=8), replace(WORKER, pid=None), replace(WORKER, done=4)):
        assert other.after(known) == other


async def test_what_fails_is_told_with_its_reason() -> None:
    queue = MemoryQueue()
    async with a_machine(Up(), queue) as machine, machine.lifespan():
        with machine.news.listening() as news:
            await machine.look()
            await queue.tell(
                JobFailed(
                    job_id="x", trace_id=TRACE, order="colorise-image", reason="it is no picture", code="ends-early"
                )
            )
            async with asyncio.timeout(60):
                async for thing in news:
                    machine.look_soon()
                    if not isinstance(thing, dict):
                        assert (thing.what, thing.job, thing.said) == ("failed", "x", "it is no picture")
                        assert thing.told()["code"] == told("ends-early") == "damaged"
                        break
        assert machine.state()["median_seconds"] is None


async def test_deaths_starts_and_departures_are_moments_and_the_first_look_is_none() -> None:
    up = Up()
    async with a_machine(up) as machine:
        up.worker("colorise-1")
        up.worker("colorise-2")
        await machine.look()
        assert machine.moments == []
        up.worker("colorise-1", state="waiting", pid=None, deaths=1, how="was killed by signal 9")
        await machine.look()
        up.worker("colorise-1", pid=os.getppid(), deaths=1, how="was killed by signal 9")
        up.programs = [program for program in up.programs if program["name"] != "colorise-2"]
        await machine.look()
        await machine.look()
        assert [(moment.what, moment.worker) for moment in machine.moments] == [
            ("killed", "colorise-1"),
            ("started", "colorise-1"),
            ("stopped", "colorise-2"),
        ]


def test_who_died_is_told_with_what_was_in_its_hand_and_how() -> None:
    before = replace(WORKER, in_hand=(OLD,))
    after = replace(WORKER, deaths=1, how="ended with code 1", state="dead", pid=None)
    (moment,) = between({"colorise-1": before}, {"colorise-1": after}, NOON)
    assert (moment.what, moment.job) == ("died", "wedding")
    assert moment.said == "colorise-1 ended with code 1, with 1 in hand"


def test_a_death_between_two_looks_is_seen_although_the_worker_is_back() -> None:
    after = replace(WORKER, deaths=1, how="was killed by signal 9", pid=8)
    moments = between({"colorise-1": WORKER}, {"colorise-1": after}, NOON)
    assert [moment.what for moment in moments] == ["killed", "started"]


def test_a_try_of_a_dead_worker_is_remembered_with_the_next_one() -> None:
    tries = Tries()
    assert tries.see([replace(WORKER, in_hand=(OLD,))]) == [OLD]
    longer = replace(OLD, seconds=0.9)
    assert tries.see([replace(WORKER, in_hand=(longer,))]) == []
    again = replace(OLD, worker="colorise-2", attempt=2, since=NOON + timedelta(seconds=3), how="done")
    assert tries.see([replace(WORKER, name="colorise-2", lately=(again,))]) == [again]
    assert tries.of("wedding") == [longer, again]
    assert tries.last_worker("wedding") == "colorise-2"
    assert tries.last_worker("birthday") is None


def test_tries_have_bounds() -> None:
    tries = Tries()
    for number in range(JOBS + 10):
        tries.see([replace(WORKER, lately=(replace(OLD, job=f"job-{number}"),))])
    assert tries.of("job-9") == []
    assert len(tries.of("job-10")) == 1
    for number in range(TRIES + 10):
        tries.see([replace(WORKER, lately=(replace(OLD, job="film", since=NOON + timedelta(seconds=number)),))])
    assert len(tries.of("film")) == TRIES


def test_a_trace_is_the_visits_own_way_and_each_try_at_it() -> None:
    start = NOON.timestamp() * 1000
    visit = VisitSteps(
        "wedding",
        [("received", start - 900), ("stored", start - 700), ("ordered", start - 600), ("done", start + 5200)],
    )
    killed = replace(OLD, stages={"wait": 0.6}, seconds=1.5)
    stages = {"read": 0.1, "colour": 0.7, "write": 0.2, "handle": 1.0, "acknowledge": 0.05}
    again = replace(
        OLD, worker="colorise-2", attempt=2, since=NOON + timedelta(seconds=4), stages=stages, seconds=1.05, how="done"
    )
    rows = trace([killed, again], visit)
    told = [(row["stage"], row["who"], round(row["at_ms"] - start), row["seconds"]) for row in rows]
    assert told == [
        ("listener", "stand", -900, 0.2),
        ("store", "stand", -700, 0.1),
        ("queue", "colorise-image", -600, 0.6),
        ("function", "colorise-1", 0, 1.5),
        ("function", "colorise-2, attempt 2", 4000, 1.0),
        ("read", "colorise-2", 4000, 0.1),
        ("colour", "colorise-2", 4100, 0.7),
        ("write", "colorise-2", 4800, 0.2),
        ("told", "colorise-2", 5000, 0.05),
        ("reply", "stand", 5050, 0.15),
    ]
    assert trace([], replace(visit, stages=[("received", start)])) == []
    mention = replace(visit, stages=[stage for stage in visit.stages if stage[0] != "ordered"], who="bot")
    of_bot = trace([killed, again], mention)
    assert [row["at_ms"] for row in of_bot] == [row["at_ms"] for row in rows]
    assert [row["who"] for row in of_bot if row["who"] in {"bot", "stand"}] == ["bot"] * 3
    # Nobody knows until when it was stored.
    assert [row["stage"] for row in trace([], mention)] == ["listener", "reply"]
    assert [row["who"] for row in trace([replace(OLD, how="failed")], None)] == ["colorise-1: failed"]


def test_the_memory_of_a_worker_is_also_that_of_the_process_which_decodes_for_it() -> None:
    holding = "held = bytearray(b'x' * 80_000_000); print('held', flush=True); input()"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {holding!r}])"
    with subprocess.Popen(
        [sys.executable, "-c", parent], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        megabytes = memory_mb(process.pid)
        process.communicate("\n")
    assert megabytes is not None
    assert megabytes > 80
    assert memory_mb(process.pid) is None


async def test_without_a_colorise_up_there_are_no_workers_and_it_says_why() -> None:
    machine = Machine(MemoryQueue(), UpControl(MachineSettings()))
    await machine.look()
    state = machine.state()
    assert (state["workers"], state["control"]["there"]) == ([], False)
    assert "COLORISE_DEMO_CONTROL" in state["control"]["said"]
    assert len(state["history"]) == 1


async def test_one_that_has_gone_is_told_of_and_the_next_look_finds_the_next_one() -> None:
    up = Up()
    up.worker()
    async with raw_server(up.answer) as port:
        machine = Machine(MemoryQueue(), control_of(port))
        await machine.look()
        assert machine.state()["control"]["there"]
    await machine.look()
    assert f"does not answer at 127.0.0.1:{port}" in machine.state()["control"]["said"]
    assert machine.state()["workers"] == []


async def test_a_wrong_token_is_told_of() -> None:
    async with raw_server(Up().answer) as port:
        with pytest.raises(Rejected) as refused:
            await control_of(port, "wrong").ask("status")
        assert refused.value.code == "wrong-token"


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 400\n", b"[]\n", b"x" * 300_000])
async def test_what_is_no_colorise_up_does_not_answer(said: bytes) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(said)
        await writer.drain()

    async with raw_server(answer) as port:
        with pytest.raises(Postponed):
            await control_of(port).ask("status")


@pytest.mark.parametrize("program", [{}, {"name": "x"}, 3])
async def test_one_of_another_version_does_not_blind_the_room(program: Any) -> None:
    up = Up()
    up.programs = [program]
    async with a_machine(up) as machine:
        await machine.look()
        assert not machine.state()["control"]["there"]
        assert len(machine.state()["history"]) == 1


async def test_a_worker_that_does_not_answer_is_there_all_the_same() -> None:
    up = Up()
    up.worker(address="http://127.0.0.1:9")
    async with a_machine(up) as machine:
        await machine.look()
        (worker,) = machine.state()["workers"]
        assert (worker["in_hand"], worker["done"], worker["state"]) == ([], None, "ready")


async def test_the_course_has_a_point_for_each_second_and_an_end() -> None:
    time = NOON
    machine = Machine(MemoryQueue(), UpControl(MachineSettings()), now=lambda: time)
    for number in range(HISTORY + 5):
        await machine.look()
        await machine.look()
        time = NOON + timedelta(seconds=number + 1)
    seconds = [second for second, _, _ in machine.state()["history"]]
    assert seconds == [round(NOON.timestamp()) + number for number in range(5, HISTORY + 5)]


@pytest.mark.parametrize("address", ["example.com:1", "127.0.0.1", "127.0.0.1:1/x", "http://127.0.0.1:1", "10.0.0.1:4"])
def test_the_token_goes_to_this_machine_only(address: str) -> None:
    with pytest.raises(ValidationError):
        MachineSettings(demo_control=address)


async def test_who_is_too_slow_is_let_go_of_and_others_are_not() -> None:
    news: FanOut[int] = FanOut()
    with news.listening() as slow, news.listening() as quick:
        for number in range(BEHIND + 1):
            news.tell(number)
            assert await anext(quick) == number
        assert news.listeners == 1
        assert [thing async for thing in slow] == list(range(BEHIND))
    assert news.listeners == 0

"""Claims about the machine room's page, and about killing a worker on it in front of everybody."""

from __future__ import annotations

import io
import sys
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import cv2
import httpx
import numpy as np
import psutil  # type: ignore[import-untyped]
import pytest
from pydantic import SecretStr

from demo.events import Streams
from demo.figures import Figures
from demo.machine import Machine
from demo.machine_control import UpControl
from demo.machine_room import MachineRoom
from demo.machine_settings import MachineSettings
from demo.machine_tries import VisitSteps
from demo.uploads import Upload
from demo.visit import begun
from demo.visit_steps import steps_in
from demo.visits import Visits
from functions.jobs import ColoriseImage, ImageColorised
from functions.queues.memory import MemoryQueue
from functions.queues.settings import QueueSettings, open_queue
from functions.stores.settings import open_store
from tests.cli.up_process import Up
from tests.server_events import Events, listening
from tests.web_server import served

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from cli.up_address import Running
    from functions.queues.protocol import Queue

SIDE = 8000
"""Of a picture that takes some seconds."""

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)

JOBS = 20
"""That are sent, at most, until one is caught in a worker's hands."""

ACK_WAIT_SECONDS = 2.0
"""After which a dead worker's order is given to another: less than usual, for the sake of the test's time."""


async def streams() -> Streams:
    return Streams(Figures(await MemoryQueue().records("STAND_LASTING", keep_seconds=None)))


@asynccontextmanager
async def room(machine: Machine, *, may_control: bool = True) -> AsyncIterator[tuple[httpx.AsyncClient, str]]:
    async def steps_of(visit: str) -> VisitSteps | None:
        return VisitSteps("kept", [("received", 0.0), ("stored", 5.0)]) if visit == "a-visit" else None

    page = MachineRoom(machine, await streams(), may_control=lambda _: may_control, steps_of=steps_of)
    async with (
        served(page.routes) as address,
        httpx.AsyncClient(base_url=address, timeout=60, trust_env=False) as client,
    ):
        yield client, address


BUTTONS = [
    ("POST", "/api/machine/workers"),
    ("DELETE", "/api/machine/workers/colorise-1"),
    ("POST", "/api/machine/workers/colorise-1/kill"),
]


@pytest.mark.parametrize(("method", "path"), BUTTONS)
async def test_visitors_may_watch_and_not_press(method: str, path: str) -> None:
    machine = Machine(MemoryQueue(), UpControl(MachineSettings()))
    async with (
        room(machine, may_control=False) as (client, address),
        listening(f"{address}/api/machine/events") as events,
    ):
        answer = await client.request(method, path)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
        assert (await events.next("message"))[1]["workers"] == []


@pytest.mark.parametrize(("method", "path"), BUTTONS)
async def test_without_a_colorise_up_the_buttons_say_so(method: str, path: str) -> None:
    async with room(Machine(MemoryQueue(), UpControl(MachineSettings()))) as (client, _):
        answer = await client.request(method, path)
        assert (answer.status_code, answer.json()["code"]) == (409, "no-control")
        assert "COLORISE_DEMO_CONTROL" in answer.json()["reason"]


async def test_a_visit_has_a_trace_and_what_nobody_knows_has_none() -> None:
    async with room(Machine(MemoryQueue(), UpControl(MachineSettings()))) as (client, _):
        (row,) = (await client.get("/api/machine/traces/a-visit")).json()
        assert row == {"stage": "listener", "who": "stand", "at_ms": 0.0, "seconds": 0.005}
        answer = await client.get("/api/machine/traces/nobodys")
        assert (answer.status_code, answer.json()["code"]) == (404, "no-such-trace")


async def test_buttons_are_for_who_sits_at_the_machine_and_asks_it_by_its_own_name() -> None:
    page = MachineRoom(Machine(MemoryQueue(), UpControl(MachineSettings())), await streams())
    async with (
        served(page.routes) as address,
        httpx.AsyncClient(base_url=address, timeout=60, trust_env=False) as client,
    ):
        assert (await client.post("/api/machine/workers")).json()["code"] == "no-control"
        bent = await client.post("/api/machine/workers", headers={"Host": "elsewhere.example"})
        assert (bent.status_code, bent.json()["code"]) == (403, "forbidden")


async def test_a_visit_is_found_by_its_id_and_by_its_jobs() -> None:
    visits = Visits(await MemoryQueue().records("STAND", keep_seconds=None))
    upload = Upload(io.BytesIO(b"x"), 1, "photo", "jpeg", "image/jpeg")
    visit = begun(upload, began_at=NOON, language="en").reached("stored", NOON + timedelta(milliseconds=40))
    await visits.add(visit)
    for wanted in (visit.id, visit.job_id):
        steps = await steps_in(visits)(wanted)
        assert steps is not None
        assert steps.job == visit.job_id
        start = NOON.timestamp() * 1000
        assert list(steps.stages) == [("received", start + 40), ("stored", start + 40)]
    assert await steps_in(visits)("nobodys") is None


def control_of(running: Running) -> UpControl:
    token = (running.secrets / "colorise_control_token").read_text()
    return UpControl(MachineSettings(demo_control=running.control, control_token=SecretStr(token)))


def order(job: str) -> ColoriseImage:
    return ColoriseImage(
        job_id=job, trace_id="0" * 32, asked_at=datetime.now(UTC), source="inbox/a.jpg", target=f"outbox/{job}.jpg"
    )


def large_picture() -> bytes:
    _, jpeg = cv2.imencode(".jpg", np.tile(np.arange(SIDE, dtype=np.uint16).astype(np.uint8), (SIDE, 1)))
    return jpeg.tobytes()


async def caught(machine: Machine, queue: Queue, events: Events) -> tuple[str, str, int]:
    """A job, and name and process of a worker that stands still with that job in hand: nothing can finish it there.

    A worker may be quicker than we are: then there is another job.
    """
    for number in range(JOBS):
        job = f"kept-{number}"
        await queue.send(order(job))
        name, pid = "", 0
        while not name and await queue.last_result(job) is None:
            machine.look_soon()
            _, state = await events.next("message")
            for worker in state["workers"]:
                if [one["job"] for one in worker["in_hand"]] == [job]:
                    name, pid = worker["name"], worker["pid"]
        if name:
            psutil.Process(pid).suspend()
            if await queue.last_result(job) is None:
                return job, name, pid
            psutil.Process(pid).resume()
    msg = "no job could be caught in a worker's hands"
    raise AssertionError(msg)


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
async def test_a_worker_is_killed_with_a_job_in_hand_and_the_job_is_finished_all_the_same(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    environment = {"COLORISE_ACK_WAIT_SECONDS": str(ACK_WAIT_SECONDS)}
    with Up(tmp_path_factory.mktemp("data"), environment) as up:
        up.heard(event="ready")
        running = up.running()
        settings = QueueSettings.model_validate(
            {**running.queue.model_dump(exclude_unset=True), "ack_wait_seconds": ACK_WAIT_SECONDS}
        )
        queue = await open_queue(settings)
        machine = Machine(queue, control_of(running))
        async with (
            machine.lifespan(),
            room(machine) as (client, address),
            listening(f"{address}/api/machine/events") as events,
            listening(f"{address}/api/machine/events") as moments,
        ):
            assert (await client.post("/api/machine/workers")).json()["name"] == "colorise-2"
            await moments.until("moment", what="started", worker="colorise-2")

            open_store(running.store).write("inbox/a.jpg", large_picture(), content_type="image/jpeg")
            job, victim, pid = await caught(machine, queue, events)
            assert (await client.post(f"/api/machine/workers/{victim}/kill")).status_code == 202
            told: dict[str, dict[str, Any]] = {}
            while told.keys() != {"killed", "redelivered", "finished"}:  # the order of the first two is the queue's
                _, moment = await moments.next("moment")
                if moment["job"] == job:
                    told[moment["what"]] = moment
            assert told["killed"]["worker"] == victim
            assert told["finished"]["worker"] == told["redelivered"]["worker"]

            result = await queue.last_result(job)
            assert isinstance(result, ImageColorised), result
            assert open_store(running.store).find(result.target) is not None
            assert not psutil.pid_exists(pid)

            rows = (await client.get(f"/api/machine/traces/{job}")).json()
            functions = [row["who"] for row in rows if row["stage"] == "function"]
            assert functions == [victim, f"{told['redelivered']['worker']}, attempt 2"]

            assert (await client.delete("/api/machine/workers/nats")).status_code == 404
            assert (await client.delete("/api/machine/workers/split")).json()["code"] == "needed"
            assert (await client.delete("/api/machine/workers/colorise-2")).status_code == 202
            await moments.until("moment", what="stopped", worker="colorise-2")
        await queue.close()

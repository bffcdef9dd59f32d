from __future__ import annotations

import asyncio
import io
import json
import logging
import signal
import socket
import threading
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import ValidationError

from functions.errors import Postponed
from functions.jobs import ColoriseImage
from functions.queues.memory import MemoryQueue
from functions.telemetry import logs
from functions.telemetry.context import about, fields, stage, stages_told_to
from functions.telemetry.health import health_server
from functions.telemetry.metrics import Metrics
from functions.telemetry.queue_watch import QueueWatch
from functions.telemetry.settings import TelemetrySettings
from tests.orders import order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from functions.queues.protocol import Depth


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What is logged, as a program writes it that is no guest in a terminal."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    stream = io.StringIO()
    logs.configure(stream=stream)
    yield stream
    root.handlers[:] = before
    root.setLevel(level)


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_lines_are_json_with_what_they_are_about(log: io.StringIO) -> None:
    with about(job_id="wedding", kind="colorise-image", trace_id=None), about(attempt=2):
        logging.getLogger("functions.colorise").info("read", extra={"bytes": 7})
    logging.getLogger("functions.colorise").info("idle")
    first, second = lines(log)
    assert first.pop("timestamp")
    assert first == {
        "event": "read",
        "level": "info",
        "logger": "functions.colorise",
        "bytes": 7,
        "job_id": "wedding",
        "kind": "colorise-image",
        "attempt": 2,
    }
    assert "job_id" not in second


def test_a_line_s_own_field_stays(log: io.StringIO) -> None:
    with about(job_id="wedding"):
        logging.getLogger("functions").warning("skipped", extra={"job_id": "other"})
    assert lines(log)[0]["job_id"] == "other"


def test_a_bug_is_logged_with_where_it_happened(log: io.StringIO) -> None:
    try:
        _ = 1 / 0
    except ZeroDivisionError:
        logging.getLogger("functions").exception("order failed")
    (line,) = lines(log)
    assert line["exception"][0]["exc_type"] == "ZeroDivisionError"


def test_a_bug_s_local_variables_are_nobody_s_business(log: io.StringIO) -> None:
    def fail(password: str) -> None:
        raise RuntimeError(str(len(password)))

    try:
        fail("open sesame")
    except RuntimeError:
        logging.getLogger("functions.test").exception("it failed")
    assert "RuntimeError" in log.getvalue()
    assert "sesame" not in log.getvalue().replace('fail("open sesame")', "")


def test_what_is_no_json_is_written_as_text(log: io.StringIO) -> None:
    logging.getLogger("functions").info("odd", extra={"what": {1, 2}})
    assert lines(log)[0]["what"] == "{1, 2}"


def test_stages_are_timed_for_whoever_listens_also_when_they_fail() -> None:
    heard: list[str] = []
    with stages_told_to(lambda name, seconds: heard.append(f"{name} {seconds >= 0}")):
        with stage("read"):
            pass
        with pytest.raises(ZeroDivisionError), stage("infer"):
            _ = 1 / 0
    with stage("write"):  # nobody listens
        pass
    assert heard == ["read True", "infer True"]


def test_what_is_being_worked_on_does_not_leak_into_other_threads() -> None:
    seen = []
    with about(job_id="wedding"):
        thread = threading.Thread(target=lambda: seen.append(dict(fields())))
        thread.start()
        thread.join()
    assert seen == [{}]


def test_metrics_name_the_model() -> None:
    metrics = Metrics()
    metrics.model(name="small", sha256="9f2c")
    assert metrics.registry.get_sample_value("colorise_model_info", {"name": "small", "sha256": "9f2c"}) == 1


def test_clocks_that_disagree_do_not_make_negative_times() -> None:
    metrics = Metrics()
    metrics.took("colorise-image", "wait", -3)
    labels = {"kind": "colorise-image", "stage": "wait"}
    assert metrics.registry.get_sample_value("colorise_order_seconds_sum", labels) == 0


async def test_health_and_metrics_are_served_beside_the_work() -> None:
    metrics = Metrics()
    ready = False
    serving = health_server(metrics.registry, ready=lambda: ready)
    async with serving as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        assert (await client.get("/_/health")).status_code == 200
        assert (await client.get("/_/ready")).status_code == 503
        ready = True
        assert (await client.get("/_/ready")).status_code == 200
        metrics.ended("colorise-image", "done")
        answer = await client.get("/metrics")
        families = {family.name for family in text_string_to_metric_families(answer.text)}
        assert "colorise_orders" in families
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port or 0))


async def test_the_health_server_leaves_signals_alone() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    async with health_server(Metrics().registry, ready=lambda: True) as port:
        async with httpx.AsyncClient(timeout=60) as client:
            await client.get(f"http://127.0.0.1:{port}/_/health")
        assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)] == before


async def test_no_port_serves_nothing() -> None:
    async with health_server(Metrics().registry, ready=lambda: True, port=None) as port:
        assert port is None


async def test_a_port_that_is_taken_is_an_error() -> None:
    async with health_server(Metrics().registry, ready=lambda: True) as port:
        with pytest.raises(OSError, match="in use"):
            async with health_server(Metrics().registry, ready=lambda: True, port=port):
                pass


async def until(reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not reached():  # noqa: ASYNC110 - nobody announces it
            await asyncio.sleep(0.01)


class AwayQueue(MemoryQueue):
    """A queue whose server comes and goes."""

    away = True

    async def depths(self) -> dict[str, Depth]:
        if self.away:
            msg = "the server is away"
            raise Postponed(msg, after_seconds=1)
        return await super().depths()


async def test_the_depth_of_the_queue_is_watched_over_outages() -> None:
    metrics, queue = Metrics(), AwayQueue()
    await queue.send(order(ColoriseImage, source="inbox/1.jpg", target="outbox/1.jpg"))
    watch = QueueWatch(queue, metrics, look_seconds=0.01)
    running = asyncio.create_task(watch.run())
    await asyncio.sleep(0.05)
    assert not watch.answers
    queue.away = False
    await until(lambda: watch.answers)
    labels = {"kind": "colorise-image", "state": "waiting"}
    assert metrics.registry.get_sample_value("colorise_queue_orders", labels) == 1
    waited = metrics.registry.get_sample_value("colorise_queue_oldest_seconds", {"kind": "colorise-image"})
    assert waited is not None
    assert 0 < waited < 3600
    assert metrics.registry.get_sample_value("colorise_queue_oldest_seconds", {"kind": "split-video"}) == 0
    queue.away = True
    await until(lambda: not watch.answers)
    running.cancel()


@pytest.mark.parametrize(("given", "port"), [("0", 0), ("9100", 9100), ("off", None), ("", None)])
def test_the_health_port_is_read_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, given: str, port: int | None
) -> None:
    monkeypatch.setenv("COLORISE_HEALTH_PORT", given)
    assert TelemetrySettings().health_port == port


def test_a_health_port_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLORISE_HEALTH_PORT", "70000")
    with pytest.raises(ValidationError):
        TelemetrySettings()

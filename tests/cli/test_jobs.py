"""Claims about `colorise jobs`, on a real queue."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from cli.jobs_listing import known_job, listing
from cli.jobs_telling import age
from cli.main import main
from functions.jobs import ChunkColorised, ColoriseChunk, ColoriseImage, ImageColorised, SplitVideo
from functions.queues.memory import MemoryQueue
from functions.queues.settings import QueueSettings, open_queue
from tests.nats_server import nats_server
from tests.orders import TRACE, order

if TYPE_CHECKING:
    from collections.abc import Iterator

    from functions.queues.protocol import Queue

PICTURE = {"source": "inbox/a.jpg", "target": "outbox/a.jpg"}
PLAN = "work/0/plan.json"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A queue with a picture and a film in it, and two orders that nobody could carry out."""
    with nats_server() as server:
        asyncio.run(_filled(server.url))
        yield server.url


async def _filled(url: str) -> None:
    queue = await open_queue(QueueSettings(nats_url=url))
    try:
        for job, reason in (("unlucky", "in colour already"), ("cursed", "[bold]too large")):
            await queue.send(order(ColoriseImage, job, **PICTURE))
            async with queue.deliveries(["colorise-image"]) as deliveries:
                await (await anext(deliveries)).bury(reason, code="already-colour")
        await filled(queue)
    finally:
        await queue.close()


async def filled(queue: Queue) -> None:
    """Put a picture and a film of three chunks into a queue, of which one is done."""
    await queue.send(order(ColoriseImage, "portrait", **PICTURE))
    for chunk in (1, 2):
        await queue.send(order(ColoriseChunk, "film", plan=PLAN, chunk=chunk))
    told = {"job_id": "film", "trace_id": TRACE, "frames": 240, "inferred": 20, "repeats": 0, "shots": 1}
    await queue.tell(ChunkColorised.model_validate({**told, "chunk": 0, "seconds": 2.5}))


def shown(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    """Run the command and give what it printed."""
    capsys.readouterr()
    assert main(["jobs", *words]) == code
    return capsys.readouterr().out


def test_the_list_is_by_job_and_kind_with_depths(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [line.split("\t") for line in shown(capsys, "list", "--via", url).splitlines()]
    jobs = [line[1:4] for line in lines if line[0] == "job"]
    assert sorted(jobs) == [["film", "colorise-chunk", "2"], ["portrait", "colorise-image", "1"]]
    depths = {line[1]: line[2:] for line in lines if line[0] == "depth"}
    assert depths["colorise-image"] == ["1", "0"]
    assert depths["colorise-chunk"] == ["2", "0"]
    typed = json.loads(shown(capsys, "list", "--via", url, "--json"))
    assert {job["job_id"]: job["orders"] for job in typed["jobs"]} == {"film": 2, "portrait": 1}
    assert typed["depths"]["colorise-chunk"] == {"waiting": 2, "in_hand": 0}
    assert all(datetime.fromisoformat(job["asked_at"]) < datetime.now(UTC) for job in typed["jobs"])


def test_a_job_is_shown_with_its_orders_and_results(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    plain = shown(capsys, "show", "film", "--via", url)
    assert f"chunk 2 of {PLAN}" in plain
    assert "chunk-colorised\tchunk 0, frames 240" in plain
    typed = json.loads(shown(capsys, "show", "film", "--via", url, "--json"))
    assert [one["kind"] for one in typed["orders"]] == ["colorise-chunk", "colorise-chunk"]
    assert [result["chunk"] for result in typed["results"]] == [0]
    assert typed["dead"] == []


def test_a_dead_job_is_shown_with_its_letter(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    typed = json.loads(shown(capsys, "show", "unlucky", "--via", url, "--json"))
    assert [letter["reason"] for letter in typed["dead"]] == ["in colour already"]
    assert typed["orders"] == []


def test_an_unknown_job_is_a_line_and_a_one(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["jobs", "show", "nobody", "--via", url]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("colorise: nobody: nothing is known of it")


def dead(capsys: pytest.CaptureFixture[str], url: str) -> dict[str, Any]:
    """Job → its dead letter."""
    return {letter["job_id"]: letter for letter in json.loads(shown(capsys, "dead", "--via", url, "--json"))}


def test_dead_letters_are_listed_retried_and_purged(capsys: pytest.CaptureFixture[str]) -> None:
    with nats_server() as server:
        url = server.url
        asyncio.run(_filled(url))
        plain = [line.split("\t") for line in shown(capsys, "dead", "--via", url).splitlines()]
        assert [line[2:] for line in plain] == [
            ["unlucky", "colorise-image", "1", "in colour already"],
            ["cursed", "colorise-image", "1", "[bold]too large"],
        ]
        number = str(dead(capsys, url)["unlucky"]["number"])
        assert shown(capsys, "retry", number, "--via", url) == f"{number}: in the queue again\n"
        assert main(["jobs", "retry", number, "--via", url]) == 1
        assert "colorise jobs dead` lists them" in capsys.readouterr().err
        assert set(dead(capsys, url)) == {"cursed"}
        typed = json.loads(shown(capsys, "list", "--via", url, "--json"))
        assert "unlucky" in {job["job_id"] for job in typed["jobs"]}
        assert main(["jobs", "purge", "999", "-y", "--via", url]) == 1
        assert shown(capsys, "purge", "--all", "-y", "--via", url) == "dead letters deleted: 1\n"
        assert shown(capsys, "dead", "--via", url) == ""
        assert shown(capsys, "purge", "--all", "-y", "--via", url) == "dead letters deleted: 0\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["purge"], "either the number"),
        (["purge", "1", "--all"], "either the number"),
        (["purge", "1"], "needs a yes"),
        (["list", "--via", "here"], "is no address"),
        (["list", "--via", "http://127.0.0.1"], "addresses of NATS servers"),
    ],
)
def test_contradictions_are_usage(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["jobs", *words]) == 2
    shown = capsys.readouterr().err
    assert said in shown
    assert shown.count("\n") == 1


def test_a_queue_out_of_reach_is_a_line_and_a_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["jobs", "list", "--via", "nats://127.0.0.1:1"]) == 1
    shown = capsys.readouterr().err
    assert "127.0.0.1:1 is out of reach" in shown
    assert shown.count("\n") == 1


def test_nothing_running_here_says_how_to_start_it(
    capsys: pytest.CaptureFixture[str], tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLORISE_DATA", str(tmp_path_factory.mktemp("data")))
    assert main(["jobs", "list"]) == 2
    assert "start one with `colorise up`" in capsys.readouterr().err


async def test_orders_that_cannot_be_read_are_listed_too() -> None:
    queue = MemoryQueue()
    await queue.send_bytes("orders.colorise-image.odd", b"\xff not JSON", message_id="1")
    await queue.send(order(SplitVideo, "film", **PICTURE))
    found = await listing(queue)
    assert {(job.job_id, job.kind, job.asked_at is None) for job in found.jobs} == {
        ("odd", "colorise-image", True),
        ("film", "split-video", False),
    }
    known = await known_job(queue, "odd", silence_seconds=0.01)
    assert [one.about for one in known.orders] == ["cannot be read"]


async def test_a_finished_job_is_shown_without_waiting_for_more() -> None:
    queue = MemoryQueue()
    told = {"job_id": "portrait", "trace_id": TRACE, "target": "outbox/a.jpg", "picture_kind": "jpeg"}
    figures = {"width": 1, "height": 1, "verdict": "grey", "seconds": 1}
    await queue.tell(ImageColorised.model_validate({**told, **figures}))
    async with asyncio.timeout(60):
        known = await known_job(queue, "portrait", silence_seconds=3600)
    assert [result.kind for result in known.results] == ["image-colorised"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7199, "119 min"), (7200, "2 h"), (2 * 86400, "2 d"), (-5, "0 s")],
)
def test_ages_have_one_unit(seconds: float, text: str) -> None:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    assert age(now - timedelta(seconds=seconds), now) == text


def test_an_unknown_age_is_said() -> None:
    assert age(None) == "?"

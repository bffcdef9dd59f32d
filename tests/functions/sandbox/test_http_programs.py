"""Claims about functions over HTTP whose files are decoded in children, and files that take those over."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import cv2
import httpx
import psutil  # type: ignore[import-untyped]
import pytest

from functions.stores.folder import FolderStore
from tests.functions.sandbox.test_worker_programs import HOSTILE, check_apart, child_of
from tests.http_function import failed
from tests.logged_program import LoggedProgram, free_ports
from tests.pictures import in_grey

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")

PICTURE = cv2.imencode(".png", in_grey("camera", 80))[1].tobytes()


@asynccontextmanager
async def serving(module: str, **settings: str) -> AsyncIterator[tuple[LoggedProgram, httpx.AsyncClient]]:
    """A program that is ready, and whoever calls it; told to stop, it has ended well, and its children with it."""
    (port,) = free_ports(1)
    environment = {"COLORISE_HTTP_HOST": "127.0.0.1", "COLORISE_HTTP_PORT": str(port), "COLORISE_SIDE": "32"}
    with LoggedProgram(module, "http", environment=environment | settings) as program:
        await asyncio.to_thread(program.until, "ready")
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=120, trust_env=False) as client:
            yield program, client
        assert await asyncio.to_thread(program.stop) == 0


async def test_what_a_file_does_to_the_child_is_told_and_the_next_one_is_coloured() -> None:
    limits = {"COLORISE_SANDBOX_MEGABYTES": "400", "COLORISE_SANDBOX_PROCESSES": "1"}
    async with serving(HOSTILE, **limits) as (_, client):

        async def sent(deed: str) -> tuple[int, str]:
            answer = await client.post("/", content=deed.encode(), headers={"Content-Type": "image/png"})
            decent = await client.post("/", content=f"decent {deed}".encode())
            assert (decent.status_code, decent.content) == (200, f"decent {deed}".encode())
            return failed(answer)

        assert [await sent("segfault") for _ in range(2)] == [(422, "crashed")] * 2  # after three tries, and after one
        assert [await sent("eat") for _ in range(2)] == [(500, "too-costly"), (413, "too-costly")]
        assert await sent("other_picture") == (422, "crashed")  # it reached for what is not its own
        assert await sent("bug") == (500, "bug")
        metrics = (await client.get("/metrics")).text
        assert 'colorise_sandbox_lost_total{code="crashed",kind="colorise-image"} 7.0' in metrics
        assert 'colorise_sandbox_lost_total{code="too-costly",kind="colorise-image"} 2.0' in metrics


async def test_pictures_are_coloured_by_a_child_that_has_nothing_to_the_same_bytes(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "store")
    store.prepare()
    store.write("inbox/a.png", PICTURE, content_type="image/png")
    settings = {"COLORISE_STORE": (tmp_path / "store").as_uri(), "COLORISE_MAX_INFLIGHT": "8"}
    async with serving("functions.colorise", COLORISE_SANDBOX="off", **settings) as (_, client):
        here = await client.post("/?saturation=1.2", content=PICTURE)
        assert 'colorise_sandbox_info{mode="off"} 1.0' in (await client.get("/metrics")).text
    one = {"COLORISE_SANDBOX_PROCESSES": "1", "SOMETHING_SECRET": "hunter2"}
    async with serving("functions.colorise", **settings, **one) as (program, client):
        parent = program.process.pid
        child = child_of(parent)
        answers = await asyncio.gather(*(client.post("/?saturation=1.2", content=PICTURE) for _ in range(6)))
        assert {answer.content for answer in answers} == {here.content}
        kept = ("Content-Type", "X-Picture-Size", "X-Picture-Notes")
        assert [answers[0].headers[name] for name in kept] == [here.headers[name] for name in kept]
        answer = await client.post("/", json={"image": "a.png", "output_filename": "b.png"})
        assert (answer.json()["verdict"], answer.json()["width"]) == ("grey", 80)
        assert store.find("outbox/b.png") is not None
        assert failed(await client.post("/", content=b"no picture")) == (422, "not-a-picture")
        assert failed(await client.post("/?max_pixels=100", content=PICTURE)) == (413, "too-large")
        metrics = (await client.get("/metrics")).text
        assert 'colorise_model_info{name="small"' in metrics
        assert 'colorise_sandbox_info{calls="' in metrics
        check_apart(parent, child, "hunter2")
        os.kill(child, signal.SIGKILL)  # as the system does to an idle one when memory runs out
        assert (await client.post("/?saturation=1.2", content=PICTURE)).content == here.content
        child = child_of(parent)
    assert not psutil.pid_exists(child)


async def test_a_program_that_cannot_be_put_together_says_why() -> None:
    settings = {"COLORISE_MODEL": "van-gogh", "COLORISE_HTTP_HOST": "127.0.0.1", "COLORISE_HTTP_PORT": "0"}
    with LoggedProgram("functions.colorise", "http", environment=settings) as program:
        assert await asyncio.to_thread(program.process.wait, 60) == 1
        program.kill()
        assert program.lines[-1].startswith("functions.colorise: no model 'van-gogh' here")
        assert "Traceback" not in program.log

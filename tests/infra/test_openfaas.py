"""Claims about stack.yaml: OpenFaaS knows all fields, the programs all variables, and it is enough to colour."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import re
import signal
import subprocess
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from functions.colorise.settings import ColoriseSettings
from functions.queues.settings import QueueSettings
from functions.stores.settings import StoreSettings
from functions.telemetry.settings import TelemetrySettings
from functions.video_split.settings import VideoSplitSettings
from tests.grey_films import CHUNK, grey_film
from tests.http_receiver import receiving
from tests.infra.gateway_stand_in import gateway
from tests.infra.openfaas_functions import (
    MODULES,
    PATIENCE_SECONDS,
    ROOT,
    Running,
    begun,
    grey_jpeg,
    has_colour,
    running_functions,
    stack,
)
from tests.orders import TRACE
from tests.seaweed import Seaweed, seaweed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping
    from pathlib import Path

    from functions.environment import EnvironmentSettings

DOCUMENT = ROOT / "docs" / "openfaas.md"

SETTINGS: dict[str, tuple[type[EnvironmentSettings], ...]] = {
    "colorise": (ColoriseSettings, TelemetrySettings, QueueSettings, StoreSettings),
    "video-split": (VideoSplitSettings, TelemetrySettings, QueueSettings, StoreSettings),
}
MODE = "COLORISE_MODE"
OPENFAAS_S_OWN = {"write_timeout"}


def known(name: str) -> set[str]:
    return {f"COLORISE_{field.upper()}" for kind in SETTINGS[name] for field in kind.model_fields}


@pytest.fixture(scope="module")
def store() -> Iterator[Seaweed]:
    with seaweed() as server:
        yield server


@pytest.fixture
def functions(tmp_path: Path, store: Seaweed) -> Iterator[dict[str, Running]]:
    with running_functions(tmp_path, store) as running:
        yield running


@contextlib.asynccontextmanager
async def calling(functions: Mapping[str, Running]) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a gateway before the functions."""
    with gateway({name: function.port for name, function in functions.items()}) as there:
        async with httpx.AsyncClient(base_url=there.url, timeout=60, trust_env=False) as client:
            yield client


def test_openfaas_knows_all_that_is_said_of_a_function() -> None:
    functions = stack({})
    assert set(functions) == set(MODULES)
    version = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version is not None
    for name, function in functions.items():
        assert function.image == f"ghcr.io/colorisebot/{name}:{version[1]}"
        assert int(function.labels["com.openfaas.scale.max"]) <= 5  # of the community edition
        assert function.labels["com.openfaas.scale.target"] == function.environment["COLORISE_MAX_INFLIGHT"]
        for annotation, value in function.annotations.items():
            pattern = r"/_/(health|ready)" if annotation.endswith("path") else r"[0-9]+(ms|s|m)"
            assert re.fullmatch(pattern, value), annotation
    assert stack({"COLORISE_IMAGES": "registry.local/us"})["colorise"].image.startswith("registry.local/us/colorise:")


def test_the_programs_know_every_variable_and_secret() -> None:
    for name, function in stack({}).items():
        assert set(function.environment) - {MODE} - OPENFAAS_S_OWN <= known(name)
        assert {key.replace("-", "_").upper() for key in function.secrets} <= known(name)
        assert function.environment[MODE] == "http"


def test_the_services_of_the_functions_set_no_variable_that_means_something() -> None:
    for service in stack({}):
        name = service.upper().replace("-", "_")
        ends = ("SERVICE_HOST", "SERVICE_PORT", "SERVICE_PORT_HTTP", "PORT", "PORT_8080_TCP", "PORT_8080_TCP_PORT")
        assert not {f"{name}_{end}" for end in ends} & (known("colorise") | known("video-split"))
    assert "COLORISE_HTTP_PORT" in known("colorise")  # what docs/openfaas.md warns of


async def test_an_image_that_is_given_no_arguments_answers_calls(tmp_path: Path) -> None:
    function = stack({})["colorise"]
    for part in ("work", "temporary", "secrets"):
        (tmp_path / part).mkdir()
    told = {name: value for name, value in function.environment.items() if "_S3_" not in name}
    running = begun("colorise", "worker", told, tmp_path)  # as the image's CMD has it
    try:
        await running.answers("/_/ready", 200)
    finally:
        running.process.kill()
        running.process.wait()


async def test_pictures_links_and_orders_go_through_the_gateway(functions: dict[str, Running], store: Seaweed) -> None:
    colorise = functions["colorise"]
    assert (await colorise.answers("/_/health", 200)).json() == {"status": "alive"}
    assert (await colorise.answers("/_/ready", 200)).json() == {"status": "ready"}
    store.client().put_object(
        bucket_name=store.bucket,
        object_name="inbox/a.jpg",
        data=io.BytesIO(grey_jpeg()),
        length=len(grey_jpeg()),
    )
    async with calling(functions) as client:
        coloured = await client.post("/function/colorise", content=grey_jpeg(), headers={"X-Call-Id": "call-7"})
        assert coloured.status_code == 200, coloured.text
        assert has_colour(coloured.content)
        assert coloured.headers["X-Picture-Size"] == "96x96"
        assert coloured.headers["X-Call-Id"] == "call-7"
        assert float(coloured.headers["X-Duration-Seconds"]) > 0
        order = {
            "kind": "colorise-image",
            "version": 1,
            "job_id": "by-hand",
            "trace_id": TRACE,
            "asked_at": "2026-11-28T10:00:00Z",
            "source": "inbox/a.jpg",
            "target": "outbox/a.jpg",
        }
        answer = (await client.post("/function/colorise", json=order)).json()
        assert [result["kind"] for result in answer["results"]] == ["image-colorised"]
        answer = (await client.post("/function/colorise", json={"image": "a.jpg", "output_filename": "b.jpg"})).json()
        assert answer["output_filename"] == "outbox/b.jpg"
        refused = await client.post("/function/colorise", json={"url": "https://127.0.0.1/photo.jpg"})
        assert (refused.status_code, refused.json()["code"]) == (400, "bad-link")
    for name in ("outbox/a.jpg", "outbox/b.jpg"):
        assert has_colour(store.client().get_object(bucket_name=store.bucket, object_name=name).read())
    assert list(colorise.folder.iterdir()) == []  # nothing is written where an image is read-only


async def test_openfaas_s_own_callback_gets_the_picture_and_nothing_else(functions: dict[str, Running]) -> None:
    await functions["colorise"].answers("/_/ready", 200)
    async with receiving() as receiver, calling(functions) as client:
        headers = {"X-Callback-Url": receiver.link}
        accepted = await client.post("/async-function/colorise", content=grey_jpeg(), headers=headers)
        assert accepted.status_code == 202
        told, data = await asyncio.wait_for(receiver.taken.get(), PATIENCE_SECONDS)
        assert (told["x-function-status"], told["x-call-id"]) == ("200", accepted.headers["X-Call-Id"])
        assert has_colour(data)
        at_once = await client.post("/function/colorise", content=grey_jpeg(), headers=headers)
        assert at_once.status_code == 200
        assert has_colour(at_once.content)
        assert receiver.tries == 1


async def test_a_function_that_may_call_back_does_so_where_its_operator_says(tmp_path: Path) -> None:
    for part in ("work", "temporary", "secrets"):
        (tmp_path / part).mkdir()
    told = {name: value for name, value in stack({})["colorise"].environment.items() if "_S3_" not in name}
    told |= {"COLORISE_CALLBACKS": "on", "COLORISE_CALLBACK_HOSTS": "127.0.0.1, gateway.openfaas"}
    running = begun("colorise", "http", told, tmp_path)
    try:
        await running.answers("/_/ready", 200)
        async with receiving() as receiver, httpx.AsyncClient(timeout=60, trust_env=False) as client:
            headers = {"X-Callback-Url": receiver.link}
            assert (await client.post(running.address, content=grey_jpeg(), headers=headers)).status_code == 202
            assert has_colour((await asyncio.wait_for(receiver.taken.get(), PATIENCE_SECONDS))[1])
            for link in ("http://127.0.0.2/back", "https://127.0.0.2/back", "http://169.254.169.254/"):
                headers = {"X-Callback-Url": link}
                refused = await client.post(running.address, content=grey_jpeg(), headers=headers)
                assert (refused.status_code, refused.json()["code"]) == (400, "bad-link")
    finally:
        running.process.kill()
        running.process.wait()


async def test_a_function_that_is_told_to_stop_answers_the_call_in_hand_and_refuses_others(
    functions: dict[str, Running],
) -> None:
    running, picture = functions["colorise"], grey_jpeg()
    await running.answers("/_/ready", 200)
    reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
    head = ("POST / HTTP/1.1", "Host: x", "Content-Type: image/jpeg", f"Content-Length: {len(picture)}")
    writer.write("\r\n".join((*head, "Expect: 100-continue", "", "")).encode())
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert b"100" in await reader.readuntil(b"\r\n\r\n")  # it reads the body: the call is in hand
        running.process.send_signal(signal.SIGTERM)
        await running.answers("/_/ready", 503)
        async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
            late = await client.post(running.address, content=picture)
        assert (late.status_code, late.json()["code"]) == (503, "stopping")
        writer.write(picture)
        answered = await reader.readuntil(b"\r\n\r\n")
        assert answered.startswith(b"HTTP/1.1 200")
        found = re.search(rb"content-length: (\d+)", answered.lower())
        assert found is not None
        assert has_colour(await reader.readexactly(int(found[1])))
        writer.close()
        assert await asyncio.to_thread(running.process.wait) == 0


async def test_the_document_s_calls_do_what_it_says(
    functions: dict[str, Running], store: Seaweed, tmp_path: Path
) -> None:
    (block,) = [one for one in re.findall(r"```sh\n(.*?)```", DOCUMENT.read_text(), re.DOTALL) if "curl" in one]
    calls = [line for line in block.splitlines() if line]
    assert len(calls) == 4
    (tmp_path / "photo.jpg").write_bytes(grey_jpeg())
    clip = grey_film(tmp_path / "clip.mp4", 2 * CHUNK)
    for name, path in (("inbox/photo.jpg", tmp_path / "photo.jpg"), ("inbox/clip.mp4", clip)):
        store.client().fput_object(bucket_name=store.bucket, object_name=name, file_path=str(path))
    for one in functions.values():
        await one.answers("/_/ready", 200)
    with gateway({name: function.port for name, function in functions.items()}) as there:
        said = []
        for call in calls:
            process = await asyncio.create_subprocess_shell(
                call,
                cwd=tmp_path,
                env={"PATH": os.environ["PATH"], "OPENFAAS_URL": there.url, "no_proxy": "127.0.0.1"},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
            output, errors = await process.communicate()
            assert process.returncode == 0, (call, errors)
            said.append(output)
    assert has_colour((tmp_path / "colour.jpg").read_bytes())
    assert (tmp_path / "colour.png").read_bytes()[:4] == b"\x89PNG"
    assert json.loads(said[2])["output_filename"] == "outbox/photo.jpg"
    planned: dict[str, Any] = json.loads(said[3])
    assert [order["kind"] for order in planned["orders"]] == ["colorise-chunk"] * planned["chunks"]
    assert planned["chunks"] == 2

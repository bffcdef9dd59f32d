"""Claims about stack.yaml: OpenFaaS knows all fields, the programs all variables, and it is enough to colour."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import cv2
import httpx
import numpy as np
import pytest
import uvicorn
import yaml  # type: ignore[import-untyped]
from pydantic import BaseModel, ConfigDict, Field
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from functions.colorise.settings import ColoriseSettings
from functions.queues.settings import QueueSettings
from functions.stores.settings import StoreSettings
from functions.telemetry.settings import TelemetrySettings
from functions.video_split.settings import VideoSplitSettings
from tests.grey_films import CHUNK, grey_film
from tests.http_web import raw_server
from tests.orders import TRACE
from tests.pictures import in_grey
from tests.seaweed import Seaweed, seaweed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

    from starlette.requests import Request

    from functions.environment import EnvironmentSettings

ROOT = Path(__file__).resolve().parent.parent.parent
STACK = ROOT / "infra" / "openfaas" / "stack.yaml"
DOCUMENT = ROOT / "docs" / "openfaas.md"

PATIENCE_SECONDS = 180

MODULES = {"colorise": "functions.colorise", "video-split": "functions.video_split"}
SETTINGS: dict[str, tuple[type[EnvironmentSettings], ...]] = {
    "colorise": (ColoriseSettings, TelemetrySettings, QueueSettings, StoreSettings),
    "video-split": (VideoSplitSettings, TelemetrySettings, QueueSettings, StoreSettings),
}
MODE = "COLORISE_MODE"
OPENFAAS_S_OWN = {"write_timeout"}

Amount = dict[Literal["cpu", "memory"], Annotated[str, Field(pattern=r"^[0-9]+(m|Mi|Gi)?$")]]
Label = Annotated[str, Field(pattern=r"^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$", max_length=63)]
Duration = Annotated[str, Field(pattern=r"^[0-9]+(ms|s|m)$")]


class OpenFaasFunction(BaseModel):
    """As faas-cli reads it: https://docs.openfaas.com/reference/yaml/."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=True)

    lang: Literal["dockerfile"]
    skip_build: Literal[True]
    image: Annotated[str, Field(pattern=r"^[a-z0-9./-]+:[A-Za-z0-9._-]+$")]
    environment: dict[str, str]
    secrets: list[Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")]]
    readonly_root_filesystem: Literal[True]
    limits: Amount
    requests: Amount
    labels: dict[str, Label]
    annotations: dict[str, str]


def stack(environment: Mapping[str, str]) -> dict[str, OpenFaasFunction]:
    """Read stack.yaml as faas-cli does, with what stands in the environment in place of `${NAME:-usual}`."""
    text = re.sub(r"\$\{(\w+):-([^}]*)\}", lambda found: environment.get(found[1]) or found[2], STACK.read_text())
    assert "${" not in re.sub(r"^\s*#.*$", "", text, flags=re.MULTILINE)
    read = yaml.safe_load(text)
    assert read["provider"]["name"] == "openfaas"
    return {name: OpenFaasFunction.model_validate(one) for name, one in read["functions"].items()}


def known(name: str) -> set[str]:
    return {f"COLORISE_{field.upper()}" for kind in SETTINGS[name] for field in kind.model_fields}


@dataclass
class Running:
    """A function in a process of its own."""

    process: subprocess.Popen[bytes]
    address: str
    log: Path
    folder: Path
    """That it works in."""

    async def answers(self, path: str, status: int) -> httpx.Response:
        """Ask until it is so."""
        async with httpx.AsyncClient(trust_env=False, timeout=60) as client, asyncio.timeout(PATIENCE_SECONDS):
            while True:
                with contextlib.suppress(httpx.TransportError):
                    answer = await client.get(self.address + path)
                    if answer.status_code == status:
                        return answer
                assert self.process.poll() is None, self.log.read_text()[-3000:]
                await asyncio.sleep(0.05)


@pytest.fixture(scope="module")
def store() -> Iterator[Seaweed]:
    with seaweed() as server:
        yield server


@pytest.fixture
def functions(tmp_path: Path, store: Seaweed) -> Iterator[dict[str, Running]]:
    """Both functions, with exactly what stack.yaml says, but for where they listen and where their secrets are."""
    given = {"COLORISE_S3_ENDPOINT": store.endpoint, "COLORISE_S3_ACCESS_KEY": store.access_key}
    secrets = {"colorise-s3-secret-key": store.secret_key}
    with contextlib.ExitStack() as ending:
        running = {}
        for name, function in stack(given).items():
            folder = tmp_path / name
            for part in ("work", "temporary", "secrets"):
                (folder / part).mkdir(parents=True)
            for key in function.secrets:
                (folder / "secrets" / key).write_text(secrets[key])
            running[name] = begun(name, "http", function.environment, folder)
            ending.callback(running[name].process.wait)
            ending.callback(running[name].process.kill)
        yield running


def begun(name: str, mode: str, told: Mapping[str, str], folder: Path) -> Running:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **told,
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": "/nonexistent",
        "TMPDIR": str(folder / "temporary"),
        "COLORISE_SECRETS": str(folder / "secrets"),
        "COLORISE_MODELS": str(folder / "models"),  # the image's own variable
        "COLORISE_HTTP_HOST": "127.0.0.1",
        "COLORISE_HTTP_PORT": str(port),
    }
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", MODULES[name], mode],
            cwd=folder / "work",
            env=environment,
            stdout=output,
            stderr=output,
        )
    return Running(process, f"http://127.0.0.1:{port}", log, folder / "work")


class Guest(uvicorn.Server):
    """A server in the test's event loop, that leaves signals as they are."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def gateway(functions: Mapping[str, Running]) -> AsyncIterator[str]:
    """A stand-in for OpenFaaS's gateway: `/function/NAME` is passed on, with the headers that it adds."""
    async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE_SECONDS) as client:

        async def passed_on(request: Request) -> Response:
            headers = {
                **{name: value for name, value in request.headers.items() if name != "host"},
                "X-Call-Id": request.headers.get("X-Call-Id", "3f0c4d6e-9d1f-4a55-8f0f-0d2e7a1b2c3d"),
                "X-Start-Time": "1764352800000000000",
                "X-Forwarded-For": "192.0.2.7",
                "X-Forwarded-Host": request.headers["host"],
            }
            name, query = request.path_params["name"], request.url.query
            url = f"{functions[name].address}/" + (f"?{query}" if query else "")
            answer = await client.post(url, content=await request.body(), headers=headers)
            return Response(answer.content, answer.status_code, headers=dict(answer.headers))

        app = Starlette(routes=[Route("/function/{name}", passed_on, methods=["POST"])])
        with socket.create_server(("127.0.0.1", 0)) as listener:
            server = Guest(uvicorn.Config(app, log_config=None, lifespan="off"))
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            try:
                yield f"http://127.0.0.1:{listener.getsockname()[1]}"
            finally:
                server.should_exit = True
                await serving


def grey_jpeg(side: int = 96) -> bytes:
    return cv2.imencode(".jpg", in_grey("astronaut", side))[1].tobytes()


def has_colour(data: bytes) -> bool:
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    return bool(np.ptp(pixels.astype(np.int16), axis=2).mean() > 2)


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
    async with (
        gateway(functions) as address,
        httpx.AsyncClient(base_url=address, timeout=60, trust_env=False) as client,
    ):
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


async def test_a_callback_into_the_private_network_is_refused_before_any_work(functions: dict[str, Running]) -> None:
    async def never(*_: object) -> None:
        raise AssertionError

    await functions["colorise"].answers("/_/ready", 200)
    async with (
        raw_server(never) as port,
        gateway(functions) as address,
        httpx.AsyncClient(base_url=address, timeout=60, trust_env=False) as client,
    ):
        for link in (f"http://127.0.0.1:{port}/back", f"https://127.0.0.1:{port}/back"):
            refused = await client.post("/function/colorise", content=grey_jpeg(), headers={"X-Callback-Url": link})
            assert (refused.status_code, refused.json()["code"]) == (400, "bad-link")


async def test_a_function_that_is_told_to_stop_answers_the_call_in_hand_and_refuses_others(
    functions: dict[str, Running],
) -> None:
    running, picture = functions["colorise"], grey_jpeg()
    await running.answers("/_/ready", 200)
    reader, writer = await asyncio.open_connection("127.0.0.1", int(running.address.rpartition(":")[2]))
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
    async with gateway(functions) as address:
        said = []
        for call in calls:
            process = await asyncio.create_subprocess_shell(
                call,
                cwd=tmp_path,
                env={"PATH": os.environ["PATH"], "OPENFAAS_URL": address, "no_proxy": "127.0.0.1"},
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

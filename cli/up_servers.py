"""The two servers of `colorise up`, from their wheels: NATS for the queue, SeaweedFS for the store."""

from __future__ import annotations

import os
import platform
import re
import secrets
import shutil
import sys
import sysconfig
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cli.up_data import has_room, write_private
from cli.up_ports import GRPC_OFFSET, LOOPBACK
from cli.up_probes import accepts_connections, bucket_works, stream_server_answers
from cli.up_program import Program
from cli.up_secrets import QUEUE_PASSWORD, STORE_KEY
from cli.up_settings import BUCKET, USER, environment_of_servers
from functions.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cli.up_data import DataFolder

QUEUE_PORTS: Final = ("nats",)

STORE_PORTS: Final = (
    *("s3", "s3-grpc", "master", "master-grpc", "volume", "volume-grpc", "filer", "filer-grpc", "admin+grpc"),
)

VOLUME_MEGABYTES: Final = 256
"""Of a file in which the store keeps objects. SeaweedFS takes 1024 on a large disk, and then no object at all when
there is not that much room for another one."""

STORE_MEMORY: Final = "448MiB"
"""From which on SeaweedFS's runtime tidies up rather than take more. What it needs is some 250 MB, however many objects
there are; without this it lets as much again lie about: 620 to 670 MB after ten thousand visitors of a stand, and 390
with it, at the same speed."""

# `sync_interval`: what a publisher was told is in the queue is on the disk then, not only with the system. It survives
# a power cut as well, and a thousand orders a second are far more than can be coloured.
# `max_file_store`: without it NATS takes three quarters of what is free when it starts, and where that is less than our
# streams may grow to, it answers "insufficient storage resources" even for those that are there.
NATS_CONFIG: Final = """\
server_name: colorise
listen: "{host}:{port}"
max_payload: 1MB
jetstream {{
  store_dir: "{folder}"
  sync_interval: always
  max_file_store: 1TB
}}
authorization {{
  user: "{user}"
  password: "{password}"
}}
"""

NATS_STUCK: Final = re.compile(
    r"JetStream failed to store a msg on stream .*: .*"
    r"(no space left on device|disk quota exceeded|input/output error|not enough space on the disk)"
)
"""What NATS says of a stream that takes nothing more until it is started again, however much room there is by then."""

SECURITY: Final = ("jwt.signing", "jwt.signing.read", "jwt.filer_signing", "jwt.filer_signing.read")
"""Keys that SeaweedFS's parts sign requests to each other with. Without them, its volume port gives any object to
whoever knows or guesses its number."""

QUEUE_WORDS: Final = "COLORISE_NATS_URL, COLORISE_NATS_USER and COLORISE_NATS_PASSWORD"
STORE_WORDS: Final = "COLORISE_S3_ENDPOINT, COLORISE_S3_ACCESS_KEY and COLORISE_S3_SECRET_KEY"


def queue_server(data: DataFolder, port: int, passwords: Mapping[str, str]) -> Program:
    """A NATS server with JetStream on the disk, on loopback, for one user.

    Raises:
        Rejected: there is no program for this machine ("no-server").
    """
    command = find_program("nats-server", f"name a NATS server elsewhere by {QUEUE_WORDS}")
    password = passwords[QUEUE_PASSWORD]
    config = data.config / "nats.conf"
    folder = data.temporary / "nats"
    write_private(
        config,
        NATS_CONFIG.format(host=LOOPBACK, port=port, folder=_from(folder, data.queue), user=USER, password=password),
    )
    return Program(
        name="nats",
        command=[command, "--config", str(config)],
        environment=environment_of_servers(folder),
        folder=folder,
        address=f"nats://{LOOPBACK}:{port}",
        is_ready=partial(stream_server_answers, port, USER, password),
        is_server=True,
        is_worker=False,
        stuck_at=NATS_STUCK,
        may_go_on=partial(has_room, data),
    )


def store_server(data: DataFolder, ports: Mapping[str, int], passwords: Mapping[str, str]) -> Program:
    """An S3 server on loopback, for one user, with its bucket.

    Its HTTP ports ask for credentials or are closed. Its gRPC ports do not, which only SeaweedFS's own tools could use,
    and only on this machine.

    Raises:
        Rejected: there is no program for this machine ("no-server").
    """
    command = find_program("weed", f"name an S3 server elsewhere by {STORE_WORDS}")
    key = passwords[STORE_KEY]
    folder = data.temporary / "s3"
    settings = data.config / "s3"
    settings.mkdir(mode=0o700, exist_ok=True)
    keys = "".join(f'[{part}]\nkey = "{secrets.token_hex(32)}"\n' for part in SECURITY)
    write_private(settings / "security.toml", keys)
    grpc = {name: ports[f"{name}-grpc"] for name in ("s3", "master", "volume", "filer")}
    admin = ports["admin+grpc"]
    flags = {
        "dir": _from(folder, data.store),
        "ip": LOOPBACK,
        "ip.bind": LOOPBACK,
        "bucket": BUCKET,
        "master.telemetry": "false",  # on by default
        "admin.ui": "false",
        "webdav": "false",
        # Its master knows all it must from the volumes. With a state from before it is sometimes not yet its own leader
        # when they report, and they try again only after five seconds, in which no object can be read or written.
        "master.resumeState": "false",
        "disableHttp": "true",  # the filer would serve all objects without credentials
        "s3.port.iceberg": 0,
        "s3.port.lance": 0,
        "s3.iam": "false",
        "admin.port": admin,
        "admin.port.grpc": admin + GRPC_OFFSET,
        "master.volumeSizeLimitMB": VOLUME_MEGABYTES,
        "volume.preStopSeconds": 0,  # nobody else asks for its volumes: a second less to wait
        # By names within its folder: the path of a socket has 107 bytes at most.
        "filer.localSocket": "filer.sock",
        "s3.localSocket": "s3.sock",
    }
    flags |= {f"{name}.port": ports[name] for name in grpc} | {f"{name}.port.grpc": port for name, port in grpc.items()}
    return Program(
        name="s3",
        command=[
            *(command, "-logtostderr=true", f"-config_dir={_from(folder, settings)}", "mini"),
            *(f"-{name}={value}" for name, value in flags.items()),
        ],
        environment=environment_of_servers(folder)
        | {"AWS_ACCESS_KEY_ID": USER, "AWS_SECRET_ACCESS_KEY": key, "GOMEMLIMIT": STORE_MEMORY},
        folder=folder,
        address=f"http://{LOOPBACK}:{ports['s3']}",
        is_ready=partial(bucket_works, ports["s3"], BUCKET, USER, key),
        is_server=True,
        is_worker=False,
        # There is no flag for where these go.
        litter=[
            Path(f"/tmp/seaweedfs-{name}-grpc-{port}.sock")  # noqa: S108 - SeaweedFS's choice, not ours
            for name, port in (grpc | {"admin": admin + GRPC_OFFSET}).items()
        ],
    )


def _from(folder: Path, path: Path) -> str:
    """A path as seen from a server's folder, without whatever is in the data folder's own.

    SeaweedFS takes a comma for the end of a path, and NATS's configuration a quotation mark.
    """
    return Path(os.path.relpath(path, folder)).as_posix()


def probe_elsewhere(address: str) -> Callable[[], bool]:
    """How to know that a server that is not ours is there; a folder always is."""
    return (lambda: True) if address.startswith("file:") else partial(accepts_connections, address)


def find_program(name: str, instead: str) -> str:
    """Path of a server's program, first as it came with this installation.

    Raises:
        Rejected: there is none ("no-server"); do what `instead` says.
    """
    path = shutil.which(name, path=sysconfig.get_path("scripts")) or shutil.which(name)
    if path is None:
        where = f"{platform.system()} {platform.machine()}" if sys.platform != "linux" else "this installation"
        msg = f"there is no {name} in {where}: install colorisebot again where it has one, or {instead}"
        raise Rejected(msg, code="no-server")
    return path

"""Where queue and store are, for the programs of `colorise up` and for whoever wants to use them."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cli.up_data import write_private
from cli.up_secrets import QUEUE_PASSWORD, STORE_KEY, elsewhere, made_once

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cli.up_data import DataFolder

USER: Final = "colorise"
"""At the queue, and at the store."""

BUCKET: Final = "colorise"

QUEUE: Final = "colorise_nats_"
STORE: Final = ("colorise_s3_", "colorise_store")


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Servers that the environment names: they are used, and none started in their place."""

    queue: str | None
    """Address of the queue; None where it is ours to start."""
    store: str | None


@dataclass(frozen=True, slots=True)
class Access:
    """All that a program needs to find queue and store, and to be let in."""

    environment: Mapping[str, str]
    """Variables, none of them secret."""
    secrets: Path
    """Folder of the secret ones, a file each."""


def find_elsewhere(environment: Mapping[str, str]) -> Elsewhere:
    """Which servers the environment names."""
    return Elsewhere(
        queue=environment.get("COLORISE_NATS_URL") or None,
        store=environment.get("COLORISE_S3_ENDPOINT") or environment.get("COLORISE_STORE") or None,
    )


def access(data: DataFolder, ports: Mapping[str, int], there: Elsewhere, environment: Mapping[str, str]) -> Access:
    """Put together what the programs are told; secrets of servers elsewhere are copied for as long as we run.

    Raises:
        OSError: a secret cannot be read or written.
    """
    secrets = made_once(data.secrets)
    told: dict[str, str] = {}
    handed = data.secrets
    if there.queue or there.store:
        given = environment.get("COLORISE_SECRETS")
        folder = Path(given).expanduser() if given else None
        handed = data.temporary / "secrets"
        shutil.rmtree(handed, ignore_errors=True)
        handed.mkdir(mode=0o700)
        if there.queue:
            secrets.pop(QUEUE_PASSWORD)
            secrets |= elsewhere(environment, QUEUE, folder)
        if there.store:
            secrets.pop(STORE_KEY)
            for prefix in STORE:
                secrets |= elsewhere(environment, prefix, folder)
        for name, secret in secrets.items():
            write_private(handed / name, secret)
    if there.queue:
        told |= _variables(environment, QUEUE)
    else:
        told |= {"COLORISE_NATS_URL": f"nats://127.0.0.1:{ports['nats']}", "COLORISE_NATS_USER": USER}
    if there.store:
        for prefix in STORE:
            told |= _variables(environment, prefix)
    else:
        told |= {
            "COLORISE_S3_ENDPOINT": f"http://127.0.0.1:{ports['s3']}",
            "COLORISE_S3_BUCKET": BUCKET,
            "COLORISE_S3_ACCESS_KEY": USER,
        }
    return Access(told | {"COLORISE_SECRETS": str(handed)}, handed)


def without_access(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without anything that says where queue and store are."""
    prefixes = (QUEUE, *STORE, "colorise_secrets")
    return {name: value for name, value in environment.items() if not name.lower().startswith(prefixes)}


def environment_of_servers(home: Path) -> dict[str, str]:
    """For servers: as little as they need, so that nobody's own settings or keys reach them.

    SeaweedFS reads settings from its user's home, keys from `AWS_…`, and anything from `WEED_…`.
    """
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "SYSTEMROOT") if name in os.environ}
    return kept | {"HOME": str(home), "TMPDIR": str(home), "TMP": str(home), "TEMP": str(home)}


def _variables(environment: Mapping[str, str], prefix: str) -> dict[str, str]:
    secret = (QUEUE_PASSWORD, STORE_KEY)
    return {
        name: value
        for name, value in environment.items()
        if name.lower().startswith(prefix) and name.lower() not in secret
    }

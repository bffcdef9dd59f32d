"""Where a running `colorise up` can be found: what it writes to DATA/run.json, for commands that want to use it."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cli.up_data import write_private
from cli.up_processes import Process

if TYPE_CHECKING:
    from collections.abc import Mapping

    from functions.queues.settings import QueueSettings
    from functions.stores.settings import StoreSettings

FILE: Final = "run.json"

VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Running:
    """A `colorise up`, and how to use what it runs."""

    data: Path
    supervisor: Process
    ready: bool
    """Whether everything has been ready; before that, queue and store may not answer yet."""
    environment: Mapping[str, str]
    """Variables that lead a program of ours to queue and store, such as COLORISE_NATS_URL; no secret is among them."""
    secrets: Path
    """Folder with the secret ones, a file each: `colorise_nats_password`, `colorise_s3_secret_key`."""
    programs: tuple[Process, ...]
    control: str | None = None
    """Host and port of `up_control`, which asks for the secret `colorise_control_token`; None of an older one, which
    has no such thing. It came to the file later: older readers pass it over, so that the version is the same."""

    @property
    def queue(self) -> QueueSettings:
        """Its queue, whatever our own environment says."""
        from functions.queues.settings import QueueSettings  # noqa: PLC0415 - pydantic

        names = ("nats_url", "nats_user", "nats_password", "nats_replicas")
        return QueueSettings(**self._values(names))

    @property
    def store(self) -> StoreSettings:
        """Its store, likewise."""
        from functions.stores.settings import StoreSettings  # noqa: PLC0415 - pydantic

        names = ("s3_endpoint", "s3_public_endpoint", "s3_bucket", "s3_access_key", "s3_secret_key", "s3_region")
        nothing = {"store": None, "s3_endpoint": None, "s3_access_key": None, "s3_secret_key": None}
        return StoreSettings(**(nothing | self._values((*names, "store"))))

    def _values(self, names: tuple[str, ...]) -> dict[str, Any]:
        found = {name: self.environment.get(f"COLORISE_{name.upper()}") or self._secret(name) for name in names}
        return {name: value for name, value in found.items() if value is not None}

    def _secret(self, name: str) -> str | None:
        try:
            return (self.secrets / f"colorise_{name}").read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return None


def default_data() -> Path:
    """Where `colorise up` keeps its data: COLORISE_DATA, or the person's own data folder."""
    chosen = os.environ.get("COLORISE_DATA")
    if chosen:
        return Path(chosen).expanduser()
    from platformdirs import user_data_path  # noqa: PLC0415 - looks into the system's settings on some systems

    return user_data_path("colorise", appauthor=False)


def find_running(data: Path | None) -> Running | None:
    """Find the `colorise up` that runs on a data folder; None looks where it would be by default.

    Returns:
        None where there is none, or what is written of it is left from one that was killed.
    """
    running = read(data or default_data())
    return running if running is not None and running.supervisor.lives() else None


def read(data: Path) -> Running | None:
    """What is written of the last `colorise up`, whether it lives or not; None where nothing readable is."""
    root = data.expanduser().absolute()
    try:
        found = json.loads((root / FILE).read_text(encoding="utf-8"))
        if found["version"] != VERSION:
            return None
        return Running(
            data=root,
            supervisor=Process(**found["supervisor"]),
            ready=found["ready"],
            environment=found["environment"],
            secrets=Path(found["secrets"]),
            programs=tuple(Process(**program) for program in found["programs"]),
            control=found.get("control"),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write(running: Running) -> None:
    """Write it down, readable for its owner only; whoever reads it meanwhile sees the whole of it or of the one before.

    Raises:
        OSError: the disk is full, for instance.
    """
    fields = asdict(running) | {"version": VERSION, "data": str(running.data), "secrets": str(running.secrets)}
    write_private(running.data / FILE, json.dumps(fields, indent=1) + "\n")


def remove(data: Path) -> None:
    """Nothing runs any more."""
    with contextlib.suppress(OSError):
        (data / FILE).unlink()

"""What a manifest tells a program, held against the settings that the program has.

`check_environment` is for all kinds of manifests: whatever names variables of ours and secret files goes through it.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from pydantic import ValidationError
from pydantic_settings import SettingsError

from bot.settings import BotSettings, StandSettings, XSettings
from demo.machine_settings import MachineSettings
from demo.settings import DemoSettings
from functions.colorise.settings import ColoriseSettings
from functions.connector.settings import ConnectorSettings
from functions.environment import CONFIG, EnvironmentSettings, complaints
from functions.queues.settings import QueueSettings
from functions.stores.settings import StoreSettings
from functions.telemetry.settings import TelemetrySettings
from functions.video_split.settings import VideoSplitSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Kind = type[EnvironmentSettings]

PREFIX: Final = "COLORISE_"

FOLDERS: Final = frozenset({"COLORISE_SECRETS", CONFIG})
"""Variables of ours that say where settings are, and are none themselves."""

SECRETS: Final = "/var/openfaas/secrets"

HEALTH_PORT: Final = 9464
HTTP_PORT: Final = 8080
STAND_PORT: Final = 8000

PARENT_MEGABYTES: Final = 256
"""That a worker takes beside the process that decodes for it: itself, a picture's file on its way there (64 MB at
most), and parts of what comes of it on their way to the store."""

OUTSIDE: Final[Mapping[str, str]] = {
    "PYTHONUNBUFFERED": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "ORT_DISABLE_TELEMETRY": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TMPDIR": "/tmp",  # noqa: S108 - the one folder that may be written to in an image
}
"""Variables that are not ours, and that a manifest may repeat from the image."""


@dataclass(frozen=True, slots=True)
class Program:
    """One of our programs, and what it reads."""

    always: tuple[Kind, ...]
    """Settings that it reads whatever it does."""
    also: tuple[Kind, ...] = ()
    """Settings that some of its modes read: their variables are known to it."""
    chosen: Callable[[Mapping[str, str]], tuple[Kind, ...]] = lambda _: ()
    """By the environment: which of `also` must be complete."""
    ports: frozenset[int] = frozenset({HEALTH_PORT})
    """That it listens on in a container."""

    @property
    def variables(self) -> frozenset[str]:
        """Names of all that it knows."""
        kinds = (*self.always, *self.also)
        return frozenset(f"{PREFIX}{name.upper()}" for kind in kinds for name in kind.model_fields)


def _account(environment: Mapping[str, str]) -> tuple[Kind, ...]:
    return (StandSettings,) if environment.get("COLORISE_BOT_PLATFORM") == "stand" else (XSettings,)


def _store_where_named(environment: Mapping[str, str]) -> tuple[Kind, ...]:
    return (StoreSettings,) if any(name.startswith(("COLORISE_S3_", "COLORISE_STORE")) for name in environment) else ()


_PIPELINE: Final = (TelemetrySettings, QueueSettings, StoreSettings)

PROGRAMS: Final[Mapping[str, Program]] = {
    "colorise": Program((ColoriseSettings, *_PIPELINE)),
    "video-split": Program((VideoSplitSettings, *_PIPELINE)),
    # Over HTTP a function that colours can do without a store; and whichever has no queue leaves orders to its caller.
    "colorise-http": Program(
        (ColoriseSettings, TelemetrySettings, QueueSettings),
        (StoreSettings,),
        _store_where_named,
        ports=frozenset({HTTP_PORT}),
    ),
    "video-split-http": Program((VideoSplitSettings, *_PIPELINE), ports=frozenset({HTTP_PORT})),
    "connector": Program((ConnectorSettings, TelemetrySettings, QueueSettings)),
    "bot": Program((BotSettings, *_PIPELINE), (XSettings, StandSettings), _account),
    "demo": Program((DemoSettings, MachineSettings, *_PIPELINE), ports=frozenset({HEALTH_PORT, STAND_PORT})),
}


def decoding_megabytes(pixels: int) -> int:
    """What a picture of so many pixels takes in the process that decodes, at its most: HEIC, in docs/operations.md.

    AVIF, WebP without loss, and 16 bits beside each other take more, and are refused near the limit of pixels.
    """
    return 210 + round(pixels * 20.2e-6)


def megabytes(size: str) -> int:
    """Of a size as Compose or Kubernetes writes it, such as `2g` or `2560Mi`, in units of 2²⁰ bytes."""
    number, unit = re.fullmatch(r"(\d+)([mg]|Mi|Gi)", size).groups()  # type: ignore[union-attr]  # or the test fails
    return int(number) * (1024 if unit in {"g", "Gi"} else 1)


def check_environment(program: str, environment: Mapping[str, str], secrets: Iterable[str] | Mapping[str, str]) -> None:
    """See that a program would start with what a manifest tells it.

    Its settings are made, as at the program's start, from exactly this environment and from files that stand for the
    secrets.

    Args:
        program: of `PROGRAMS`.
        environment: as the manifest sets it, in the form that the container gets.
        secrets: names of the files in the folder that `COLORISE_SECRETS` names, or else in OpenFaaS's; as a mapping,
            with what is in them.

    Raises:
        AssertionError: a variable or a secret of ours is none of the program's settings, one that it needs is missing,
            or one is wrong.
    """
    found = PROGRAMS[program]
    files = dict(secrets) if isinstance(secrets, Mapping) else {name: dummy_secret(name) for name in secrets}
    unknown = {name for name in environment if name.startswith(PREFIX)} - found.variables - FOLDERS
    assert not unknown, f"{program}: nobody reads {sorted(unknown)}"
    named = {name for name in files if name.replace("-", "_").startswith(PREFIX.lower())}
    strangers = {name for name in named if name.replace("-", "_").upper() not in found.variables}
    assert not strangers, f"{program}: nobody reads the secrets {sorted(strangers)}"
    twice = {name for name in named if name.replace("-", "_").upper() in environment}
    assert not twice, f"{program}: a variable hides the secrets {sorted(twice)}"
    with _only(environment, files):
        for kind in (*found.always, *found.chosen(environment)):
            try:
                kind()
            except (ValidationError, SettingsError) as error:
                told = "; ".join(complaints(error))
                pytest.fail(f"{program}: {kind.__name__}: {told}")


def check_ports(program: str, ports: Iterable[int], environment: Mapping[str, str]) -> None:
    """See that a program listens on each port that a manifest names, on all addresses.

    Raises:
        AssertionError: it does not.
    """
    found, named = PROGRAMS[program], set(ports)
    assert named <= found.ports, f"{program} does not listen on {sorted(named - found.ports)}"
    if HEALTH_PORT in named:
        assert environment.get("COLORISE_HEALTH_PORT") == str(HEALTH_PORT), program
        assert environment.get("COLORISE_HEALTH_HOST") == "0.0.0.0", program  # noqa: S104 - others are to reach it
    if STAND_PORT in named:
        assert environment.get("COLORISE_DEMO_PORT", str(STAND_PORT)) == str(STAND_PORT), program
        assert environment.get("COLORISE_DEMO_HOST") == "0.0.0.0", program  # noqa: S104 - as above
    if HTTP_PORT in named:
        assert environment.get("COLORISE_HTTP_PORT", str(HTTP_PORT)) == str(HTTP_PORT), program


def dummy_secret(name: str) -> str:
    """What might be in a secret file of this name."""
    return "12345678" if name.replace("-", "_") == "colorise_demo_pin" else f"dummy {name}".replace(" ", "-")


@contextmanager
def _only(environment: Mapping[str, str], files: Mapping[str, str]) -> Iterator[None]:
    """An environment with nothing of ours in it but this; secrets lie where none of this machine's are."""
    before = dict(os.environ)
    with tempfile.TemporaryDirectory(prefix="secrets") as folder:
        for name, text in files.items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
        try:
            for name in [name for name in os.environ if name.startswith(PREFIX)]:
                del os.environ[name]
            os.environ |= {**environment, "COLORISE_SECRETS": folder}
            yield
        finally:
            os.environ.clear()
            os.environ |= before

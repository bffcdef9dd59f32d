"""How the machine room finds the `colorise up` whose workers it shows: read from the environment."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, SecretStr

from functions.environment import EnvironmentSettings

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def _here(address: str) -> str:
    parts = urlsplit(f"//{address}")
    if parts.hostname not in LOOPBACK or not parts.port or parts.path:
        msg = "it must be a host and a port of this machine, such as 127.0.0.1:12345"
        raise ValueError(msg)
    return address


class MachineSettings(EnvironmentSettings):
    """The control of `colorise up`, as its run.json and its folder of secrets have it."""

    demo_control: Annotated[str, AfterValidator(_here)] | None = None
    """Host and port; None shows no workers, for nobody tells of them."""
    control_token: SecretStr | None = None
    """Belongs into the file `colorise_control_token`, where `colorise up` has put it."""

"""How a program shows itself to its operator: read from the environment."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from functions.environment import EnvironmentSettings


class TelemetrySettings(EnvironmentSettings):
    """Variables begin with `COLORISE_`, such as `COLORISE_HEALTH_PORT`."""

    health_host: str = "127.0.0.1"
    """`0.0.0.0` lets other machines in."""
    health_port: Annotated[
        Annotated[int, Field(ge=0, le=65535)] | None,
        BeforeValidator(lambda given: None if given in {"", "off"} else given),
    ] = None
    """0 is any free port; `off` serves nothing."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

"""What can be said to the connector."""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, StringConstraints, model_validator

from functions.environment import EnvironmentSettings

FunctionName: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9.-]{0,126}[a-z0-9])?$")]
"""As in `/function/NAME`: OpenFaaS has namespaces, too, such as `colorise.staging-fn`."""

ADDRESS: Final = "such as http://gateway.openfaas:8080, without user, password and parameters"


class ConnectorSettings(EnvironmentSettings):
    """Settings of `python -m functions.connector`, each a variable that begins with `COLORISE_`."""

    gateway_url: str = ""
    """Of the gateway, as far as `/function/NAME`; needed."""
    gateway_user: str | None = None
    """Where the gateway asks for one: with the password, or neither."""
    gateway_password: SecretStr | None = None
    gateway_seconds: Annotated[float, Field(gt=0, le=86_400)] = 600.0
    """For a call, from its first byte to the answer's last. The gateway's own limits come first, as a rule."""
    gateway_colorise: FunctionName = "colorise"
    """Name of the function that colours pictures and chunks of films."""
    gateway_video_split: FunctionName = "video-split"
    """Name of the function that splits and joins films."""
    max_inflight: Annotated[int, Field(ge=1, le=256)] = 4
    """Calls of each function at once; about as many as it takes, over all of its pods."""

    @model_validator(mode="after")
    def _complete(self) -> ConnectorSettings:
        # Not a check of the field: a complaint about one shows what was given, and here that may hold a password.
        if not _is_address(self.gateway_url):
            msg = f"set COLORISE_GATEWAY_URL to the address of a gateway, {ADDRESS}"
            raise ValueError(msg)
        if (self.gateway_user is None) != (self.gateway_password is None):
            msg = "set both COLORISE_GATEWAY_USER and COLORISE_GATEWAY_PASSWORD, or neither for a gateway without"
            raise ValueError(msg)
        if self.gateway_user is not None and ":" in self.gateway_user:
            msg = "COLORISE_GATEWAY_USER cannot have a colon in it (RFC 7617)"
            raise ValueError(msg)
        return self


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        bare = parts.port != 0 and parts.username is None and parts.password is None
    except ValueError:
        return False
    fine = url.isascii() and url.isprintable() and not set(url) & set(' ?#\\"<>')
    return bare and fine and parts.scheme in {"http", "https"} and bool(parts.hostname)

"""What can be said to the stand: read from the environment, from secret files, and from a TOML file."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - pydantic reads the annotations
from typing import Annotated

from pydantic import Field, SecretStr, model_validator

from functions.environment import EnvironmentSettings


class DemoSettings(EnvironmentSettings):
    """The stand. Variables begin with `COLORISE_DEMO_`, such as `COLORISE_DEMO_PORT`.

    The operator may change some of it while it runs (`demo.rules`); what was changed there wins.
    """

    demo_host: str = "127.0.0.1"
    """Address to listen on; `0.0.0.0` lets phones and other machines in."""
    demo_port: Annotated[int, Field(ge=0, le=65535)] = 8000
    """0 is any free one."""
    demo_pin: Annotated[str, Field(pattern=r"^[0-9]{4,12}$")] | None = None
    """The operator's number; one is made and printed where none is given."""
    demo_name: Annotated[str, Field(pattern=r"^\P{Cc}{1,60}$")] = "colorisebot"
    demo_language: Annotated[str, Field(pattern=r"^[a-z]{2}$")] = "en"
    """Of the pages, until a visitor chooses another one."""
    demo_keep_minutes: Annotated[int, Field(ge=1, le=7 * 24 * 60)] = 60
    """After which everything of a visit is deleted."""
    demo_wall_hours: Annotated[float, Field(gt=0, le=6 * 24)] = 24.0
    """That a picture stays on the wall; the store keeps results for a week."""
    demo_max_mb: Annotated[float, Field(gt=0, le=500)] = 25.0
    """Of a picture or clip."""
    demo_max_clip_seconds: Annotated[float, Field(gt=0, le=600)] = 30.0
    demo_per_minute: Annotated[int, Field(ge=1, le=1000)] = 20
    """Pictures that a visitor may bring in a minute; ten times as many come from one address."""
    demo_idle_seconds: Annotated[int, Field(ge=0, le=3600)] = 60
    """After which the booth starts over for the next visitor; 0 is never."""
    demo_samples: Path | None = None
    """Folder of photographs that are offered to who has none at hand, before those that come with the stand."""
    demo_certificate: Path | None = None
    demo_key: Path | None = None
    """Of TLS, in PEM: browsers lend a camera to pages with a secure address only, or on the machine itself."""
    demo_self_signed: bool = False
    """Make a certificate for the addresses of this machine; browsers warn of it once."""
    demo_certificate_folder: Path | None = None
    """Where what was made is kept, so that it is the same after a restart; None is nowhere."""
    demo_secret: SecretStr | None = None
    """That links are signed with; made once and remembered where none is given."""
    stand_token: SecretStr | None = None
    """That the bot shows to the stand; without it the timeline has no bot."""

    @model_validator(mode="after")
    def _complete(self) -> DemoSettings:
        if (self.demo_certificate is None) != (self.demo_key is None):
            msg = "set both COLORISE_DEMO_CERTIFICATE and COLORISE_DEMO_KEY, or neither"
            raise ValueError(msg)
        if self.demo_certificate is not None and self.demo_self_signed:
            msg = "COLORISE_DEMO_CERTIFICATE and COLORISE_DEMO_SELF_SIGNED exclude each other"
            raise ValueError(msg)
        if self.demo_samples is not None and not self.demo_samples.is_dir():
            msg = "COLORISE_DEMO_SAMPLES: there is no such folder"
            raise ValueError(msg)
        for name, path in (("CERTIFICATE", self.demo_certificate), ("KEY", self.demo_key)):
            if path is not None and not path.is_file():
                msg = f"COLORISE_DEMO_{name}: there is no such file"
                raise ValueError(msg)
        return self

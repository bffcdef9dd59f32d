"""Settings that programs read from the environment, and from files that hold secrets."""

from __future__ import annotations

import os
from pathlib import Path
from typing import ClassVar, Final

from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SecretsSettingsSource, SettingsConfigDict

SECRETS: Final = "/var/openfaas/secrets"
"""Where OpenFaaS puts them, a file each."""


class _SecretFiles(SecretsSettingsSource):
    """Files named like the variables in lower case; Kubernetes takes no low lines in such names, so hyphens will do."""

    @classmethod
    def find_case_path(cls, dir_path: Path, file_name: str, case_sensitive: bool) -> Path | None:  # noqa: FBT001 - as its base
        plain, hyphens = (
            super(_SecretFiles, cls).find_case_path(dir_path, name, case_sensitive)
            for name in (file_name, file_name.replace("_", "-"))
        )
        return plain or hyphens


class EnvironmentSettings(BaseSettings):
    """Variables begin with `COLORISE_`, such as `COLORISE_NATS_URL`.

    Each may be a file in the folder `/var/openfaas/secrets`, or the one that `COLORISE_SECRETS` names, as well: called
    like the variable in lower case, such as `colorise_nats_password` or `colorise-nats-password`. The variable wins.
    """

    model_config: ClassVar[SettingsConfigDict] = SettingsConfigDict(env_prefix="COLORISE_", frozen=True, extra="ignore")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Look for secret files where the environment says, and only where there are any."""
        del dotenv_settings, file_secret_settings
        folder = Path(os.environ.get("COLORISE_SECRETS") or SECRETS)
        files = (_SecretFiles(settings_cls, folder),) if folder.is_dir() else ()
        return init_settings, env_settings, *files

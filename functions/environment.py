"""Settings that programs read from the environment, from files that hold secrets, and from a file of settings."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from importlib.resources.abc import Traversable

    from pydantic import ValidationError

SECRETS: Final = "/var/openfaas/secrets"
"""Where OpenFaaS puts them, a file each."""

CONFIG: Final = "COLORISE_CONFIG"
"""Variable that names the file of settings."""


THREADS_OF: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Variables that numpy's libraries read when they are loaded."""

SECRET: Final = ("key", "password", "pin", "secret", "token")
"""Parts of the names of settings whose values are nobody's business."""


def usable_cores() -> int:
    """Cores this process may use, which in a container are fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _SecretFiles(SecretsSettingsSource):
    """Files named like the variables in lower case; Kubernetes takes no low lines in such names, so hyphens will do."""

    @classmethod
    def find_case_path(cls, dir_path: Path, file_name: str, case_sensitive: bool) -> Path | None:  # noqa: FBT001 - as its base
        plain, hyphens = (
            super(_SecretFiles, cls).find_case_path(dir_path, name, case_sensitive)
            for name in (file_name, file_name.replace("_", "-"))
        )
        return plain or hyphens


class _Toml(TomlConfigSettingsSource):
    """A TOML file whose tables are the first words of the variables: `url` under `[nats]` is `COLORISE_NATS_URL`."""

    def _read_file(self, file_path: Path | Traversable) -> dict[str, Any]:
        try:
            return dict(_flat(super()._read_file(file_path)))
        except (OSError, ValueError) as error:
            msg = f"{CONFIG}={file_path}: {error}"
            raise SettingsError(msg) from error


class EnvironmentSettings(BaseSettings):
    """Variables begin with `COLORISE_`, such as `COLORISE_NATS_URL`.

    Each may be a file in the folder `/var/openfaas/secrets`, or the one that `COLORISE_SECRETS` names, as well: called
    like the variable in lower case, such as `colorise_nats_password` or `colorise-nats-password`. And each may stand in
    the TOML file that `COLORISE_CONFIG` names. The variable wins, then the secret file.
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
        """Look for files where the environment says, and only where there are any."""
        del dotenv_settings, file_secret_settings
        folder = Path(os.environ.get("COLORISE_SECRETS") or SECRETS)
        files = (_SecretFiles(settings_cls, folder),) if folder.is_dir() else ()
        config = os.environ.get(CONFIG)
        toml = (_Toml(settings_cls, _there(config)),) if config else ()
        return init_settings, env_settings, *files, *toml


def unknown_settings(kinds: Iterable[type[EnvironmentSettings]]) -> list[str]:
    """Keys of the file of settings that none of these programs' settings know: misspelt, as a rule.

    Raises:
        SettingsError: the file cannot be read.
    """
    config = os.environ.get(CONFIG)
    if not config:
        return []
    known = {name for kind in kinds for name in kind.model_fields}
    given = _Toml(EnvironmentSettings, _there(config)).toml_data
    return sorted(key for key in given if key not in known)


def refuse_unknown(kinds: Iterable[type[EnvironmentSettings]]) -> None:
    """See that each key of the file of settings is known to one of these.

    Raises:
        SettingsError: some are not, or the file cannot be read.
    """
    unknown = unknown_settings(kinds)
    if unknown:
        msg = f"{CONFIG}={os.environ[CONFIG]}: nobody knows the settings {', '.join(unknown)}"
        raise SettingsError(msg)


def complaints(error: ValidationError | SettingsError) -> Iterator[str]:
    """What is wrong with settings, a line for each; no secret is in them."""
    if isinstance(error, SettingsError):
        yield " ".join(str(error).split())
        return
    for one in error.errors(include_url=False):
        name = "_".join(str(part) for part in one["loc"])
        said = one["msg"].removeprefix("Value error, ")
        if not name:
            yield said
        elif any(part in name for part in SECRET):
            yield f"COLORISE_{name.upper()}: {said[0].lower()}{said[1:]}"
        else:
            yield f"COLORISE_{name.upper()}={one['input']}: {said[0].lower()}{said[1:]}"


def _there(config: str) -> Path:
    """The file itself: one that is not there would be passed over in silence."""
    path = Path(config)
    if not path.is_file():
        msg = f"{CONFIG}={config}: there is no such file"
        raise SettingsError(msg)
    return path


def _flat(table: Mapping[str, Any], before: str = "") -> Iterable[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{key}_")
        else:
            yield f"{before}{key}", value

"""Who may use queue, store and control: passwords that are made once, in files that nobody else may read."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from cli.up_data import write_private

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

QUEUE_PASSWORD: Final = "colorise_nats_password"  # noqa: S105 - the name of a file
STORE_KEY: Final = "colorise_s3_secret_key"
CONTROL_TOKEN: Final = "colorise_control_token"  # noqa: S105 - as above
"""For whoever may add and remove workers while everything runs."""

STAND_TOKEN: Final = "colorise_stand_token"  # noqa: S105 - as above
"""That the bot shows to the stand."""

PIN: Final = "colorise_demo_pin"
"""Of the stand's operator."""

LENGTH_BYTES: Final = 32

PIN_DIGITS: Final = 6
"""With five tries a minute, all of them would take four months."""


def made_once(folder: Path) -> dict[str, str]:
    """Name of the file → password, as made the first time; the folder is there already.

    Raises:
        OSError: they cannot be read or written.
    """
    found: dict[str, str] = {}
    for name in (QUEUE_PASSWORD, STORE_KEY, CONTROL_TOKEN, STAND_TOKEN, PIN):
        path = folder / name
        found[name] = path.read_text(encoding="utf-8").strip() if path.exists() else ""
        if not found[name]:
            found[name] = _made(name)
            write_private(path, found[name])
        path.chmod(0o600)
    return found


def _made(name: str) -> str:
    if name == PIN:
        return "".join(secrets.choice("0123456789") for _ in range(PIN_DIGITS))
    return secrets.token_hex(LENGTH_BYTES)


def elsewhere(environment: Mapping[str, str], prefix: str, folder: Path | None) -> dict[str, str]:
    """Secrets of a server that the settings name: name of the file → what is in it.

    Args:
        environment: where they may be, in variables.
        prefix: of their names, such as `colorise_nats_`.
        folder: where they may be, in files; a variable wins.
    """
    found: dict[str, str] = {}
    if folder is not None and folder.is_dir():
        for path in folder.iterdir():
            name = path.name.lower().replace("-", "_")
            if name.startswith(prefix) and path.is_file():
                found[name] = path.read_text(encoding="utf-8").strip()
    for name in (QUEUE_PASSWORD, STORE_KEY):
        if name.startswith(prefix) and environment.get(name.upper()):
            found[name] = environment[name.upper()]
    return found

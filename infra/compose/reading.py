"""`compose.yaml` as Compose understands it: variables filled in, secrets where containers find them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER: Final = Path(__file__).parent

FILE: Final = FOLDER / "compose.yaml"

_VARIABLE: Final = re.compile(r"\$\{(\w+):-([^}]*)\}")


def defaults(text: str) -> dict[str, str]:
    """Variables that the file asks for, with the values that hold where they are not set."""
    return dict(_VARIABLE.findall(text))


def services(given: Mapping[str, str] | None = None) -> dict[str, dict[str, Any]]:
    """Name → service.

    Args:
        given: variables, as from `.env`.
    """
    return dict(read(given)["services"])


def read(given: Mapping[str, str] | None = None) -> dict[str, Any]:
    """All of the file, with these variables; those that are empty count as not set."""
    known = given or {}
    text = _VARIABLE.sub(lambda found: known.get(found[1]) or found[2], FILE.read_text(encoding="utf-8"))
    return dict(yaml.safe_load(text))


def secret_files(service: Mapping[str, Any]) -> dict[str, str]:
    """Name of the file under /run/secrets → name of the secret."""
    found: dict[str, str] = {}
    for secret in service.get("secrets", ()):
        if isinstance(secret, str):
            found[secret] = secret
        else:
            found[secret["target"]] = secret["source"]
    return found

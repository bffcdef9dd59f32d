"""What the stand needs beyond a plain install."""

from __future__ import annotations

import importlib.util
from typing import Final

MODULES: Final = ("cryptography", "itsdangerous", "multipart", "segno", "sse_starlette")

INSTALL: Final = "install 'colorisebot[demo]'"


def missing() -> list[str]:
    """Modules that are not here."""
    return [name for name in MODULES if importlib.util.find_spec(name) is None]

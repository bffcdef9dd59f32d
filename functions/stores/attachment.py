"""How an answer names the file that a browser saves it as."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

LONGEST: Final = 150
"""Characters; in UTF-8 a file system's 255 bytes are soon reached."""


def attachment(file_name: str) -> str:
    """A Content-Disposition for any file name: RFC 6266, with the plain name for those that do not know RFC 5987.

    What would lead into a folder, or end the header, becomes a low line.
    """
    name = re.sub(r'[\x00-\x1f\x7f/\\:*?"<>|]', "_", file_name).strip(". ") or "colorised"
    if len(name) > LONGEST:
        stem, dot, extension = name.rpartition(".")
        name = (
            f"{stem[: LONGEST - len(extension) - 1]}.{extension}"
            if dot and len(extension) < LONGEST
            else name[:LONGEST]
        )
    plain = name.encode("ascii", "replace").decode().replace("?", "_").replace("%", "_")
    encoded = quote(name, safe="", errors="replace")
    return f'attachment; filename="{plain}"' + ("" if plain == name else f"; filename*=UTF-8''{encoded}")

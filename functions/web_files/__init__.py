"""Files from strangers' links, fetched without becoming anybody's way into the private network."""

from __future__ import annotations

from functions.web_files.client import Bounds, WebFiles
from functions.web_files.guard import Guard
from functions.web_files.signatures import media_type

__all__ = ["Bounds", "Guard", "WebFiles", "media_type"]

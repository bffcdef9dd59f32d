"""Names of what the command puts into the store and has put there: equal where the same thing was asked for before."""

from __future__ import annotations

import hashlib
import mimetypes
import re
from typing import TYPE_CHECKING, Final

from functions.stores.protocol import INBOX, OUTBOX

if TYPE_CHECKING:
    from pathlib import Path

    from functions.jobs import ImageWishes, Network, VideoWishes

_EXTENSION: Final = re.compile(r"\.[a-z0-9]{1,8}")


def inbox_name(sha256: str, source: Path) -> str:
    """Of a source with these bytes; the extension is for people who look into the store."""
    extension = source.suffix.lower()
    return f"{INBOX}/{sha256}{extension if _EXTENSION.fullmatch(extension) else ''}"


def outbox_name(source: str, wishes: ImageWishes | VideoWishes, network: Network, extension: str) -> str:
    """Of what comes of a source, coloured in this way by this network."""
    digest = hashlib.sha256()
    for decisive in (source, wishes.model_dump_json(), network.model_dump_json()):
        digest.update(decisive.encode() + b"\0")
    return f"{OUTBOX}/{digest.hexdigest()}{extension}"


def content_type_of(source: Path) -> str:
    """What a browser is told of a source, by its name; nothing depends on it."""
    return mimetypes.guess_type(source.name)[0] or "application/octet-stream"

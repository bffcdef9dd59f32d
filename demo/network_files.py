"""The files of the pretend network: into the store, and found again."""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING, BinaryIO, Final

from demo.network_posts import Media
from demo.network_rules import MOST_BYTES, check_upload
from functions.errors import Rejected
from functions.stores.protocol import INBOX, OUTBOX

if TYPE_CHECKING:
    from demo.network import Network
    from demo.network_posts import MediaKind
    from functions.stores.protocol import ObjectStore

FOLDER: Final = "stand/network"


async def kept(  # noqa: PLR0913 - a file has as many sides
    network: Network,
    store: ObjectStore,
    data: BinaryIO,
    *,
    size: int,
    kind: MediaKind,
    content_type: str,
    alt_text: str | None,
    by_bot: bool,
    most: int | None = None,
    shape: tuple[int, int] | None = None,
    seconds: float | None = None,
) -> str:
    """Put a file into the store, and return its key.

    Args:
        network: takes note of it.
        store: it goes to.
        data: from where it stands to its end.
        size: its bytes.
        kind: as what it is shown.
        content_type: for those who look at it.
        alt_text: for those who do not see it.
        by_bot: a result, which the store keeps for longer than what visitors send.
        most: bytes; None is what the network takes of a program.
        shape: width and height in pixels, where they are known.
        seconds: that it runs.

    Raises:
        Rejected: the network does not take it ("bad-media").
        Postponed: the store is out of reach.
    """
    check_upload(kind, content_type, size, alt_text, most=MOST_BYTES[kind] if most is None else most)
    key = secrets.token_urlsafe(16)
    name = f"{OUTBOX if by_bot else INBOX}/{FOLDER}/{key}"
    await asyncio.to_thread(store.write, name, data, content_type=content_type)
    width, height = shape or (None, None)
    return network.keep_upload(
        Media(key, kind, content_type, name, size, network.now(), alt_text, width, height, seconds)
    )


def found(network: Network, key: str) -> Media:
    """A file that was uploaded.

    Raises:
        Rejected: there is none ("gone").
    """
    media = network.uploads.get(key)
    if media is None:
        msg = "this file is not there any more"
        raise Rejected(msg, code="gone")
    return media

"""Makes the store ready for use, and keeps it tidy."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from functions.errors import Postponed

if TYPE_CHECKING:
    from functions.stores.protocol import ObjectStore

FIRST_PAUSE_SECONDS: Final = 0.5
LONGEST_PAUSE_SECONDS: Final = 10.0
"""Between tries to reach a store that is not there yet."""

TIDY_SECONDS: Final = 3600.0
"""Between looks for what is too old: a folder has nobody else who would delete it, and an S3 server needs no more than
to be asked whether it has its rules still."""

log = logging.getLogger(__name__)


async def prepared(store: ObjectStore) -> None:
    """Prepare a store, which may start after us.

    Raises:
        Rejected: that can never succeed, such as with keys that are not allowed to.
    """
    pause = FIRST_PAUSE_SECONDS
    while True:
        try:
            await asyncio.to_thread(store.prepare)
        except Postponed as error:
            log.warning("waiting for the store: %s", error.reason)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
        else:
            return


async def kept_tidy(store: ObjectStore) -> None:
    """Prepare a store again now and then, without end."""
    while True:
        await asyncio.sleep(TIDY_SECONDS)
        await prepared(store)

"""One of several programs does the work; another takes it over when that one dies.

No clocks of two machines are compared. The holder writes its record again and again; whoever stands by looks whether
the record still changes. A holder's time counts from before it asked for its last change, the others' from after they
have seen it, so the holder's is over first.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import sys
import time
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict, ValidationError

from functions.errors import Postponed
from functions.stopping import end

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from functions.queues.records import Record, Records

RENEW_SECONDS: Final = 3.0
WATCH_SECONDS: Final = 1.0
EXPIRE_SECONDS: Final = 10.0
"""Two renewals may be late or lost before that; whoever stands by begins within 12 s of a holder's death."""

MARGIN_SECONDS: Final = 2.0
"""That the holder stops before others may begin: for what it has just begun, and for clocks that run unequally."""

RELEASE_SECONDS: Final = 2.0
"""That leaving may take where the server is away."""

_log = logging.getLogger(__name__)


class _Held(BaseModel):
    """What the record says; for people who look at it, too."""

    model_config = ConfigDict(frozen=True)

    holder: str = ""
    run: str = ""
    """Of the holder: two of the same name, or one that was started again, are not the same."""
    term: int = 0
    """Grows with every holder."""
    released: bool = False


def since_boot() -> float:
    """Seconds on a clock that nobody sets; where the system has such a one, it goes on while the machine sleeps."""
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


class Lease:
    """Held by one program at a time; one `held` at a time.

    Args:
        records: a book that keeps records for far longer than `expire_seconds`.
        key: of the record in it; all who compete for the lease have the same key, and the same `expire_seconds`.
        holder: our name, for people.
        renew_seconds: between two renewals.
        watch_seconds: between two looks of whoever stands by.
        expire_seconds: after which a record that does not change is nobody's.
        margin_seconds: that we stop before that.
        now: seconds on a clock that is never set.
        sleep: waits for so many of them.
    """

    def __init__(  # noqa: PLR0913 - times are many, and a clock has two sides
        self,
        records: Records,
        key: str,
        *,
        holder: str,
        renew_seconds: float = RENEW_SECONDS,
        watch_seconds: float = WATCH_SECONDS,
        expire_seconds: float = EXPIRE_SECONDS,
        margin_seconds: float = MARGIN_SECONDS,
        now: Callable[[], float] = since_boot,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._records = records
        self._key = key
        self._holder = holder
        self._run = secrets.token_hex(4)
        self._renew_seconds = renew_seconds
        self._watch_seconds = watch_seconds
        self._expire_seconds = expire_seconds
        self._ours_seconds = expire_seconds - margin_seconds
        self._now = now
        self._sleep = sleep
        self._held = _Held()
        self._record: Record | None = None
        """As we have last written or read it."""
        self._ours_until = now()
        self._over = asyncio.Event()
        self._over.set()

    @contextlib.asynccontextmanager
    async def held(self) -> AsyncIterator[int]:
        """Wait until the lease is ours, over any outage, and hold it while the block runs; its term.

        The block is not broken off when the lease is lost: whoever works in it asks `is_ours` before each step that
        two must not do, and has `lost` tell when to stop. Others may begin at once when it is left.
        """
        await self._acquire()
        keeping = [asyncio.create_task(self._renew()), asyncio.create_task(self._expire())]
        try:
            yield self._held.term
        finally:
            self._end("left")
            await end(keeping)
            await self._release()

    def is_ours(self) -> bool:
        """Whether nobody else can have begun: the last renewal that succeeded is young enough."""
        return not self._over.is_set() and self._now() < self._ours_until

    async def lost(self) -> None:
        """Return when it is ours no more; at once where it is not."""
        await self._over.wait()

    async def _acquire(self) -> None:
        seen: Record | None = None
        seen_at = self._now()
        last = self._held
        """Who had it when there was last a record: where that is gone, they may not have found out yet."""
        quiet = False
        while True:
            try:
                found = await self._records.get(self._key)
                if found != seen:
                    seen, seen_at = found, self._now()
                if found is not None:
                    last = _read(found)
                free = last.released or last.run == self._run or (found is None and last.term == 0)
                if free or self._now() - seen_at >= self._expire_seconds:
                    if await self._take(found, term=last.term + 1):
                        return
                elif not quiet:
                    _log.info("standing by", extra={"holder": last.holder, "key": self._key})
                    quiet = True
            except Postponed as error:
                _log.debug("still waiting for the lease: %s", error.reason)
            await self._sleep(self._watch_seconds)

    async def _take(self, found: Record | None, *, term: int) -> bool:
        """Take the lease; False where somebody was quicker, or it took so long that it is over again."""
        held = _Held(holder=self._holder, run=self._run, term=term)
        asked_at = self._now()
        value = held.model_dump_json().encode()
        taken = (
            await self._records.create(self._key, value) if found is None else await self._records.replace(found, value)
        )
        if taken is None or self._now() >= asked_at + self._ours_seconds:
            return False
        self._held, self._record = held, taken
        self._ours_until = asked_at + self._ours_seconds
        self._over.clear()
        _log.info("holding the lease", extra={"term": term, "key": self._key})
        return True

    async def _renew(self) -> None:
        """Write the record again and again, until it is somebody else's."""
        pause = self._renew_seconds
        while True:
            await self._sleep(pause)
            asked_at = self._now()
            try:
                renewed = await self._write(self._held)
            except Postponed as error:
                _log.debug("the lease is not renewed: %s", error.reason)
                pause = self._watch_seconds
                continue
            if not renewed:
                self._end("somebody else has it, or nobody: its record is not ours any more")
                return
            if not self.is_ours():
                self._end("its renewal came too late")
                return
            self._ours_until = asked_at + self._ours_seconds
            pause = max(0.0, asked_at + self._renew_seconds - self._now())

    async def _expire(self) -> None:
        """End our term when nothing has renewed it."""
        while (left := self._ours_until - self._now()) > 0:
            await self._sleep(left)
        self._end("it could not be renewed")

    async def _release(self) -> None:
        """Let others begin at once, where the server is there; otherwise they wait until it has expired."""
        with contextlib.suppress(Postponed, TimeoutError):
            async with asyncio.timeout(RELEASE_SECONDS):
                await self._write(self._held.model_copy(update={"released": True}))

    async def _write(self, held: _Held) -> bool:
        """Write our record; False where another is there.

        Where an answer was lost, or an earlier try was stored late, what is there is ours all the same, under another
        revision: then it is written once more.
        """
        while self._record is not None:
            written = await self._records.replace(self._record, held.model_dump_json().encode())
            if written is not None:
                self._record = written
                return True
            found = await self._records.get(self._key)
            self._record = found if found is not None and self._is_mine(found) else None
        return False

    def _is_mine(self, found: Record) -> bool:
        held = _read(found)
        return (held.run, held.term) == (self._run, self._held.term)

    def _end(self, why: str) -> None:
        if not self._over.is_set():
            self._over.set()
            _log.info("the lease is ours no more: %s", why, extra={"term": self._held.term, "key": self._key})


def _read(found: Record) -> _Held:
    """What a record says; one that nobody can read is somebody's, of the term 0."""
    try:
        return _Held.model_validate_json(found.value)
    except ValidationError:
        _log.warning("the record of the lease cannot be read: did a newer program write it?", extra={"key": found.key})
        return _Held()

"""What is kept how long: everything of a visit is deleted after a while, and at once when somebody asks."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from pydantic import AwareDatetime, BaseModel, ValidationError

from demo.visit import FOLDER
from functions.errors import Postponed, Rejected
from functions.stores.erasing import erase, plans_of, sweep
from functions.stores.protocol import INBOX, OUTBOX

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from demo.figures import Figures
    from demo.rules import RuleBook
    from demo.visits import Live, Visits
    from demo.wall import Wall
    from functions.queues.protocol import Queue
    from functions.queues.records import Records
    from functions.stores.protocol import ObjectStore

SWEEP_SECONDS: Final = 60.0

AGAIN: Final = timedelta(minutes=15)
"""For which what was erased is erased again at each look: a worker may have had an order in hand for it."""

STRAY: Final = timedelta(minutes=10)
"""That objects of no visit are left alone over their time: somebody may just be putting them there."""

PREFIX: Final = "erase"
"""Of records of what is to be erased."""

log = logging.getLogger(__name__)


class _Note(BaseModel):
    names: list[str]
    job_id: str
    plan_is_unknown: bool = False
    """Whether there may be pieces of a film whose plan was made while nobody listened."""
    until: AwareDatetime


class Retention:
    """Every method raises `Postponed` where something is out of reach.

    Args:
        store: where pictures are.
        queue: where orders may wait.
        visits: all there are.
        wall: which is told of what goes.
        rules: how long things are kept.
        figures: written down with each look.
        book: where to write down what is to be erased: a restart forgets nothing of it.
        now: the clock.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - as many places as something is kept in
        self,
        store: ObjectStore,
        queue: Queue,
        visits: Visits,
        wall: Wall,
        rules: RuleBook,
        figures: Figures,
        *,
        book: Records,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._queue = queue
        self._visits = visits
        self._wall = wall
        self._rules = rules
        self._figures = figures
        self._book = book
        self._now = now

    async def erase(self, live: Live) -> None:
        """Erase a visit: its pictures, its order, its record. When this returns, nobody is shown any of it."""
        visit = live.visit
        note = _Note(
            names=visit.all_names(),
            job_id=visit.job_id,
            plan_is_unknown=visit.kind == "clip" and visit.plan is None,
            until=self._now() + AGAIN,
        )
        await self._book.put(f"{PREFIX}.{visit.id}", note.model_dump_json().encode())
        self._wall.gone(live)
        if live.task is not None:
            live.task.cancel()
        await self._visits.drop(live)
        await self._carry_out(note)
        if visit.is_settled:
            await self._book.delete(f"{PREFIX}.{visit.id}")

    async def sweep(self) -> None:
        """Erase what was kept long enough, and again what was erased while it was in work."""
        now, rules = self._now(), self._rules.now
        for live in self._visits.all():
            if live.visit.ends_at(rules) <= now:
                await self.erase(live)
            elif live.visit.hung is not None and live.visit.began_at + rules.keep <= now:
                await asyncio.to_thread(self._store.delete, live.visit.source)
        async for record in self._book.under(PREFIX):
            try:
                note = _Note.model_validate_json(record.value)
                await self._carry_out(note)
            except (ValidationError, Rejected):
                log.exception("what is to be erased again cannot be read: a bug", extra={"key": record.key})
                await self._book.delete(record.key)
                continue
            if note.until <= now:
                await self._book.delete(record.key)
        strays = ((INBOX, rules.keep), (OUTBOX, rules.keep + rules.wall))
        for prefix, keep in strays:
            folder = f"{prefix}/{FOLDER}/"
            count = await asyncio.to_thread(sweep, self._store, folder, keep + STRAY, now=now)
            if count:
                log.info("deleted what belonged to no visit any more", extra={"prefix": folder, "objects": count})

    async def sweep_on(self) -> None:
        """Sweep once a minute, without end."""
        while True:
            try:
                await self.sweep()
            except Postponed as error:
                log.warning("what was kept long enough is deleted later: %s", error.reason)
            except Exception:  # a bug here must not keep pictures for ever
                log.exception("what was kept long enough could not be deleted")
            await self._figures.save_if_it_works()
            await asyncio.sleep(SWEEP_SECONDS)

    async def _carry_out(self, note: _Note) -> None:
        await self._queue.cancel(note.job_id)
        plans = await asyncio.to_thread(plans_of, self._store, note.job_id) if note.plan_is_unknown else []
        await asyncio.to_thread(erase, self._store, [*note.names, *plans])

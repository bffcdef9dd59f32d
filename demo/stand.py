"""The stand put together: what a visit passes through, and what it begins and ends with."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from demo.answers import Answers
from demo.events import Streams
from demo.figures import Figures
from demo.foreman import Foreman
from demo.links import Links, Purpose, remembered_secret
from demo.operator import Doorkeeper
from demo.orders import Colourist
from demo.retention import Retention
from demo.rules import RuleBook
from demo.samples import Samples
from demo.sentences import Sentences
from demo.visits import Visits, in_work
from demo.wall import Wall
from functions.errors import Rejected
from functions.stopping import end

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from prometheus_client import CollectorRegistry

    from demo.addresses import Addresses
    from demo.settings import DemoSettings
    from demo.visits import Live
    from functions.queues.protocol import Queue
    from functions.queues.records import Records
    from functions.stores.protocol import ObjectStore

HOME: Final = Path(__file__).parent
"""With pages, static files and words."""

BOOK: Final = "STAND"
BOOK_SECONDS: Final = 8 * 24 * 3600.0
"""Of what is remembered of visits: a day longer than any of them is kept."""

LASTING_BOOK: Final = "STAND_LASTING"
"""For ever: the secret of the links, what the operator has changed, the figures."""

log = logging.getLogger(__name__)


class Stand:
    """What the parts share. Make one with `open`.

    Args:
        settings: that it was started with.
        store: where pictures are.
        queue: where orders go.
        book: where visits are written down.
        lasting: where the rest is.
        secret: that links are signed with.
        pin: the operator's number.
        addresses: where it is found.
        home: folder of the pages.
        now: the clock.
        clock: seconds that only grow.
        registry: of the metrics; None makes one.
    """

    def __init__(  # noqa: PLR0913 - what it is made of
        self,
        settings: DemoSettings,
        store: ObjectStore,
        queue: Queue,
        *,
        book: Records,
        lasting: Records,
        secret: bytes,
        pin: str,
        addresses: Addresses,
        home: Path = HOME,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = time.monotonic,
        registry: CollectorRegistry | None = None,
    ) -> None:
        self.store = store
        self.queue = queue
        self.book = book
        self.addresses = addresses
        self.home = home
        self.now = now
        self.clock = clock
        self.is_stopping = False
        """No further visits are taken on."""
        self.samples = Samples(settings.demo_samples)
        sentences = Sentences(home / "words")
        self.rules = RuleBook(settings, samples=self.samples.there(), languages=sentences.languages, book=lasting)
        self.answers = Answers(sentences, self.rules)
        self.links = Links(secret, now=now)
        self.figures = Figures(lasting, registry)
        self.streams = Streams(self.figures)
        self.visits = Visits(book)
        self.wall = Wall(self.visits, store, self.links, self.figures, now=now)
        foreman = Foreman(queue)
        self.colourist = Colourist(store, queue, self.visits, foreman, self.rules, ended=self._ended, now=now)
        self.retention = Retention(store, queue, self.visits, self.wall, self.rules, self.figures, book=book, now=now)
        self.doorkeeper = Doorkeeper(pin, self.links, now=now)

    @classmethod
    async def open(  # noqa: PLR0913 - as above
        cls,
        settings: DemoSettings,
        store: ObjectStore,
        queue: Queue,
        *,
        pin: str,
        addresses: Addresses,
        home: Path = HOME,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = time.monotonic,
        registry: CollectorRegistry | None = None,
    ) -> Stand:
        """Open its books, and remember what is in them.

        Raises:
            Postponed: the queue is out of reach.
        """
        book = await queue.records(BOOK, keep_seconds=BOOK_SECONDS)
        lasting = await queue.records(LASTING_BOOK, keep_seconds=None)
        given = settings.demo_secret
        secret = given.get_secret_value().encode() if given else await remembered_secret(lasting)
        stand = cls(
            settings,
            store,
            queue,
            book=book,
            lasting=lasting,
            secret=secret,
            pin=pin,
            addresses=addresses,
            home=home,
            now=now,
            clock=clock,
            registry=registry,
        )
        await stand.rules.load()
        await stand.figures.load()
        await stand.visits.load()
        return stand

    @contextlib.asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        """Colour and sweep while the block lasts, beginning with what an earlier life has left."""
        async with self.colourist.listening():
            left = in_work(self.visits.all())
            if left:
                log.info("going on where it was left", extra={"visits": len(left)})
            for live in left:
                self.colourist.start(live, resumed=True)
            sweeping = asyncio.create_task(self.retention.sweep_on(), name="retention")
            try:
                yield
            finally:
                await end([sweeping])
                await self.figures.save_if_it_works()

    def opened(self, token: str, visit_id: str) -> tuple[Live, Purpose]:
        """The visit that a token opens, and to what.

        Raises:
            Rejected: there is no such visit any more, or the token is another's, bent, or too old: nobody learns which
                ("gone").
        """
        live = self.visits.find(visit_id)
        if live is not None:
            age = live.visit.token_age(self.rules.now)
            for purpose in Purpose:
                if self.links.read(purpose, token, max_age=age) == visit_id:
                    return live, purpose
        msg = "this picture is not here any more"
        raise Rejected(msg, code="gone")

    def _ended(self, live: Live) -> None:
        self.figures.ended(live.visit)
        self.wall.tell_figures()

"""Runs the bot: one of several answers, the others stand by."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from bot import ledger as mentions_ledger
from bot import people as known_people
from bot.answers import Answers
from bot.colouring import Colourist
from bot.erasing import Eraser
from bot.gate import Gate
from bot.intake import Intake
from bot.lease import Lease
from bot.ledger import Ledger
from bot.mentions import SINCE, Listener
from bot.obeying import Servant
from bot.people import People
from bot.replying import Replier
from bot.spending import Charge, Spending
from bot.talk import Talk
from bot.uploading import Uploader
from functions.errors import Postponed
from functions.queues.sorted_results import SortedResults
from functions.stopping import end, side_by_side

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.colouring import ContentFilter
    from bot.metrics import BotMetrics
    from bot.platforms.protocol import Account, Platform
    from bot.settings import BotSettings
    from functions.queues.protocol import Queue
    from functions.queues.records import Records
    from functions.stores.protocol import ObjectStore

_Answer = TypeVar("_Answer")

UPLOADS: Final = 4
"""At once."""

SAVE_SECONDS: Final = 5.0
"""Between two notes of what was spent: a death forgets a few reads, a tenth of a cent each."""

AGAIN_SECONDS: Final = 1.0
"""Until it begins anew, where queue or store were lost in the middle of a beginning."""

TIDY_SECONDS: Final = 3.0
"""For what is written down at the end, and for the lease to be given back: a little more than that may take."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Books:
    """Where the bot remembers."""

    lasting: Records
    """For ever: where it has read to, who wants no answers, what a day has cost, who holds the lease."""
    mentions: Records
    people: Records
    name: str
    """Of the bot: its jobs and objects begin with it."""

    @classmethod
    async def open(cls, queue: Queue, *, name: str) -> Books:
        """Open them, and make those that are not there.

        Args:
            queue: that keeps them.
            name: that theirs begin with: another one is another bot.

        Raises:
            Postponed: the queue is out of reach.
        """
        return cls(
            lasting=await queue.records(name, keep_seconds=None),
            mentions=await queue.records(f"{name}_MENTIONS", keep_seconds=mentions_ledger.KEEP_SECONDS),
            people=await queue.records(f"{name}_PEOPLE", keep_seconds=known_people.KEEP_SECONDS),
            name=name.lower(),
        )


class Bot:
    """A bot that answers while it holds the lease.

    Args:
        platform: where it is mentioned.
        queue: where orders go.
        store: where pictures are.
        books: where it remembers.
        settings: how it behaves.
        metrics: what it counts.
        content_filter: None lets everything pass.
        now: the clock.
    """

    def __init__(  # noqa: PLR0913 - what it is made of
        self,
        platform: Platform,
        queue: Queue,
        store: ObjectStore,
        *,
        books: Books,
        settings: BotSettings,
        metrics: BotMetrics,
        content_filter: ContentFilter | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._platform = platform
        self._queue = queue
        self._store = store
        self._books = books
        self._settings = settings
        self._metrics = metrics
        self._filter = content_filter
        self._now = now
        self._lease = Lease(books.lasting, "lease", holder=f"{socket.gethostname()}-{os.getpid()}")
        self._listener: Listener | None = None

    @property
    def is_ready(self) -> bool:
        """Whether it answers, or stands by to; not while the network refuses it."""
        return self._listener is None or self._listener.has_polled

    async def run(self, stop: asyncio.Event) -> None:
        """Answer, or stand by to, until told to stop; what is in hand then stays in the ledger."""
        stopping = asyncio.create_task(stop.wait(), name="told to stop")
        before = asyncio.all_tasks()
        try:
            while not stop.is_set():
                serving = asyncio.create_task(self._serve(), name="bot")
                await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
                await end([serving], again_seconds=TIDY_SECONDS, before=before)
                if serving.cancelled():
                    continue
                try:
                    serving.result()
                except Postponed as error:
                    log.warning("beginning anew: %s", error.reason)
                    await asyncio.sleep(AGAIN_SECONDS)
        finally:
            await end([stopping])
            self._metrics.active(is_active=False)

    async def _serve(self) -> None:
        """Wait for the lease, and answer for as long as we hold it."""
        async with self._lease.held() as term:
            self._metrics.active(is_active=True)
            log.info("answering mentions", extra={"term": term, "platform": self._platform.name})
            working = asyncio.create_task(self._work(), name="answering")
            lost = asyncio.create_task(self._lease.lost(), name="lease lost")
            try:
                await asyncio.wait({working, lost}, return_when=asyncio.FIRST_COMPLETED)
                if working.done():
                    working.result()
                else:
                    log.warning("somebody else answers mentions now, or the queue is out of reach: standing by")
            finally:
                await end([working, lost], again_seconds=TIDY_SECONDS)
                self._listener = None
                self._metrics.active(is_active=False)

    async def _work(self) -> None:
        me: Account = await self._insist(self._platform.identify)
        log.info("we are @%s", me.username, extra={"account": me.id})
        spending = self._spending()
        spending.count(Charge.USER)
        await self._insist(spending.save)
        results = SortedResults()
        async with self._queue.results() as told:
            ledger, people = Ledger(self._books.mentions), People(self._books.people, self._books.lasting)
            eraser = Eraser(
                self._store,
                self._queue,
                ledger,
                people,
                notes=self._books.mentions,
                drop=lambda mention: answers.drop(mention),  # noqa: PLW0108 - there are none yet
                keep=self._settings.keep,
                now=self._now,
            )
            answers = await self._answers(ledger, people, eraser, spending, results)
            intake = Intake(
                me,
                platform=self._platform,
                ledger=ledger,
                people=people,
                spending=spending,
                answers=answers,
                rules=self._settings.rules,
                metrics=self._metrics,
                now=self._now,
                bot=self._books.name,
                answered=await self._answered_before(spending),
            )
            listener = Listener(
                self._platform,
                self._books.lasting,
                intake.take,
                spending,
                self._metrics,
                poll_seconds=self._settings.bot_poll_seconds,
                streams=self._settings.bot_stream,
                now=self._now,
            )
            try:
                await side_by_side(
                    results.follow(told),
                    self._answer_on(answers, listener),
                    eraser.sweep_on(),
                    self._save_on(spending),
                )
            finally:
                await answers.close()
                with contextlib.suppress(Postponed):
                    await spending.save()

    async def _answer_on(self, answers: Answers, listener: Listener) -> None:
        """Take up what was left, and then what is new."""
        unfinished = await self._insist(answers.resume)
        if unfinished:
            log.info("going on where it was left", extra={"mentions": unfinished})
        self._listener = listener
        await listener.run()

    async def _answers(
        self, ledger: Ledger, people: People, eraser: Eraser, spending: Spending, results: SortedResults
    ) -> Answers:
        settings, limits = self._settings, self._platform.limits
        talk = await Talk.open(
            self._books.lasting,
            longest_seconds=min(settings.bot_max_clip_seconds, limits.video_seconds),
            alt_text_length=limits.alt_text_length,
        )
        colourist = Colourist(
            self._platform,
            self._store,
            self._queue,
            results,
            ledger,
            content_filter=self._filter,
            max_bytes=settings.max_bytes,
            mark=settings.bot_mark,
        )
        uploader = Uploader(self._platform, self._store, talk, self._gate("uploads", side_by_side=UPLOADS))
        replier = Replier(
            self._platform,
            uploader,
            ledger=ledger,
            people=people,
            talk=talk,
            spending=spending,
            posts=self._gate("posts", side_by_side=1),
            is_ours=self._lease.is_ours,
            now=self._now,
            sleep=asyncio.sleep,
            max_age=settings.max_age,
            settle=timedelta(seconds=settings.bot_settle_seconds),
        )
        servant = Servant(self._platform, ledger, people, eraser)
        return Answers(ledger, colourist, servant, replier, self._metrics, max_age=settings.max_age, now=self._now)

    def _gate(self, family: str, *, side_by_side: int) -> Gate:
        async def sleep_until(moment: datetime) -> None:
            await asyncio.sleep(max(0.0, (moment - self._now()).total_seconds()))

        return Gate(
            side_by_side=side_by_side,
            now=self._now,
            sleep_until=sleep_until,
            on_limit=lambda until: self._metrics.limited(family, until),
        )

    def _spending(self) -> Spending:
        settings = self._settings
        return Spending(
            self._books.lasting, prices=settings.prices, budget_micros=settings.budget_micros, now=self._now
        )

    async def _answered_before(self, spending: Spending) -> set[str]:
        """Mentions that we have answered as far as the network knows, where we know of none ourselves.

        A ledger may be new because it was lost: what it knew is not to be answered a second time.
        """
        if await self._books.lasting.get(SINCE) is not None:
            return set()
        since = self._now() - self._settings.max_age
        posts = await self._insist(partial(self._platform.own_posts, since=since))
        spending.count(Charge.OWN_POST, len(posts))
        return {post.reply_to for post in posts if post.reply_to is not None}

    async def _save_on(self, spending: Spending) -> None:
        while True:
            try:
                await spending.save()
            except Postponed as error:
                log.warning("what was spent is noted later: %s", error.reason)
            self._metrics.spent(spending.today.micros, spending.left_micros)
            await asyncio.sleep(SAVE_SECONDS)

    async def _insist(self, call: Callable[[], Awaitable[_Answer]]) -> _Answer:
        """Call until queue or network answer."""
        pause = 1.0
        while True:
            try:
                return await call()
            except Postponed as error:
                log.warning("not yet: %s", error.reason)
            await asyncio.sleep(pause)
            pause = min(2 * pause, 60.0)

"""Screens of the stand of a drill that are on all day: wall, machine room and timeline, by their streams of events."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from cli.demo_visitor import AGAIN_SECONDS, Visitor
from cli.drill_up import PATIENCE_SECONDS
from functions.errors import Postponed, Rejected

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from cli.drill_report import DrillReport

STREAMS: Final = {"wall": "/api/wall/events", "machine": "/api/machine/events", "timeline": "/api/timeline/events"}

SCREENS: Final = 3
"""Of each."""


class Onlookers:
    """All screens.

    Args:
        address: of the stand.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._news = asyncio.Condition()
        self.events: Counter[str] = Counter()
        self.opened: Counter[str] = Counter()
        self.hanging: dict[str, dict[str, Any]] = {}
        """Id of a visit → what the wall says of it, as the first screen shows it."""

    @contextlib.asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Watch while the block lasts; all screens are on when it begins.

        Raises:
            TimeoutError: the stand does not open so many streams.
        """
        tasks = [asyncio.create_task(self._watch(name, number)) for name in STREAMS for number in range(SCREENS)]
        try:
            async with asyncio.timeout(PATIENCE_SECONDS), self._news:
                await self._news.wait_for(lambda: all(self.opened[name] >= SCREENS for name in STREAMS))
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def until(self, visit: str, *, hangs: bool) -> None:
        """Wait until the wall shows a visit, or does so no more.

        Raises:
            Rejected: it takes too long ("wall").
        """
        try:
            async with asyncio.timeout(PATIENCE_SECONDS), self._news:
                await self._news.wait_for(lambda: (visit in self.hanging) == hangs)
        except TimeoutError as error:
            msg = f"the wall {'never shows' if hangs else 'still shows'} a visit"
            raise Rejected(msg, code="wall") from error

    def add_to(self, report: DrillReport, kills: int) -> None:
        """Add that all screens were fed, and went dark only where the stand was killed.

        Args:
            report: that is added to.
            kills: of the stand.
        """
        wrong = [f"the {name} said nothing" for name in STREAMS if not self.events[name]]
        wrong += [
            f"the {name} was opened {count} times"
            for name, count in self.opened.items()
            if count > SCREENS * (kills + 1)
        ]
        right = f"{SCREENS} screens each, {self.events.total():,} events"
        report.promise("wall, machine room and timeline are told all along", wrong, right=right)

    async def _watch(self, name: str, number: int) -> None:
        async with Visitor(self._address) as visitor:
            while True:
                # `Rejected` is a stand that is about to stop; the others are one that was killed.
                with contextlib.suppress(Postponed, Rejected):
                    async with visitor.following(STREAMS[name], seconds=None) as events:
                        await self._opened(name)
                        if name == "wall" and number == 0:
                            self.hanging.clear()
                        async for event, said in events:
                            self.events[name] += 1
                            if name == "wall" and number == 0:
                                await self._hear(event, said)
                await asyncio.sleep(AGAIN_SECONDS)

    async def _opened(self, name: str) -> None:
        async with self._news:
            self.opened[name] += 1
            self._news.notify_all()

    async def _hear(self, event: str, said: Any) -> None:
        async with self._news:
            if event == "added":
                self.hanging[said["id"]] = said
            elif event == "removed":
                self.hanging.pop(said["id"], None)
            self._news.notify_all()

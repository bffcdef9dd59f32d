"""Visitors of the stand of a drill, who go one way or another and notice what is not right."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Final, TypeVar

from cli.demo_visitor import AGAIN_SECONDS, PATIENCE_SECONDS, Visitor
from cli.drill_stand_things import Look
from cli.drill_stand_views import faults_of
from cli.drill_stand_ways import Turn, Way
from functions.errors import Postponed, Rejected

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from random import Random
    from typing import Any

    from cli.demo_visitor import Accepted
    from cli.drill_stand_day import Day
    from cli.drill_stand_onlookers import Onlookers
    from cli.drill_stand_things import Bag, Thing

AWAY: Final = frozenset({"busy", "stopping", "unavailable", "ended"})
"""Codes after which a visitor tries again: the stand, or what it stands on, is away for a moment."""

GONE: Final = 404

NAMES: Final = ("", "Ada", "Grace", "Katherine", "Margaret", "Radia", "Barbara", "Frances", "Hedy", "Mary")
"""That people give themselves on the timeline; the first gives none."""

MENTION: Final = "@colorisebot please"

_Answer = TypeVar("_Answer")


class _BrokenOffError(Exception):
    """Somebody walks away in the middle of an upload."""


class Guests:
    """All visitors.

    Args:
        address: of the stand.
        bag: of what they bring.
        day: keeps what happens.
        onlookers: see the wall.
        random: decides what is left open.
    """

    def __init__(self, address: str, bag: Bag, day: Day, onlookers: Onlookers, random: Random) -> None:
        self._address = address
        self._bag = bag
        self._day = day
        self._onlookers = onlookers
        self._random = random
        self.may_fail = False
        """Whether the stand is being killed: otherwise nobody should have to try again."""

    async def visit(self, turn: Turn) -> None:
        """Be one visitor, from coming to leaving."""
        thing = await asyncio.to_thread(self._bag.make, turn.look)
        way = {
            Way.TAKE_HOME: self._take_home,
            Way.REFUSED: self._refused,
            Way.LEAVE: self._leave,
            Way.BREAK_OFF: self._break_off,
            Way.WALL: self._post_to_wall,
            Way.TAKE_DOWN: self._take_down,
            Way.DELETE: self._delete,
            Way.DELETE_AT_ONCE: self._delete_at_once,
            Way.PHONE: self._phone,
            Way.MENTION: self._mention,
        }.get(turn.way, self._sample)
        try:
            async with Visitor(self._address) as visitor:
                await way(visitor, thing)
        except Rejected as error:
            self._day.failed.append(f"{_named(turn)}: {error.code}: {error.reason}")
        except TimeoutError:
            self._day.failed.append(f"{_named(turn)}: no end after {PATIENCE_SECONDS:g} s")
        self._day.came[_named(turn)] += 1

    async def hang_some(self, count: int) -> None:
        """So many post to the wall and leave it there."""
        async with asyncio.TaskGroup() as group:
            for _ in range(count):
                group.create_task(self.visit(Turn(Way.WALL, Look.WEBCAM)))

    async def insist(self, ask: Callable[[], Awaitable[_Answer]], *, gone: _Answer | None = None) -> _Answer:
        """Ask again for as long as the stand is away, as a patient person would.

        Args:
            ask: what is asked for.
            gone: what it means that nothing is there any more, where the first try may have done it already.

        Raises:
            Rejected: the stand refuses for good.
            TimeoutError: it is away for too long.
        """
        tries = 0
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                try:
                    return await ask()
                except Postponed as error:
                    why = error.reason
                except Rejected as error:
                    if tries and gone is not None and error.code == "gone":
                        return gone
                    if error.code not in AWAY:
                        raise
                    why = f"{error.code}: {error.reason}"
                tries += 1
                self._day.again += 1
                if not self.may_fail:
                    self._day.failed.append(f"somebody must try again: {why}")
                await asyncio.sleep(AGAIN_SECONDS)

    async def _hand_in(self, visitor: Visitor, thing: Thing) -> Accepted:
        accepted = await self.insist(lambda: visitor.hand_in(thing.data))
        self._day.accept(accepted)
        return accepted

    async def _until_done(self, visitor: Visitor, accepted: Accepted) -> dict[str, Any]:
        try:
            said = await self.insist(lambda: visitor.until_done(accepted))
        except Rejected as error:
            self._day.settled[accepted.visit] = error.code
            raise
        self._day.settled[accepted.visit] = "done"
        return said

    async def _coloured(self, visitor: Visitor, thing: Thing) -> tuple[Accepted, dict[str, Any]]:
        """Bring it, wait for it, and look at it."""
        began = time.monotonic()
        accepted = await self._hand_in(visitor, thing)
        said = await self._until_done(visitor, accepted)
        self._day.wait(thing.look, time.monotonic() - began)
        await self._look_at(visitor, thing, said["after"])
        return accepted, said

    async def _look_at(self, visitor: Visitor, thing: Thing, address: str) -> None:
        result = await self.insist(lambda: visitor.fetched(address))
        faults = await asyncio.to_thread(faults_of, thing, result)
        self._day.wrong += [f"{thing.look.value}: {fault}" for fault in faults]
        self._day.checked += 1

    async def _take_home(self, visitor: Visitor, thing: Thing) -> None:
        _, said = await self._coloured(visitor, thing)
        await self.insist(lambda: visitor.fetched(said["before"]))
        self._day.show(said["before"])
        self._day.show(said["after"])

    async def _sample(self, visitor: Visitor, _: Thing) -> None:
        offered = (await self.insist(visitor.stand))["samples"]
        name = str(self._random.choice(offered)["id"])
        accepted = await self.insist(lambda: visitor.choose(name))
        self._day.accept(accepted)
        said = await self._until_done(visitor, accepted)
        await self.insist(lambda: visitor.fetched(said["after"]))
        self._day.show(said["after"])

    async def _refused(self, visitor: Visitor, thing: Thing) -> None:
        try:
            accepted = await self._hand_in(visitor, thing)
            await self._until_done(visitor, accepted)
        except Rejected as error:
            self._day.refused[error.code] += 1
            if error.code != thing.refusal:
                self._day.failed.append(f"{thing.look.value}: refused as {error.code}: {error.reason}")
        else:
            self._day.failed.append(f"{thing.look.value}: not refused")

    async def _leave(self, visitor: Visitor, thing: Thing) -> None:
        accepted = await self._hand_in(visitor, thing)
        with contextlib.suppress(Postponed, Rejected):
            async with visitor.following(accepted.events) as events:
                await anext(events, None)
        async with Visitor(self._address) as other:  # who has the address, and wonders how it ended
            await self._until_done(other, accepted)

    async def _break_off(self, visitor: Visitor, thing: Thing) -> None:
        async def half() -> AsyncIterator[bytes]:
            yield thing.data[: len(thing.data) // 2]
            raise _BrokenOffError

        with contextlib.suppress(_BrokenOffError, Postponed):
            await visitor.hand_in(half())

    async def _post_to_wall(self, visitor: Visitor, thing: Thing) -> Accepted:
        accepted, said = await self._coloured(visitor, thing)
        await self.insist(lambda: visitor.post_to_wall(accepted, thing.look.value))
        await self._onlookers.until(accepted.visit, hangs=True)
        shown = self._onlookers.hanging.get(accepted.visit, said)
        for part in ("before", "after"):
            await self.insist(lambda part=part: visitor.fetched(shown[part]))  # type: ignore[misc]  # mypy cannot infer a lambda's default
        self._day.show(shown["after"])
        return accepted

    async def _take_down(self, visitor: Visitor, thing: Thing) -> None:
        accepted = await self._post_to_wall(visitor, thing)
        await self.insist(lambda: visitor.take_down(accepted))
        await self._onlookers.until(accepted.visit, hangs=False)

    async def _delete(self, visitor: Visitor, thing: Thing) -> None:
        accepted, said = await self._coloured(visitor, thing)
        await self.insist(lambda: _deleted(visitor, accepted), gone=True)
        await self._served_no_more(
            visitor, [accepted.events, *(said[part] for part in ("before", "after", "page", "qr"))]
        )

    async def _delete_at_once(self, visitor: Visitor, thing: Thing) -> None:
        accepted = await self._hand_in(visitor, thing)
        await self.insist(lambda: _deleted(visitor, accepted), gone=True)
        self._day.settled[accepted.visit] = "deleted"
        await self._served_no_more(visitor, [accepted.events])

    async def _phone(self, visitor: Visitor, thing: Thing) -> None:
        accepted, said = await self._coloured(visitor, thing)
        await self.insist(lambda: visitor.fetched(said["qr"]))
        async with Visitor(self._address) as phone:
            await self.insist(lambda: phone.fetched(said["page"]))
            token = said["page"].rpartition("/")[2]
            events = f"/api/visits/{accepted.visit}/events?token={token}"
            names = await self.insist(lambda: _events_of(phone, events))
            if names[-1:] != ["done"]:
                self._day.failed.append(f"a phone hears {names} of a picture that is in colour")
            address = f"/api/visits/{accepted.visit}/after?token={token}"
            await self._look_at(phone, thing, f"{address}&download=1")
        self._day.show(address)

    async def _mention(self, visitor: Visitor, thing: Thing) -> None:
        called = self._random.choice(NAMES)
        post = await self.insist(lambda: visitor.post(MENTION, thing.data, called=called))
        began = time.monotonic()
        _, answer = await self.insist(lambda: visitor.answer_to(post))
        self._day.waits.setdefault("mention", []).append(time.monotonic() - began)
        faults = await asyncio.to_thread(faults_of, thing, answer)
        self._day.wrong += [f"answer to a mention: {fault}" for fault in faults]
        self._day.checked += 1

    async def _served_no_more(self, visitor: Visitor, addresses: list[str]) -> None:
        for address in addresses:
            status = await self.insist(lambda address=address: visitor.status(address))  # type: ignore[misc]  # as above
            self._day.asked_after += 1
            if status != GONE:
                self._day.served.append(f"{address.partition('?')[0]} answers with {status} after it was deleted")


async def _deleted(visitor: Visitor, accepted: Accepted) -> bool:
    await visitor.delete(accepted)
    return True


async def _events_of(visitor: Visitor, address: str) -> list[str]:
    """Names of all events, to the last one."""
    async with visitor.following(address) as told:
        return [name async for name, _ in told]


def _named(turn: Turn) -> str:
    return turn.way.value if turn.way is Way.SAMPLE else f"{turn.way.value}: {turn.look.value}"

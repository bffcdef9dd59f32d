"""Orders from NATS, one at a time: how a worker gets them, and how it says how one went."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Self

from pydantic import TypeAdapter

from functions.errors import Postponed
from functions.jobs import Attempt, DeadLetter, encoded
from functions.queues.jetstream_layout import ORDERS, bell_of, worker_of
from functions.queues.keeping import LETTING_GO
from functions.queues.subjects import dead_subject, job_of, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from functions.queues.heard import Heard, Place
    from functions.queues.jetstream_bell import Bell
    from functions.queues.jetstream_connection import JetStreamConnection
    from functions.queues.records import Records

LINGER_SECONDS: Final = 0.05
"""That the server may take to have an order ready for which it has rung the bell."""

LET_GO_SECONDS: Final = 1.5
"""That giving an order back may take before its worker goes away; otherwise it comes back after `ack_wait`."""

_log = logging.getLogger(__name__)
_HISTORY: Final = TypeAdapter(tuple[Attempt, ...])


@dataclass(frozen=True, slots=True)
class Hand:
    """What it takes to take orders, and to say how they went."""

    connection: JetStreamConnection
    histories: Records
    bell: Bell
    worker: str
    """The name under which failed tries are noted."""
    linger_seconds: float = LINGER_SECONDS


class NatsDelivery:
    """An order in hand."""

    def __init__(self, hand: Hand, heard: Heard, place: Place) -> None:
        self._hand = hand
        self._heard = heard
        self._place = place
        self._history: tuple[Attempt, ...] = ()
        self._remembers = place.delivered == 1
        self.settled = False
        """Whether somebody has said how it went."""

    @property
    def data(self) -> bytes:
        """The order as it was sent."""
        return self._heard.data

    @property
    def subject(self) -> str:
        """Such as `orders.colorise-image.JOB`."""
        return self._heard.subject

    @property
    def attempt(self) -> int:
        """1 for the first time."""
        return self._place.delivered

    @property
    def sent_at(self) -> datetime:
        """When it was put into the queue."""
        return self._place.at

    @property
    def history(self) -> Sequence[Attempt]:
        """Earlier tries that ended with `again`."""
        return self._history

    async def remember(self) -> None:
        """Read the history, where there can be one, and it has not been read."""
        if not self._remembers:
            noted = await self._hand.histories.get(self._number)
            self._history = _HISTORY.validate_json(noted.value) if noted is not None else ()
            self._remembers = True

    async def working(self) -> None:
        """Say that somebody is still at it."""
        await self._say(b"+WPI")

    async def done(self) -> None:
        """It is carried out."""
        what = "say that an order is done"
        try:
            await self._hand.connection.ask(what, self._heard.reply, b"+ACK", once=True)
        except Postponed:
            # A server that was killed may have lost that it gave the order to anybody; then it never answers.
            await self._remove()
        self.settled = True
        await self._forget()

    async def again(self, reason: str, *, after_seconds: float) -> None:
        """Give it to somebody again after a while."""
        await self.remember()  # whoever was broken off before that would write over the reasons of others
        attempt = Attempt(at=datetime.now(UTC), worker=self._hand.worker, reason=reason)
        history = (*self._history, attempt)
        await self._hand.histories.put(self._number, _HISTORY.dump_json(history))
        await self._say(b"-NAK " + json.dumps({"delay": round(after_seconds * 1e9)}).encode())
        self._history = history
        self.settled = True
        self._ring(after_seconds)

    async def bury(self, reason: str, *, code: str) -> None:
        """Nobody can carry it out."""
        letter = DeadLetter(
            subject=self.subject,
            data=self.data.decode(errors="replace"),
            job_id=job_of(self.subject),
            reason=reason,
            code=code,
            attempts=self.attempt,
            history=self._history,
            died_at=datetime.now(UTC),
        )
        # With a name, whoever dies before it is out of the queue leaves one letter and not two.
        headers = {"Nats-Msg-Id": f"dead.{self._number}"}
        await self._hand.connection.store("bury an order", dead_subject(self.subject), encoded(letter), headers=headers)
        await self.done()

    async def _remove(self) -> None:
        """Take the order out of the stream, if it is there still."""
        what = "take an order out of the queue"
        number = {"seq": self._place.sequence}
        found = await self._hand.connection.kept(what, ORDERS, number)
        # In a stream that was made anew, another order may have its number.
        if found is not None and (found.subject, found.data) == (self.subject, self.data):
            await self._hand.connection.api(what, f"STREAM.MSG.DELETE.{ORDERS}", number)

    async def _forget(self) -> None:
        """Delete the history; where that fails it goes by itself, after some days."""
        if self._history:
            with contextlib.suppress(Postponed):
                await self._hand.histories.delete(self._number)

    def _ring(self, after_seconds: float) -> None:
        """Have it looked for as soon as it is due, here; other programs find it a little later by themselves."""
        loop = asyncio.get_running_loop()
        loop.call_later(after_seconds, self._hand.bell.ring, kind_of(self.subject))

    async def _say(self, how: bytes) -> None:
        # Asked rather than published: with an answer, the server has understood it.
        await self._hand.connection.ask("say how an order went", self._heard.reply, how)

    @property
    def _number(self) -> str:
        """Of the order in its stream, also if that is made anew and counts from 1 again."""
        return f"{self._place.sequence}.{self._place.at:%Y%m%d%H%M%S%f}"


class NatsDeliveries:
    """Waits for orders of some kinds."""

    def __init__(self, hand: Hand, kinds: Sequence[str]) -> None:
        self._hand = hand
        self._kinds = tuple(kinds)
        self._asking: asyncio.Task[NatsDelivery | None] | None = None
        self._held: NatsDelivery | None = None
        self._seen = hand.bell.rung(self._kinds)
        """How often the bell had rung when it was last made sure that no order had come of that."""

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> NatsDelivery:
        self._held = None
        while True:
            await self._hand.connection.wait_online()
            try:
                found = await self._look()
            except Postponed as error:
                _log.debug("still waiting for orders: %s", error.reason)
                await asyncio.sleep(LINGER_SECONDS)
                continue
            if found is not None:
                self._hand.bell.pass_on(self._kinds)
                return found
            await self._hand.bell.wait(self._kinds, self._seen)

    async def _look(self) -> NatsDelivery | None:
        """Look for an order of each kind in turn; where the bell has rung and there is none, it is about to come."""
        heard = self._hand.bell.rung(self._kinds)
        found = await self._first(self._kinds, b'{"batch":1,"no_wait":true}')
        if found is not None:
            self._seen = heard
            return found
        now = self._hand.bell.rung(self._kinds)
        rung = [kind for kind in self._kinds if now[kind] != self._seen[kind]]
        self._seen = now
        return await self._first(rung, b'{"batch":1,"expires":%d}' % (self._hand.linger_seconds * 1e9))

    async def let_go(self) -> None:
        """Give back what is in hand, or on its way, so that somebody else has it at once."""
        with contextlib.suppress(Postponed, TimeoutError):  # then it comes back after `ack_wait`
            async with asyncio.timeout(LET_GO_SECONDS):
                if self._asking is not None:
                    self._held = await self._asking or self._held
                if self._held is not None and not self._held.settled:
                    await self._held.again(LETTING_GO, after_seconds=0)
                    await self._hand.connection.publish(bell_of(kind_of(self._held.subject)))

    async def _first(self, kinds: Iterable[str], request: bytes) -> NatsDelivery | None:
        for kind in kinds:
            self._asking = asyncio.create_task(self._pull(kind, request))
            # Whoever stops waiting does not take along the order that may be on its way: `let_go` gives it back.
            found = await asyncio.shield(self._asking)
            self._asking = None
            if found is not None:
                self._held = found
                await found.remember()
                return found
        return None

    async def _pull(self, kind: str, request: bytes) -> NatsDelivery | None:
        heard = await self._hand.connection.pull(f"$JS.API.CONSUMER.MSG.NEXT.{ORDERS}.{worker_of(kind)}", request)
        if heard.place is None:  # a status: there is nothing
            return None
        return NatsDelivery(self._hand, heard, heard.place)

"""Carries out orders by calling a function, and keeps those in hand that it will have room for soon.

A busy function is waited for here, not in the queue: there a second in vain becomes two, four, and in the end five
minutes, while somebody waits for a picture. That costs nothing: who waits has a place that nobody else could use.
"""

from __future__ import annotations

import asyncio
import logging
import random
from typing import TYPE_CHECKING, Final

from functions.connector.answers import USUAL_SECONDS, CallLost, CallTimedOut, Later, Lost, UnexpectedAnswer, understood
from functions.connector.gateway import BrokenOff, TookTooLong, TooMuch, Unreached
from functions.connector.line import Line
from functions.errors import Postponed
from functions.jobs import encoded
from functions.telemetry.context import stage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from functions.connector.gateway import Gateway, Reply
    from functions.connector.line import Place
    from functions.connector.metrics import GatewayMetrics
    from functions.jobs import AnyOrder
    from functions.outcome import Handlers, Outcome

PATIENCE_SECONDS: Final = 60.0
"""That an order waits in hand before it goes back: as long as two calls for chunks of films take."""

SUSPECTS: Final = 1000
"""Orders of which it is kept in mind that a call was lost."""

_log = logging.getLogger(__name__)


class Caller:
    """Has one function carry out orders.

    Args:
        gateway: that calls it.
        function: its name.
        kinds: of orders that it carries out, the most urgent first.
        metrics: where calls are counted.
        patience_seconds: see PATIENCE_SECONDS.
    """

    def __init__(
        self,
        gateway: Gateway,
        function: str,
        kinds: Sequence[str],
        metrics: GatewayMetrics,
        *,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._gateway = gateway
        self._function = function
        self._ranks = {kind: rank for rank, kind in enumerate(kinds)}
        self._metrics = metrics
        self._patience_seconds = patience_seconds
        self._line = Line()
        self._lost: dict[str, None] = {}
        """Names of orders that went back when a call for them was lost, and the function not well after it."""

    def handlers(self) -> Handlers:
        """What a worker calls, in threads of its own: for orders in the event loop that this is called in."""
        loop = asyncio.get_running_loop()

        def carry_out(order: AnyOrder) -> Outcome:
            return asyncio.run_coroutine_threadsafe(self.carry_out(order), loop).result()

        return dict.fromkeys(self._ranks, carry_out)

    async def stop(self) -> None:
        """Let calls end, and no order wait for its own any more."""
        await self._line.close()

    async def carry_out(self, order: AnyOrder) -> Outcome:
        """Call the function, again and again where that is worth it.

        Raises:
            Rejected: the function says that the order can never succeed.
            Postponed: the function cannot be called now, or says that it is to be called later.
            Suspected: calls for this order are lost, or take too long.
            UnexpectedAnswer: it is a bug, there or on the way.
        """
        place = self._line.place(self._ranks[order.kind])
        left = self._patience_seconds
        lost = order.message_id in self._lost
        self._lost.pop(order.message_id, None)
        pause = 0.0 if self._line.empty else USUAL_SECONDS
        level = logging.INFO
        while True:
            if pause:
                left -= await self._waited(place, pause)
            try:
                if lost:
                    await self._see_to_it()
                return await self._called(order)
            except Lost as error:
                if lost:
                    msg = f"{self._function} said that it was ready, and then a call was lost once more: {error}"
                    raise CallLost(msg) from error
                lost = True
                reason, pause = str(error), USUAL_SECONDS
            except Later as error:
                reason, pause = error.reason, error.seconds
            if pause > left or self._line.closed:
                if lost:
                    self._suspect(order.message_id)
                raise Postponed(reason, after_seconds=pause)
            _log.log(level, "waiting to call again: %s", reason, extra={"function": self._function})
            level = logging.DEBUG

    def _suspect(self, order: str) -> None:
        """Keep in mind that the next call that is lost for an order is not the first one."""
        self._lost[order] = None
        while len(self._lost) > SUSPECTS:
            del self._lost[next(iter(self._lost))]

    async def _waited(self, place: Place, seconds: float) -> float:
        """Wait in line: how long it took."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        with stage("room"):
            await self._line.wait(place, seconds=seconds * random.uniform(1.0, 1.5))  # noqa: S311 - not all at once
        return loop.time() - begun

    async def _see_to_it(self) -> None:
        """See that the function is well: only then a call that is lost says something about its order.

        Raises:
            Later: it is not.
        """
        try:
            ready = await self._gateway.ready(self._function)
        except Unreached as error:
            raise _away(error) from error
        if not ready:
            msg = f"{self._function} is not ready"
            raise Later(msg, seconds=USUAL_SECONDS)

    async def _called(self, order: AnyOrder) -> Outcome:
        room = True
        try:
            return understood(await self._reply(order), order, self._function)
        except (Later, Lost):
            room = False
            raise
        finally:
            if room:
                await self._line.ended()

    async def _reply(self, order: AnyOrder) -> Reply:
        try:
            with stage("call"), self._metrics.call(self._function) as call:
                reply = await self._gateway.call(self._function, encoded(order), call_id=order.trace_id)
                call.answered(reply.status)
                return reply
        except Unreached as error:
            raise _away(error) from error
        except BrokenOff as error:
            msg = f"the call of {self._function} broke off: {error}"
            raise Lost(msg) from error
        except TookTooLong as error:
            msg = f"{self._function}: {error} (COLORISE_GATEWAY_SECONDS)"
            raise CallTimedOut(msg) from error
        except TooMuch as error:
            msg = f"{self._function}: {error}"
            raise UnexpectedAnswer(msg) from error


def _away(error: Unreached) -> Later:
    return Later(f"the gateway cannot be reached: {error}", seconds=USUAL_SECONDS)

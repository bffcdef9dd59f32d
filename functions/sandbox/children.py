"""The handlers of a worker whose work is done in children: one for each order at once, warm, replaced when it dies."""

from __future__ import annotations

import logging
import queue
import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from functions.errors import Rejected
from functions.sandbox.child import Child, Job
from functions.sandbox.reach import Reaches
from functions.sandbox.verdicts import Crashed, TooCostly
from functions.telemetry.context import fields

if TYPE_CHECKING:
    from collections.abc import Callable

    from functions.jobs import AnyOrder
    from functions.outcome import Handlers, Outcome
    from functions.sandbox.words import Ready
    from functions.stores.protocol import ObjectStore

REMEMBERED: Final = 256
"""Orders whose crashes are counted."""

log = logging.getLogger(__name__)


class Children:
    """Children of one program.

    Args:
        start: starts one.
        store: that they are given what they ask for from.
        count: how many orders are carried out at once.
        stages: kind of order → what is told of its stages.
        died: is told the kind of order and the verdict's code when one is lost.
        warm: is told what one is that is ready.
    """

    def __init__(  # noqa: PLR0913 - each is said once, where they are made
        self,
        start: Callable[[], Child],
        store: ObjectStore,
        *,
        count: int = 1,
        stages: Callable[[str], Callable[[str, float], None]],
        died: Callable[[str, str], None],
        warm: Callable[[Ready], None] = lambda _: None,
    ) -> None:
        self._start = start
        self._store = store
        self._reaches = Reaches(store)
        self._stages = stages
        self._died = died
        self._warm = warm
        self._idle: queue.LifoQueue[Child | None] = queue.LifoQueue()
        for _ in range(count):
            self._idle.put(None)
        self._alive: set[Child] = set()
        self._crashes: OrderedDict[str, int] = OrderedDict()
        self._lock = threading.Lock()
        self._closed = False
        # Linux ends a child with the thread that started it, not only with the process: so this one stays.
        self._starter = ThreadPoolExecutor(1, thread_name_prefix="sandbox")

    def warm_up(self) -> Ready:
        """Start the first one.

        Raises:
            Rejected: the program cannot be put together.
            NotStarted: it died before it was ready.
        """
        self._idle.get()
        child: Child | None = None
        try:
            child, ready = self._started()
            return ready
        finally:
            self._idle.put(child)

    def handlers(self, ready: Ready) -> Handlers:
        """What a worker is given for handlers."""
        return dict.fromkeys(ready.kinds, self.carry_out)

    def carry_out(self, order: AnyOrder, store: ObjectStore | None = None) -> Outcome:
        """Have an order carried out.

        Args:
            order: to be carried out.
            store: that it is about; None is the one of all orders.

        Raises:
            Rejected: it can never succeed, or has killed too many children here.
            Postponed: it may succeed later.
            Crashed: it has killed one.
            TooCostly: it took more than it may.
            Exception: a bug.
        """
        reach = (self._reaches if store is None else Reaches(store)).of(order)
        child = self._idle.get()
        try:
            if child is None or not child.lives:  # the system may have killed an idle one
                child = self._replaced(child)
            outcome = child.carry_out(Job(order, fields(), reach, store or self._store, self._stages(order.kind)))
        except (Crashed, TooCostly) as error:
            self._died(order.kind, error.code)
            self._count(order.message_id, error)
            raise
        finally:
            self._idle.put(child)
        self._crashes.pop(order.message_id, None)
        return outcome

    def pids(self) -> list[int]:
        """Of those that live."""
        with self._lock:
            return [child.pid for child in self._alive if child.lives]

    def close(self) -> None:
        """End all of them."""
        with self._lock:
            self._closed = True
            alive = list(self._alive)
        for child in alive:
            child.end()
        self._starter.shutdown(wait=False, cancel_futures=True)

    def _replaced(self, before: Child | None) -> Child:
        if before is not None:
            log.warning("the process that decodes files is started anew", extra={"was": before.pid})
            with self._lock:
                self._alive.discard(before)
            before.end()
        return self._started()[0]

    def _started(self) -> tuple[Child, Ready]:
        child = self._starter.submit(self._start).result()
        with self._lock:
            self._alive.add(child)
            closed = self._closed
        if closed:
            child.end()
        try:
            ready = child.warm_up()
        except BaseException:
            with self._lock:
                self._alive.discard(child)
            raise
        self._warm(ready)
        return child, ready

    def _count(self, message_id: str, error: Crashed | TooCostly) -> None:
        """Count a lost child.

        Raises:
            Rejected: it is one too many.
        """
        with self._lock:
            crashes = self._crashes.pop(message_id, 0) + 1
            self._crashes[message_id] = crashes
            while len(self._crashes) > REMEMBERED:
                self._crashes.popitem(last=False)
        if crashes >= error.most:
            log.error("order given up: %s", error, extra={"crashes": crashes})
            raise Rejected(error.told, code=error.code) from error

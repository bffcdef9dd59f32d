"""Which objects an order is about: no other may be read or written for it, whoever has taken over the child.

    order    reads                                           writes
    image    source, target, its answer                      target, its answer
    split    source, target, its answer, one film's folder   the plan of this job in that folder
    chunk    plan, source, the film's folder                 the chunk's piece and account
    join     plan, source, target, its answer, the folder    target, its answer; it may delete accounts

The plan says what a chunk and a join are about, and a child writes plans: so a plan is written only where it says of
source, target and job what the order says. A film's folder is named by 128 bits of what the film is made of, and a
split gets one, whatever it finds there: whoever knows the name of another has that very film.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import BaseModel, StringConstraints, ValidationError

from functions.errors import Rejected
from functions.film_work.names import account_name, film_folder, piece_name, plan_name
from functions.jobs import ColoriseChunk, ColoriseImage, ObjectName, SplitVideo
from functions.outcome import RESULTS_OF
from functions.sandbox.frames import Garbled
from functions.stores.names import answer_name

if TYPE_CHECKING:
    from functions.jobs import AnyOrder
    from functions.outcome import Outcome
    from functions.stores.protocol import ObjectInfo, ObjectStore

KEY: Final = r"[0-9a-f]{32}"
"""Of a film, as `functions.video.film_key` says."""

LONGEST_PLAN: Final = 1 << 28
"""Bytes."""

PICTURE_BYTES: Final = 1 << 30
"""Of a coloured picture: 100 million pixels of six bytes, and some room."""

FILM_BYTES: Final = 1 << 36
"""Of a piece of a film, or of a film: 64 GiB."""

ANSWER_BYTES: Final = 1 << 20

READING, LISTING, DELETING, WRITING, NAMING = "read", "list", "delete", "write", "name"
"""What may be done with a name."""


class _Asked(BaseModel):
    source: ObjectName


class _Plan(BaseModel):
    """Of a plan, what it is about; how the film is cut and coloured is the child's business."""

    key: Annotated[str, StringConstraints(pattern=f"^{KEY}$")]
    asked: _Asked
    target: ObjectName
    job_id: str


@dataclass(slots=True)
class Reach:
    """What an order may touch."""

    order: AnyOrder
    readable: frozenset[str]
    writable: dict[str, int]
    """Name → most bytes."""
    target: str | None
    """That results may name."""
    key: str | None
    """Of the film; None of a picture, and of a film that was not looked at yet."""
    may_forget: bool = False
    """Whether accounts of the film may be deleted."""

    def check_readable(self, name: str) -> None:
        """See that an object may be read.

        Raises:
            Garbled: it may not.
        """
        if name not in self.readable and not self._is_in_folder(name):
            raise self._out_of_reach(READING, name)

    def check_listed(self, prefix: str) -> None:
        """See that objects may be listed: those of the film.

        Raises:
            Garbled: they may not.
        """
        found = re.fullmatch(rf"work/({KEY})/", prefix)
        if found is None or not self._is_key(found[1]):
            raise self._out_of_reach(LISTING, prefix)

    def check_deleted(self, name: str) -> None:
        """See that an object may be deleted.

        Raises:
            Garbled: it may not.
        """
        if not (self.may_forget and name.endswith(".json") and self._is_in_folder(name) and "/plan-" not in name):
            raise self._out_of_reach(DELETING, name)

    def most_bytes(self, name: str) -> int:
        """How large an object may be that is written.

        Raises:
            Garbled: it may not be written at all.
        """
        if name in self.writable:
            return self.writable[name]
        if self._is_own_plan(name):
            return LONGEST_PLAN
        raise self._out_of_reach(WRITING, name)

    def checks_content(self, name: str) -> bool:
        """Whether what is written there is to be looked at before."""
        return name not in self.writable

    def check_plan(self, name: str, data: bytes) -> None:
        """See that a plan is about the source, target and job of the order that it is written for.

        Raises:
            Garbled: it is not.
        """
        plan, order = _plan_of(data), self.order
        if (
            plan is None
            or not isinstance(order, SplitVideo)
            or (plan.asked.source, plan.target, plan.job_id) != (order.source, order.target, order.job_id)
            or name != plan_name(plan.key, plan.job_id)
        ):
            msg = f"a plan at {name} that is about something else than its order"
            raise Garbled(msg)

    def check_outcome(self, outcome: Outcome) -> None:
        """See that nothing is told or ordered in the name of others.

        Raises:
            Garbled: something is.
        """
        order = self.order
        for message in (*outcome.results, *outcome.orders, *outcome.once):
            if (message.job_id, message.trace_id) != (order.job_id, order.trace_id):
                msg = f"{message.kind} in the name of another job"
                raise Garbled(msg)
        for result in outcome.results:
            if result.kind not in RESULTS_OF[order.kind] or getattr(result, "target", self.target) != self.target:
                msg = f"{result.kind} is nothing that comes of {order.kind}, or is about another target"
                raise Garbled(msg)
            self._check_plan_name(getattr(result, "plan", None))
        for following in (*outcome.orders, *outcome.once):
            if following.kind not in ORDERED[order.kind]:
                msg = f"{following.kind} is not ordered by {order.kind}"
                raise Garbled(msg)
            self._check_plan_name(getattr(following, "plan", None))

    def _check_plan_name(self, name: str | None) -> None:
        mine = None if self.key is None else plan_name(self.key, self.order.job_id)
        if name not in (None, mine):
            raise self._out_of_reach(NAMING, str(name))

    def _is_own_plan(self, name: str) -> bool:
        found = re.fullmatch(rf"work/({KEY})/plan-{re.escape(self.order.job_id)}\.json", name)
        return isinstance(self.order, SplitVideo) and found is not None and self._is_key(found[1])

    def _is_key(self, key: str) -> bool:
        """Whether it is this film's; the first one that a split names is."""
        if self.key is None and isinstance(self.order, SplitVideo):
            self.key = key
        return key == self.key

    def _is_in_folder(self, name: str) -> bool:
        return self.key is not None and name.startswith(film_folder(self.key))

    def _out_of_reach(self, verb: str, name: str) -> Garbled:
        return Garbled(f"{self.order.kind} of {self.order.job_id} may not {verb} {name[:200]!r}")


ORDERED: Final = {
    "colorise-image": (),
    "split-video": ("colorise-chunk", "join-video"),
    "colorise-chunk": ("join-video",),
    "join-video": (),
}
"""Kind of order → kinds of orders that follow."""


class Reaches:
    """Says what orders may touch.

    Args:
        store: where plans are; the latest is remembered, for a worker is likely to be given the next chunk of it.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._latest: tuple[ObjectInfo, _Plan | None] | None = None

    def of(self, order: AnyOrder) -> Reach:
        """What an order may touch.

        Raises:
            Rejected: the plan it names is gone, or another film's.
            Postponed: the store is out of reach.
        """
        if isinstance(order, ColoriseImage):
            target = _with_answer(order.target, PICTURE_BYTES)
            return Reach(order, frozenset({order.source, *target}), target, order.target, None)
        if isinstance(order, SplitVideo):
            readable = frozenset({order.source, *_with_answer(order.target, 0)})
            return Reach(order, readable, {}, order.target, None)
        plan = self._plan(order.plan)
        if plan is None:  # the child says what is wrong with it
            return Reach(order, frozenset({order.plan}), {}, None, None)
        if order.plan != plan_name(plan.key, order.job_id):
            msg = f"{order.plan} is the plan of another film: ask for the film again"
            raise Rejected(msg, code="bad-plan")
        if isinstance(order, ColoriseChunk):
            piece = {piece_name(plan.key, order.chunk): FILM_BYTES, account_name(plan.key, order.chunk): ANSWER_BYTES}
            return Reach(order, frozenset({plan.asked.source}), piece, None, plan.key)
        target = _with_answer(plan.target, FILM_BYTES)
        return Reach(order, frozenset({plan.asked.source, *target}), target, plan.target, plan.key, may_forget=True)

    def _plan(self, name: str) -> _Plan | None:
        found = self._store.find(name)
        if found is None or self._latest is None or self._latest[0] != found:
            plan = _plan_of(self._store.read(name, max_bytes=LONGEST_PLAN))
            self._latest = None if found is None else (found, plan)
            return plan
        return self._latest[1]


def _with_answer(target: str, most_bytes: int) -> dict[str, int]:
    return {target: most_bytes, answer_name(target): ANSWER_BYTES}


def _plan_of(data: bytes) -> _Plan | None:
    try:
        return _Plan.model_validate_json(data)
    except ValidationError:
        return None

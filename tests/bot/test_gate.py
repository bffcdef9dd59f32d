"""Calls go through a gate in order, and nobody does while the network says to wait."""

from __future__ import annotations

import asyncio
import itertools
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

import pytest

from bot.gate import LONGEST_SECONDS, Gate
from bot.platforms.protocol import LimitedUntil, Unreachable
from functions.errors import Rejected
from tests.stepped_clock import BEGIN, SteppedClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

Go: TypeAlias = "Callable[[str], asyncio.Task[str]]"


class Endpoint:
    """What is called: notes who came when, and answers when the test says so."""

    def __init__(self, clock: SteppedClock) -> None:
        self._clock = clock
        self.calls: list[tuple[str, float]] = []
        self.troubles: list[Exception] = []
        """That the next calls meet with, first come first."""
        self.going = asyncio.Event()
        """Not set, calls take until it is."""
        self.going.set()
        self.running = 0
        self.most = 0
        """That ran at once."""

    def call(self, name: str) -> Callable[[], Coroutine[None, None, str]]:
        async def called() -> str:
            self.calls.append((name, self._clock.seconds))
            trouble = self.troubles.pop(0) if self.troubles else None
            self.running += 1
            self.most = max(self.most, self.running)
            try:
                await self.going.wait()
                await asyncio.sleep(0)
            finally:
                self.running -= 1
            if trouble is not None:
                raise trouble
            return f"answer to {name}"

        return called

    @property
    def names(self) -> str:
        return "".join(name for name, _ in self.calls)

    @property
    def times(self) -> list[float]:
        return [at for _, at in self.calls]


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
def endpoint(clock: SteppedClock) -> Endpoint:
    return Endpoint(clock)


@pytest.fixture
async def tasks() -> AsyncIterator[list[asyncio.Task[str]]]:
    tasks: list[asyncio.Task[str]] = []
    yield tasks
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def gate_at(clock: SteppedClock, *, side_by_side: int = 1, on_limit: Callable[[datetime], None] | None = None) -> Gate:
    return Gate(side_by_side=side_by_side, now=clock.now, sleep_until=clock.sleep_until, on_limit=on_limit)


@pytest.fixture
def gate(clock: SteppedClock) -> Gate:
    return gate_at(clock)


@pytest.fixture
def go(gate: Gate, endpoint: Endpoint, tasks: list[asyncio.Task[str]]) -> Go:
    """Sends a call to the gate; its name is its place."""

    def gone(name: str) -> asyncio.Task[str]:
        tasks.append(asyncio.create_task(gate.through(name, endpoint.call(name), retry_unreachable=True)))
        return tasks[-1]

    return gone


def limited(seconds: float) -> LimitedUntil:
    """As the network says it at the beginning."""
    return LimitedUntil("too many posts", until=BEGIN + timedelta(seconds=seconds), after_seconds=seconds)


def unreachable() -> Unreachable:
    return Unreachable("503", after_seconds=5)


async def test_an_answer_comes_back(gate: Gate, endpoint: Endpoint) -> None:
    assert await gate.through(1, endpoint.call("a")) == "answer to a"
    assert (gate.waiting, gate.closed_until) == (0, None)


async def test_those_who_wait_go_in_the_order_of_their_places(
    gate: Gate, clock: SteppedClock, endpoint: Endpoint, go: Go
) -> None:
    endpoint.going.clear()
    for name in "xcadb":
        go(name)
        await clock.settle()
    assert (endpoint.names, gate.waiting) == ("x", 4)
    endpoint.going.set()
    await clock.settle()
    assert (endpoint.names, endpoint.most, gate.waiting) == ("xabcd", 1, 0)


async def test_equal_places_go_in_the_order_in_which_they_came(
    gate: Gate, endpoint: Endpoint, tasks: list[asyncio.Task[str]]
) -> None:
    tasks += [asyncio.create_task(gate.through((1, "same"), endpoint.call(name))) for name in "abcdefgh"]
    await asyncio.gather(*tasks)
    assert endpoint.names == "abcdefgh"


async def test_as_many_run_side_by_side_as_may(
    clock: SteppedClock, endpoint: Endpoint, tasks: list[asyncio.Task[str]]
) -> None:
    gate = gate_at(clock, side_by_side=4)
    endpoint.going.clear()
    tasks += [asyncio.create_task(gate.through(number, endpoint.call(str(number)))) for number in range(10)]
    await clock.settle()
    assert (endpoint.running, gate.waiting) == (4, 6)
    endpoint.going.set()
    await asyncio.gather(*tasks)
    assert (endpoint.names, endpoint.most) == ("0123456789", 4)


async def test_after_a_limit_nobody_goes_until_the_time_that_was_named_and_then_whoever_hit_it_first(
    gate: Gate, clock: SteppedClock, endpoint: Endpoint, go: Go
) -> None:
    endpoint.troubles = [limited(900)]
    hit, behind = go("b"), go("c")
    await clock.forward(899)
    assert (endpoint.names, gate.waiting) == ("b", 2)
    assert gate.closed_until == BEGIN + timedelta(seconds=900)
    await clock.forward(1)
    assert endpoint.calls == [("b", 0.0), ("b", 900.0), ("c", 900.0)]
    assert (hit.result(), behind.result()) == ("answer to b", "answer to c")
    assert gate.closed_until is None


async def test_a_lower_place_that_comes_while_it_is_closed_goes_first(
    clock: SteppedClock, endpoint: Endpoint, go: Go
) -> None:
    endpoint.troubles = [limited(900)]
    go("b")
    await clock.forward(100)
    for name in "dac":
        go(name)
        await clock.forward(100)
    await clock.forward(900)
    assert endpoint.names == "babcd"


async def test_calls_that_run_are_left_alone_when_another_hits_a_limit(
    clock: SteppedClock, endpoint: Endpoint, tasks: list[asyncio.Task[str]]
) -> None:
    gate = gate_at(clock, side_by_side=3)
    closing = Endpoint(clock)
    closing.troubles = [limited(60)]
    endpoint.going.clear()
    running = asyncio.create_task(gate.through(1, endpoint.call("a")))
    tasks += [running, asyncio.create_task(gate.through(2, closing.call("b")))]
    await clock.settle()
    tasks.append(asyncio.create_task(gate.through(0, closing.call("c"))))
    await clock.forward(30)
    assert (endpoint.running, closing.names) == (1, "b")
    endpoint.going.set()
    await clock.settle()
    assert running.result() == "answer to a"
    assert closing.names == "b"
    await clock.forward(30)
    assert closing.names == "bcb"


async def test_of_several_limits_at_once_the_latest_counts(
    clock: SteppedClock, endpoint: Endpoint, tasks: list[asyncio.Task[str]]
) -> None:
    limits: list[datetime] = []
    gate = gate_at(clock, side_by_side=3, on_limit=limits.append)
    endpoint.troubles = [limited(60), limited(90), limited(30)]
    tasks += [asyncio.create_task(gate.through(number, endpoint.call(str(number)))) for number in range(3)]
    await clock.forward(89)
    assert endpoint.names == "012"
    await clock.forward(1)
    assert endpoint.names == "012012"
    assert limits == [BEGIN + timedelta(seconds=seconds) for seconds in (60, 90, 90)]


async def test_a_time_that_is_over_by_our_clock_is_waited_for_and_longer_each_time(
    gate: Gate, clock: SteppedClock, endpoint: Endpoint, go: Go
) -> None:
    endpoint.troubles = [limited(-600) for _ in range(9)]
    go("a")
    await clock.forward(300)
    assert endpoint.times == [0, 1, 3, 7, 15, 31, 63, 123, 183, 243]
    endpoint.troubles = [limited(-600)]
    go("b")
    await clock.forward(0.9)
    assert gate.closed_until is not None
    assert endpoint.names[10:] == "b"
    await clock.forward(0.1)
    assert endpoint.names[10:] == "bb"  # after a success it is trusted again


async def test_limits_hit_side_by_side_count_as_one(
    clock: SteppedClock, endpoint: Endpoint, tasks: list[asyncio.Task[str]]
) -> None:
    gate = gate_at(clock, side_by_side=4)
    endpoint.troubles = [limited(-600) for _ in range(4)]
    tasks += [asyncio.create_task(gate.through(number, endpoint.call(str(number)))) for number in range(4)]
    await clock.forward(1)
    assert endpoint.names == "01230123"


async def test_a_time_that_lies_absurdly_far_ahead_is_not_believed(
    gate: Gate, clock: SteppedClock, endpoint: Endpoint, go: Go
) -> None:
    endpoint.troubles = [LimitedUntil("ever", until=datetime.max.replace(tzinfo=UTC), after_seconds=1e12)]
    go("a")
    await clock.forward(LONGEST_SECONDS - 1)
    assert endpoint.names == "a"
    assert gate.closed_until == BEGIN + timedelta(seconds=LONGEST_SECONDS)
    await clock.forward(1)
    assert endpoint.names == "aa"


async def test_a_call_that_finds_the_network_away_is_tried_again_and_others_go_meanwhile(
    gate: Gate, clock: SteppedClock, endpoint: Endpoint, go: Go
) -> None:
    endpoint.troubles = [unreachable()]
    unlucky, behind = go("a"), go("b")
    await clock.settle()
    assert endpoint.names == "ab"
    assert behind.result() == "answer to b"
    assert (gate.closed_until, gate.waiting) == (None, 1)
    await clock.forward(1)
    assert unlucky.result() == "answer to a"
    assert gate.waiting == 0


async def test_pauses_grow_to_a_minute_and_differ(clock: SteppedClock, endpoint: Endpoint, go: Go) -> None:
    endpoint.troubles = [unreachable() for _ in range(40)]
    go("a")
    await clock.forward(3600)
    pauses = [later - earlier for earlier, later in itertools.pairwise(endpoint.times)]
    assert len(pauses) == 40
    most = [1, 2, 4, 8, 16, 32, *(34 * [60])]
    assert all(max(1, longest / 2) <= pause <= longest for pause, longest in zip(pauses, most, strict=True))
    assert len(set(pauses[6:])) > 30


async def test_a_call_that_is_not_to_be_repeated_says_that_the_network_is_away(gate: Gate, endpoint: Endpoint) -> None:
    endpoint.troubles = [unreachable()]
    with pytest.raises(Unreachable):
        await gate.through(1, endpoint.call("a"), retry_unreachable=False)
    assert await gate.through(1, endpoint.call("b")) == "answer to b"


async def test_other_errors_are_raised_and_the_next_goes(
    gate: Gate, clock: SteppedClock, endpoint: Endpoint, go: Go
) -> None:
    endpoint.troubles = [Rejected("no", code="forbidden")]
    refused, behind = go("a"), go("b")
    await clock.settle()
    assert isinstance(refused.exception(), Rejected)
    assert behind.result() == "answer to b"
    assert gate.waiting == 0


@pytest.mark.parametrize("closed", [False, True])
async def test_whoever_stops_waiting_leaves_no_hole(
    gate: Gate, clock: SteppedClock, endpoint: Endpoint, go: Go, *, closed: bool
) -> None:
    if closed:
        endpoint.troubles = [limited(60)]
    else:
        endpoint.going.clear()
    waiting = {name: go(name) for name in "abcde"}
    await clock.settle()
    for name in "bd":
        waiting[name].cancel()
    await clock.settle()
    assert gate.waiting == (3 if closed else 2)
    endpoint.going.set()
    await clock.forward(60)
    assert endpoint.names == ("aace" if closed else "ace")
    assert gate.waiting == 0


async def test_the_first_in_line_may_stop_just_when_its_turn_comes(
    gate: Gate, clock: SteppedClock, endpoint: Endpoint, go: Go
) -> None:
    endpoint.going.clear()
    running, first, second = go("a"), go("b"), go("c")
    await clock.settle()
    for turns in range(6):  # whichever of them it is that it is called in
        endpoint.going.set()
        for _ in range(turns):
            await asyncio.sleep(0)
        first.cancel()
        await clock.settle()
        assert running.done()
        assert second.result() == "answer to c"
        endpoint.going.clear()
        running, first, second = go("a"), go("b"), go("c")
        await clock.settle()
    assert gate.waiting == 2


async def test_a_call_that_is_broken_off_makes_room(clock: SteppedClock, endpoint: Endpoint, go: Go) -> None:
    endpoint.going.clear()
    running, behind = go("a"), go("b")
    await clock.settle()
    running.cancel()
    endpoint.going.set()
    await clock.settle()
    assert behind.result() == "answer to b"


async def test_a_pause_that_is_broken_off_is_over(gate: Gate, clock: SteppedClock, endpoint: Endpoint, go: Go) -> None:
    endpoint.troubles = [unreachable()]
    pausing = go("a")
    await clock.settle()
    assert gate.waiting == 1
    pausing.cancel()
    await clock.forward(60)
    assert (endpoint.names, gate.waiting) == ("a", 0)


async def test_a_thousand_that_wait_all_go_once_and_in_order(
    gate: Gate, clock: SteppedClock, endpoint: Endpoint, tasks: list[asyncio.Task[str]]
) -> None:
    endpoint.troubles = [limited(60), limited(120)]
    numbers = reversed(range(1000))
    tasks += [asyncio.create_task(gate.through(number, endpoint.call(f"{number} "))) for number in numbers]
    await clock.forward(120)
    await asyncio.gather(*tasks)
    assert [int(name) for name in endpoint.names.split()[2:]] == [*range(999), 999]

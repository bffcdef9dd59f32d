"""Of several programs one holds the lease, whatever dies, freezes or is cut off."""

from __future__ import annotations

import asyncio
import json
import random
from typing import TYPE_CHECKING

import pytest

from functions.queues.memory_records import MemoryRecords
from tests.lease_lines import Program
from tests.stepped_clock import SteppedClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
async def programs(clock: SteppedClock) -> AsyncIterator[list[Program]]:
    book = MemoryRecords(keep_seconds=None)
    programs = [Program(name, book, clock) for name in ("a", "b", "c")]
    yield programs
    for program in programs:
        await program.stop()


async def holding(programs: list[Program], clock: SteppedClock, seconds: float, *, step: float = 0.25) -> list[str]:
    """Who held the lease while time passed, a name for each holder in turn; never two at once."""
    names: list[str] = []
    for _ in range(round(seconds / step)):
        await clock.forward(step)
        ours = [program.name for program in programs if program.lease.is_ours()]
        assert len(ours) < 2
        if ours and names[-1:] != ours:
            names += ours
    return names


async def test_the_first_holds_it_at_once_and_for_as_long_as_it_lives(
    programs: list[Program], clock: SteppedClock
) -> None:
    first, second, _ = programs
    assert not first.lease.is_ours()
    await asyncio.wait_for(first.lease.lost(), 60)
    first.start()
    await clock.settle()
    second.start()
    await clock.settle()
    assert first.lease.is_ours()
    assert await holding(programs, clock, 120) == ["a"]
    assert (first.terms, second.terms) == ([1], [])


async def test_of_many_who_begin_at_once_one_holds_it(programs: list[Program], clock: SteppedClock) -> None:
    for program in programs:
        program.start()
    assert len(await holding(programs, clock, 60)) == 1
    assert sum(len(program.terms) for program in programs) == 1


async def test_another_takes_over_from_one_that_died_and_not_too_early(
    programs: list[Program], clock: SteppedClock
) -> None:
    first, second, _ = programs
    first.start()
    await clock.settle()
    second.start()
    await clock.forward(20)
    await first.die()
    assert await holding(programs, clock, 6) == []
    assert await holding(programs, clock, 6) == ["b"]
    assert second.terms == [2]


async def test_another_takes_over_at_its_next_look_from_one_that_left(
    programs: list[Program], clock: SteppedClock
) -> None:
    first, second, _ = programs
    first.start()
    await clock.settle()
    second.start()
    await clock.forward(20)
    await first.stop()
    assert not first.lease.is_ours()
    await clock.forward(1)
    assert second.lease.is_ours()
    assert second.terms == [2]


async def test_one_that_is_cut_off_stops_before_another_begins(programs: list[Program], clock: SteppedClock) -> None:
    first, second, _ = programs
    first.start()
    await clock.settle()
    second.start()
    await clock.forward(20)
    first.line.cut = True
    await clock.forward(5)
    assert first.lease.is_ours()  # a short outage is borne
    await clock.forward(1)
    assert not first.lease.is_ours()
    assert first.losses == 1
    assert not second.lease.is_ours()
    assert await holding(programs, clock, 4) == ["b"]
    first.line.cut = False
    assert await holding(programs, clock, 30) == ["b"]
    await second.stop()
    assert await holding(programs, clock, 2) == ["a"]
    assert first.terms == [1, 3]


async def test_one_that_was_frozen_knows_it_before_it_does_anything(
    programs: list[Program], clock: SteppedClock
) -> None:
    first, second, _ = programs
    first.start()
    await clock.settle()
    second.start()
    await clock.forward(20)
    first.line.going.clear()
    assert await holding(programs, clock, 30) == ["a", "b"]
    first.line.going.set()
    assert await holding(programs, clock, 30) == ["b"]
    assert first.losses == 1
    clock.jump(60)
    assert not second.lease.is_ours()


async def test_a_renewal_counts_from_when_it_was_asked_for(programs: list[Program], clock: SteppedClock) -> None:
    first, second, _ = programs
    first.start()
    await clock.settle()
    second.start()
    await clock.forward(2)
    first.line.late_seconds = 4
    await clock.forward(4.5)  # the renewal of the third second is stored, and its answer on the way
    first.line.slow_seconds = 100
    await clock.forward(4.25)
    assert first.lease.is_ours()
    await clock.forward(0.25)
    assert not first.lease.is_ours()
    assert await holding(programs, clock, 6) == ["b"]


async def test_one_that_was_frozen_for_too_long_has_lost_it_although_nobody_else_has_it(
    programs: list[Program], clock: SteppedClock
) -> None:
    first, *_ = programs
    first.start()
    await clock.forward(20)
    first.line.going.clear()
    await clock.forward(7)
    assert not first.lease.is_ours()
    first.line.going.set()
    await clock.settle()
    assert first.losses == 1
    await clock.forward(1)
    assert first.terms == [1, 2]


async def test_a_renewal_that_comes_too_late_does_not_bring_the_lease_back(
    programs: list[Program], clock: SteppedClock
) -> None:
    first, *_ = programs
    first.start()
    await clock.forward(2)
    first.line.slow_seconds = 9
    await clock.forward(5.9)
    assert first.lease.is_ours()
    await clock.forward(0.1)
    assert not first.lease.is_ours()
    assert first.losses == 1
    first.line.slow_seconds = 0
    await clock.forward(15)
    assert first.terms == [1, 2]


async def test_renewals_whose_answers_are_lost_count_for_nothing_and_harm_nothing(
    programs: list[Program], clock: SteppedClock
) -> None:
    first, second, _ = programs
    first.start()
    await clock.settle()
    second.start()
    await clock.forward(10)
    first.line.deaf = True
    await clock.forward(4)
    first.line.deaf = False
    assert await holding(programs, clock, 30) == ["a"]
    assert (first.terms, second.terms) == ([1], [])
    first.line.deaf = True
    await clock.forward(8)
    assert not first.lease.is_ours()


async def test_a_takeover_whose_answer_is_lost_is_taken_up(programs: list[Program], clock: SteppedClock) -> None:
    first, *_ = programs
    first.line.deaf = True
    first.start()
    await clock.forward(0.5)
    assert not first.lease.is_ours()
    first.line.deaf = False
    await clock.forward(1)
    assert first.lease.is_ours()


async def test_a_takeover_that_took_too_long_is_none(programs: list[Program], clock: SteppedClock) -> None:
    first, *_ = programs
    first.line.late_seconds = 4.5
    first.line.slow_seconds = 4
    first.start()
    await clock.forward(17)
    assert first.terms == []
    first.line.late_seconds = first.line.slow_seconds = 0
    await clock.forward(10)
    assert (first.terms, first.losses) == ([2], 0)


async def test_nobody_begins_at_once_where_the_record_of_a_holder_vanishes(
    programs: list[Program], clock: SteppedClock
) -> None:
    first, second, _ = programs
    first.start()
    await clock.settle()
    second.start()
    await clock.forward(18.5)
    await first.line.delete("lease")
    assert await holding(programs, clock, 60) == ["a"]
    assert first.terms == [1, 2]  # it has noticed, and was the first to know that nobody works


async def test_a_record_that_cannot_be_read_is_somebody_s(programs: list[Program], clock: SteppedClock) -> None:
    first, *_ = programs
    await first.line.put("lease", b"\xff")
    first.start()
    assert await holding(programs, clock, 9) == []
    assert await holding(programs, clock, 2) == ["a"]


async def test_the_record_tells_people_who_holds_it(programs: list[Program], clock: SteppedClock) -> None:
    first, *_ = programs
    first.start()
    await clock.settle()
    found = await first.line.get("lease")
    assert found is not None
    said = json.loads(found.value)
    assert (said["holder"], said["term"], said["released"]) == ("a", 1, False)


@pytest.mark.parametrize("seed", range(20))
async def test_never_two_at_once_whatever_happens(programs: list[Program], clock: SteppedClock, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - it is the same each time
    for program in programs:
        program.start()
    for _ in range(60):
        program = chance.choice(programs)
        match chance.randrange(6):
            case 0:
                program.line.cut = not program.line.cut
            case 1:
                program.line.deaf = not program.line.deaf
            case 2:
                program.line.slow_seconds = chance.choice([0.0, 0.5, 3.0, 9.0])
                program.line.late_seconds = chance.choice([0.0, 0.5, 3.0, 9.0])
            case 3:
                program.line.slow_seconds = program.line.late_seconds = 0
                await program.stop()
                program.start()
            case 4:
                clock.jump(chance.choice([0.5, 3.0, 12.0]))
            case _ if program.line.going.is_set():
                program.line.going.clear()
            case _:
                program.line.going.set()
        await holding(programs, clock, chance.uniform(0.5, 8))
    for program in programs:
        program.line.cut = program.line.deaf = False
        program.line.slow_seconds = program.line.late_seconds = 0
        program.line.going.set()
    assert await holding(programs, clock, 40) != []
    terms = [term for program in programs for term in program.terms]
    assert len(set(terms)) == len(terms)

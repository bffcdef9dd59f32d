"""Claims about the end of programs: what is cancelled ends, also where it does not hear of it the first time."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from functions.stopping import end, leave, leaving_nothing, side_by_side, unless_stopped

if TYPE_CHECKING:
    from collections.abc import Coroutine

LONG_SECONDS = 60

IS_LOST = sys.version_info < (3, 12)
"""Whether `asyncio.wait_for` passes over being cancelled in the moment in which what it waits for arrives."""


class Race:
    """A task that waits for something, which arrives just when the task is cancelled."""

    def __init__(self) -> None:
        self.arriving: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waits = asyncio.Event()
        self.went_on = False

    async def run(self) -> None:
        self.waits.set()
        await asyncio.wait_for(self.arriving, LONG_SECONDS)
        self.went_on = True
        await asyncio.Event().wait()

    async def begin(self) -> asyncio.Task[None]:
        task = asyncio.create_task(self.run())
        await self.waits.wait()
        return task


async def test_a_task_that_is_cancelled_when_its_answer_arrives_ends_all_the_same() -> None:
    race = Race()
    task = await race.begin()
    race.arriving.set_result(None)
    async with asyncio.timeout(LONG_SECONDS):
        await end([task])
    assert task.cancelled()
    assert race.went_on == IS_LOST


async def test_a_group_of_tasks_ends_although_one_of_them_does_not_hear_of_it() -> None:
    race, before = Race(), asyncio.all_tasks()

    async def group() -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(race.run())

    task = asyncio.create_task(group())
    await race.waits.wait()
    await asyncio.sleep(0)
    race.arriving.set_result(None)
    async with asyncio.timeout(LONG_SECONDS):
        await end([task], again_seconds=0.01, before=before)
    assert task.cancelled()
    assert race.went_on == IS_LOST
    assert asyncio.all_tasks() == before


async def test_tasks_are_told_until_they_end_and_errors_stay_in_them() -> None:
    heard = 0

    async def deaf() -> None:
        nonlocal heard
        while heard < 3:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                heard += 1

    async def over() -> None:
        msg = "it failed long ago"
        raise ValueError(msg)

    tasks = [asyncio.create_task(deaf()), asyncio.create_task(over())]
    await asyncio.sleep(0)
    async with asyncio.timeout(LONG_SECONDS):
        await end(tasks, again_seconds=0.01)
    assert heard == 3
    assert isinstance(tasks[1].exception(), ValueError)


async def test_whoever_is_cancelled_while_ending_others_leaves_none_behind() -> None:
    tidying, may_end = asyncio.Event(), asyncio.Event()

    async def tidies_up() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            tidying.set()
            while not may_end.is_set():
                try:
                    await may_end.wait()
                except asyncio.CancelledError:
                    continue

    task = asyncio.create_task(tidies_up())
    await asyncio.sleep(0)
    ending = asyncio.create_task(end([task], again_seconds=LONG_SECONDS))
    await tidying.wait()
    ending.cancel()
    await asyncio.sleep(0)
    assert not ending.done()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await ending
    assert task.done()


async def test_things_done_side_by_side_end_when_one_fails_although_another_does_not_hear_of_it() -> None:
    race = Race()

    async def fails() -> None:
        await race.waits.wait()
        race.arriving.set_result(None)
        msg = "one of them"
        raise LookupError(msg)

    async with asyncio.timeout(LONG_SECONDS):
        with pytest.raises(LookupError, match="one of them"):
            await side_by_side(race.run(), fails())
    assert race.went_on == IS_LOST


async def test_things_done_side_by_side_are_all_done() -> None:
    done: list[int] = []

    async def one(number: int) -> None:
        await asyncio.sleep(0)
        done.append(number)

    await side_by_side(one(1), one(2))
    assert sorted(done) == [1, 2]


async def test_what_is_waited_for_is_given_and_what_goes_wrong_with_it_is_raised() -> None:
    async def failing() -> None:
        msg = "not there"
        raise OSError(msg)

    assert await unless_stopped(asyncio.sleep(0, "there"), asyncio.Event()) == "there"
    with pytest.raises(OSError, match="not there"):
        await unless_stopped(failing(), asyncio.Event())


async def test_whoever_is_told_to_stop_does_not_wait_any_more_and_leaves_nothing_waiting() -> None:
    race, stop = Race(), asyncio.Event()
    waiting = asyncio.create_task(unless_stopped(race.run(), stop))
    await race.waits.wait()
    stop.set()
    race.arriving.set_result(None)
    async with asyncio.timeout(LONG_SECONDS):
        await waiting
    assert asyncio.all_tasks() == {asyncio.current_task()}


def test_a_program_ends_whatever_it_has_left_behind() -> None:
    races: list[Race] = []

    async def program() -> str:
        races.append(Race())
        races[0].task = await races[0].begin()  # type: ignore[attr-defined] # so that it is not collected
        races[0].arriving.set_result(None)
        return "done"

    async def bounded(work: Coroutine[object, object, str]) -> str:
        async with asyncio.timeout(LONG_SECONDS):
            return await work

    assert asyncio.run(bounded(leaving_nothing(program()))) == "done"
    assert races[0].went_on == IS_LOST


HANGS = """
import asyncio, sys, threading
from functions.stopping import leave, leaving_nothing

async def program():
    begun = threading.Event()
    def ask():
        begun.set()
        threading.Event().wait()
    asyncio.get_running_loop().run_in_executor(None, ask)
    await asyncio.sleep(0)
    while not begun.is_set():
        await asyncio.sleep(0)
    print("done")

asyncio.run(leaving_nothing(program()))
leave(3)
"""


def test_a_program_ends_although_something_that_it_has_asked_is_never_answered() -> None:
    ended = subprocess.run(
        [sys.executable, "-P", "-c", HANGS], capture_output=True, text=True, check=False, timeout=LONG_SECONDS
    )
    assert (ended.returncode, ended.stdout) == (3, "done\n")
    assert "ending although something does not answer" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_program_without_threads_ends_with_its_code() -> None:
    with pytest.raises(SystemExit) as ended:
        leave(2)
    assert ended.value.code == 2


DEAF = """
import asyncio, os, signal
from functions.stopping import leave, leaving_nothing, told_to_stop

async def program():
    stop = told_to_stop(within_seconds=0.2)
    os.kill(os.getpid(), signal.SIGTERM)
    await stop.wait()
    print("told", flush=True)
    while True:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            continue

asyncio.run(leaving_nothing(program()))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_program_that_does_not_end_in_its_time_is_ended() -> None:
    ended = subprocess.run(
        [sys.executable, "-P", "-c", DEAF], capture_output=True, text=True, check=False, timeout=LONG_SECONDS
    )
    assert (ended.returncode, ended.stdout) == (1, "told\n")
    assert "something has not ended in 0.2 s" in ended.stderr

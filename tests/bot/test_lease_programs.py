"""The lease at a NATS server that dies, and between programs that are killed, stopped or leave."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.lease import Lease
from functions.queues.jetstream import NatsQueue
from tests.nats_server import nats_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from functions.queues.records import Records
    from tests.nats_server import NatsServer

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def server() -> Iterator[NatsServer]:
    with nats_server() as running:
        yield running


@contextlib.asynccontextmanager
async def at(server: NatsServer, holder: str) -> AsyncIterator[Lease]:
    queue = await NatsQueue.open([server.url], answer_seconds=2)
    try:
        yield hasty(await queue.records("BOT", keep_seconds=None), holder)
    finally:
        await queue.close()


def hasty(records: Records, holder: str) -> Lease:
    return Lease(
        records, "lease", holder=holder, renew_seconds=0.2, watch_seconds=0.1, expire_seconds=1.5, margin_seconds=0.3
    )


async def test_a_holder_holds_it_again_when_the_server_is_back(server: NatsServer) -> None:
    async with asyncio.timeout(120), at(server, "a") as lease:
        async with lease.held() as term:
            server.kill()
            await lease.lost()
            assert not lease.is_ours()
            again = asyncio.create_task(_term(lease))
        server.start()
        assert await again > term


async def test_one_holder_remains_although_the_server_dies_and_comes_back(server: NatsServer) -> None:
    terms: list[int] = []

    async def compete(ours: Lease, theirs: Lease) -> None:
        while True:
            async with ours.held() as term:
                assert not theirs.is_ours()
                terms.append(term)
                await ours.lost()

    async def until_held(leases: list[Lease]) -> None:
        while not any(lease.is_ours() for lease in leases):  # noqa: ASYNC110 - nobody announces it
            await asyncio.sleep(0.01)

    async with asyncio.timeout(120), at(server, "a") as first, at(server, "b") as second:
        tasks = [asyncio.create_task(compete(first, second)), asyncio.create_task(compete(second, first))]
        for seconds in (0.0, 3.0, 0.0):
            await until_held([first, second])
            server.kill()
            await asyncio.sleep(seconds)
            server.start()
        await until_held([first, second])
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        assert all(task.cancelled() for task in tasks)
    assert len(terms) > 1  # three seconds are too long
    assert terms == sorted(set(terms))


async def _term(lease: Lease) -> int:
    async with lease.held() as term:
        return term


class Running:
    """A program of its own that competes for the lease."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def says(self, word: str) -> str:
        """The rest of the next line that begins with this word."""
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            first, _, rest = line.decode().strip().partition(" ")
            if first == word:
                return rest
        msg = f"it ended without saying {word!r}"
        raise AssertionError(msg)

    async def leave(self) -> None:
        await self.process.communicate(b"stop\n")


@contextlib.asynccontextmanager
async def running(server: NatsServer, name: str) -> AsyncIterator[Running]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.lease_holder",
        server.url,
        name,
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        program = Running(process)
        await program.says("begun")
        yield program
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def test_a_program_takes_over_from_one_that_was_killed_and_one_that_left(server: NatsServer) -> None:
    async with asyncio.timeout(120), running(server, "a") as first:
        terms = [int(await first.says("holds"))]
        async with running(server, "b") as second:
            first.process.kill()
            terms.append(int(await second.says("holds")))
            async with running(server, "c") as third:
                await second.leave()
                terms.append(int(await third.says("holds")))
    assert terms == sorted(set(terms))


async def test_a_program_that_was_stopped_and_goes_on_knows_that_another_holds_it(server: NatsServer) -> None:
    async with asyncio.timeout(120), running(server, "a") as first:
        await first.says("holds")
        async with running(server, "b") as second:
            first.process.send_signal(signal.SIGSTOP)
            await second.says("holds")
            first.process.send_signal(signal.SIGCONT)
            assert (await first.says("ends")).endswith("False")
            await second.leave()
            await first.says("holds")

"""The queues under test, each new and empty."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from functions.queues.jetstream import NatsQueue
from functions.queues.memory import MemoryQueue
from tests.nats_server import nats_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from tests.nats_server import NatsServer


@pytest.fixture
def server() -> Iterator[NatsServer]:
    with nats_server() as running:
        yield running


@pytest.fixture
def ack_wait_seconds() -> float:
    """Short, for what is about silence; a test that must not meet with it has it parametrized."""
    return 1.0


@pytest.fixture(params=["memory", "nats"])
async def queue(request: pytest.FixtureRequest, ack_wait_seconds: float) -> AsyncIterator[MemoryQueue | NatsQueue]:
    if request.param == "memory":
        yield MemoryQueue(ack_wait_seconds=ack_wait_seconds)
        return
    server: NatsServer = request.getfixturevalue("server")
    opened = await NatsQueue.open([server.url], ack_wait_seconds=ack_wait_seconds)
    yield opened
    await opened.close()

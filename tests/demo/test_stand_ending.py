"""How the stand ends: everything of it, whoever listens and whatever goes on."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import httpx
import pytest
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from demo.application import Part
from tests.demo.stand_world import grey_jpeg, standing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request


async def test_parts_begin_in_order_and_end_the_other_way_round() -> None:
    told: list[str] = []

    def part(name: str) -> Part:
        @contextlib.asynccontextmanager
        async def lifespan() -> AsyncIterator[None]:
            told.append(f"{name} begins")
            yield
            told.append(f"{name} ends")

        return Part(lifespan=lifespan)

    async with standing(extra=[part("one"), part("two")]) as world:
        await world.client.get("/api/words")
    assert told == ["one begins", "two begins", "two ends", "one ends"]


async def test_a_task_that_does_not_hear_of_its_end_is_told_once_more() -> None:
    heard = 0

    async def deaf() -> None:
        nonlocal heard
        while heard < 2:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                heard += 1

    @contextlib.asynccontextmanager
    async def lifespan() -> AsyncIterator[None]:
        task = asyncio.create_task(deaf())
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async with standing(extra=[Part(lifespan=lifespan)]) as world:
        await world.client.get("/api/words")
    assert heard == 2


async def test_open_streams_end_with_the_stand() -> None:
    async with standing(works=False) as world:
        accepted = await world.bring(grey_jpeg())
        async with world.following("/api/wall/events") as wall, world.following(accepted["events"]) as visit:
            await wall.next("count")
            await visit.until("stage", stage="ordered")
            world.stop.set()
            for events in (wall, visit):
                with pytest.raises((ConnectionError, httpx.HTTPError)):
                    await events.next("never")


async def test_a_route_of_an_earlier_part_counts() -> None:
    async def other(_: Request) -> Response:
        return PlainTextResponse("other")

    async with standing(extra=[Part([Route("/api/words", other), Route("/other", other)])]) as world:
        assert (await world.client.get("/api/words")).text != "other"
        assert (await world.client.get("/other")).text == "other"

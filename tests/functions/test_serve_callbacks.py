from __future__ import annotations

import asyncio
import json

import pytest

from functions.jobs import ImageWishes
from functions.serve import Limits, Patience
from functions.web_files import Bounds, Guard, WebFiles
from tests.http_function import ORDER, Stub, failed, rejected, served
from tests.http_receiver import receiving
from tests.http_web import PUBLIC, Names, web_files

JPEG = b"\xff\xd8\xff\xe0 grey"
GATEWAY = WebFiles(Guard(allowed_hosts=frozenset({"127.0.0.1"})), Bounds(total_seconds=60))
QUICK = Patience(attempts=4, first_delay_seconds=0.01)


@pytest.fixture
def stub() -> Stub:
    return Stub()


async def test_the_answer_is_posted_to_the_callback_address(stub: Stub) -> None:
    async with receiving() as receiver, served(stub.pictures(callbacks=GATEWAY)) as client:
        headers = {"X-Callback-Url": receiver.link, "X-Call-Id": "call-1"}
        stub.held.clear()
        answer = await client.post("/?saturation=0.5", content=JPEG, headers=headers)
        assert answer.status_code == 202
        assert answer.json() == {"call_id": "call-1"}
        assert answer.headers["X-Call-Id"] == "call-1"
        assert not receiver.tries
        stub.held.set()
        posted, body = await asyncio.wait_for(receiver.taken.get(), 60)
    assert body == JPEG[::-1]
    assert stub.asked == [(JPEG, ImageWishes(saturation=0.5))]
    assert posted["content-type"] == "image/jpeg"
    assert posted["x-call-id"] == "call-1"
    assert posted["x-function-name"] == "colorise"
    assert posted["x-function-status"] == "200"
    assert float(posted["x-duration-seconds"]) > 0
    assert posted["x-picture-size"] == "40x30"


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [(rejected("already-colour"), 409, "already-colour"), (ZeroDivisionError(), 500, "bug")],
)
async def test_failures_are_posted_as_well(error: Exception, status: int, code: str, stub: Stub) -> None:
    stub.error = error
    async with receiving() as receiver, served(stub.pictures(callbacks=GATEWAY)) as client:
        assert (await client.post("/", json=ORDER, headers={"X-Callback-Url": receiver.link})).status_code == 202
        posted, body = await asyncio.wait_for(receiver.taken.get(), 60)
    assert posted["x-function-status"] == str(status)
    assert json.loads(body)["code"] == code


async def test_a_receiver_in_trouble_is_asked_again(stub: Stub) -> None:
    async with receiving([500, 0, 429]) as receiver, served(stub.pictures(callbacks=GATEWAY, patience=QUICK)) as client:
        await client.post("/", content=JPEG, headers={"X-Callback-Url": receiver.link})
        _, body = await asyncio.wait_for(receiver.taken.get(), 60)
        assert body == JPEG[::-1]
        assert receiver.tries == 4
        assert len(stub.asked) == 1


@pytest.mark.parametrize(("statuses", "tries"), [([503] * 9, 4), ([404], 1), ([302], 1)])
async def test_a_receiver_that_does_not_take_it_is_given_up(statuses: list[int], tries: int, stub: Stub) -> None:
    async with receiving(statuses) as receiver:
        async with served(stub.pictures(callbacks=GATEWAY, patience=QUICK)) as client:
            await client.post("/", content=JPEG, headers={"X-Callback-Url": receiver.link})
        assert receiver.tries == tries  # the server has stopped, and so waited for it
        assert receiver.taken.empty()


@pytest.mark.parametrize(
    "link",
    ["https://inside.example/", "https://unknown.example/", "http://93.184.215.14/", "https://127.0.0.1/", "x", ""],
)
async def test_a_callback_into_the_private_network_is_refused_at_once(link: str, stub: Stub) -> None:
    names = Names({"inside.example": [["10.0.0.1"]]})
    async with served(stub.pictures(callbacks=web_files(names, 1))) as client:
        assert failed(await client.post("/", content=JPEG, headers={"X-Callback-Url": link})) == (400, "bad-link")
    assert not stub.asked


async def test_a_callback_that_moves_into_the_private_network_is_not_made(stub: Stub) -> None:
    used: list[str] = []
    names = Names({"moving.example": [[PUBLIC], ["10.0.0.1"]]})
    callbacks = web_files(names, 1, used=used)
    async with served(stub.pictures(callbacks=callbacks, patience=QUICK)) as client:
        answer = await client.post("/", content=JPEG, headers={"X-Callback-Url": "https://moving.example/"})
        assert answer.status_code == 202
    assert names.asked == ["moving.example"] * 2
    assert not used


async def test_a_function_that_does_not_call_back_answers_whatever_address_a_call_comes_with(stub: Stub) -> None:
    async with receiving() as receiver, served(stub.pictures()) as client:
        for link in (receiver.link, "http://169.254.169.254/", "x", ""):
            answer = await client.post("/", content=JPEG, headers={"X-Callback-Url": link})
            assert (answer.status_code, answer.content) == (200, JPEG[::-1])
    assert not receiver.tries


async def test_calls_that_are_not_understood_are_refused_at_once(stub: Stub) -> None:
    async with receiving() as receiver, served(stub.pictures(callbacks=GATEWAY)) as client:
        answer = await client.post("/", json={"x": 1}, headers={"X-Callback-Url": receiver.link})
        assert failed(answer) == (400, "bad-message")
    assert not receiver.tries


async def test_calls_that_will_be_called_back_count_as_in_hand(stub: Stub) -> None:
    function = stub.pictures(callbacks=GATEWAY, limits=Limits(max_inflight=1))
    async with receiving() as receiver, served(function) as client:
        stub.held.clear()
        headers = {"X-Callback-Url": receiver.link}
        assert (await client.post("/", content=JPEG, headers=headers)).status_code == 202
        assert failed(await client.post("/", content=JPEG, headers=headers)) == (429, "busy")
        assert "http_requests_in_flight 1.0" in (await client.get("/metrics")).text
        stub.held.set()
        await asyncio.wait_for(receiver.taken.get(), 60)

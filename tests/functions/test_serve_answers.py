from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from functions.errors import Postponed
from functions.serve.answers import STATUSES
from functions.telemetry.logs import ContextFilter
from tests.http_function import ORDER, Stub, failed, rejected, served

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx

JPEG = b"\xff\xd8\xff\xe0 grey"


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def shared() -> Stub:
    return Stub()


@pytest.fixture
def stub(shared: Stub) -> Stub:
    shared.reset()
    return shared


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(shared: Stub) -> AsyncIterator[httpx.AsyncClient]:
    async with served(shared.pictures()) as client:
        yield client


@pytest.mark.parametrize(("code", "status"), [*STATUSES.items(), ("damaged", 422), ("nothing-to-colour", 422)])
@pytest.mark.parametrize("body", [b"\xff\xd8\xff", json.dumps(ORDER).encode()])
async def test_a_rejection_has_its_status(
    code: str, status: int, body: bytes, client: httpx.AsyncClient, stub: Stub
) -> None:
    stub.error = rejected(code)
    answer = await client.post("/", content=body)
    assert failed(answer) == (status, code)
    assert answer.json()["reason"] == f"a reason for {code}"


@pytest.mark.usefixtures("stub")
async def test_an_object_that_is_not_there_is_404(client: httpx.AsyncClient) -> None:
    answer = await client.post("/", json={"image": "none.jpg", "output_filename": "2.jpg"})
    assert failed(answer) == (404, "missing-object")


@pytest.mark.parametrize(("seconds", "header"), [(0, "1"), (0.2, "1"), (29.1, "30")])
async def test_a_postponement_says_when_to_call_again(
    seconds: float, header: str, client: httpx.AsyncClient, stub: Stub
) -> None:
    stub.error = Postponed("the store is out of reach", after_seconds=seconds)
    answer = await client.post("/", content=JPEG)
    assert failed(answer) == (503, "postponed")
    assert answer.headers["Retry-After"] == header


async def test_a_bug_is_told_to_the_log_alone(
    client: httpx.AsyncClient, stub: Stub, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.handler.addFilter(ContextFilter())
    stub.error = ZeroDivisionError("secret")
    answer = await client.post("/", content=JPEG, headers={"X-Call-Id": "call-7"})
    assert failed(answer) == (500, "bug")
    assert "secret" not in answer.text
    assert "call-7" in answer.text
    (record,) = [record for record in caplog.records if record.exc_info]
    assert record.exc_info is not None
    assert record.exc_info[1] is stub.error
    assert record.__dict__["call_id"] == "call-7"
    stub.error = None
    assert (await client.post("/", content=JPEG)).status_code == 200


@pytest.mark.parametrize("path", ["/", "/_/health", "/_/ready", "/metrics", "/openapi.json", "/nothing"])
@pytest.mark.parametrize("method", ["GET", "POST", "HEAD", "DELETE", "OPTIONS", "BREW"])
async def test_every_answer_has_id_and_duration(method: str, path: str, client: httpx.AsyncClient) -> None:
    answer = await client.request(method, path, headers={"X-Call-Id": "call-1"})
    assert answer.headers["X-Call-Id"] == "call-1"
    assert float(answer.headers["X-Duration-Seconds"]) >= 0
    expected = 404 if path == "/nothing" else 400 if (method, path) == ("POST", "/") else None
    allowed = {"POST"} if path == "/" else {"GET", "HEAD"}
    if expected is None:
        expected = 200 if method in allowed else 405
    assert answer.status_code == expected
    if expected == 405:
        assert set(answer.headers["Allow"].split(", ")) == allowed
    if method == "HEAD":
        assert not answer.content


@pytest.mark.parametrize("given", [b"", b"a b", b"a\tb", b"x" * 129, b"<script>", b"\xe9", b"\xc3\xa9"])
async def test_an_id_that_could_break_the_log_is_replaced(given: bytes, client: httpx.AsyncClient) -> None:
    answers = [await client.get("/_/health", headers={b"X-Call-Id": given}) for _ in range(2)]
    ids = [answer.headers["X-Call-Id"] for answer in answers]
    assert len(set(ids)) == 2
    assert all(len(found) == 36 for found in ids)


async def test_each_call_leaves_one_line_in_the_log(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="functions.serve")
    caplog.handler.addFilter(ContextFilter())
    await client.post("/", content=JPEG, headers={"X-Call-Id": "call-9"})
    await client.get("/_/health")
    (record,) = [record for record in caplog.records if record.message == "call answered"]
    assert (record.__dict__["call_id"], record.__dict__["status"]) == ("call-9", 200)


async def test_handlers_run_in_threads_that_know_the_call(client: httpx.AsyncClient, stub: Stub) -> None:
    await client.post("/", content=JPEG, headers={"X-Call-Id": "call-3"})
    await client.post("/", json=ORDER, headers={"X-Call-Id": "5f0c4f4e-1111-4222-8333-444455556666"})
    bytes_mode, order = stub.contexts
    assert bytes_mode["call_id"] == "call-3"
    assert order["call_id"] == "5f0c4f4e-1111-4222-8333-444455556666"
    assert (order["trace_id"], order["job_id"], order["kind"]) == (ORDER["trace_id"], "job-1", "colorise-image")
    assert all(name.startswith("call") for name in stub.threads)

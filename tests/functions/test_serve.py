from __future__ import annotations

import asyncio

import pytest

from functions.errors import Postponed
from tests.http_function import Stub, failed, rejected, served, until_ready

JPEG = b"\xff\xd8\xff\xe0 grey"


@pytest.fixture
def stub() -> Stub:
    return Stub()


async def test_not_ready_before_it_is_warm(stub: Stub) -> None:
    stub.held.clear()

    def warm_up() -> None:
        assert stub.held.wait(60)

    async with served(stub.pictures(warm_up=warm_up), ready=False) as client:
        assert (await client.get("/_/health")).status_code == 200
        cold = await client.get("/_/ready")
        assert failed(cold) == (503, "warming-up")
        assert int(cold.headers["Retry-After"]) > 0
        assert failed(await client.post("/", content=JPEG)) == (503, "warming-up")
        stub.held.set()
        await until_ready(client)
        assert (await client.post("/", content=JPEG)).status_code == 200


async def test_warming_up_is_tried_again_when_it_was_postponed(stub: Stub) -> None:
    tries = []

    def warm_up() -> None:
        tries.append(1)
        if len(tries) < 3:
            msg = "the store is not up yet"
            raise Postponed(msg, after_seconds=0.01)

    async with served(stub.pictures(warm_up=warm_up)):
        assert len(tries) == 3


async def test_a_function_that_cannot_get_warm_ends_the_server_with_its_error(stub: Stub) -> None:
    def warm_up() -> None:
        raise rejected(code="bad-model")

    with pytest.raises(ValueError, match="bad-model"):
        async with asyncio.timeout(60), served(stub.pictures(warm_up=warm_up)):
            raise AssertionError


async def test_metrics_count_calls_by_status(stub: Stub) -> None:
    async with served(stub.pictures()) as client:
        await client.post("/", content=JPEG)
        await client.post("/")
        await client.request("BREW", "/")
        text = (await client.get("/metrics")).text
        assert 'http_requests_total{code="200",method="POST"} 1.0' in text
        assert 'http_requests_total{code="400",method="POST"} 1.0' in text
        assert 'http_requests_total{code="405",method="other"} 1.0' in text
        assert 'http_request_duration_seconds_count{code="200",method="POST"} 1.0' in text
        assert "http_requests_in_flight 0.0" in text
        assert 'colorise_orders_total{kind="colorise-image",outcome="done"} 1.0' in text
        open_metrics = await client.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
        assert open_metrics.headers["Content-Type"].startswith("application/openmetrics-text")
        assert open_metrics.text.endswith("# EOF\n")

"""Claims about what is called again, how often and in which order; on a real function behind a stand-in gateway."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from functions.connector.answers import CallLost, CallTimedOut
from functions.connector.calling import Caller
from functions.connector.gateway import Gateway
from functions.connector.metrics import GatewayMetrics
from functions.errors import Postponed, Rejected
from functions.jobs import ColoriseChunk, ColoriseImage
from functions.serve import Limits
from tests.http_function import Stub, rejected, served
from tests.infra.gateway_stand_in import Said, gateway
from tests.orders import order

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from functions.outcome import Outcome
    from tests.infra.gateway_stand_in import Fault, StandIn

KINDS = ("colorise-image", "colorise-chunk")

BUSY = Said(429, b'{"reason": "2 calls are in hand", "code": "busy"}', {"Retry-After": "1"})
COLD = Said(503, b'{"reason": "warming up", "code": "warming-up"}', {"Retry-After": "1"})
GONE = Said(502)


def picture(job_id: str = "wedding") -> ColoriseImage:
    return order(ColoriseImage, job_id, source="inbox/1.jpg", target=f"outbox/{job_id}.jpg")


async def soon(awaitable: Any) -> Any:
    async with asyncio.timeout(60):
        return await awaitable


class Setting:
    """A function, a gateway before it, and who calls."""

    def __init__(
        self, stub: Stub, stand_in: StandIn, there: Gateway, caller: Caller, registry: CollectorRegistry
    ) -> None:
        self.stub, self.stand_in, self.gateway, self.caller, self.registry = stub, stand_in, there, caller, registry

    async def done(self, asked: ColoriseImage | None = None) -> list[str]:
        outcome: Outcome = await soon(self.caller.carry_out(asked or picture()))
        return [result.kind for result in outcome.results]

    def begin(self, job_id: str) -> asyncio.Task[list[str]]:
        return asyncio.create_task(self.done(picture(job_id)))

    async def entered(self) -> None:
        """Until the function has one more call in hand."""
        assert await asyncio.to_thread(self.stub.entered.acquire, timeout=60)


@contextlib.asynccontextmanager
async def setting(
    *faults: Fault, always: Fault | None = None, patience: float = 60.0, seconds: float = 60.0, calls: int = 4
) -> AsyncIterator[Setting]:
    stub, registry = Stub(), CollectorRegistry()
    async with served(stub.pictures(limits=Limits(max_inflight=calls))) as client:
        port = client.base_url.port
        assert port is not None
        with gateway({"colorise": port}, always=always) as stand_in:
            stand_in.faults.extend(faults)
            async with Gateway.open(stand_in.url, seconds=seconds) as there:
                caller = Caller(there, "colorise", KINDS, GatewayMetrics(registry), patience_seconds=patience)
                yield Setting(stub, stand_in, there, caller, registry)
                stub.held.set()


async def test_an_order_is_carried_out_by_the_function_and_its_log_knows_the_trace() -> None:
    async with setting() as it:
        assert await it.done() == ["image-colorised"]
        assert it.stub.asked == [picture()]
        assert it.stub.contexts[0]["trace_id"] == picture().trace_id
        assert it.stub.contexts[0]["job_id"] == "wedding"
        told = generate_latest(it.registry).decode()
        assert 'colorise_gateway_calls_total{code="200",function="colorise"} 1.0' in told


@pytest.mark.parametrize("fault", [BUSY, COLD, GONE, "hang up", "half", "lost", Said(503), Said(500)])
async def test_a_call_that_comes_to_nothing_is_made_again_while_the_order_stays_in_hand(fault: Fault) -> None:
    async with setting(fault) as it:
        assert await it.done() == ["image-colorised"]
        assert len(it.stand_in.posted()) == 2


async def test_a_function_that_has_no_room_for_long_gives_the_order_back() -> None:
    async with setting(always=BUSY, patience=1.2) as it:
        with pytest.raises(Postponed, match="2 calls are in hand") as postponed:
            await it.done()
        assert postponed.value.after_seconds == 1
        assert len(it.stand_in.posted()) == 2
        assert 'code="429"' in generate_latest(it.registry).decode()


async def test_an_hour_is_not_waited_for_in_hand() -> None:
    async with setting(Said(429, b"", {"Retry-After": "3600"})) as it:
        with pytest.raises(Postponed) as postponed:
            await it.done()
        assert postponed.value.after_seconds == 3600
        assert len(it.stand_in.posted()) == 1


async def test_a_verdict_of_the_function_is_final_at_once() -> None:
    async with setting() as it:
        it.stub.error = rejected("already-colour")
        with pytest.raises(Rejected) as error:
            await it.done()
        assert error.value.code == "already-colour"
        it.stub.error = Postponed("the store is away", after_seconds=9)
        with pytest.raises(Postponed) as postponed:
            await it.done()
        assert postponed.value.after_seconds == 9
        assert len(it.stub.asked) == 2


async def test_calls_that_are_lost_over_an_order_count_only_where_the_function_was_well_before() -> None:
    async with setting(GONE, GONE) as it:
        with pytest.raises(CallLost, match="ready"):
            await it.done()
        methods = [call.method for call in list(it.stand_in.calls.queue)]
        assert methods == ["POST", "GET", "POST"]


async def test_calls_that_are_lost_while_the_function_is_away_cost_the_order_nothing() -> None:
    async with setting("hang up", patience=2.5) as it:
        port = it.stand_in.functions.pop("colorise")
        it.stand_in.functions["colorise"] = 1  # where nothing listens: its gateway says 502
        with pytest.raises(Postponed, match="not ready"):
            await it.done()
        assert len(it.stand_in.posted()) == 1
        # It is remembered: the next call that is lost is the second one, whenever it is made.
        it.stand_in.functions["colorise"] = port
        it.stand_in.faults.append(GONE)
        with pytest.raises(CallLost):
            await it.done()
        assert await it.done() == ["image-colorised"]


async def test_a_gateway_that_is_back_is_called_at_once() -> None:
    async with setting() as it:
        with gateway({}) as gone:
            port = gone.port
        async with Gateway.open(f"http://127.0.0.1:{port}", seconds=60) as there:
            caller = Caller(there, "colorise", KINDS, GatewayMetrics(CollectorRegistry()))
            waiting = asyncio.create_task(caller.carry_out(picture()))
            while caller._line.empty:  # noqa: ASYNC110 - nobody announces it
                await asyncio.sleep(0.01)
            with gateway(it.stand_in.functions, port=port):
                outcome = await soon(waiting)
        assert [result.kind for result in outcome.results] == ["image-colorised"]


async def test_a_call_that_takes_too_long_is_a_failure_that_says_how_long() -> None:
    async with setting(always="silence", seconds=0.2) as it:
        with pytest.raises(CallTimedOut, match=r"0\.2 s.*COLORISE_GATEWAY_SECONDS"):
            await it.done()
    async with setting(Said(504)) as it:
        with pytest.raises(CallTimedOut, match="504"):
            await it.done()


async def test_a_gateway_that_gives_up_without_a_word_is_a_failure_that_says_after_how_long() -> None:
    async with setting() as it:
        it.stand_in.upstream_seconds = 0.2  # OpenFaaS answers 502 then, not 504
        it.stub.held.clear()
        with pytest.raises(CallLost, match=r"after 0\.\d s"):
            await it.done()
        it.stub.held.set()


async def test_whoever_was_told_that_there_is_no_room_calls_before_those_who_came_later() -> None:
    async with setting(calls=1) as it:
        it.stub.held.clear()
        first = it.begin("first")
        await it.entered()
        others = []
        for job_id in ("second", "third"):
            others.append(it.begin(job_id))
            while len(it.caller._line._waiting) < len(others):  # noqa: ASYNC110 - nobody announces it
                await asyncio.sleep(0.01)
        it.stub.held.set()
        for task in (first, *others):
            assert await soon(task) == ["image-colorised"]
        assert [getattr(one, "job_id", "") for one in it.stub.asked] == ["first", "second", "third"]


async def test_a_picture_calls_before_a_chunk_that_waits() -> None:
    async with setting(always=BUSY) as it:
        chunk = asyncio.create_task(it.caller.carry_out(order(ColoriseChunk, plan="work/f/plan.json", chunk=0)))
        while it.caller._line.empty:  # noqa: ASYNC110 - nobody announces it
            await asyncio.sleep(0.01)
        waiting = it.begin("picture")
        while len(it.caller._line._waiting) < 2:  # noqa: ASYNC110 - nobody announces it
            await asyncio.sleep(0.01)
        assert [place.rank for place in it.caller._line._waiting] == [0, 1]
        it.stand_in.always = None
        assert await soon(waiting) == ["image-colorised"]
        with pytest.raises(Postponed, match="does not carry out colorise-chunk"):  # this function does pictures alone
            await soon(chunk)


async def test_nobody_waits_any_more_when_it_is_told_to_stop_and_calls_in_hand_are_ended() -> None:
    async with setting(BUSY) as it:
        waiting = it.begin("waiting")
        while it.caller._line.empty:  # noqa: ASYNC110 - nobody announces it
            await asyncio.sleep(0.01)
        it.stand_in.faults.append(BUSY)
        await it.caller.stop()
        with pytest.raises(Postponed, match="2 calls are in hand"):
            await soon(waiting)
        it.stub.held.clear()
        calling = it.begin("calling")
        await it.entered()
        it.stub.held.set()
        assert await soon(calling) == ["image-colorised"]


async def test_handlers_carry_orders_out_from_threads() -> None:
    async with setting() as it:
        handlers = it.caller.handlers()
        assert list(handlers) == list(KINDS)
        outcome = await soon(asyncio.to_thread(handlers["colorise-image"], picture()))
        assert [result.kind for result in outcome.results] == ["image-colorised"]
        it.stub.error = rejected("unreadable")
        with pytest.raises(Rejected):
            await soon(asyncio.to_thread(handlers["colorise-image"], picture()))


async def test_only_so_many_suspects_are_kept_in_mind() -> None:
    registry = CollectorRegistry()
    async with Gateway.open("http://127.0.0.1:1", seconds=1) as there:
        caller = Caller(there, "colorise", KINDS, GatewayMetrics(registry), patience_seconds=0)
        for number in range(1005):
            caller._suspect(f"order-{number}")
        assert len(caller._lost) == 1000
        assert "order-1004" in caller._lost

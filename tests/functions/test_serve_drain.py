from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from functions.serve import serve
from functions.serve.server import listening
from tests.http_function import Stub, failed, until_ready
from tests.http_receiver import receiving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ROOT = Path(__file__).resolve().parent.parent.parent
JPEG = b"\xff\xd8\xff\xe0 grey"


@dataclass
class Program:
    process: asyncio.subprocess.Process
    client: httpx.AsyncClient

    async def heard(self) -> str:
        assert self.process.stdout is not None
        return (await asyncio.wait_for(self.process.stdout.readline(), 60)).decode().strip()

    def go_on(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(b"\n")

    async def stopping(self) -> None:
        """Wait until the signal has arrived."""
        async with asyncio.timeout(60):
            while (await self.client.get("/_/ready")).status_code == 200:  # noqa: ASYNC110 - it is far away
                await asyncio.sleep(0.01)

    async def ended(self) -> tuple[int, str]:
        _, log = await asyncio.wait_for(self.process.communicate(), 60)
        assert self.process.returncode is not None
        return self.process.returncode, log.decode()


@contextlib.asynccontextmanager
async def running() -> AsyncIterator[Program]:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.http_program", cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe
    )
    try:
        assert process.stdout is not None
        port = int(await asyncio.wait_for(process.stdout.readline(), 60))
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as client:
            await until_ready(client)
            yield Program(process, client)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_sigterm_lets_calls_finish_and_nobody_in() -> None:
    async with running() as program:
        client = program.client
        call = asyncio.create_task(client.post("/", content=JPEG, headers={"X-Call-Id": "call-1"}))
        assert await program.heard() == "begun"
        program.process.send_signal(signal.SIGTERM)
        await program.stopping()
        assert failed(await client.get("/_/ready")) == (503, "stopping")
        assert (await client.get("/_/health")).status_code == 200
        refused = await client.post("/", content=JPEG)
        assert failed(refused) == (503, "stopping")
        assert refused.headers["Connection"] == "close"
        assert int(refused.headers["Retry-After"]) > 0
        assert not call.done()
        program.go_on()
        answer = await call
        assert (answer.status_code, answer.content) == (200, JPEG[::-1])
        code, log = await program.ended()
    assert code == 0
    lines = [json.loads(line) for line in log.splitlines()]
    (line,) = [line for line in lines if line["event"] == "call answered" and line["status"] == 200]
    assert line["call_id"] == "call-1"
    assert "Traceback" not in log


async def test_sigterm_with_nothing_in_hand_ends_at_once() -> None:
    async with running() as program:
        program.process.send_signal(signal.SIGTERM)
        assert await program.heard() == "ended"
        assert (await program.ended())[0] == 0


async def test_sigterm_waits_for_callbacks() -> None:
    async with running() as program, receiving([503]) as receiver:
        headers = {"X-Callback-Url": receiver.link}
        assert (await program.client.post("/", content=JPEG, headers=headers)).status_code == 202
        assert await program.heard() == "begun"
        program.process.send_signal(signal.SIGTERM)
        await program.stopping()
        program.go_on()
        code, _ = await program.ended()
    assert code == 0
    _, body = receiver.taken.get_nowait()
    assert body == JPEG[::-1]


async def test_a_taken_port_is_an_error_of_the_systems() -> None:
    with listening("127.0.0.1", 0) as listener, pytest.raises(OSError, match="in use"):
        await serve(Stub().pictures(), host="127.0.0.1", port=listener.getsockname()[1])


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
def test_all_addresses_are_those_of_both_kinds() -> None:
    with listening("::", 0) as listener, socket.create_connection(("127.0.0.1", listener.getsockname()[1])):
        pass


def test_answers_do_not_wait_for_more_to_send() -> None:
    with listening("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        connection, _ = listener.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

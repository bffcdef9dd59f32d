"""An S3 server of a drill's own, behind a proxy that misbehaves as it is told."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cli.drill_proxy import FaultProxy, fault_proxy
from cli.drill_up import PATIENCE_SECONDS
from cli.up_data import prepare
from cli.up_keeper import Keeper
from cli.up_ports import choose
from cli.up_program import State
from cli.up_secrets import STORE_KEY, made_once
from cli.up_servers import STORE_PORTS, store_server
from cli.up_settings import BUCKET, USER
from functions.errors import Rejected
from functions.stopping import end

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from cli.up_program import Death, Program, Status

STOP_SECONDS = 10.0
"""That the server may take to stop."""


@dataclass(frozen=True, slots=True)
class ProxiedStore:
    """A store, and what stands before it."""

    proxy: FaultProxy
    settings: Mapping[str, str]
    """Variables that lead a `colorise up` to the proxy."""


@contextlib.asynccontextmanager
async def proxied_store(folder: Path) -> AsyncIterator[ProxiedStore]:
    """Run a server and its proxy while the block lasts.

    Args:
        folder: of its data, its log and its secrets.

    Raises:
        Rejected: it does not get ready ("ended").
    """
    data = prepare(folder)
    passwords = made_once(data.secrets)
    server = store_server(data, choose(STORE_PORTS, {}, data.ports), passwords)
    async with kept_alive(server, data.logs / "s3.log"):
        with fault_proxy(server.address) as proxy:
            settings = {
                "COLORISE_S3_ENDPOINT": proxy.endpoint,
                "COLORISE_S3_BUCKET": BUCKET,
                "COLORISE_S3_ACCESS_KEY": USER,
                "COLORISE_S3_SECRET_KEY": passwords[STORE_KEY],
            }
            yield ProxiedStore(proxy, settings)


class _Ready:
    """Hears when a program is ready."""

    def __init__(self) -> None:
        self.ready = asyncio.Event()

    def changed(self, status: Status) -> None:
        if status.state is State.READY:
            self.ready.set()

    def died(self, death: Death) -> None:
        pass


@contextlib.asynccontextmanager
async def kept_alive(program: Program, log: Path) -> AsyncIterator[None]:
    """Run a program as `colorise up` does, while the block lasts; it is ready when the block begins.

    Raises:
        Rejected: it does not get ready ("ended").
    """
    ready = _Ready()
    keeper = Keeper(program, log, ready)
    keeping = asyncio.create_task(keeper.keep(), name=program.name)
    try:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await ready.ready.wait()
        except TimeoutError as error:
            msg = f"{program.name} does not get ready: see {log}"
            raise Rejected(msg, code="ended") from error
        yield
    finally:
        await end([keeping])
        await keeper.stop(STOP_SECONDS)

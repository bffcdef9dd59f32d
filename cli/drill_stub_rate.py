"""How many orders a second go through queue and worker when carrying them out takes no time."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cli.drill_beside import beside_us
from cli.drill_flow import flowing
from cli.drill_store import kept_alive
from cli.up_data import prepare
from cli.up_ports import choose
from cli.up_secrets import QUEUE_PASSWORD, made_once
from cli.up_servers import QUEUE_PORTS, queue_server
from cli.up_settings import USER
from functions.queues.settings import QueueSettings
from functions.stores.protocol import INBOX
from functions.stores.settings import StoreSettings

if TYPE_CHECKING:
    from pathlib import Path

    from cli.drill_report import DrillReport

SLOTS: Final = 32
"""Orders that the worker has in hand at once."""

WARM_UP: Final = 200
"""Orders that are not counted."""

LEAST_RATE: Final = 500

WAIT_SECONDS: Final = 600.0


@dataclass(frozen=True, slots=True)
class _Place:
    queue: QueueSettings
    store: StoreSettings


async def stub_rate(report: DrillReport, folder: Path, orders: int) -> None:
    """Send from one process, carry out in another, and listen in this one; the queue writes all of it to the disk."""
    data = prepare(folder)
    passwords = made_once(data.secrets)
    server = queue_server(data, choose(QUEUE_PORTS, {}, data.ports)["nats"], passwords)
    told = {
        "COLORISE_NATS_URL": server.address,
        "COLORISE_NATS_USER": USER,
        "COLORISE_NATS_PASSWORD": passwords[QUEUE_PASSWORD],
    }
    settings = QueueSettings(
        nats_url=server.address,
        nats_user=USER,
        nats_password=passwords[QUEUE_PASSWORD],  # type: ignore[arg-type]  # pydantic makes a secret of it
    )
    nowhere = StoreSettings(
        store=(folder / "nothing").as_uri(), s3_endpoint=None, s3_access_key=None, s3_secret_key=None
    )
    async with (
        kept_alive(server, data.logs / "nats.log"),
        flowing(_Place(settings, nowhere)) as flow,
        beside_us("work", str(SLOTS), told=told) as worker,
    ):
        await worker.says("ready")
        await _sent(told, "warm", WARM_UP)
        await flow.answers([f"warm-{number}" for number in range(WARM_UP)], WAIT_SECONDS)
        begun = time.monotonic()
        sending = asyncio.create_task(_sent(told, "stub", orders))
        jobs = [f"stub-{number}" for number in range(orders)]
        missing = await flow.answers(jobs, WAIT_SECONDS)
        sent = await sending
        answered = [flow.answered_at[job] for job in jobs if job not in missing]
        rate = len(answered) / (max(answered, default=begun) - sent[0])
    report.figure(
        "orders through a worker that does nothing",
        rate,
        "/s",
        aim=f"at least {LEAST_RATE}",
        reached=rate >= LEAST_RATE,
    )
    report.figure("  sent meanwhile", orders / (sent[1] - sent[0]), "/s")
    wrong = [f"{len(missing):,} orders are not answered"] if missing else []
    report.promise("every order is answered", wrong, right=f"{orders:,} orders")


async def _sent(told: dict[str, str], mark: str, count: int) -> tuple[float, float]:
    """Have them sent; when the first and the last was, on the monotonic clock."""
    async with beside_us("send", mark, str(count), f"{INBOX}/nothing.jpg", told=told) as sender:
        await sender.says("ready")
        begun = time.monotonic()
        await sender.says("sent", WAIT_SECONDS)
        return begun, time.monotonic()

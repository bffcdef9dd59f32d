"""`colorise drill throughput`: what the pipeline costs and how much it carries, as figures beside their aims."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cli.drill_cold import cold
from cli.drill_engine import EngineHere
from cli.drill_flow import flowing
from cli.drill_goods import pictures
from cli.drill_ground import said
from cli.drill_overhead import overhead
from cli.drill_report import DrillReport
from cli.drill_scaling import scaling
from cli.drill_stub_rate import stub_rate
from cli.drill_up import drill_up
from cli.drill_waiting import waiting

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PARTS: Final = ("cold", "stub", "overhead", "workers", "waiting")
"""In the order in which they are measured."""

TOGETHER: Final = frozenset({"overhead", "workers", "waiting"})
"""Those that are measured with one `colorise up`."""


@dataclass(frozen=True, slots=True)
class ThroughputOptions:
    """What is measured, and how often."""

    parts: Sequence[str] = PARTS
    rounds: int = 40
    """Photographs through the queue and past it, by turns."""
    batch: int = 40
    """Pictures that one worker and two colour by turns."""
    batches: int = 5
    stub_orders: int = 5000
    waiting_orders: int = 50_000
    starts: int = 3
    seed: int = 1
    side: int | None = None


async def throughput(data: Path, options: ThroughputOptions) -> DrillReport:
    """Measure; nothing is promised.

    Raises:
        Rejected: `colorise up` does not get ready, or ends.
    """
    report = DrillReport("throughput")
    if "cold" in options.parts:
        said(f"cold: {options.starts} starts")
        await cold(report, data, options.starts, seed=options.seed)
    if "stub" in options.parts:
        said(f"stub: {options.stub_orders:,} orders")
        await stub_rate(report, data / "stub", options.stub_orders)
    if TOGETHER & set(options.parts):
        async with drill_up(data / "up", workers=2) as up, flowing(up.running) as flow:
            if "overhead" in options.parts:
                said(f"overhead: {options.rounds} rounds")
                engine = await asyncio.to_thread(EngineHere)
                await overhead(report, up, flow, engine, options.rounds)
            if "workers" in options.parts:
                said(f"workers: {options.batches} pairs of batches of {options.batch}")
                goods = pictures(options.batch, seed=options.seed, name="batch", side=options.side)
                await scaling(report, up, flow, goods, options.batches)
            if "waiting" in options.parts:
                said(f"waiting: {options.waiting_orders:,} orders")
                await waiting(report, up, flow, options.waiting_orders)
    report.figure("load average of the last minute", os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0)
    return report

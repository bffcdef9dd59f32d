"""What is left when the bot's drill is over: nothing half done, nobody who asked to be forgotten, no bug in a log."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from functions.stores.protocol import INBOX, OUTBOX

if TYPE_CHECKING:
    from cli.drill_bot_ledger import Ledger
    from cli.drill_bot_play import Play
    from cli.drill_bot_stage import Stage
    from cli.drill_report import DrillReport

BAD_LEVELS: Final = frozenset({"error", "critical"})


async def add_leftovers(report: DrillReport, stage: Stage, play: Play, ledger: Ledger) -> None:
    """Add what is promised of the ledger, the store, and the programs themselves."""
    unfinished = [
        f"{play.played.get(mention, mention)}: {state}" for mention, state in (await ledger.unfinished()).items()
    ]
    report.promise("nothing is left half done", unfinished, right="every mention that was taken on is done with")
    depths = await ledger.queue.depths()
    waiting = [
        f"{depth.waiting + depth.in_hand} {kind}" for kind, depth in depths.items() if depth.waiting + depth.in_hand
    ]
    report.promise("nothing is left in the queue", waiting, right="empty")
    remembered = await _remembered(stage, play, ledger)
    count = sum(scene.forgotten is not None for scene, _ in play.scenes)
    report.promise("who wants to be forgotten is", remembered, right=f"{count:,} people")
    bugs = [
        f"bot {bot.number}: {line.get('event')}"
        for bot in stage.bots
        for line in bot.lines()
        if line.get("level") in BAD_LEVELS or "exception" in line
    ]
    report.promise("no log tells of a bug", bugs, right=f"{len(stage.bots):,} bots")
    ended = [f"bot {bot.number} ended with {bot.process.returncode}" for bot in stage.bots if not bot.ended_by_us]
    ended += [f"{death['name']} {death['how']}" for death in stage.up.deaths]
    report.promise("nothing dies by itself", ended, right="the drill ended every bot that ended")


async def _remembered(stage: Stage, play: Play, ledger: Ledger) -> list[str]:
    """What is still kept of those who asked to be forgotten."""
    objects = await asyncio.to_thread(
        lambda: [found.name for prefix in (INBOX, OUTBOX) for found in ledger.store.list(f"{prefix}/bot/")]
    )
    kept = []
    for scene, ids in play.scenes:
        if scene.forgotten is None:
            continue
        kept += [f"mention {one} under {scene.forgotten}" for one in await ledger.noted_of(stage.ids[scene.forgotten])]
        kept += [name for name in objects if any(f"/{one}-" in name for one in ids)]
    return kept

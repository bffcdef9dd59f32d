"""What the programs of a stand have written into their logs: no bug, and nothing that opens a door."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from cli.drill_bot_secrets import found_in
from cli.up_secrets import CONTROL_TOKEN, QUEUE_PASSWORD, STAND_TOKEN, STORE_KEY

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from cli.drill_report import DrillReport
    from cli.drill_stand_day import Day
    from cli.drill_stand_stage import Stage

BAD_LEVELS: Final = frozenset({"error", "critical"})

BAD_LINES: Final = re.compile(
    r"Traceback \(most recent call last\)"
    r"|^\[\d+\] \S+ \S+ \[(ERR|FTL)\]"  # NATS
    r"|^[EF]\d{4} "  # SeaweedFS
    r"|^panic:|^fatal error:"
)

BROKEN_OFF: Final = re.compile(r"^E\d{4} .*\btruncated request body: .*\bunexpected EOF")
"""SeaweedFS's word for a client that was gone in the middle of an upload: the drill kills them."""

TOKENS: Final = 100
"""Of visits that are looked for, over the whole day: each is looked for in every log."""


def add_logs(report: DrillReport, stage: Stage, day: Day) -> None:
    """Look through all logs; it blocks."""
    logs = sorted(path for path in stage.logs.iterdir() if path.is_file())
    bad = [f"{path.name}: {line[:300]}" for path in logs for line in bad_lines(_lines_of(path))]
    size = sum(path.stat().st_size for path in logs)
    right = f"{len(logs)} logs of {size / 1e6:.1f} MB"
    report.promise("no log tells of an error", bad, right=right)
    secrets = {
        name: (stage.up.running.secrets / name).read_text(encoding="utf-8").strip()
        for name in (CONTROL_TOKEN, QUEUE_PASSWORD, STAND_TOKEN, STORE_KEY)
    }
    secrets["the operator's number"] = stage.pin
    tokens = [accepted.token for accepted in day.accepted.values()]
    some = tokens[:: max(1, len(tokens) // TOKENS)]
    secrets |= {f"the token of visit {number}": token for number, token in enumerate(some)}
    right = f"{len(secrets)} secrets, {len(some)} of them of visits, looked for in {size / 1e6:.1f} MB"
    report.promise("no secret is in a log", list(found_in(logs, secrets)), right=right)


def bad_lines(lines: Iterable[str]) -> list[str]:
    """Those that tell of an error: a refusal is none, and neither is a warning."""
    bad = []
    for line in lines:
        try:
            told = json.loads(line)
        except ValueError:
            if BAD_LINES.search(line) and not BROKEN_OFF.search(line):
                bad.append(line)
            continue
        if isinstance(told, dict) and (told.get("level") in BAD_LEVELS or "exception" in told):
            bad.append(f"{told.get('event')} {told.get('exception', '')}".strip())
    return bad


def _lines_of(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8", errors="replace").splitlines()

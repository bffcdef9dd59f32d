"""What goes wrong at the fake X while mentions are answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cli.drill_bot_control import FakeControl
    from cli.drill_report import DrillReport

EACH_ROUND: Final = (
    ("mentions", "503", 1),
    ("mentions", "429", 1),
    ("mentions", "truncated", 1),
    ("mentions", "cut-after", 1),
    ("stream", "stream-duplicate", 4),
    ("stream", "stream-late", 3),
    ("stream", "stream-lost", 2),
    ("stream", "stream-malformed", 1),
    ("files", "503", 1),
    ("files", "cut-before", 1),
    ("files", "truncated", 1),
    ("upload", "503", 2),
    ("upload", "429", 1),
    ("upload", "cut-before", 1),
    ("upload", "cut-after", 2),
    ("upload", "truncated", 1),
    ("metadata", "503", 1),
    ("metadata", "cut-after", 1),
    ("create", "503", 1),
    ("create", "429", 1),
    ("create", "cut-before", 1),
    ("create", "cut-after", 1),
    ("create", "truncated", 1),
    ("timeline", "503", 1),
    ("timeline", "429", 1),
    ("users-me", "503", 1),
)
"""Family of endpoints, what goes wrong with them, how often; see `bot.fake_x.faults`."""

NOW_AND_THEN: Final = (
    (("stream", "stream-cut", 1), ("create", "500-html", 1), ("upload", "500-html", 1)),
    (("stream", "stream-disconnect", 1), ("stream", "503", 1), ("create", "slow", 3), ("delete", "503", 1)),
    (("stream", "stream-cut", 1), ("stream", "429", 1), ("files", "slow", 3), ("rules", "503", 1)),
)
"""Sets of which each round has one in turn."""

SILENT: Final = ("stream", "stream-silent", 1)
"""The stream stays open, and nothing comes on it: the bot takes half a minute to see that; short drills do without."""

SLOW_SECONDS: Final = 1.5

MUST: Final = ("429", "503", "cut-before", "cut-after", "truncated", "stream-cut", "stream-duplicate", "stream-late")
"""What has to have happened, at whatever endpoint."""


async def make_trouble(control: FakeControl, number: int, *, may_be_silent: bool) -> None:
    """Let things go wrong from now on, as in the round of that number."""
    faults = [*EACH_ROUND, *NOW_AND_THEN[number % len(NOW_AND_THEN)]]
    if may_be_silent and number == len(NOW_AND_THEN):
        faults.append(SILENT)
    for family, kind, times in faults:
        await control.set_fault(family, kind, times=times, seconds=SLOW_SECONDS)


async def add_faults(report: DrillReport, control: FakeControl) -> None:
    """Tell what went wrong."""
    happened = await control.faults_happened()
    by_kind: dict[str, int] = {}
    for name, count in happened.items():
        kind = name.partition("/")[2]
        by_kind[kind] = by_kind.get(kind, 0) + count
    never = [kind for kind in MUST if not by_kind.get(kind)]
    report.promise("the network misbehaved in every way", never, right=f"{sum(happened.values()):,} times")
    for kind, count in sorted(by_kind.items()):
        report.figure(f"went wrong: {kind}", count)

"""The bot: whom it hears and answers, how soon, and what that costs."""

from __future__ import annotations

from typing import Final

from infra.grafana.dashboard import Dashboard
from infra.grafana.panels import Panel, Query, Row

HERE: Final = 'instance=~"$instance"'

WELL: Final = Row(
    "Is it well?",
    (
        Panel(
            title="Answers",
            description="Whether one of the bots holds the lease and answers.",
            unit="short",
            kind="stat",
            width=4,
            height=4,
            steps=((None, "red"), (1.0, "green")),
            words={"0": ("nobody answers", "red"), "1": ("answers", "green")},
            queries=(Query("max(colorise_bot_active)", "bot"),),
        ),
        Panel(
            title="Last poll",
            description="Since X last answered when it was asked for mentions.",
            unit="s",
            kind="stat",
            width=4,
            height=4,
            steps=((None, "green"), (300.0, "orange"), (1200.0, "red")),
            queries=(Query("time() - max(colorise_bot_polled_timestamp_seconds and colorise_bot_active == 1)", "ago"),),
        ),
        Panel(
            title="In hand",
            description="Mentions that are being answered.",
            unit="short",
            kind="stat",
            width=4,
            height=4,
            steps=((None, "green"), (50.0, "orange"), (200.0, "red")),
            queries=(Query("sum(colorise_bot_pending and colorise_bot_active == 1)", "mentions"),),
        ),
        Panel(
            title="Replies with photographs",
            description="95 % of those of the last half hour came sooner after the mention.",
            unit="s",
            kind="stat",
            width=4,
            height=4,
            steps=((None, "green"), (120.0, "orange"), (300.0, "red")),
            queries=(Query('colorise:bot_reply_seconds:p95_30m{task="photo"}', "95 %"),),
        ),
        Panel(
            title="Spent today",
            description="As the bot counts it, since midnight UTC. X's own bill may differ.",
            unit="currencyUSD",
            kind="stat",
            width=4,
            height=4,
            queries=(Query("max(colorise_bot_spent_dollars and colorise_bot_active == 1)", "dollars"),),
        ),
        Panel(
            title="Budget used",
            description="Of today's; empty where there is none. At 100 % mentions are passed over.",
            unit="percentunit",
            kind="stat",
            width=4,
            height=4,
            steps=((None, "green"), (0.8, "orange"), (0.95, "red")),
            queries=(Query("colorise:bot_budget:used_ratio", "used"),),
        ),
    ),
)

HEARD: Final = Row(
    "Whom does it hear?",
    (
        Panel(
            title="Mentions",
            description="By verdict: coloured, obeyed, declined in words, ignored.",
            unit="ops",
            is_stacked=True,
            queries=(
                Query(
                    f"sum by (verdict) (rate(colorise_bot_mentions_total{{{HERE}}}[$__rate_interval]))", "{{verdict}}"
                ),
            ),
        ),
        Panel(
            title="Why ignored or declined",
            description="docs/operations.md explains each reason.",
            unit="ops",
            queries=(
                Query(
                    "sum by (why)"
                    f' (rate(colorise_bot_mentions_total{{verdict=~"ignore|decline", {HERE}}}[$__rate_interval]))',
                    "{{why}}",
                ),
            ),
        ),
        Panel(
            title="Poll and stream",
            description="Seconds since X answered the last poll. Where a stream is wanted, 1 while it is open.",
            unit="short",
            queries=(
                Query(
                    f"time() - colorise_bot_polled_timestamp_seconds{{{HERE}}} and colorise_bot_active == 1",
                    "last poll: {{instance}}",
                ),
                Query(f"colorise_bot_stream{{{HERE}}} and colorise_bot_active == 1", "stream: {{instance}}"),
            ),
        ),
    ),
)

ANSWERED: Final = Row(
    "What becomes of them, and how soon?",
    (
        Panel(
            title="Endings",
            description="Of mentions that were taken on: answered, left (and why), erased.",
            unit="ops",
            is_stacked=True,
            queries=(
                Query(
                    f"sum by (ending, why) (rate(colorise_bot_answers_total{{{HERE}}}[$__rate_interval]))",
                    "{{ending}} {{why}}",
                ),
            ),
        ),
        Panel(
            title="From the mention to the reply",
            description="95 % come sooner. Up to half a minute of it is the pause between two polls.",
            unit="s",
            queries=(
                Query(
                    "histogram_quantile(0.95, sum by (task, le)"
                    f" (rate(colorise_bot_answer_seconds_bucket{{{HERE}}}[$__rate_interval])))",
                    "{{task}}",
                ),
            ),
        ),
        Panel(
            title="In hand",
            description="Mentions that are being answered, by bot.",
            unit="short",
            queries=(Query(f"colorise_bot_pending{{{HERE}}}", "{{instance}}"),),
        ),
    ),
)

LIMITS: Final = Row(
    "What does X say, and what does it cost?",
    (
        Panel(
            title="Times that X said to wait",
            description="By what was asked of it.",
            unit="short",
            queries=(
                Query(
                    f"sum by (family) (increase(colorise_bot_limits_total{{{HERE}}}[$__rate_interval]))", "{{family}}"
                ),
            ),
        ),
        Panel(
            title="Still to wait",
            description="Until X lets the bot go on, as it said last. Above an hour there is an alert.",
            unit="s",
            queries=(
                Query(
                    f"clamp_min(max by (family) (colorise_bot_limited_until_timestamp_seconds{{{HERE}}}) - time(), 0)",
                    "{{family}}",
                ),
            ),
        ),
        Panel(
            title="Dollars an hour",
            description="What was spent within the last hour, as the bot counts it; nought around midnight UTC.",
            unit="currencyUSD",
            queries=(
                Query(
                    "clamp_min(max(delta(colorise_bot_spent_dollars[1h]) and colorise_bot_active == 1), 0)", "an hour"
                ),
            ),
        ),
        Panel(
            title="Who answers",
            description="1 for the bot that holds the lease. Many changes mean that the queue is out of reach for it.",
            unit="short",
            width=24,
            height=5,
            queries=(Query(f"colorise_bot_active{{{HERE}}}", "{{instance}}"),),
        ),
    ),
)

BOT: Final = Dashboard(
    name="bot",
    title="colorisebot: bot",
    description="Whom the bot hears and answers, how soon, and what that costs.",
    instances="colorise_bot_active",
    rows=(WELL, HEARD, ANSWERED, LIMITS),
)

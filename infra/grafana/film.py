"""Films on their way: split, coloured chunk by chunk, joined."""

from __future__ import annotations

from typing import Final

from infra.grafana.dashboard import Dashboard
from infra.grafana.panels import Panel, Query, Row

HERE: Final = 'instance=~"$instance"'
KINDS: Final = 'kind=~"split-video|colorise-chunk|join-video"'
CHUNK: Final = 'kind="colorise-chunk"'

WELL: Final = Row(
    "Is it well?",
    (
        Panel(
            title="Chunks waiting",
            description="Of all films. Photographs go before them.",
            unit="short",
            kind="stat",
            width=6,
            height=4,
            queries=(Query(f'max(colorise_queue_orders{{{CHUNK}, state="waiting"}})', "chunks"),),
        ),
        Panel(
            title="Until they are done",
            description="Chunks in the queue over chunks done in a second during the last quarter of an hour.",
            unit="s",
            kind="stat",
            width=6,
            height=4,
            queries=(
                Query(
                    f"sum(max by (state) (colorise_queue_orders{{{CHUNK}}}))"
                    f' / (sum(rate(colorise_orders_total{{{CHUNK}, outcome="done"}}[15m])) > 0)',
                    "from now",
                ),
            ),
        ),
        Panel(
            title="Films joined, 24 h",
            description="As workers that are still there have counted them.",
            unit="short",
            kind="stat",
            width=6,
            height=4,
            queries=(
                Query(
                    'sum(increase(colorise_orders_total{kind="join-video", outcome="done"}[24h])) or vector(0)', "films"
                ),
            ),
        ),
        Panel(
            title="Tries that fail",
            description="With a bug, or because the queue could not be told how they went, in the last 15 minutes.",
            unit="percentunit",
            kind="stat",
            width=6,
            height=4,
            steps=((None, "green"), (0.02, "orange"), (0.1, "red")),
            queries=(Query(f"max(colorise:orders_failed:ratio15m{{{KINDS}}})", "of the worst kind"),),
        ),
    ),
)

WAITS: Final = Row(
    "What waits?",
    (
        Panel(
            title="Waiting",
            description="Orders that nobody has yet.",
            unit="short",
            width=12,
            queries=(Query(f'max by (kind) (colorise_queue_orders{{{KINDS}, state="waiting"}})', "{{kind}}"),),
        ),
        Panel(
            title="Wait until a worker takes it",
            description="95 % wait for less. A chunk waits for all before it, those of its own film too.",
            unit="s",
            width=12,
            queries=(
                Query(
                    "histogram_quantile(0.95, sum by (kind, le)"
                    f' (rate(colorise_order_seconds_bucket{{{KINDS}, stage="wait", {HERE}}}[$__rate_interval])))',
                    "{{kind}}",
                ),
            ),
        ),
    ),
)

FAST: Final = Row(
    "How fast?",
    (
        Panel(
            title="Chunks done",
            description="In a second, by worker.",
            unit="ops",
            is_stacked=True,
            queries=(
                Query(
                    "sum by (instance)"
                    f' (rate(colorise_orders_total{{{CHUNK}, outcome="done", {HERE}}}[$__rate_interval]))',
                    "{{instance}}",
                ),
            ),
        ),
        Panel(
            title="Time of a chunk",
            description="From its being taken to its result. It has up to 240 frames, and needs some around them.",
            unit="s",
            queries=tuple(
                Query(
                    f"histogram_quantile({share}, sum by (le)"
                    f' (rate(colorise_order_seconds_bucket{{{CHUNK}, stage="handle", {HERE}}}[$__rate_interval])))',
                    legend,
                )
                for share, legend in ((0.5, "half"), (0.95, "95 %"))
            ),
        ),
        Panel(
            title="Where a chunk's time goes",
            description="Seconds on average. Decoding, encoding and reading by ranges are in colour.",
            unit="s",
            is_stacked=True,
            queries=(
                Query(
                    "sum by (stage) (rate(colorise_order_seconds_sum"
                    f'{{{CHUNK}, stage=~"colour|write|acknowledge", {HERE}}}[$__rate_interval]))'
                    " / sum by (stage) (rate(colorise_order_seconds_count"
                    f'{{{CHUNK}, stage=~"colour|write|acknowledge", {HERE}}}[$__rate_interval]))',
                    "{{stage}}",
                ),
            ),
        ),
        Panel(
            title="Time to plan and to join",
            description="95 % take less. Both grow with the length of the film.",
            unit="s",
            width=12,
            queries=(
                Query(
                    "histogram_quantile(0.95, sum by (stage, le)"
                    f' (rate(colorise_order_seconds_bucket{{stage=~"plan|join", {HERE}}}[$__rate_interval])))',
                    "{{stage}}",
                ),
            ),
        ),
        Panel(
            title="In hand",
            description="Splits, chunks and joins that workers have now.",
            unit="short",
            width=12,
            queries=(Query(f"sum by (kind) (colorise_orders_in_flight{{{KINDS}, {HERE}}})", "{{kind}}"),),
        ),
    ),
)

FAILS: Final = Row(
    "What fails?",
    (
        Panel(
            title="Tries that were not done",
            description="Rejected: never again. Postponed: comes again. Failed: a bug. Left: the queue was away.",
            unit="ops",
            queries=(
                Query(
                    "sum by (kind, outcome)"
                    f' (rate(colorise_orders_total{{{KINDS}, outcome!="done", {HERE}}}[$__rate_interval]))',
                    "{{kind}}: {{outcome}}",
                ),
            ),
        ),
        Panel(
            title="Given to somebody before",
            description="Orders that come again: put off, or their worker was lost. No piece is made twice.",
            unit="ops",
            queries=(
                Query(
                    f"sum by (kind) (rate(colorise_redeliveries_total{{{KINDS}, {HERE}}}[$__rate_interval]))",
                    "{{kind}}",
                ),
            ),
        ),
        Panel(
            title="Dead letters, 1 h",
            description="One chunk that is buried ends its film.",
            unit="short",
            queries=(
                Query(f"sum by (kind, code) (colorise:dead_letters:increase1h{{{KINDS}}})", "{{kind}}: {{code}}"),
            ),
        ),
    ),
)

FILM: Final = Dashboard(
    name="film",
    title="colorisebot: films",
    description="Films on their way: split, coloured chunk by chunk, joined.",
    instances='up{job=~"colorise|video-split"}',
    rows=(WELL, WAITS, FAST, FAILS),
)

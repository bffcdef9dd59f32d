"""Workers, queue, store, calls over HTTP and the stand: all that does the work."""

from __future__ import annotations

from typing import Final

from infra.grafana.dashboard import Dashboard
from infra.grafana.panels import Panel, Query, Row

HERE: Final = 'instance=~"$instance"'

THERE: Final = ((None, "red"), (1.0, "green"))
NONE_IS_WELL: Final = ((None, "green"), (0.5, "red"))
FAILED: Final = ((None, "green"), (0.02, "orange"), (0.1, "red"))
"""As ColoriseOrdersFail."""

WELL: Final = Row(
    "Is it well?",
    (
        Panel(
            title="Workers that colour",
            description="That answer Prometheus. With none, orders wait until one comes.",
            unit="short",
            kind="stat",
            width=3,
            height=4,
            steps=THERE,
            queries=(Query('count(up{job="colorise"} == 1) or vector(0)', "workers"),),
        ),
        Panel(
            title="Workers for films",
            description="That split and join, and answer Prometheus.",
            unit="short",
            kind="stat",
            width=3,
            height=4,
            steps=THERE,
            queries=(Query('count(up{job="video-split"} == 1) or vector(0)', "workers"),),
        ),
        Panel(
            title="Queue",
            description="As NATS says of itself, through its exporter.",
            unit="short",
            kind="stat",
            width=3,
            height=4,
            steps=NONE_IS_WELL,
            words={"0": ("well", "green"), "1": ("not well", "red")},
            queries=(Query("max(gnatsd_healthz_status)", "queue"),),
        ),
        Panel(
            title="Store",
            description="Whether SeaweedFS answers Prometheus.",
            unit="short",
            kind="stat",
            width=3,
            height=4,
            steps=THERE,
            words={"0": ("away", "red"), "1": ("there", "green")},
            queries=(Query('min(up{job="store"})', "store"),),
        ),
        Panel(
            title="Orders waiting",
            description="Of all kinds, not given to any worker yet.",
            unit="short",
            kind="stat",
            width=3,
            height=4,
            queries=(Query('sum(max by (kind) (colorise_queue_orders{state="waiting"}))', "orders"),),
        ),
        Panel(
            title="Longest wait",
            description="95 % of the photographs of the last ten minutes waited for less than that.",
            unit="s",
            kind="stat",
            width=3,
            height=4,
            steps=((None, "green"), (10.0, "orange"), (60.0, "red")),
            queries=(Query('colorise:wait_seconds:p95_10m{kind="colorise-image"}', "photographs"),),
        ),
        Panel(
            title="Tries that fail",
            description="With a bug, or because the queue could not be told how they went, in the last 15 minutes.",
            unit="percentunit",
            kind="stat",
            width=3,
            height=4,
            steps=FAILED,
            queries=(Query("max(colorise:orders_failed:ratio15m)", "of the worst kind"),),
        ),
        Panel(
            title="Dead letters, 1 h",
            description="Orders that were buried, strangers' broken files among them: `colorise jobs dead` shows them.",
            unit="short",
            kind="stat",
            width=3,
            height=4,
            steps=((None, "green"), (0.5, "orange")),
            queries=(Query("sum(colorise:dead_letters:increase1h) or vector(0)", "letters"),),
        ),
    ),
)

WAITS: Final = Row(
    "What waits?",
    (
        Panel(
            title="Waiting",
            description="Orders that nobody has yet, by kind. A film puts in as many chunks as it has, at once.",
            unit="short",
            queries=(Query('max by (kind) (colorise_queue_orders{state="waiting"})', "{{kind}}"),),
        ),
        Panel(
            title="In hand, or put off",
            description="Orders that a worker has, or that wait for their next try: the queue does not tell which.",
            unit="short",
            queries=(Query('max by (kind) (colorise_queue_orders{state="in_hand"})', "{{kind}}"),),
        ),
        Panel(
            title="Wait until a worker takes it",
            description="95 % wait for less. Chunks wait for their own film as well.",
            unit="s",
            queries=(
                Query(
                    "histogram_quantile(0.95, sum by (kind, le)"
                    f' (rate(colorise_order_seconds_bucket{{stage="wait", {HERE}}}[$__rate_interval])))',
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
            title="Done",
            description="Orders carried out in a second, by kind.",
            unit="ops",
            is_stacked=True,
            queries=(
                Query(
                    f'sum by (kind) (rate(colorise_orders_total{{outcome="done", {HERE}}}[$__rate_interval]))',
                    "{{kind}}",
                ),
            ),
        ),
        Panel(
            title="Time of an order",
            description="From its being taken to its result; 95 % take less.",
            unit="s",
            queries=(
                Query(
                    "histogram_quantile(0.95, sum by (kind, le)"
                    f' (rate(colorise_order_seconds_bucket{{stage="handle", {HERE}}}[$__rate_interval])))',
                    "{{kind}}",
                ),
            ),
        ),
        Panel(
            title="Where a photograph's time goes",
            description="Seconds of each stage on average; reading and writing are the store's.",
            unit="s",
            is_stacked=True,
            queries=(
                Query(
                    "sum by (stage) (rate(colorise_order_seconds_sum"
                    f'{{kind="colorise-image", stage=~"read|colour|write|acknowledge", {HERE}}}[$__rate_interval]))'
                    " / sum by (stage) (rate(colorise_order_seconds_count"
                    f'{{kind="colorise-image", stage=~"read|colour|write|acknowledge", {HERE}}}[$__rate_interval]))',
                    "{{stage}}",
                ),
            ),
        ),
        Panel(
            title="Busy",
            description="Orders in hand, by worker. A worker that is always at 1 has no room left.",
            unit="short",
            width=24,
            height=6,
            queries=(Query(f"sum by (instance) (colorise_orders_in_flight{{{HERE}}})", "{{instance}}"),),
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
                    f'sum by (outcome) (rate(colorise_orders_total{{outcome!="done", {HERE}}}[$__rate_interval]))',
                    "{{outcome}}",
                ),
            ),
        ),
        Panel(
            title="Given to somebody before",
            description="Orders that come again, after a try that was put off or a worker that was lost.",
            unit="ops",
            queries=(
                Query(f"sum by (kind) (rate(colorise_redeliveries_total{{{HERE}}}[$__rate_interval]))", "{{kind}}"),
            ),
        ),
        Panel(
            title="Dead letters, 1 h",
            description="By reason. Codes such as already-colour or too-large are about what was sent.",
            unit="short",
            queries=(Query("sum by (kind, code) (colorise:dead_letters:increase1h)", "{{kind}}: {{code}}"),),
        ),
        Panel(
            title="Lost over a file, 1 h",
            description="Processes that decode strangers' files: crashed over one, or ended for what it took.",
            unit="short",
            width=12,
            queries=(Query("sum by (kind, code) (colorise:sandbox_lost:increase1h)", "{{kind}}: {{code}}"),),
        ),
        Panel(
            title="What guards them",
            description="Workers, by what holds where they decode; off is in their own process, without a guard.",
            unit="short",
            width=12,
            queries=(
                Query(
                    f'count by (mode, network, files, calls, memory) (colorise_sandbox_info{{mode=~".+", {HERE}}})',
                    "{{mode}}: network {{network}}, files {{files}}, calls {{calls}}, memory {{memory}}",
                ),
            ),
        ),
    ),
)

SERVERS: Final = Row(
    "Queue and store",
    (
        Panel(
            title="Messages in the queue",
            description="By stream: COLORISE has the orders, DEAD the dead letters, KV_… what programs remember.",
            unit="short",
            queries=(Query("max by (stream_name) (jetstream_stream_total_messages)", "{{stream_name}}"),),
        ),
        Panel(
            title="Disk",
            description="Of what the queue may take, and of the store's disk, whoever fills it.",
            unit="percentunit",
            steps=((None, "green"), (0.8, "orange"), (0.9, "red")),
            queries=(
                Query("max(colorise:queue_disk:used_ratio)", "queue"),
                Query("max(colorise:store_disk:used_ratio)", "store"),
            ),
        ),
        Panel(
            title="Requests to the store",
            description="By the answer's status. 404 is ordinary here: whether a result is there is asked first.",
            unit="reqps",
            queries=(Query("sum by (code) (rate(SeaweedFS_s3_request_total[$__rate_interval]))", "{{code}}"),),
        ),
    ),
)

CALLS: Final = Row(
    "Calls over HTTP",
    (
        Panel(
            title="Calls",
            description="Of functions that are called over HTTP, by the answer's status.",
            unit="reqps",
            queries=(Query(f"sum by (code) (rate(http_requests_total{{{HERE}}}[$__rate_interval]))", "{{code}}"),),
        ),
        Panel(
            title="Time of a call",
            description="From the call to its answer; 95 % take less.",
            unit="s",
            queries=(
                Query(
                    "histogram_quantile(0.95, sum by (le)"
                    f" (rate(http_request_duration_seconds_bucket{{{HERE}}}[$__rate_interval])))",
                    "95 %",
                ),
            ),
        ),
        Panel(
            title="In hand, and called back",
            description="Calls in hand, asynchronous ones included; answers to callback addresses in a second.",
            unit="short",
            queries=(
                Query(f"sum(http_requests_in_flight{{{HERE}}})", "in hand"),
                Query(f"sum by (outcome) (rate(http_callbacks_total{{{HERE}}}[$__rate_interval]))", "{{outcome}}"),
            ),
        ),
    ),
)

STAND: Final = Row(
    "The stand",
    (
        Panel(
            title="Visits",
            description="That ended, by how: coloured, or the code that the visitor was told.",
            unit="ops",
            is_stacked=True,
            queries=(
                Query(
                    f"sum by (ending) (rate(colorise_demo_visits_total{{{HERE}}}[$__rate_interval]))",
                    "{{ending}}",
                ),
            ),
        ),
        Panel(
            title="From the upload to the colours",
            description="95 % take less.",
            unit="s",
            queries=(
                Query(
                    "histogram_quantile(0.95, sum by (kind, le)"
                    f" (rate(colorise_demo_visit_seconds_bucket{{{HERE}}}[$__rate_interval])))",
                    "{{kind}}",
                ),
            ),
        ),
        Panel(
            title="Wall and screens",
            description="Pictures that hang on the wall, and pages that are open somewhere.",
            unit="short",
            queries=(
                Query(f"sum(colorise_demo_wall_pictures{{{HERE}}})", "on the wall"),
                Query(f"sum(colorise_demo_streams{{{HERE}}})", "pages open"),
            ),
        ),
    ),
)

FUNCTIONS: Final = Dashboard(
    name="functions",
    title="colorisebot: functions",
    description="Workers, queue and store: is it well, what waits, how fast, what fails.",
    instances='up{job=~"colorise|video-split|demo"}',
    rows=(WELL, WAITS, FAST, FAILS, SERVERS, CALLS, STAND),
)

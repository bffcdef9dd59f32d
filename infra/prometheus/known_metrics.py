"""All metrics that there are: those of our programs, from the code, and those of the servers beside them, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from prometheus_client import CollectorRegistry

from bot.metrics import BotMetrics
from demo.figures import Figures
from functions.queues.memory_records import MemoryRecords
from functions.sandbox.report import Report
from functions.sandbox.words import Guards
from functions.serve.gate import Gate
from functions.serve.metrics import CallMetrics
from functions.telemetry.metrics import Metrics
from infra.prometheus.expressions import grouped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

TARGET: Final = frozenset({"job", "instance"})
"""Labels that Prometheus adds."""

ENDS: Final[Mapping[str, Mapping[str, frozenset[str]]]] = {
    "counter": {"_total": frozenset(), "_created": frozenset()},
    "histogram": {"_bucket": frozenset({"le"}), "_count": frozenset(), "_sum": frozenset(), "_created": frozenset()},
    "info": {"_info": frozenset()},
    "gauge": {"": frozenset()},
}
"""Type of a metric → ends of its names, and the labels that come with them."""

INFOS: Final[Mapping[str, frozenset[str]]] = {
    "colorise_model": frozenset({"name", "sha256"}),
    "colorise_sandbox": frozenset({"mode", *Guards.model_fields}),
}
"""Name of an `Info` → labels that it is given with its values."""

_SERVER: Final = frozenset({"server_id", "server_name", "cluster", "domain", "meta_leader", "is_meta_leader"})
_STREAM: Final = _SERVER | {"account", "account_id", "stream_name", "stream_leader", "is_stream_leader"}
_CONSUMER: Final = _STREAM | {"consumer_name", "consumer_leader", "is_consumer_leader", "consumer_desc"}

OTHERS: Final[Mapping[str, frozenset[str]]] = {
    "up": frozenset(),
    # github.com/nats-io/prometheus-nats-exporter, collector/healthz.go and collector/jsz.go
    "gnatsd_healthz_status": frozenset({"server_id", "value"}),
    "jetstream_server_total_message_bytes": _SERVER,
    "jetstream_server_max_storage": _SERVER,
    "jetstream_stream_total_messages": _STREAM,
    "jetstream_consumer_num_pending": _CONSUMER,
    "jetstream_consumer_num_ack_pending": _CONSUMER,
    # `weed mini` 4.48 itself
    "SeaweedFS_volumeServer_resource": frozenset({"name", "type"}),
    "SeaweedFS_s3_request_total": frozenset({"bucket", "code", "type"}),
}
"""Name → labels, of the metrics of others that our rules and dashboards use."""


def ours() -> dict[str, frozenset[str]]:
    """Name → labels, of everything that our programs tell."""
    registries = [CollectorRegistry() for _ in range(5)]
    BotMetrics(registries[0])
    Metrics(registries[1])
    CallMetrics(registries[2], Gate(1))
    Figures(MemoryRecords(keep_seconds=None), registries[3])
    Report(registries[4])
    return {name: labels for registry in registries for name, labels in _told(registry)}


def recorded(rules: Iterable[Mapping[str, Any]]) -> dict[str, frozenset[str]]:
    """Name → labels, of what rules record: what each is grouped by."""
    return {rule["record"]: grouped(rule["expr"]) - {"le"} for rule in rules if "record" in rule}


def all_metrics(rules: Iterable[Mapping[str, Any]]) -> dict[str, frozenset[str]]:
    """Name → labels, of everything that an expression may name."""
    scraped = {name: labels | TARGET for name, labels in {**ours(), **OTHERS}.items()}
    return scraped | recorded(rules)


def _told(registry: CollectorRegistry) -> Iterator[tuple[str, frozenset[str]]]:
    """Each name in a registry, whether there are values yet or not."""
    metrics: list[Any] = list(registry._collector_to_names)  # noqa: SLF001 - what has no values is told of nowhere else
    for metric in metrics:
        named = frozenset(metric._labelnames) | INFOS.get(metric._name, frozenset())  # noqa: SLF001 - as above
        for end, more in ENDS[metric._type].items():  # noqa: SLF001 - as above
            yield f"{metric._name}{end}", named | more  # noqa: SLF001 - as above

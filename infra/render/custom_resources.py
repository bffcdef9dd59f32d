"""Objects that Kubernetes itself does not know, as far as the chart uses them: a field that is not here is a mistake.

KEDA: https://keda.sh/docs/latest/reference/scaledobject-spec/ and …/scalers/nats-jetstream/
Prometheus's operator: https://prometheus-operator.dev/docs/api-reference/api/
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Text = Annotated[str, Field(min_length=1)]
Digits = Annotated[str, Field(pattern=r"^[0-9]+$")]
Duration = Annotated[str, Field(pattern=r"^([0-9]+(ms|s|m|h|d|w|y))+$")]
Count = Annotated[int, Field(ge=0)]


class _Strict(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=True, frozen=True, alias_generator=to_camel)


class Metadata(_Strict):
    """Of any object."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=63)]
    labels: dict[Text, str]


class JetStreamPlace(_Strict):
    """Of KEDA's trigger: everything is a string."""

    nats_server_monitoring_endpoint: Annotated[str, Field(pattern=r"^[^/:]+:[0-9]+$")]
    account: Text
    stream: Text
    consumer: Text
    lag_threshold: Digits
    activation_lag_threshold: Digits = "0"
    use_https: Literal["true", "false"] = "false"


class Trigger(_Strict):
    """That says how many there should be."""

    type: Literal["nats-jetstream"]
    metadata: JetStreamPlace


class Target(_Strict):
    """A Deployment of the same namespace."""

    name: Text


class Fallback(_Strict):
    """Where a trigger does not answer."""

    failure_threshold: Annotated[int, Field(ge=1)]
    replicas: Annotated[int, Field(ge=1)]


class _ScaledSpec(_Strict):
    scale_target_ref: Target
    min_replica_count: Count
    max_replica_count: Annotated[int, Field(ge=1)]
    polling_interval: Annotated[int, Field(ge=1)]
    cooldown_period: Count
    fallback: Fallback
    advanced: dict[Literal["horizontalPodAutoscalerConfig"], dict[Literal["behavior"], dict[str, Any]]]
    triggers: Annotated[list[Trigger], Field(min_length=1)]


class ScaledObject(_Strict):
    """Of KEDA."""

    api_version: Literal["keda.sh/v1alpha1"]
    kind: Literal["ScaledObject"]
    metadata: Metadata
    spec: _ScaledSpec


class _Endpoint(_Strict):
    port: Text
    path: Annotated[str, Field(pattern=r"^/")]
    interval: Duration


class _PodMonitorSpec(_Strict):
    job_label: Text
    selector: dict[Literal["matchLabels"], dict[Text, Text]]
    pod_metrics_endpoints: Annotated[list[_Endpoint], Field(min_length=1)]


class PodMonitor(_Strict):
    """Of Prometheus's operator."""

    api_version: Literal["monitoring.coreos.com/v1"]
    kind: Literal["PodMonitor"]
    metadata: Metadata
    spec: _PodMonitorSpec


class _Rule(_Strict):
    expr: Text | int
    alert: Text | None = None
    record: Text | None = None
    for_: Annotated[Duration | None, Field(alias="for")] = None
    keep_firing_for: Annotated[Duration | None, Field(alias="keep_firing_for")] = None
    labels: dict[Text, str] = {}
    annotations: dict[Text, str] = {}


class _Group(_Strict):
    name: Text
    interval: Duration | None = None
    rules: Annotated[list[_Rule], Field(min_length=1)]


class _Groups(_Strict):
    groups: Annotated[list[_Group], Field(min_length=1)]


class PrometheusRule(_Strict):
    """Of Prometheus's operator."""

    api_version: Literal["monitoring.coreos.com/v1"]
    kind: Literal["PrometheusRule"]
    metadata: Metadata
    spec: _Groups


KINDS: Final = {kind.__name__: kind for kind in (ScaledObject, PodMonitor, PrometheusRule)}

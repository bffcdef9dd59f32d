"""What Pod Security's level "restricted" asks of a pod, and what we ask on top of it.

https://kubernetes.io/docs/concepts/security/pod-security-standards/ names every rule.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

VOLUMES: Final = frozenset(
    {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
)

USER: Final = 10001
"""Of our images."""

HOST: Final = ("hostNetwork", "hostPID", "hostIPC")


def complaints(pod: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the spec of a pod."""
    security = pod.get("securityContext", {})
    yield from (f"{name} is set" for name in HOST if pod.get(name))
    if security.get("runAsNonRoot") is not True:
        yield "runAsNonRoot is not true"
    if security.get("runAsUser") != USER:
        yield f"runAsUser is not {USER}"
    if security.get("seccompProfile", {}).get("type") not in {"RuntimeDefault", "Localhost"}:
        yield "there is no seccompProfile"
    if security.get("sysctls"):
        yield "sysctls are set"
    if pod.get("automountServiceAccountToken") is not False:
        yield "a token of the service account is mounted"
    if pod.get("enableServiceLinks") is not False:
        yield "services of the namespace set variables"
    for volume in pod.get("volumes", ()):
        yield from _about_volume(volume)
    for container in (*pod.get("initContainers", ()), *pod["containers"]):
        yield from (f"{container['name']}: {reason}" for reason in _about_container(container))


def _about_volume(volume: Mapping[str, Any]) -> Iterator[str]:
    kinds = set(volume) - {"name"}
    if not kinds <= VOLUMES:
        yield f"the volume {volume['name']} is of the kind {', '.join(sorted(kinds))}"
    if "emptyDir" in volume and not (volume["emptyDir"] or {}).get("sizeLimit"):
        yield f"the volume {volume['name']} has no end"


def _about_container(container: Mapping[str, Any]) -> Iterator[str]:
    security = container.get("securityContext", {})
    if security.get("allowPrivilegeEscalation") is not False:
        yield "privileges can escalate"
    if security.get("capabilities") != {"drop": ["ALL"]}:
        yield "capabilities are not dropped"
    if security.get("readOnlyRootFilesystem") is not True:
        yield "the root file system can be written to"
    if security.get("privileged") or security.get("procMount") or security.get("runAsUser") == 0:
        yield "it is privileged"
    if any(port.get("hostPort") for port in container.get("ports", ())):
        yield "it takes a port of the host"
    resources = container.get("resources", {})
    if not resources.get("limits", {}).get("memory") or not {"cpu", "memory"} <= set(resources.get("requests", {})):
        yield "requests or the limit of memory are missing"
    if container["image"].rpartition(":")[2] in {"latest", ""} or ":" not in container["image"]:
        yield "its image has no fixed tag"

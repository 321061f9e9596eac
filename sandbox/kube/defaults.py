"""What the API fills in: the values a real API server shows after creating an object."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from sandbox.kube.reading import is_object, part, rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.kube.store import Obj


def apply(kind: str, obj: Obj) -> None:
    """Fill in an object's defaults, in place."""
    fill = _BY_KIND.get(kind)
    if fill is not None:
        fill(obj)


def _deployment(obj: Obj) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("replicas", 1)
    strategy = spec.setdefault("strategy", {})
    if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("maxUnavailable", "25%")
        rolling.setdefault("maxSurge", "25%")
    spec.setdefault("revisionHistoryLimit", 10)
    spec.setdefault("progressDeadlineSeconds", 600)
    _template(spec)
    obj.setdefault("status", {})


def _replicaset(obj: Obj) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("replicas", 1)
    _template(spec)
    obj.setdefault("status", {"replicas": 0})


def _template(spec: Obj) -> None:
    template = spec.get("template")
    if is_object(template):
        template.setdefault("metadata", {})
        pod_spec(template.setdefault("spec", {}))


def pod_spec(spec: Obj) -> None:
    """Fill in a pod template's spec."""
    for name in ("initContainers", "containers"):
        for container in rows(spec, name):
            _container(container)
    for volume in rows(spec, "volumes"):
        for source in ("configMap", "secret", "projected", "downwardAPI"):
            if is_object(volume.get(source)):
                volume[source].setdefault("defaultMode", 420)
    spec.setdefault("restartPolicy", "Always")
    spec.setdefault("terminationGracePeriodSeconds", 30)
    spec.setdefault("dnsPolicy", "ClusterFirst")
    if "serviceAccountName" in spec:
        spec.setdefault("serviceAccount", spec["serviceAccountName"])
    spec.setdefault("securityContext", {})
    spec.setdefault("schedulerName", "default-scheduler")


def _container(container: Obj) -> None:
    for port in rows(container, "ports"):
        port.setdefault("protocol", "TCP")
    container.setdefault("resources", {})
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        if is_object(container.get(name)):
            _probe(container[name])
    for hook in part(container, "lifecycle").values():
        if is_object(hook) and is_object(hook.get("httpGet")):
            _http_get(hook["httpGet"])
    for variable in rows(container, "env"):
        reference = part(variable, "valueFrom").get("fieldRef")
        if is_object(reference):
            reference.setdefault("apiVersion", "v1")
    container.setdefault("terminationMessagePath", "/dev/termination-log")
    container.setdefault("terminationMessagePolicy", "File")
    if "imagePullPolicy" not in container:
        container["imagePullPolicy"] = _pull_policy(str(container.get("image", "")))


def _pull_policy(image: str) -> str:
    tag = image.rpartition("/")[2]
    latest = "@" not in image and (":" not in tag or tag.endswith(":latest"))
    return "Always" if latest else "IfNotPresent"


def _probe(probe: Obj) -> None:
    if is_object(probe.get("httpGet")):
        _http_get(probe["httpGet"])
    probe.setdefault("timeoutSeconds", 1)
    probe.setdefault("periodSeconds", 10)
    probe.setdefault("successThreshold", 1)
    probe.setdefault("failureThreshold", 3)


def _http_get(action: Obj) -> None:
    action.setdefault("path", "/")
    action.setdefault("scheme", "HTTP")


_TOLERATIONS = [
    {"key": f"node.kubernetes.io/{why}", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}
    for why in ("not-ready", "unreachable")
]


def _pod(obj: Obj) -> None:
    spec = obj.setdefault("spec", {})
    pod_spec(spec)
    spec.setdefault("tolerations", [dict(row) for row in _TOLERATIONS])
    spec.setdefault("priority", 0)
    spec.setdefault("enableServiceLinks", True)
    spec.setdefault("preemptionPolicy", "PreemptLowerPriority")
    status = obj.setdefault("status", {})
    status.setdefault("phase", "Pending")
    status.setdefault("qosClass", _qos(spec))


def _qos(spec: Obj) -> str:
    """Return the quality-of-service class: Guaranteed when every container's limits equal its requests."""
    asked: list[Obj] = [container.get("resources") or {} for container in rows(spec, "containers")]
    if not any(row.get("limits") or row.get("requests") for row in asked):
        return "BestEffort"
    for row in asked:
        limits: Obj = part(row, "limits")
        if {"cpu", "memory"} - limits.keys() or (row.get("requests") or limits) != limits:
            return "Burstable"
    return "Guaranteed"


def _service(obj: Obj) -> None:
    spec = obj.setdefault("spec", {})
    for port in rows(spec, "ports"):
        port.setdefault("protocol", "TCP")
        _ = port.setdefault("targetPort", port.get("port"))
    kind = spec.setdefault("type", "ClusterIP")
    spec.setdefault("sessionAffinity", "None")
    if kind != "ExternalName":
        spec.setdefault("ipFamilies", ["IPv4"])
        spec.setdefault("ipFamilyPolicy", "SingleStack")
        spec.setdefault("internalTrafficPolicy", "Cluster")
    obj.setdefault("status", {"loadBalancer": {}})


def _ingress(obj: Obj) -> None:
    obj.setdefault("spec", {})
    obj.setdefault("status", {"loadBalancer": {}})


def _slice(obj: Obj) -> None:
    for port in rows(obj, "ports"):
        port.setdefault("name", "")
        port.setdefault("protocol", "TCP")


def _event(obj: Obj) -> None:
    obj.setdefault("source", {})
    for name in ("firstTimestamp", "lastTimestamp", "eventTime"):
        _ = obj.setdefault(name, None)
    obj.setdefault("reportingComponent", "")
    obj.setdefault("reportingInstance", "")


def _namespace(obj: Obj) -> None:
    obj["metadata"].setdefault("labels", {})["kubernetes.io/metadata.name"] = obj["metadata"]["name"]
    obj["spec"] = {"finalizers": ["kubernetes"]}
    obj.setdefault("status", {})["phase"] = "Active"


def _secret(obj: Obj) -> None:
    obj.setdefault("type", "Opaque")
    plain: dict[str, Any] = obj.pop("stringData", None) or {}
    if plain:
        coded = {key: base64.b64encode(str(value).encode()).decode() for key, value in plain.items()}
        obj["data"] = {**part(obj, "data"), **coded}


def _autoscaler(obj: Obj) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("minReplicas", 1)
    obj.setdefault("status", {"currentMetrics": None, "desiredReplicas": 0})


def _budget(obj: Obj) -> None:
    counts = ("currentHealthy", "desiredHealthy", "disruptionsAllowed", "expectedPods")
    obj.setdefault("status", dict.fromkeys(counts, 0))


_BY_KIND: dict[str, Callable[[Obj], None]] = {
    "Deployment": _deployment,
    "ReplicaSet": _replicaset,
    "Pod": _pod,
    "Service": _service,
    "Ingress": _ingress,
    "EndpointSlice": _slice,
    "Event": _event,
    "Namespace": _namespace,
    "Secret": _secret,
    "HorizontalPodAutoscaler": _autoscaler,
    "PodDisruptionBudget": _budget,
}

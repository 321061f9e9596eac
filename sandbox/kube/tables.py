"""The tables that `kubectl get` prints: columns and cells per resource, as the API renders them."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from sandbox.kube import selectors
from sandbox.kube.codec import metadata_only, shown
from sandbox.kube.reading import part, rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sandbox.kube.resources import Resource
    from sandbox.kube.store import Obj

_NAME = (
    "Name must be unique within a namespace. Is required when creating resources, although some resources may "
    "allow a client to request the generation of an appropriate name automatically. Name is primarily intended "
    "for creation idempotence and configuration definition. Cannot be updated. More info: "
    "https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names"
)
_AGE = (
    "CreationTimestamp is a timestamp representing the server time when this object was created. It is not "
    "guaranteed to be set in happens-before order across separate operations. Clients may not set this value. "
    "It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. "
    "More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata"
)


def table(
    resource: Resource, objects: Sequence[Obj], now: datetime.datetime, *, include: str, head: bool = True
) -> Obj:
    """Return objects as a meta.k8s.io Table; `include` is what each row carries: Object, Metadata or None."""
    columns, cells = _BY_KIND.get(resource.kind, (_PLAIN, _plain))
    rows: list[Obj] = []
    for obj in objects:
        row: Obj = {"cells": cells(obj, now)}
        if include == "Object":
            row["object"] = shown(resource, obj)
        elif include != "None":
            row["object"] = metadata_only(obj)
        rows.append(row)
    made: Obj = {"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {}}
    made["columnDefinitions"] = [_column(column) for column in columns.split()] if head else None
    if not head:
        del made["columnDefinitions"]
        made["columnDefinitions"] = []
    return made | {"rows": rows}


def _column(spelled: str) -> Obj:
    """Read one column: "Up-to-date:integer+1" is a number shown with -o wide only."""
    spelled, _, priority = spelled.partition("+")
    name, _, kind = spelled.partition(":")
    name = name.replace("_", " ")
    return {
        "name": name,
        "type": kind or "string",
        "format": "name" if name == "Name" else "",
        "description": {"Name": _NAME, "Age": _AGE}.get(name, ""),
        "priority": int(priority or 0),
    }


def age(stamp: str | None, now: datetime.datetime) -> str:
    """Return the time since a timestamp as kubectl abbreviates it: 5s, 2m47s, 3h, 4d."""
    if not stamp:
        return "<unknown>"
    seconds = int((now - datetime.datetime.fromisoformat(stamp)).total_seconds())
    if seconds < 120:
        return f"{max(seconds, 0)}s"
    minutes, rest = divmod(seconds, 60)
    if minutes < 180:
        return f"{minutes}m" + (f"{rest}s" if minutes < 10 and rest else "")
    hours, left = divmod(minutes, 60)
    if hours < 48:
        return f"{hours}h" + (f"{left}m" if hours < 8 and left else "")
    days, over = divmod(hours, 24)
    return f"{days}d" + (f"{over}h" if days < 8 and over else "")


def _meta(obj: Obj, now: datetime.datetime) -> tuple[str, str]:
    return obj["metadata"]["name"], age(obj["metadata"].get("creationTimestamp"), now)


_PLAIN = "Name Created_At"


def _plain(obj: Obj, _now: datetime.datetime) -> list[Any]:
    return [obj["metadata"]["name"], obj["metadata"].get("creationTimestamp", "")]


_PODS = "Name Ready Status Restarts Age IP+1 Node+1 Nominated_Node+1 Readiness_Gates+1"


def _pod(obj: Obj, now: datetime.datetime) -> list[Any]:
    spec, status = part(obj, "spec"), part(obj, "status")
    states: list[Obj] = rows(status, "containerStatuses")
    restarts = str(sum(state.get("restartCount", 0) for state in states))
    ended = [finished for state in states if (finished := part(state, "lastState", "terminated").get("finishedAt"))]
    if restarts != "0" and ended:
        restarts += f" ({age(max(ended), now)} ago)"
    name, since = _meta(obj, now)
    ready = sum(1 for state in states if state.get("ready"))
    gates = "<none>"
    return [
        name,
        f"{ready}/{len(spec.get('containers') or [])}",
        pod_reason(obj),
        restarts,
        since,
        status.get("podIP") or "<none>",
        spec.get("nodeName") or "<none>",
        status.get("nominatedNodeName") or "<none>",
        gates,
    ]


def pod_reason(obj: Obj) -> str:
    """Return what the STATUS column says: the phase, or what keeps a container from running."""
    status = part(obj, "status")
    reason = status.get("reason") or status.get("phase") or "Unknown"
    running = False
    for state in reversed(rows(status, "containerStatuses")):
        current: Obj = part(state, "state")
        waiting, ended = part(current, "waiting"), part(current, "terminated")
        if waiting.get("reason"):
            reason = waiting["reason"]
        elif ended:
            fallback = f"Signal:{ended['signal']}" if ended.get("signal") else f"ExitCode:{ended.get('exitCode')}"
            reason = ended.get("reason") or fallback
        elif state.get("ready") and "running" in current:
            running = True
    if reason == "Completed" and running:
        reason = "Running"
    return "Terminating" if obj["metadata"].get("deletionTimestamp") else reason


_DEPLOYMENTS = "Name Ready Up-to-date:integer Available:integer Age Containers+1 Images+1 Selector+1"


def _template(obj: Obj) -> list[Any]:
    spec = part(obj, "spec")
    containers: list[Obj] = rows(spec, "template", "spec", "containers")
    return [
        ",".join(row.get("name", "") for row in containers),
        ",".join(row.get("image", "") for row in containers),
        selectors.spell(spec.get("selector")),
    ]


def _deployment(obj: Obj, now: datetime.datetime) -> list[Any]:
    status = part(obj, "status")
    name, since = _meta(obj, now)
    ready = f"{status.get('readyReplicas') or 0}/{part(obj, 'spec').get('replicas', 1)}"
    counts = [status.get("updatedReplicas") or 0, status.get("availableReplicas") or 0]
    return [name, ready, *counts, since, *_template(obj)]


_REPLICASETS = "Name Desired:integer Current:integer Ready:integer Age Containers+1 Images+1 Selector+1"


def _replicaset(obj: Obj, now: datetime.datetime) -> list[Any]:
    status = part(obj, "status")
    name, since = _meta(obj, now)
    wanted = part(obj, "spec").get("replicas", 1)
    return [name, wanted, status.get("replicas") or 0, status.get("readyReplicas") or 0, since, *_template(obj)]


_SERVICES = "Name Type Cluster-IP External-IP Port(s) Age Selector+1"


def _service(obj: Obj, now: datetime.datetime) -> list[Any]:
    spec = part(obj, "spec")
    name, since = _meta(obj, now)
    ports = ",".join(
        f"{port.get('port')}{':' + str(port['nodePort']) if port.get('nodePort') else ''}/{port.get('protocol', 'TCP')}"
        for port in rows(spec, "ports")
    )
    labels = ",".join(f"{key}={value}" for key, value in sorted(part(spec, "selector").items()))
    outside = spec.get("externalName") or "<none>"
    address = spec.get("clusterIP") or "<none>"
    return [name, spec.get("type", ""), address, outside, ports or "<none>", since, labels or "<none>"]


_INGRESSES = "Name Class Hosts Address Ports Age"


def _ingress(obj: Obj, now: datetime.datetime) -> list[Any]:
    spec = part(obj, "spec")
    name, since = _meta(obj, now)
    hosts = [rule["host"] for rule in rows(spec, "rules") if rule.get("host")]
    more = f" + {len(hosts) - 3} more..." if len(hosts) > 3 else ""
    points: list[Obj] = rows(obj, "status", "loadBalancer", "ingress")
    address = ",".join(point.get("ip") or point.get("hostname") or "" for point in points)
    ports = "80, 443" if spec.get("tls") else "80"
    return [name, spec.get("ingressClassName") or "<none>", ",".join(hosts[:3]) + more or "*", address, ports, since]


def _ingress_class(obj: Obj, now: datetime.datetime) -> list[Any]:
    spec = part(obj, "spec")
    name, since = _meta(obj, now)
    return [name, spec.get("controller", ""), "<none>", since]


def _data(obj: Obj, now: datetime.datetime) -> list[Any]:
    name, since = _meta(obj, now)
    return [name, len(part(obj, "data")) + len(part(obj, "binaryData")), since]


def _secret(obj: Obj, now: datetime.datetime) -> list[Any]:
    name, since = _meta(obj, now)
    return [name, obj.get("type", ""), len(part(obj, "data")), since]


_EVENTS = "Last_Seen Type Reason Object Subobject+1 Source+1 Message First_Seen+1 Count+1 Name+1"


def _event(obj: Obj, now: datetime.datetime) -> list[Any]:
    first = obj.get("firstTimestamp") or obj.get("eventTime")
    series: Obj = part(obj, "series")
    last = series.get("lastObservedTime") or obj.get("lastTimestamp") or first
    about: Obj = part(obj, "involvedObject")
    source: Obj = part(obj, "source")
    component = source.get("component") or obj.get("reportingComponent") or ""
    host = source.get("host") or obj.get("reportingInstance") or ""
    return [
        age(last, now),
        obj.get("type", ""),
        obj.get("reason", ""),
        f"{about.get('kind', '').lower()}/{about.get('name', '')}",
        about.get("fieldPath", ""),
        f"{component}, {host}" if host else component,
        (obj.get("message") or "").strip(),
        age(first, now),
        series.get("count") or obj.get("count") or 1,
        obj["metadata"]["name"],
    ]


def _namespace(obj: Obj, now: datetime.datetime) -> list[Any]:
    name, since = _meta(obj, now)
    return [name, part(obj, "status").get("phase", ""), since]


_NODES = "Name Status Roles Age Version Internal-IP+1 External-IP+1 OS-Image+1 Kernel-Version+1 Container-Runtime+1"


def _node(obj: Obj, now: datetime.datetime) -> list[Any]:
    status = part(obj, "status")
    name, since = _meta(obj, now)
    ready = next((c for c in rows(status, "conditions") if c.get("type") == "Ready"), None)
    words = ["Unknown" if ready is None else "Ready" if ready.get("status") == "True" else "NotReady"]
    if part(obj, "spec").get("unschedulable"):
        words.append("SchedulingDisabled")
    prefix = "node-role.kubernetes.io/"
    labels: dict[str, str] = part(obj["metadata"], "labels")
    roles = ",".join(sorted(key.removeprefix(prefix) for key in labels if key.startswith(prefix)))
    addresses = {row.get("type"): row.get("address") for row in rows(status, "addresses")}
    info: Obj = part(status, "nodeInfo")
    return [
        name,
        ",".join(words),
        roles or "<none>",
        since,
        info.get("kubeletVersion", ""),
        addresses.get("InternalIP") or "<none>",
        addresses.get("ExternalIP") or "<none>",
        info.get("osImage") or "<unknown>",
        info.get("kernelVersion") or "<unknown>",
        info.get("containerRuntimeVersion") or "<unknown>",
    ]


def _slice(obj: Obj, now: datetime.datetime) -> list[Any]:
    name, since = _meta(obj, now)
    ports = [str(port.get("port", "*")) for port in rows(obj, "ports")]
    addresses = [address for row in rows(obj, "endpoints") for address in row.get("addresses") or ()]
    return [name, obj.get("addressType", ""), _few(ports), _few(addresses), since]


def _few(words: list[str]) -> str:
    if not words:
        return "<unset>"
    return ",".join(words[:3]) + (f" + {len(words) - 3} more..." if len(words) > 3 else "")


def _lease(obj: Obj, now: datetime.datetime) -> list[Any]:
    name, since = _meta(obj, now)
    return [name, part(obj, "spec").get("holderIdentity") or "", since]


def _budget(obj: Obj, now: datetime.datetime) -> list[Any]:
    spec, status = part(obj, "spec"), part(obj, "status")
    name, since = _meta(obj, now)
    least, most = spec.get("minAvailable", "N/A"), spec.get("maxUnavailable", "N/A")
    return [name, str(least), str(most), status.get("disruptionsAllowed", 0), since]


def _autoscaler(obj: Obj, now: datetime.datetime) -> list[Any]:
    spec, status = part(obj, "spec"), part(obj, "status")
    name, since = _meta(obj, now)
    target: Obj = part(spec, "scaleTargetRef")
    reference = f"{target.get('kind', '')}/{target.get('name', '')}"
    least, most = str(spec.get("minReplicas", "<unset>")), spec.get("maxReplicas", 0)
    return [name, reference, "<unknown>", least, most, status.get("currentReplicas", 0), since]


def _account(obj: Obj, now: datetime.datetime) -> list[Any]:
    name, since = _meta(obj, now)
    return [name, since]


_BY_KIND: dict[str, tuple[str, Callable[[Obj, datetime.datetime], list[Any]]]] = {
    "Pod": (_PODS, _pod),
    "Deployment": (_DEPLOYMENTS, _deployment),
    "ReplicaSet": (_REPLICASETS, _replicaset),
    "Service": (_SERVICES, _service),
    "Ingress": (_INGRESSES, _ingress),
    "IngressClass": ("Name Controller Parameters Age", _ingress_class),
    "ConfigMap": ("Name Data Age", _data),
    "Secret": ("Name Type Data Age", _secret),
    "Event": (_EVENTS, _event),
    "Namespace": ("Name Status Age", _namespace),
    "Node": (_NODES, _node),
    "EndpointSlice": ("Name AddressType Ports Endpoints Age", _slice),
    "Lease": ("Name Holder Age", _lease),
    "ServiceAccount": ("Name Age", _account),
    "PodDisruptionBudget": ("Name Min_Available Max_Unavailable Allowed_Disruptions:integer Age", _budget),
    "HorizontalPodAutoscaler": (
        "Name Reference Targets MinPods MaxPods:integer Replicas:integer Age",
        _autoscaler,
    ),
}

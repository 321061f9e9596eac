"""The rules an object has to keep, each broken one as a cause with Kubernetes' words."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from sandbox.kube import selectors
from sandbox.kube.reading import part, rows
from sandbox.kube.status import Cause, invalid, required

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.kube.resources import Resource
    from sandbox.kube.store import Obj

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_LABEL_1035 = r"[a-z]([-a-z0-9]*[a-z0-9])?"
_QUALIFIED = r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_VALUE = r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?"

SUBDOMAIN = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
    "and must start and end with an alphanumeric character (e.g. 'example.com', "
    f"regex used for validation is '{_SUBDOMAIN}')"
)
LABEL = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "
    "and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', "
    f"regex used for validation is '{_LABEL}')"
)
LABEL_1035 = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
    "character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', "
    f"regex used for validation is '{_LABEL_1035}')"
)
_KEY_RULE = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    f"'{_QUALIFIED}')"
)
_VALUE_RULE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must "
    "start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', "
    f"regex used for validation is '{_VALUE}')"
)
_NAME_RULES = {
    "Service": (_LABEL_1035, LABEL_1035, 63),
    "Namespace": (_LABEL, LABEL, 63),
}


def bad(field: str, value: object, why: str) -> Cause:
    """Return the cause of a value that breaks a rule."""
    return Cause(field, f"Invalid value: {json.dumps(value, separators=(',', ':'))}: {why}")


def check(resource: Resource, new: Obj, old: Obj | None) -> None:
    """Raise 422 naming every broken rule; `old` is the object an update replaces."""
    causes = [*_metadata(resource, new["metadata"]), *_BY_KIND.get(resource.kind, _nothing)(new, old)]
    if causes:
        raise invalid(resource.kind, resource.group, new["metadata"].get("name", ""), causes)


def _nothing(_new: Obj, _old: Obj | None) -> Iterator[Cause]:
    return iter(())


def _metadata(resource: Resource, meta: Obj) -> Iterator[Cause]:
    name = meta.get("name", "")
    pattern, rule, longest = _NAME_RULES.get(resource.kind, (_SUBDOMAIN, SUBDOMAIN, 253))
    if not name:
        yield required("metadata.name", "name or generateName is required")
    elif not re.fullmatch(pattern, name):
        yield bad("metadata.name", name, rule)
    elif len(name) > longest:
        yield Cause("metadata.name", f"Too long: may not be more than {longest} bytes", "FieldValueTooLong")
    yield from _labels("metadata.labels", part(meta, "labels"))
    for key in part(meta, "annotations"):
        yield from _key("metadata.annotations", key.lower())


def _labels(field: str, labels: dict[str, str]) -> Iterator[Cause]:
    for key, value in labels.items():
        yield from _key(field, key)
        if not re.fullmatch(_VALUE, value):
            yield bad(field, value, _VALUE_RULE)
        elif len(value) > 63:
            yield Cause(field, "Too long: may not be more than 63 bytes", "FieldValueTooLong")


def _key(field: str, key: str) -> Iterator[Cause]:
    prefix, slash, name = key.rpartition("/")
    if not re.fullmatch(_QUALIFIED, name):
        yield bad(field, key, _KEY_RULE)
    elif slash and not re.fullmatch(_SUBDOMAIN, prefix):
        yield bad(field, key, f"prefix part {SUBDOMAIN}")


def _workload(new: Obj, old: Obj | None) -> Iterator[Cause]:
    spec = part(new, "spec")
    selector: Obj = part(spec, "selector")
    labels: dict[str, str] = part(spec, "template", "metadata", "labels")
    if spec.get("replicas", 0) < 0:
        yield bad("spec.replicas", spec["replicas"], "must be greater than or equal to 0")
    if not selector.get("matchLabels") and not selector.get("matchExpressions"):
        yield (
            required("spec.selector")
            if not selector
            else bad("spec.selector", selector, "empty selector is invalid for deployment")
        )
    elif not all(row.holds(labels) for row in selectors.of_selector(selector)):
        yield bad(
            "spec.template.metadata.labels",
            dict(sorted(labels.items())),
            "`selector` does not match template `labels`",
        )
    yield from _labels("spec.template.metadata.labels", labels)
    yield from _pod_spec(part(spec, "template", "spec"), "spec.template.spec")
    policy = part(spec, "template", "spec").get("restartPolicy", "Always")
    if policy != "Always":
        yield _unsupported("spec.template.spec.restartPolicy", policy, ["Always"])
    if old is not None and part(old, "spec").get("selector") != spec.get("selector"):
        yield bad("spec.selector", selector, "field is immutable")


def _deployment(new: Obj, old: Obj | None) -> Iterator[Cause]:
    yield from _workload(new, old)
    strategy: Obj = part(new, "spec", "strategy")
    kind = strategy.get("type", "")
    if kind not in {"RollingUpdate", "Recreate"}:
        yield _unsupported("spec.strategy.type", kind, ["Recreate", "RollingUpdate"])
    rolling: Obj = part(strategy, "rollingUpdate")
    if kind == "Recreate" and rolling:
        why = "Forbidden: may not be specified when strategy `type` is 'Recreate'"
        yield Cause("spec.strategy.rollingUpdate", why, "FieldValueForbidden")
    if kind == "RollingUpdate" and {str(rolling.get(k)).rstrip("%") for k in ("maxSurge", "maxUnavailable")} == {"0"}:
        yield bad(
            "spec.strategy.rollingUpdate.maxUnavailable",
            rolling.get("maxUnavailable"),
            "may not be 0 when `maxSurge` is 0",
        )


def _unsupported(field: str, value: str, known: list[str]) -> Cause:
    words = ", ".join(f'"{word}"' for word in known)
    return Cause(field, f'Unsupported value: "{value}": supported values: {words}', "FieldValueNotSupported")


def _pod(new: Obj, old: Obj | None) -> Iterator[Cause]:
    spec = part(new, "spec")
    yield from _pod_spec(spec, "spec")
    if old is not None and _frozen(part(old, "spec")) != _frozen(spec):
        why = (
            "Forbidden: pod updates may not change fields other than `spec.containers[*].image`,"
            "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions "
            "to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it "
            "was previously negative)"
        )
        yield Cause("spec", why, "FieldValueForbidden")


def _frozen(spec: Obj) -> Obj:
    free = {"containers", "initContainers", "activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds"}
    kept: Obj = {name: value for name, value in spec.items() if name not in free}
    for name in ("containers", "initContainers"):
        kept[name] = [{k: v for k, v in row.items() if k != "image"} for row in rows(spec, name)]
    return kept


def _pod_spec(spec: Obj, path: str) -> Iterator[Cause]:
    containers: list[Obj] = rows(spec, "containers")
    if not containers:
        yield required(f"{path}.containers")
    seen: set[str] = set()
    for index, container in enumerate(containers):
        where = f"{path}.containers[{index}]"
        name = container.get("name", "")
        if not name:
            yield required(f"{where}.name")
        elif not re.fullmatch(_LABEL, name):
            yield bad(f"{where}.name", name, LABEL)
        elif name in seen:
            yield Cause(f"{where}.name", f'Duplicate value: "{name}"', "FieldValueDuplicate")
        seen.add(name)
        if not container.get("image"):
            yield required(f"{where}.image")
        yield from _container(container, where)


def _container(container: Obj, where: str) -> Iterator[Cause]:
    for index, port in enumerate(rows(container, "ports")):
        yield from _port(port.get("containerPort"), f"{where}.ports[{index}].containerPort")
    for index, variable in enumerate(rows(container, "env")):
        if not variable.get("name"):
            yield required(f"{where}.env[{index}].name")
        elif "=" in variable["name"]:
            yield bad(
                f"{where}.env[{index}].name",
                variable["name"],
                "a valid environment variable name must consist only of printable ASCII characters other than '='",
            )
        if variable.get("value") and variable.get("valueFrom"):
            yield bad(f"{where}.env[{index}].valueFrom", "", "may not be specified when `value` is not empty")
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        probe: Obj = container.get(name) or {}
        if probe and not {"httpGet", "tcpSocket", "exec", "grpc"} & probe.keys():
            yield required(f"{where}.{name}", "must specify a handler type")


def _port(port: Any, field: str) -> Iterator[Cause]:
    if port is None:
        yield required(field)
    elif isinstance(port, int) and not 1 <= port <= 65535:
        yield bad(field, port, "must be between 1 and 65535, inclusive")


def _service(new: Obj, old: Obj | None) -> Iterator[Cause]:
    spec = part(new, "spec")
    headless = spec.get("clusterIP") == "None" or spec.get("type") == "ExternalName"
    if not spec.get("ports") and not headless:
        yield required("spec.ports")
    names: set[str] = set()
    for index, port in enumerate(rows(spec, "ports")):
        yield from _port(port.get("port"), f"spec.ports[{index}].port")
        name = port.get("name", "")
        if not name and len(spec["ports"]) > 1:
            yield required(f"spec.ports[{index}].name")
        if name in names and name:
            yield Cause(f"spec.ports[{index}].name", f'Duplicate value: "{name}"', "FieldValueDuplicate")
        names.add(name)
    yield from _labels("spec.selector", part(spec, "selector"))
    before = part(old or {}, "spec").get("clusterIP")
    if before and spec.get("clusterIP") != before:
        yield bad("spec.clusterIPs[0]", [spec.get("clusterIP", "")], "may not change once set")


def _ingress(new: Obj, _old: Obj | None) -> Iterator[Cause]:
    spec = part(new, "spec")
    if not spec.get("rules") and not spec.get("defaultBackend"):
        yield Cause("spec", "Invalid value: null: either `defaultBackend` or `rules` must be specified")
    if spec.get("defaultBackend"):
        yield from _backend(spec["defaultBackend"], "spec.defaultBackend")
    for i, rule in enumerate(rows(spec, "rules")):
        host = rule.get("host", "")
        if host and not re.fullmatch(rf"(\*\.)?{_SUBDOMAIN}", host):
            yield bad(f"spec.rules[{i}].host", host, SUBDOMAIN)
        http: Obj | None = rule.get("http")
        if http is not None and not http.get("paths"):
            yield required(f"spec.rules[{i}].http.paths")
        for j, path in enumerate((http or {}).get("paths") or []):
            yield from _path(path, f"spec.rules[{i}].http.paths[{j}]")


def _path(path: Obj, where: str) -> Iterator[Cause]:
    kind = path.get("pathType")
    if not kind:
        yield required(f"{where}.pathType", "pathType must be specified")
    elif kind not in {"Exact", "ImplementationSpecific", "Prefix"}:
        yield _unsupported(f"{where}.pathType", kind, ["Exact", "ImplementationSpecific", "Prefix"])
    text = path.get("path", "")
    if kind in {"Exact", "Prefix"} and not text.startswith("/"):
        yield bad(f"{where}.path", text, "must be an absolute path")
    yield from _backend(part(path, "backend"), f"{where}.backend")


def _backend(backend: Obj, where: str) -> Iterator[Cause]:
    service: Obj | None = backend.get("service")
    if service is None:
        if not backend.get("resource"):
            yield bad(where, "", "resource or service backend is required")
        return
    if not service.get("name"):
        yield required(f"{where}.service.name")
    port: Obj = part(service, "port")
    if not port.get("name") and not port.get("number"):
        yield required(f"{where}.service.port", "port name or number is required")
    elif port.get("name") and port.get("number"):
        yield bad(f"{where}.service.port", "", "cannot set both port name & port number")


def _ingress_class(new: Obj, old: Obj | None) -> Iterator[Cause]:
    controller = part(new, "spec").get("controller", "")
    if not controller:
        yield required("spec.controller")
    if old is not None and part(old, "spec").get("controller") != controller:
        yield bad("spec.controller", controller, "field is immutable")


def _slice(new: Obj, old: Obj | None) -> Iterator[Cause]:
    kind = new.get("addressType", "")
    if kind not in {"IPv4", "IPv6", "FQDN"}:
        yield _unsupported("addressType", kind, ["FQDN", "IPv4", "IPv6"]) if kind else required("addressType")
    if old is not None and old.get("addressType") != kind:
        yield bad("addressType", kind, "field is immutable")
    for index, endpoint in enumerate(rows(new, "endpoints")):
        if not endpoint.get("addresses"):
            yield required(f"endpoints[{index}].addresses", "must contain at least 1 address")


def _map_keys(new: Obj, old: Obj | None) -> Iterator[Cause]:
    for key in part(new, "data"):
        if not re.fullmatch(r"[-._a-zA-Z0-9]+", key):
            yield bad("data", key, "a valid config key must consist of alphanumeric characters, '-', '_' or '.'")
    if (old or {}).get("immutable") and (old or {}).get("data") != new.get("data"):
        yield Cause("data", "Forbidden: field is immutable when `immutable` is set", "FieldValueForbidden")


_BY_KIND: dict[str, Callable[[Obj, Obj | None], Iterator[Cause]]] = {
    "Deployment": _deployment,
    "ReplicaSet": _workload,
    "Pod": _pod,
    "Service": _service,
    "Ingress": _ingress,
    "IngressClass": _ingress_class,
    "EndpointSlice": _slice,
    "ConfigMap": _map_keys,
    "Secret": _map_keys,
}

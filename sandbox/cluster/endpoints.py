"""The endpoints controller: which pods stand behind a Service, and how to reach them by name.

Writes one EndpointSlice per Service (more where pods resolve a named port differently), and for the
sandbox's own processes a small file in place of a DNS server.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sandbox.cluster.objects import deleting, is_true, key_of, labels_of, owner_reference, selects, suffix
from sandbox.kube.reading import part, rows

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sandbox.cluster.workqueue import WorkQueue
    from sandbox.kube.store import Event, Obj, Store

NAME = "endpointslice-controller"
STANDING = "standing.json"  # beside the dns file: the same, with pods that are not ready
_MANAGER = "endpointslice-controller.k8s.io"
_SERVICE = "kubernetes.io/service-name"


def _target(port: Obj, pod: Obj) -> int | None:
    """Return the number of a service port's targetPort on a pod; None if the pod has no such port."""
    wanted = port.get("targetPort", port["port"])
    if isinstance(wanted, int):
        return wanted
    for container in pod["spec"]["containers"]:
        for known in rows(container, "ports"):
            if known.get("name") == wanted and known.get("protocol", "TCP") == port.get("protocol", "TCP"):
                return int(known["containerPort"])
    return None


def ports_on(service: Obj, pod: Obj) -> list[Obj]:
    """Return a Service's ports as they are on one pod."""
    found: list[Obj] = []
    for port in rows(service, "spec", "ports"):
        number = _target(port, pod)
        if number is not None:
            found.append({"name": port.get("name", ""), "port": number, "protocol": port.get("protocol", "TCP")})
    return found


def endpoint(pod: Obj) -> Obj:
    """Return a pod as an endpoint: one that is terminating is never ready, but may still serve."""
    meta = pod["metadata"]
    serving, terminating = is_true(pod, "Ready"), deleting(pod)
    return {
        "addresses": [pod["status"]["podIP"]],
        "conditions": {"ready": serving and not terminating, "serving": serving, "terminating": terminating},
        "targetRef": {"kind": "Pod", "namespace": meta["namespace"], "name": meta["name"], "uid": meta["uid"]},
        "nodeName": pod["spec"]["nodeName"],
    }


def _with_address(pod: Obj) -> bool:
    status: Obj = part(pod, "status")
    return bool(status.get("podIP")) and status.get("phase") not in {"Succeeded", "Failed"}


class EndpointsController:
    """Keeps the slices of every Service that has a selector, and the `dns` file."""

    def __init__(self, store: Store, queue: WorkQueue, dns: Path) -> None:
        """Join the queue; `start` begins listening."""
        self._store = store
        self._queue = queue
        self._dns = dns
        self._known: dict[str, list[list[Any]]] = {}
        self._standing: dict[str, list[list[Any]]] = {}
        queue.handle(NAME, self.sync)

    def start(self) -> None:
        """Listen for changes and look at every Service once."""
        self._write()
        self._store.subscribe("services", self._service_changed)
        self._store.subscribe("pods", self._pod_changed)
        for service in self._store.list("services"):
            self._queue.add(NAME, *key_of(service))

    def stop(self) -> None:
        """Stop listening."""
        self._store.unsubscribe("services", self._service_changed)
        self._store.unsubscribe("pods", self._pod_changed)

    def _service_changed(self, event: Event) -> None:
        self._queue.add(NAME, *key_of(event.obj))

    def _pod_changed(self, event: Event) -> None:
        states = [labels_of(pod) for pod in (event.obj, event.old) if pod is not None]
        for service in self._store.view("services", event.obj["metadata"]["namespace"]):
            selector: dict[str, str] = part(service, "spec", "selector")
            if selector and any(selects({"matchLabels": selector}, labels) for labels in states):
                self._queue.add(NAME, *key_of(service))

    def sync(self, namespace: str, name: str) -> None:
        """Bring one Service's slices and its line in the dns file up to date."""
        service = self._store.find("services", namespace, name)
        if service is None or deleting(service):
            self._publish(f"{name}.{namespace}", [])  # its slices go with it: garbage collection
            return
        selector: dict[str, str] = part(service, "spec", "selector")
        if not selector:
            return  # somebody else says what its endpoints are
        groups: dict[str, tuple[list[Obj], list[Obj]]] = {}
        reachable: list[list[Any]] = []
        standing: list[list[Any]] = []
        for pod in self._store.view("pods", namespace):
            if not _with_address(pod) or not selects({"matchLabels": selector}, labels_of(pod)):
                continue
            ports, one = ports_on(service, pod), endpoint(pod)
            groups.setdefault(json.dumps(ports), (ports, []))[1].append(one)
            places = [[one["addresses"][0], port["port"]] for port in ports]
            reachable += places if one["conditions"]["ready"] else []
            standing += [] if one["conditions"]["terminating"] else places
        self._slices(service, groups or {"[]": ([], [])})
        self._publish(f"{name}.{namespace}", reachable)
        if self._standing.get(f"{name}.{namespace}") != standing:
            self._standing[f"{name}.{namespace}"] = standing
            _written(self._dns.with_name(STANDING), self._standing)

    def _slices(self, service: Obj, groups: Mapping[str, tuple[list[Obj], list[Obj]]]) -> None:
        namespace, name = key_of(service)
        held = [one for one in self._store.list("endpointslices", namespace) if self._mine(one, name)]
        free = {json.dumps(rows(one, "ports")): one for one in held}
        spare = [one for ports, one in free.items() if ports not in groups]
        for key, (ports, endpoints) in groups.items():
            one = free.get(key) or (spare.pop() if spare else None)
            if one is None:
                _ = self._store.create("endpointslices", self._new(service, ports, endpoints))
                continue
            labels = one["metadata"]["labels"]
            labels |= labels_of(service)
            one["ports"], one["endpoints"] = ports, endpoints
            before = self._store.get("endpointslices", *key_of(one))
            if one != before:
                one["metadata"]["generation"] = int(one["metadata"].get("generation", 1)) + 1
                _ = self._store.update("endpointslices", one)
        for one in spare:
            _ = self._store.delete("endpointslices", *key_of(one))

    def _mine(self, one: Obj, service: str) -> bool:
        labels = labels_of(one)
        managed = labels.get("endpointslice.kubernetes.io/managed-by") == _MANAGER
        return managed and labels.get(_SERVICE) == service

    def _new(self, service: Obj, ports: list[Obj], endpoints: list[Obj]) -> Obj:
        namespace, name = key_of(service)
        labels = dict(labels_of(service))
        labels |= {"endpointslice.kubernetes.io/managed-by": _MANAGER, _SERVICE: name}
        if service["spec"].get("clusterIP") == "None":
            labels["service.kubernetes.io/headless"] = ""
        meta: Obj = {
            "name": f"{name}-{suffix()}",
            "generateName": f"{name}-",
            "namespace": namespace,
            "generation": 1,
            "labels": labels,
            "ownerReferences": [owner_reference(service, "v1", "Service")],
        }
        head = {"kind": "EndpointSlice", "apiVersion": "discovery.k8s.io/v1", "addressType": "IPv4"}
        return head | {"metadata": meta, "endpoints": endpoints, "ports": ports}

    def _publish(self, name: str, reachable: list[list[Any]]) -> None:
        if self._known.get(name) == reachable:
            return
        self._known[name] = reachable
        self._write()

    def _write(self) -> None:
        _written(self._dns, self._known)


def _written(path: Path, known: Mapping[str, list[list[Any]]]) -> None:
    half = path.with_suffix(".tmp")
    _ = half.write_text(json.dumps(known, sort_keys=True), encoding="utf-8")
    _ = half.replace(path)

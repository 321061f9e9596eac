"""Events: what `kubectl describe` and `kubectl get events` tell people."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from sandbox.kube.store import NotFoundError

if TYPE_CHECKING:
    from sandbox.kube.store import Obj, Store

KEPT = 1000  # a real cluster drops events after an hour; here the oldest go when there are too many


class Recorder:
    """Writes events, counting repetitions of the same one instead of adding more."""

    def __init__(self, store: Store) -> None:
        """Record into one cluster's store."""
        self._store = store
        self._written: OrderedDict[tuple[str, ...], tuple[str, str]] = OrderedDict()
        self._serial = 0

    def normal(self, component: str, about: Obj, reason: str, message: str, *, container: str = "") -> None:
        """Record that something went as it should; `about` carries kind and apiVersion."""
        self._record(component, about, ("Normal", reason, message), container)

    def warning(self, component: str, about: Obj, reason: str, message: str, *, container: str = "") -> None:
        """Record that something went wrong."""
        self._record(component, about, ("Warning", reason, message), container)

    def scheduled(self, pod: Obj, node: str) -> None:
        """Record a binding; the scheduler writes the newer form, with eventTime and without a count."""
        event = self._new(pod, "Normal", "Scheduled", "")
        meta = pod["metadata"]
        event["message"] = f"Successfully assigned {meta['namespace']}/{meta['name']} to {node}"
        event |= {
            "source": {},
            "firstTimestamp": None,
            "lastTimestamp": None,
            "eventTime": self._store.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "action": "Binding",
            "reportingComponent": "default-scheduler",
            "reportingInstance": f"default-scheduler-{node}",
        }
        self._keep(("scheduled", meta["uid"]), self._store.create("events", event))

    def _record(self, component: str, about: Obj, what: tuple[str, str, str], container: str) -> None:
        kind, reason, message = what
        meta = about["metadata"]
        same = (component, meta.get("uid", meta["name"]), container, kind, reason, message)
        known = self._written.get(same)
        if known is not None and self._store.mutate("events", known[0], known[1], self._again) is not None:
            return
        event = self._new(about, kind, reason, container)
        now = self._store.timestamp()
        source = {"component": component} | ({"host": "node-1"} if component == "kubelet" else {})
        event |= {
            "message": message,
            "source": source,
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
            "eventTime": None,
            "reportingComponent": component,
            "reportingInstance": source.get("host", ""),
        }
        self._keep(same, self._store.create("events", event))

    def _again(self, event: Obj) -> None:
        event["count"] += 1
        event["lastTimestamp"] = self._store.timestamp()

    def _new(self, about: Obj, kind: str, reason: str, container: str) -> Obj:
        meta = about["metadata"]
        namespace = meta.get("namespace") or "default"
        self._serial += 1
        unique = int(self._store.now().timestamp() * 1e9) + self._serial
        involved: Obj = {"kind": about["kind"], "name": meta["name"], "uid": meta.get("uid", "")}
        involved |= {"apiVersion": about["apiVersion"], "resourceVersion": meta.get("resourceVersion", "")}
        if meta.get("namespace"):
            involved["namespace"] = meta["namespace"]
        if container:
            involved["fieldPath"] = f"spec.containers{{{container}}}"
        return {
            "kind": "Event",
            "apiVersion": "v1",
            "metadata": {"name": f"{meta['name']}.{unique:x}", "namespace": namespace},
            "involvedObject": involved,
            "reason": reason,
            "type": kind,
        }

    def _keep(self, same: tuple[str, ...], event: Obj) -> None:
        self._written[same] = (event["metadata"]["namespace"], event["metadata"]["name"])
        self._written.move_to_end(same)
        while len(self._written) > KEPT:
            _, (namespace, name) = self._written.popitem(last=False)
            try:
                _ = self._store.delete("events", namespace, name)
            except NotFoundError:
                continue

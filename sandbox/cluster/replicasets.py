"""The ReplicaSet controller: keeps as many pods as asked, and counts them.

After k8s.io/kubernetes/pkg/controller/replicaset (1.36) and controller_utils.go (ActivePodsWithRanks).
"""

from __future__ import annotations

import copy
import datetime
import math
from typing import TYPE_CHECKING

from sandbox.cluster.objects import (
    active,
    annotations_of,
    condition_of,
    controller_of,
    deleting,
    is_true,
    key_of,
    labels_of,
    owned_by,
    owner_reference,
    parse_time,
    selects,
    suffix,
)
from sandbox.cluster.rollout import wanted
from sandbox.kube.reading import part, rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.cluster.events import Recorder
    from sandbox.cluster.workqueue import WorkQueue
    from sandbox.kube.store import Event, Obj, Store

NAME = "replicaset-controller"
DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"
_TOLERATIONS = [
    {"key": f"node.kubernetes.io/{trouble}", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}
    for trouble in ("not-ready", "unreachable")
]  # what admission adds to every pod


def begin_deletion(store: Store, namespace: str, name: str) -> None:
    """Start a pod's graceful deletion as the API server does; one that no node runs is gone at once."""
    pod = store.get("pods", namespace, name)
    if not pod["spec"].get("nodeName"):
        _ = store.delete("pods", namespace, name)
        return
    meta = pod["metadata"]
    grace = int(pod["spec"].get("terminationGracePeriodSeconds", 30))
    at = store.now() + datetime.timedelta(seconds=grace)
    meta["deletionTimestamp"] = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    meta["deletionGracePeriodSeconds"] = grace
    meta["generation"] = int(meta.get("generation", 1)) + 1
    _ = store.update("pods", pod)


def new_pod(owner: Obj) -> Obj:
    """Return the next pod of a ReplicaSet, with what the API server's defaults and admission add."""
    meta, template = owner["metadata"], owner["spec"]["template"]
    spec = copy.deepcopy(template["spec"])
    spec.setdefault("tolerations", copy.deepcopy(_TOLERATIONS))
    _ = spec.setdefault("restartPolicy", "Always"), spec.setdefault("terminationGracePeriodSeconds", 30)
    spec |= {"priority": 0, "enableServiceLinks": True, "preemptionPolicy": "PreemptLowerPriority"}
    made: Obj = {
        "name": f"{meta['name']}-{suffix()}",
        "generateName": f"{meta['name']}-",
        "namespace": meta["namespace"],
        "generation": 1,
        "labels": dict(labels_of(template)),
        "ownerReferences": [owner_reference(owner, "apps/v1", "ReplicaSet")],
    }
    if annotations_of(template):
        made["annotations"] = dict(annotations_of(template))
    status = {"phase": "Pending", "qosClass": "BestEffort"}
    return {"kind": "Pod", "apiVersion": "v1", "metadata": made, "spec": spec, "status": status}


def _age_rank(since: datetime.datetime | None, now: datetime.datetime) -> int:
    """Return the order of magnitude of an age: ages that are close count as equal."""
    seconds = (now - since).total_seconds() if since else 0.0
    return int(math.log2(seconds * 1e9)) if seconds > 0 else -1


def _since(pod: Obj) -> datetime.datetime | None:
    """Return when a pod's readiness last changed."""
    condition = condition_of(part(pod, "status"), "Ready")
    return parse_time(condition["lastTransitionTime"]) if condition else None


def expendable(pod: Obj, now: datetime.datetime) -> tuple[int | str, ...]:
    """Order pods for deletion: those that serve least first, then the young, then by uid."""
    status = part(pod, "status")
    ready = is_true(pod, "Ready")
    since = _since(pod) if ready else None
    restarts = max((one["restartCount"] for one in rows(pod, "status", "containerStatuses")), default=0)
    return (
        int(bool(pod["spec"].get("nodeName"))),
        {"Pending": 0, "Unknown": 1, "Running": 2}.get(status.get("phase", "Pending"), 0),
        int(ready),
        int(annotations_of(pod).get(DELETION_COST, 0)),
        _age_rank(since, now) if ready else 0,
        -restarts,
        _age_rank(parse_time(pod["metadata"]["creationTimestamp"]), now),
        pod["metadata"]["uid"],
    )


class ReplicaSetController:
    """Creates and deletes the pods of every ReplicaSet and counts them in its status."""

    def __init__(self, store: Store, queue: WorkQueue, recorder: Recorder) -> None:
        """Join the queue; `start` begins listening."""
        self._store = store
        self._queue = queue
        self._recorder = recorder
        queue.handle(NAME, self.sync)

    def start(self) -> None:
        """Listen for changes and look at everything once."""
        self._store.subscribe("replicasets", self._changed)
        self._store.subscribe("pods", self._pod_changed)
        for one in self._store.list("replicasets"):
            self._queue.add(NAME, *key_of(one))

    def stop(self) -> None:
        """Stop listening."""
        self._store.unsubscribe("replicasets", self._changed)
        self._store.unsubscribe("pods", self._pod_changed)

    def _changed(self, event: Event) -> None:
        self._queue.add(NAME, *key_of(event.obj))

    def _pod_changed(self, event: Event) -> None:
        owner = controller_of(event.obj)
        if owner is not None and owner["kind"] == "ReplicaSet":
            self._queue.add(NAME, event.obj["metadata"]["namespace"], owner["name"])
        elif owner is None and event.type != "DELETED":  # an orphan may match somebody's selector
            for one in self._store.view("replicasets", event.obj["metadata"]["namespace"]):
                if selects(one["spec"]["selector"], labels_of(event.obj)):
                    self._queue.add(NAME, *key_of(one))

    def sync(self, namespace: str, name: str) -> None:
        """Bring one ReplicaSet's pods to its size; the status tells of the pods there were before."""
        one = self._store.find("replicasets", namespace, name)
        if one is None:
            return
        pods = self._claim(one)
        if not deleting(one):
            self._manage(one, [pod for pod in pods if active(pod)])
        self._count(one, pods)

    def _claim(self, one: Obj) -> list[Obj]:
        """Return its pods, adopting matching ones without a controller and releasing those that match no more."""
        mine: list[Obj] = []
        for pod in self._store.view("pods", one["metadata"]["namespace"]):
            matches = selects(one["spec"]["selector"], labels_of(pod))
            if owned_by(pod, one):
                if matches:
                    mine.append(pod)
                elif not deleting(pod):
                    self._release(one, pod)
            elif matches and controller_of(pod) is None and active(pod) and not deleting(one):
                mine.append(self._adopt(one, pod))
        return mine

    def _release(self, one: Obj, pod: Obj) -> None:
        def drop(held: Obj) -> None:
            owners = rows(held, "metadata", "ownerReferences")
            held["metadata"]["ownerReferences"] = [o for o in owners if o["uid"] != one["metadata"]["uid"]]

        _ = self._store.mutate("pods", *key_of(pod), drop)

    def _adopt(self, one: Obj, pod: Obj) -> Obj:
        def take(held: Obj) -> None:
            reference = owner_reference(one, "apps/v1", "ReplicaSet")
            held["metadata"].setdefault("ownerReferences", []).append(reference)

        return self._store.mutate("pods", *key_of(pod), take) or pod

    def _manage(self, one: Obj, pods: Sequence[Obj]) -> None:
        missing = wanted(one) - len(pods)
        for _ in range(missing):
            pod = self._store.create("pods", new_pod(one))
            self._recorder.normal(NAME, one, "SuccessfulCreate", f"Created pod: {pod['metadata']['name']}")
        if missing < 0:
            now = self._store.now()
            for pod in sorted(pods, key=lambda pod: expendable(pod, now))[:-missing]:
                begin_deletion(self._store, *key_of(pod))
                self._recorder.normal(NAME, one, "SuccessfulDelete", f"Deleted pod: {pod['metadata']['name']}")

    def _count(self, one: Obj, pods: Sequence[Obj]) -> None:
        counted = [pod for pod in pods if active(pod)]
        ready = [pod for pod in counted if is_true(pod, "Ready")]
        waits = [self._until_available(one, pod) for pod in ready]
        labels = labels_of(one["spec"]["template"])
        full = [pod for pod in counted if labels.items() <= labels_of(pod).items()]
        counters = {
            "fullyLabeledReplicas": len(full),
            "readyReplicas": len(ready),
            "availableReplicas": sum(wait <= 0 for wait in waits),
        }
        status: Obj = {"replicas": len(counted)} | {name: count for name, count in counters.items() if count}
        status["terminatingReplicas"] = sum(deleting(pod) for pod in pods)
        status["observedGeneration"] = one["metadata"]["generation"]

        def write(held: Obj) -> None:
            held["status"] = status

        _ = self._store.mutate("replicasets", *key_of(one), write)
        later = [wait for wait in waits if wait > 0]
        if later:
            self._queue.add_after(NAME, *key_of(one), min(later))

    def _until_available(self, one: Obj, pod: Obj) -> float:
        """Return the seconds until a ready pod counts as available; 0 or less: it does."""
        least = int(one["spec"].get("minReadySeconds", 0))
        since = _since(pod)
        if least == 0 or since is None:
            return 0.0
        return least - (self._store.now() - since).total_seconds()

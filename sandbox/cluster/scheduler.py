"""The scheduler of a cluster with one node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.cluster.node import NAME as NODE
from sandbox.cluster.objects import deleting, key_of

if TYPE_CHECKING:
    from sandbox.cluster.events import Recorder
    from sandbox.cluster.workqueue import WorkQueue
    from sandbox.kube.store import Event, Obj, Store

NAME = "scheduler"


class Scheduler:
    """Binds each new pod to the node."""

    def __init__(self, store: Store, queue: WorkQueue, recorder: Recorder) -> None:
        """Join the queue; `start` begins listening."""
        self._store = store
        self._queue = queue
        self._recorder = recorder
        queue.handle(NAME, self.sync)

    def start(self) -> None:
        """Listen for pods and look at those that are there."""
        self._store.subscribe("pods", self._changed)
        for pod in self._store.list("pods"):
            self._queue.add(NAME, *key_of(pod))

    def stop(self) -> None:
        """Stop listening."""
        self._store.unsubscribe("pods", self._changed)

    def _changed(self, event: Event) -> None:
        if event.type == "ADDED":
            self._queue.add(NAME, *key_of(event.obj))

    def sync(self, namespace: str, name: str) -> None:
        """Bind one pod if it has no node yet."""
        pod = self._store.find("pods", namespace, name)
        if pod is None or pod["spec"].get("nodeName") or deleting(pod):
            return
        pod["spec"]["nodeName"] = NODE
        scheduled: Obj = {
            "type": "PodScheduled",
            "status": "True",
            "lastProbeTime": None,
            "lastTransitionTime": self._store.timestamp(),
        }
        status = pod.setdefault("status", {"phase": "Pending", "qosClass": "BestEffort"})
        _ = status.setdefault("phase", "Pending")
        status["conditions"] = [scheduled]
        self._recorder.scheduled(self._store.update("pods", pod), NODE)

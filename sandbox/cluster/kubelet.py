"""The node agent: runs the pods that are bound to it, each as processes."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from sandbox.cluster.node import NAME
from sandbox.cluster.pod import PodWorker

if TYPE_CHECKING:
    from sandbox.cluster.node import Node
    from sandbox.kube.store import Event, Obj

LOG = logging.getLogger(__name__)


class Kubelet:
    """Follows the pods of one node."""

    def __init__(self, node: Node) -> None:
        """Prepare; `start` begins listening."""
        self._node = node
        self._workers: dict[str, PodWorker] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Listen for pods and take those that are there."""
        self._node.store.subscribe("pods", self._changed)
        for pod in self._node.store.list("pods"):
            self._take(pod)

    async def stop(self, grace_s: float) -> None:
        """End every pod without its hooks; SIGKILL after `grace_s` seconds. The objects stay."""
        self._node.store.unsubscribe("pods", self._changed)
        for worker in self._workers.values():
            worker.end(grace_s, hooks=False)
        if self._tasks:
            _ = await asyncio.wait(self._tasks)

    def refresh(self) -> None:
        """Publish every pod's status again: what disguises it may have changed; end containers that must not run."""
        for worker in list(self._workers.values()):
            worker.obey()
            worker.publish()

    def restarting(self) -> bool:
        """Tell whether a container is on its way to a restart that its status does not show yet."""
        return any(container.restarting for worker in self._workers.values() for container in worker.containers)

    def restart(self, namespace: str, name: str) -> None:
        """Restart a pod's containers in good order; a pod that is not there or ends anyway is let be."""
        for worker in list(self._workers.values()):
            meta = worker.pod["metadata"]
            if (meta["namespace"], meta["name"]) == (namespace, name):
                worker.restart()

    def _changed(self, event: Event) -> None:
        if event.type == "DELETED":
            worker = self._workers.get(event.obj["metadata"]["uid"])
            if worker is not None:
                worker.end(0.0)
        else:
            self._take(event.obj)

    def _take(self, pod: Obj) -> None:
        if pod["spec"].get("nodeName") != NAME or pod.get("status", {}).get("phase") in {"Succeeded", "Failed"}:
            return
        worker = self._workers.get(pod["metadata"]["uid"])
        if worker is not None:
            worker.changed(pod)
            return
        worker = self._workers[pod["metadata"]["uid"]] = PodWorker(self._node, pod)
        worker.changed(pod)
        task = asyncio.create_task(self._run(worker))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, worker: PodWorker) -> None:
        _ = asyncio.get_running_loop().call_soon(self.refresh)  # who is first by name may have changed
        try:
            await worker.run()
        except Exception:
            LOG.exception("pod %s failed", worker.pod["metadata"]["name"])
        finally:
            _ = self._workers.pop(worker.uid, None)
            self.refresh()

"""A cluster in one process: controllers, scheduler and one node, around a store."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sandbox import images
from sandbox.cluster import node as nodes
from sandbox.cluster import progress, restarts
from sandbox.cluster.addresses import Addresses
from sandbox.cluster.controlplane import ControlPlane
from sandbox.cluster.disguise import Disguise
from sandbox.cluster.events import Recorder
from sandbox.cluster.kubelet import Kubelet
from sandbox.cluster.node import Node
from sandbox.cluster.objects import deleting, is_true, labels_of
from sandbox.cluster.trouble import Trouble
from sandbox.kube.reading import part

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from sandbox.kube.store import Event, Obj, Store
    from sandbox.switches import Switches

IDENTITY = "kube-system"  # the namespace whose uid stands for the cluster
NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")
STOP_GRACE_S = 1.0  # nobody is served any more: no reason to drain for long


class Cluster:
    """Everything that makes Deployments in a store into running processes."""

    def __init__(
        self,
        store: Store,
        *,
        state: Path,
        subnet: str,
        switches: Switches,
        node_env: Mapping[str, str],
        pull: Callable[[str], images.Image | None] = images.pull,
        uid: str = "",
    ) -> None:
        """Prepare; `state` is a folder of its own, `subnet` the pods' first three bytes ("127.77.3").

        `node_env` is put into every pod's environment; `pull` is the registry; `uid` the cluster's identity, empty for
        a new one.
        """
        self._store = store
        self._state = state
        self._uid = uid
        recorder = Recorder(store)
        self.addresses = Addresses(subnet)
        node = Node(
            store=store,
            recorder=recorder,
            addresses=self.addresses,
            pull=pull,
            env={**node_env, "SANDBOX_DNS": str(self.dns)},
            logs=self.logs,
            pods=state / "pods",
            disguise=Disguise(store, switches),
            trouble=Trouble(store, switches),
        )
        self._trouble, self._switches = node.trouble, switches
        self._control_plane = ControlPlane(store, recorder, self.dns)
        self._kubelet = Kubelet(node)
        self._background: list[asyncio.Task[None]] = []

    @property
    def logs(self) -> Path:
        """Return the folder of the container logs."""
        return self._state / "logs"

    @property
    def dns(self) -> Path:
        """Return the file that says where each Service's ready endpoints are."""
        return self._state / "dns.json"

    async def start(self) -> None:
        """Register the node and the first namespaces, and begin to work."""
        self.logs.mkdir(parents=True, exist_ok=True)
        for name in NAMESPACES:
            self._ensure("namespaces", _namespace(name, self._uid if name == IDENTITY else ""))
        self._ensure("nodes", nodes.node_object(self._store))
        self._control_plane.start()
        self._kubelet.start()
        restarting = restarts.run(self._trouble, self._switches, self._kubelet.restart)
        self._background = [
            asyncio.create_task(nodes.heartbeat(self._store), name="heartbeat"),
            asyncio.create_task(restarting, name="restarts"),
        ]

    def _ensure(self, resource: str, obj: Obj) -> None:
        if self._store.find(resource, "", obj["metadata"]["name"]) is None:
            _ = self._store.create(resource, obj)

    async def stop(self) -> None:
        """Stop working and end every pod's processes; the objects stay as they are."""
        await self._control_plane.stop()
        for task in self._background:
            _ = task.cancel()
        _ = await asyncio.gather(*self._background, return_exceptions=True)
        await self._kubelet.stop(STOP_GRACE_S)

    def refresh(self) -> None:
        """Publish every pod's status again and end what must not run; to be called when the switches changed."""
        self._kubelet.refresh()

    async def settled(self, timeout_s: float) -> bool:
        """Wait until every Deployment is complete and no pod is on its way out; False if that takes too long.

        Pods that a fault keeps down, or not ready, must be seen to be so instead.
        """
        moved = asyncio.Event()

        def tell(_: Event) -> None:
            moved.set()

        watched = ("deployments", "pods")
        for resource in watched:
            self._store.subscribe(resource, tell)
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    await self._control_plane.idle()  # a pod that just went may not have been replaced yet
                    if self._settled():
                        return True
                    moved.clear()
                    _ = await moved.wait()
        except TimeoutError:
            return False
        finally:
            for resource in watched:
                self._store.unsubscribe(resource, tell)

    def _settled(self) -> bool:
        deployments = self._store.view("deployments")
        pods = self._store.view("pods")
        if any(deleting(pod) for pod in pods) or self._kubelet.restarting():
            return False
        down = [pod for pod in pods if self._trouble.down(pod) or self._trouble.unready(pod)]
        spared = {(pod["metadata"]["namespace"], labels_of(pod).get("app")) for pod in down}
        if any(is_true(pod, "Ready") for pod in down):
            return False
        return all(
            progress.complete(one, part(one, "status"))
            for one in deployments
            if (one["metadata"]["namespace"], labels_of(one).get("app")) not in spared
        )


def _namespace(name: str, uid: str) -> Obj:
    meta: Obj = {"name": name, "labels": {"kubernetes.io/metadata.name": name}}
    if uid:
        meta["uid"] = uid
    head = {"kind": "Namespace", "apiVersion": "v1", "metadata": meta}
    return head | {"spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}

"""What the parts of a node share, and the Node object that stands for it."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from sandbox.cluster.addresses import Addresses
    from sandbox.cluster.events import Recorder
    from sandbox.cluster.trouble import Trouble
    from sandbox.images import Image
    from sandbox.kube.store import Obj, Store

NAME = "node-1"
HEARTBEAT_S = 10.0
STATUS_EVERY = 30  # heartbeats: a node's conditions are renewed every five minutes, its lease every time
_CAPACITY = {"cpu": "2", "memory": "4Gi", "pods": "241"}
_GOOD = {
    "MemoryPressure": ("False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    "DiskPressure": ("False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    "PIDPressure": ("False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    "Ready": ("True", "KubeletReady", "kubelet is posting ready status"),
}


@dataclass(frozen=True, slots=True)
class Node:
    """Everything a pod needs of the machine it runs on.

    `disguise` changes a pod's container statuses before they are published, `trouble` what becomes of containers
    and their logs; faults use them.
    """

    store: Store
    recorder: Recorder
    addresses: Addresses
    pull: Callable[[str], Image | None]
    env: Mapping[str, str]
    logs: Path
    pods: Path
    disguise: Callable[[Obj, list[Obj]], None]
    trouble: Trouble


def node_object(store: Store) -> Obj:
    """Return the Node as a kubelet registers it."""
    now = store.timestamp()
    conditions = [
        {
            "type": kind,
            "status": status,
            "lastHeartbeatTime": now,
            "lastTransitionTime": now,
            "reason": reason,
            "message": message,
        }
        for kind, (status, reason, message) in _GOOD.items()
    ]
    info = {"kubeletVersion": "v1.36.2", "operatingSystem": "linux", "architecture": "amd64"}
    info |= {"osImage": "sandbox", "containerRuntimeVersion": "process://1", "kernelVersion": "0", "machineID": ""}
    info |= {"systemUUID": "", "bootID": "", "kubeProxyVersion": ""}
    labels = {"kubernetes.io/hostname": NAME, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
    addresses = [{"type": "InternalIP", "address": "127.0.0.1"}, {"type": "Hostname", "address": NAME}]
    return {
        "kind": "Node",
        "apiVersion": "v1",
        "metadata": {"name": NAME, "labels": labels},
        "spec": {},
        "status": {
            "capacity": dict(_CAPACITY),
            "allocatable": dict(_CAPACITY),
            "conditions": conditions,
            "addresses": addresses,
            "nodeInfo": info,
        },
    }


async def heartbeat(store: Store) -> None:
    """Renew the node's lease, now and then its conditions, until cancelled."""

    def renewed() -> str:
        return store.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def renew(lease: Obj) -> None:
        lease["spec"]["renewTime"] = renewed()

    def confirm(node: Obj) -> None:
        for condition in node["status"]["conditions"]:
            condition["lastHeartbeatTime"] = store.timestamp()

    for beat in itertools.count():
        if beat % STATUS_EVERY == STATUS_EVERY - 1:
            _ = store.mutate("nodes", "", NAME, confirm)
        if store.mutate("leases", "kube-node-lease", NAME, renew) is None:
            spec = {"holderIdentity": NAME, "leaseDurationSeconds": 40, "renewTime": renewed()}
            meta = {"name": NAME, "namespace": "kube-node-lease"}
            lease = {"kind": "Lease", "apiVersion": "coordination.k8s.io/v1", "metadata": meta, "spec": spec}
            _ = store.create("leases", lease)
        await asyncio.sleep(HEARTBEAT_S)

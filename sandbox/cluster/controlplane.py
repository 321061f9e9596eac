"""The controllers of a cluster and the queue they share; whoever runs the pods is somebody else."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sandbox.cluster.deployments import DeploymentController
from sandbox.cluster.endpoints import EndpointsController
from sandbox.cluster.garbage import GarbageCollector
from sandbox.cluster.replicasets import ReplicaSetController
from sandbox.cluster.scheduler import Scheduler
from sandbox.cluster.workqueue import WorkQueue

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.cluster.events import Recorder
    from sandbox.kube.store import Store


class ControlPlane:
    """Scheduler, ReplicaSets, endpoints, Deployments and garbage collection around one store."""

    def __init__(self, store: Store, recorder: Recorder, dns: Path) -> None:
        """Prepare; `dns` is the file that tells the sandbox's processes where Services are."""
        self._queue = WorkQueue()
        # the order is the order in which they hear of a change, hence the order of their work
        self._controllers = (
            Scheduler(store, self._queue, recorder),
            ReplicaSetController(store, self._queue, recorder),
            EndpointsController(store, self._queue, dns),
            DeploymentController(store, self._queue, recorder),
            GarbageCollector(store, self._queue),
        )
        self._working: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to listen and to work."""
        for controller in self._controllers:
            controller.start()
        self._working = asyncio.create_task(self._queue.run(), name="controllers")

    async def idle(self) -> None:
        """Wait until every change so far has been reacted to."""
        await self._queue.idle()

    async def stop(self) -> None:
        """Stop both."""
        for controller in self._controllers:
            controller.stop()
        if self._working is not None:
            _ = self._working.cancel()
            _ = await asyncio.gather(self._working, return_exceptions=True)
        self._queue.close()

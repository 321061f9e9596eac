"""One pod on the node: its address, its containers, its status, its end."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from typing import TYPE_CHECKING

from sandbox.cluster.container import Container
from sandbox.cluster.objects import condition_of, deleting, key_of
from sandbox.kube.reading import part
from sandbox.kube.store import NotFoundError

if TYPE_CHECKING:
    from sandbox.cluster.node import Node
    from sandbox.kube.store import Obj

ADDRESS_RETRY_S = 1.0


class PodWorker:
    """Runs one pod; `run` ends when the pod is gone."""

    def __init__(self, node: Node, pod: Obj) -> None:
        """Prepare; the pod is bound to this node."""
        self.node = node
        self.pod = pod
        self.ip = ""
        self.directory = node.pods / pod["metadata"]["uid"]
        self._begun = node.store.timestamp()
        self._over = False
        self._ending = asyncio.Event()
        self._grace_s = 30.0
        self._hooks = True
        self.containers = [Container(self, spec) for spec in pod["spec"]["containers"]]

    @property
    def uid(self) -> str:
        """Return the pod's uid."""
        return self.pod["metadata"]["uid"]

    async def run(self) -> None:
        """Live: start, keep running, end, give everything back."""
        self.directory.mkdir(parents=True, exist_ok=True)
        try:
            if await self._addressed():
                await self._live()
        finally:
            if self.ip:
                self.node.addresses.give_back(self.ip)
            shutil.rmtree(self.directory, ignore_errors=True)
            self._remove()

    async def _addressed(self) -> bool:
        """Take an address, waiting for a free one; False when the pod ends before."""
        while not self._ending.is_set():
            try:
                self.ip = self.node.addresses.take()
            except RuntimeError as error:
                self.node.recorder.warning("kubelet", self.pod, "FailedCreatePodSandBox", str(error))
            else:
                return True
            with contextlib.suppress(TimeoutError):
                _ = await asyncio.wait_for(self._ending.wait(), ADDRESS_RETRY_S)
        return False

    async def _live(self) -> None:
        self.publish()
        lives = [asyncio.create_task(self._must_not_fail(container)) for container in self.containers]
        _ = await self._ending.wait()
        _ = await asyncio.gather(*(one.end(self._grace_s, hooks=self._hooks) for one in self.containers))
        _ = await asyncio.gather(*lives)
        self._over = True
        self.publish()

    async def _must_not_fail(self, container: Container) -> None:
        """Run a container; a defect of ours must not look like a quiet pod."""
        try:
            await container.run()
        except Exception as error:
            self.node.recorder.warning("kubelet", self.pod, "FailedSync", f"error syncing pod: {error!r}")
            raise

    def _remove(self) -> None:
        """Take the object out of the store if its deletion is what ended us."""
        held = self.node.store.find("pods", *key_of(self.pod))
        if held is not None and held["metadata"]["uid"] == self.uid and deleting(held):
            with contextlib.suppress(NotFoundError):
                _ = self.node.store.delete("pods", *key_of(self.pod))

    def changed(self, pod: Obj) -> None:
        """Take the pod's newer object; a deletion in it begins the end."""
        self.pod = pod
        if deleting(pod):
            self.end(float(pod["metadata"].get("deletionGracePeriodSeconds", 30)))

    def end(self, grace_s: float, *, hooks: bool = True) -> None:
        """Begin the end with so much grace; with none, kill at once (also in the middle of an end)."""
        self._grace_s, self._hooks = grace_s, hooks
        self._ending.set()
        if grace_s <= 0:
            for container in self.containers:
                container.abandon()

    def obey(self) -> None:
        """End the containers at once if they must not run now."""
        if self.node.trouble.down(self.pod):
            for container in self.containers:
                container.down()

    def restart(self) -> None:
        """Restart the containers in good order, within the pod's grace period."""
        grace_s = float(self.pod["spec"].get("terminationGracePeriodSeconds", 30))
        for container in self.containers:
            container.restart(grace_s)

    # -- status

    def publish(self) -> None:
        """Write the status that follows from the containers; does nothing when it is the same."""

        def write(held: Obj) -> None:
            if held["metadata"]["uid"] == self.uid:
                held["status"] = self._status(held)

        _ = self.node.store.mutate("pods", *key_of(self.pod), write)

    def _status(self, held: Obj) -> Obj:
        old: Obj = part(held, "status")
        statuses = [self._container_status(container) for container in self.containers]
        self.node.disguise(held, statuses)
        ready = all(container.ready for container in self.containers) and not self._over
        return {
            "phase": self._phase(),
            "conditions": self._conditions(old, ready=ready),
            "hostIP": "127.0.0.1",
            "hostIPs": [{"ip": "127.0.0.1"}],
            "podIP": self.ip,
            "podIPs": [{"ip": self.ip}],
            "startTime": self._begun,
            "containerStatuses": statuses,
            "qosClass": old.get("qosClass", "BestEffort"),
        }

    def _phase(self) -> str:
        if self._over:
            codes = [part(one.state, "terminated").get("exitCode", 0) for one in self.containers]
            return "Failed" if any(codes) else "Succeeded"
        new = all("waiting" in one.state and not one.last_state for one in self.containers)
        return "Pending" if new else "Running"

    def _conditions(self, old: Obj, *, ready: bool) -> list[Obj]:
        now = self.node.store.timestamp()
        unready = [container.name for container in self.containers if not container.ready]
        why = {} if ready else {
            "reason": "ContainersNotReady",
            "message": f"containers with unready status: [{' '.join(unready)}]",
        }  # fmt: skip
        if self._over:
            why = {"reason": "PodFailed" if self._phase() == "Failed" else "PodCompleted"}
        wanted = {"Initialized": True, "Ready": ready, "ContainersReady": ready, "PodScheduled": True}
        conditions: list[Obj] = []
        for kind, good in wanted.items():
            status = str(good)
            before = condition_of(old, kind)
            same = before is not None and before["status"] == status
            since = before["lastTransitionTime"] if same and before else now
            new: Obj = {"type": kind, "status": status, "lastProbeTime": None, "lastTransitionTime": since}
            conditions.append(new if good else new | why)
        return conditions

    def _container_status(self, container: Container) -> Obj:
        status: Obj = {
            "name": container.name,
            "state": container.state,
            "lastState": container.last_state,
            "ready": container.ready,
            "restartCount": container.restarts,
            "image": container.spec["image"],
            "imageID": container.image_id,
            "started": container.started,
        }
        if container.container_id:
            status["containerID"] = container.container_id
        return status

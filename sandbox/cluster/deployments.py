"""The Deployment controller: turns a changed template into a rolling update through ReplicaSets.

After k8s.io/kubernetes/pkg/controller/deployment (1.36), whose order of steps decides which counts a watcher sees.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.cluster import progress, revisions, rollout
from sandbox.cluster.objects import (
    annotations_of,
    condition_of,
    controller_of,
    deleting,
    key_of,
    labels_of,
    owned_by,
    owner_reference,
    selects,
)
from sandbox.cluster.revisions import born
from sandbox.cluster.rollout import asked, reported, wanted
from sandbox.kube.reading import part
from sandbox.kube.store import AlreadyExistsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.cluster.events import Recorder
    from sandbox.cluster.workqueue import WorkQueue
    from sandbox.kube.store import Event, Obj, Store

NAME = "deployment-controller"


class DeploymentController:
    """Keeps every Deployment's ReplicaSets and status as its spec wants them."""

    def __init__(self, store: Store, queue: WorkQueue, recorder: Recorder) -> None:
        """Join the queue; `start` begins listening."""
        self._store = store
        self._queue = queue
        self._recorder = recorder
        queue.handle(NAME, self.sync)

    def start(self) -> None:
        """Listen for changes and look at everything once."""
        self._store.subscribe("deployments", self._deployment_changed)
        self._store.subscribe("replicasets", self._owned_changed)
        self._store.subscribe("pods", self._pod_changed)
        for deployment in self._store.list("deployments"):
            self._queue.add(NAME, *key_of(deployment))

    def stop(self) -> None:
        """Stop listening."""
        self._store.unsubscribe("deployments", self._deployment_changed)
        self._store.unsubscribe("replicasets", self._owned_changed)
        self._store.unsubscribe("pods", self._pod_changed)

    def _deployment_changed(self, event: Event) -> None:
        self._queue.add(NAME, *key_of(event.obj))

    def _owned_changed(self, event: Event) -> None:
        owner = controller_of(event.obj)
        if owner is not None and owner["kind"] == "Deployment":
            self._queue.add(NAME, event.obj["metadata"]["namespace"], owner["name"])

    def _pod_changed(self, event: Event) -> None:
        # only Recreate waits for pods to be gone; everything else learns through the ReplicaSets
        owner = controller_of(event.obj) if event.type == "DELETED" else None
        if owner is None or owner["kind"] != "ReplicaSet":
            return
        held = self._store.find("replicasets", event.obj["metadata"]["namespace"], owner["name"])
        above = controller_of(held) if held else None
        if above is not None:
            self._queue.add(NAME, event.obj["metadata"]["namespace"], above["name"])

    def sync(self, namespace: str, name: str) -> None:
        """Do the next step for one Deployment."""
        deployment = self._store.find("deployments", namespace, name)
        if deployment is None:
            return
        sets = self._claim(deployment)
        if deleting(deployment):
            self._status_only(deployment, sets)
            return
        deployment = self._note_pause(deployment)
        if deployment["spec"].get("paused") or self._scaling(deployment, sets):
            self._scale_only(deployment, sets)
        elif rollout.rolling(deployment):
            self._roll(deployment, sets)
        else:
            self._recreate(deployment, sets)

    # -- which ReplicaSets

    def _claim(self, deployment: Obj) -> list[Obj]:
        """Return the Deployment's ReplicaSets by age, taking over matching ones that nobody controls."""

        def fits(one: Obj) -> bool:
            return selects(deployment["spec"]["selector"], labels_of(one))

        mine: list[Obj] = []
        for one in self._store.list("replicasets", deployment["metadata"]["namespace"]):
            if owned_by(one, deployment):
                mine.append(one)
            elif controller_of(one) is None and not deleting(one) and not deleting(deployment) and fits(one):
                owners = one["metadata"].setdefault("ownerReferences", [])
                owners.append(owner_reference(deployment, "apps/v1", "Deployment"))
                mine.append(self._store.update("replicasets", one))
        return sorted(mine, key=born)

    def _split(self, deployment: Obj, sets: list[Obj], *, create: bool) -> tuple[Obj, Obj | None, list[Obj]]:
        """Return the Deployment (its status may have moved), the new ReplicaSet and the old ones by age."""
        new = revisions.find_new(deployment, sets)
        old = [one for one in sets if new is None or one["metadata"]["uid"] != new["metadata"]["uid"]]
        number = max((revisions.revision(one) for one in old), default=0) + 1
        if new is not None:
            return *self._found(deployment, new, number), old
        if create:
            return *self._create(deployment, old, number), old
        return deployment, None, old

    def _found(self, deployment: Obj, new: Obj, number: int) -> tuple[Obj, Obj]:
        """Raise a reused ReplicaSet's revision (that is what an undo does), or take its over."""
        ready_s = deployment["spec"].get("minReadySeconds", 0)
        stale = new["spec"].get("minReadySeconds", 0) != ready_s
        if revisions.annotate_new(new, deployment, number) or stale:
            if stale:
                new["spec"]["minReadySeconds"] = ready_s
                new["metadata"]["generation"] += 1
            return deployment, self._store.update("replicasets", new)
        status = deployment.setdefault("status", {})
        changed = self._take_revision(deployment, new)
        if progress.deadline_s(deployment) is not None and condition_of(status, "Progressing") is None:
            says = f'Found new replica set "{new["metadata"]["name"]}"'
            now = self._store.timestamp()
            progress.set_condition(status, progress.condition("Progressing", "True", "FoundNewReplicaSet", says, now))
            changed = True
        return (self._store.update("deployments", deployment) if changed else deployment), new

    def _create(self, deployment: Obj, old: list[Obj], number: int) -> tuple[Obj, Obj]:
        made = revisions.new_replica_set(deployment, number)
        made["spec"]["replicas"] = rollout.new_size(deployment, [*old, made], made)
        status = deployment.setdefault("status", {})
        try:
            new = self._store.create("replicasets", made)
        except AlreadyExistsError:  # same hash, other template: hash again with a count
            status["collisionCount"] = int(status.get("collisionCount", 0)) + 1
            deployment = self._store.update("deployments", deployment)
            return self._create(deployment, old, number)
        name = new["metadata"]["name"]
        if wanted(new):
            says = f"Scaled up replica set {name} from 0 to {wanted(new)}"
            self._recorder.normal(NAME, deployment, "ScalingReplicaSet", says)
        changed = self._take_revision(deployment, new)
        if progress.deadline_s(deployment) is not None:
            says = f'Created new replica set "{name}"'
            fresh = progress.condition("Progressing", "True", "NewReplicaSetCreated", says, self._store.timestamp())
            progress.set_condition(status, fresh)
            changed = True
        return (self._store.update("deployments", deployment) if changed else deployment), new

    def _take_revision(self, deployment: Obj, new: Obj) -> bool:
        annotations: dict[str, str] = deployment["metadata"].setdefault("annotations", {})
        number = new["metadata"]["annotations"][revisions.REVISION]
        if annotations.get(revisions.REVISION) == number:
            return False
        annotations[revisions.REVISION] = number
        return True

    # -- the ways to go on

    def _roll(self, deployment: Obj, sets: list[Obj]) -> None:
        deployment, new, old = self._split(deployment, sets, create=True)
        assert new is not None
        if self._grow(deployment, new, old) or self._shrink_old(deployment, new, old):
            self._publish(deployment, new, old)
            return
        if progress.complete(deployment, part(deployment, "status")):
            self._forget_history(deployment, old)
        self._publish(deployment, new, old)

    def _recreate(self, deployment: Obj, sets: list[Obj]) -> None:
        deployment, new, old = self._split(deployment, sets, create=False)
        running = [one for one in old if wanted(one)]
        for one in running:
            _ = self._scale(deployment, one, 0)
        if not running and not self._old_pods(deployment, new):
            if new is None:
                deployment, new, old = self._split(deployment, sets, create=True)
            _ = self._scale(deployment, new, wanted(deployment)) if new else False
            if progress.complete(deployment, part(deployment, "status")):
                self._forget_history(deployment, old)
        self._publish(deployment, new, old)

    def _old_pods(self, deployment: Obj, new: Obj | None) -> bool:
        """Tell whether pods of older templates still exist, terminating ones included."""
        owners = {one["metadata"]["uid"] for one in self._claim(deployment)}
        if new is not None:
            owners.discard(new["metadata"]["uid"])
        for pod in self._store.view("pods", deployment["metadata"]["namespace"]):
            owner = controller_of(pod)
            done = part(pod, "status").get("phase") in {"Succeeded", "Failed"}
            if owner is not None and owner["uid"] in owners and not done:
                return True
        return False

    def _scale_only(self, deployment: Obj, sets: list[Obj]) -> None:
        """Follow a changed replica count without touching the rollout (paused, or scaled in its middle)."""
        deployment, new, old = self._split(deployment, sets, create=False)
        everything = [*old, *([new] if new else [])]
        running = [one for one in everything if wanted(one)]
        if len(running) <= 1:
            latest = running[0] if running else new or (max(old, key=born) if old else None)
            _ = self._scale(deployment, latest, wanted(deployment)) if latest else False
        elif new is not None and self._saturated(deployment, new):
            for one in running:
                _ = self._scale(deployment, one, 0) if one is not new else False
        elif rollout.rolling(deployment):
            sizes = rollout.proportional(deployment, running)
            for one in running:
                _ = self._scale(deployment, one, sizes[one["metadata"]["name"]])
        if deployment["spec"].get("paused"):
            self._forget_history(deployment, old)
        self._status_only(deployment, everything)

    def _saturated(self, deployment: Obj, new: Obj) -> bool:
        desired = annotations_of(new).get(rollout.DESIRED)
        total = wanted(deployment)
        return wanted(new) == total == reported([new], "availableReplicas") and desired == str(total)

    def _scaling(self, deployment: Obj, sets: Sequence[Obj]) -> bool:
        """Tell whether spec.replicas changed since an active ReplicaSet was last scaled."""
        total = str(wanted(deployment))
        return any(annotations_of(one).get(rollout.DESIRED, total) != total for one in sets if wanted(one))

    def _note_pause(self, deployment: Obj) -> Obj:
        """Keep a pause from counting as a missed deadline."""
        current = condition_of(part(deployment, "status"), "Progressing")
        if progress.deadline_s(deployment) is None:
            return deployment
        if current is not None and current["reason"] == "ProgressDeadlineExceeded":
            return deployment
        paused = bool(deployment["spec"].get("paused"))
        if paused == (current is not None and current["reason"] == "DeploymentPaused"):
            return deployment
        word = "paused" if paused else "resumed"
        fresh = progress.condition(
            "Progressing", "Unknown", f"Deployment{word.title()}", f"Deployment is {word}", self._store.timestamp()
        )
        progress.set_condition(deployment.setdefault("status", {}), fresh)
        return self._store.update("deployments", deployment)

    # -- scaling

    def _grow(self, deployment: Obj, new: Obj, old: list[Obj]) -> bool:
        size = min(rollout.new_size(deployment, [*old, new], new), wanted(deployment))
        return self._scale(deployment, new, size)

    def _shrink_old(self, deployment: Obj, new: Obj, old: list[Obj]) -> bool:
        """Take away old pods: first those that serve nobody, then as many as availability allows."""
        if asked(old) == 0:
            return False
        least = wanted(deployment) - rollout.max_unavailable(deployment)
        not_yet = wanted(new) - reported([new], "availableReplicas")
        room = asked([*old, new]) - least - not_yet
        if room <= 0:
            return False
        gone = 0
        for one in old:
            unhealthy = wanted(one) - reported([one], "availableReplicas")
            if wanted(one) and unhealthy > 0 and gone < room:
                less = min(room - gone, unhealthy)
                gone += less
                _ = self._scale(deployment, one, wanted(one) - less)
        spare = reported([*old, new], "availableReplicas") - least
        for one in old:
            if wanted(one) and spare > 0:
                less = min(wanted(one), spare)
                spare -= less
                gone += less
                _ = self._scale(deployment, one, wanted(one) - less)
        return gone > 0

    def _scale(self, deployment: Obj, one: Obj, size: int) -> bool:
        """Set a ReplicaSet's size (in place and in the store) and say so; False if it has it already."""
        before = wanted(one)
        if before == size and not revisions.annotate_size(one, deployment):
            return False
        _ = revisions.annotate_size(one, deployment)
        one["spec"]["replicas"] = size
        if before != size:
            one["metadata"]["generation"] += 1
        one.update(self._store.update("replicasets", one))
        if before == size:
            return False
        way = "up" if size > before else "down"
        says = f"Scaled {way} replica set {one['metadata']['name']} from {before} to {size}"
        self._recorder.normal(NAME, deployment, "ScalingReplicaSet", says)
        return True

    def _forget_history(self, deployment: Obj, old: list[Obj]) -> None:
        """Delete the oldest empty ReplicaSets beyond revisionHistoryLimit."""
        limit = int(deployment["spec"].get("revisionHistoryLimit", 10))
        kept = sorted((one for one in old if not deleting(one)), key=revisions.revision)
        for one in kept[: max(len(kept) - limit, 0)]:
            current = one["metadata"]["generation"] <= one["status"].get("observedGeneration", 0)
            if not wanted(one) and not reported([one], "replicas") and current:
                _ = self._store.delete("replicasets", *key_of(one))

    # -- status

    def _publish(self, deployment: Obj, new: Obj | None, old: list[Obj]) -> None:
        now = self._store.now()
        status = progress.counted(deployment, new, [*old, *([new] if new else [])], self._store.timestamp())
        progress.judge(deployment, new, status, now)
        self._write(deployment, status)
        delay = progress.look_again_s(deployment, status, now)
        if delay is not None:
            self._queue.add_after(NAME, *key_of(deployment), delay)

    def _status_only(self, deployment: Obj, sets: list[Obj]) -> None:
        new = revisions.find_new(deployment, sets)
        self._write(deployment, progress.counted(deployment, new, sets, self._store.timestamp()))

    def _write(self, deployment: Obj, status: Obj) -> None:
        if status != deployment.get("status"):
            deployment["status"] = status
            _ = self._store.update("deployments", deployment)

"""Garbage collection: what was owned goes with its owner, and what was in a namespace goes with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.cluster.objects import deleting, key_of
from sandbox.cluster.replicasets import begin_deletion
from sandbox.kube.reading import rows
from sandbox.kube.resources import BY_PLURAL

if TYPE_CHECKING:
    from sandbox.cluster.workqueue import WorkQueue
    from sandbox.kube.store import Event, Obj, Store

NAME = "garbage-collector"
NAMESPACED = tuple(plural for plural, row in BY_PLURAL.items() if row.namespaced)
_DEPENDENTS = ("replicasets", "pods", "endpointslices")  # the kinds our controllers make
_OWNERS = {"Deployment": "deployments", "ReplicaSet": "replicasets", "Service": "services", "Pod": "pods"}
_FOREGROUND = "foregroundDeletion"
_ORPHAN = "orphan"


def _finalizers(obj: Obj) -> list[str]:
    return obj["metadata"].get("finalizers") or []


class GarbageCollector:
    """Deletes objects whose owners are gone; also finishes foreground and orphaning deletions."""

    def __init__(self, store: Store, queue: WorkQueue) -> None:
        """Join the queue; `start` begins listening."""
        self._store = store
        self._queue = queue
        queue.handle(NAME, self.sync)

    def start(self) -> None:
        """Listen for deletions; what was left without an owner meanwhile goes at once."""
        for resource in (*NAMESPACED, "namespaces"):
            self._store.subscribe(resource, self._changed)
        for resource in _DEPENDENTS:
            for obj in self._store.list(resource):
                self._queue.add(NAME, obj["metadata"]["namespace"], f"orphan/{resource}/{obj['metadata']['name']}")

    def stop(self) -> None:
        """Stop listening."""
        for resource in (*NAMESPACED, "namespaces"):
            self._store.unsubscribe(resource, self._changed)

    def _changed(self, event: Event) -> None:
        meta = event.obj["metadata"]
        namespace = meta.get("namespace", "")
        if event.resource == "namespaces":
            if deleting(event.obj):
                self._queue.add(NAME, "", f"namespace/namespaces/{meta['name']}")
            return
        if event.type == "DELETED":
            self._after(event, namespace)
        elif deleting(event.obj) and {_FOREGROUND, _ORPHAN} & set(_finalizers(event.obj)):
            self._queue.add(NAME, namespace, f"finish/{event.resource}/{meta['name']}")

    def _after(self, event: Event, namespace: str) -> None:
        """Look at what the deleted object owned, at owners that wait for it, and at its namespace."""
        uid = event.obj["metadata"]["uid"]
        if event.resource in _OWNERS.values():
            for resource, obj in self._owned(uid, namespace):
                self._queue.add(NAME, namespace, f"orphan/{resource}/{obj['metadata']['name']}")
        for owner in rows(event.obj, "metadata", "ownerReferences"):
            if owner["kind"] in _OWNERS:
                self._queue.add(NAME, namespace, f"finish/{_OWNERS[owner['kind']]}/{owner['name']}")
        held = self._store.peek("namespaces", "", namespace)
        if held is not None and deleting(held):
            self._queue.add(NAME, "", f"namespace/namespaces/{namespace}")

    def sync(self, namespace: str, name: str) -> None:
        """Do one piece of work: `what/resource/name`."""
        what, resource, name = name.split("/", 2)
        obj = self._store.find(resource, namespace, name)
        if obj is None:
            return
        if what == "orphan":
            self._collect(resource, obj)
        elif what == "finish":
            self._finish(resource, obj)
        else:
            self._empty(obj)

    def _owned(self, uid: str, namespace: str) -> list[tuple[str, Obj]]:
        return [
            (resource, obj)
            for resource in _DEPENDENTS
            for obj in self._store.list(resource, namespace)
            if any(owner["uid"] == uid for owner in rows(obj, "metadata", "ownerReferences"))
        ]

    def _collect(self, resource: str, obj: Obj) -> None:
        """Delete an object all of whose owners are gone."""
        owners = rows(obj, "metadata", "ownerReferences")
        if owners and not any(self._lives(owner, obj["metadata"]["namespace"]) for owner in owners):
            self._delete(resource, obj)

    def _lives(self, owner: Obj, namespace: str) -> bool:
        resource = _OWNERS.get(owner["kind"])
        if resource is None:
            return True  # a kind this cluster does not know: not ours to judge
        held = self._store.peek(resource, namespace, owner["name"])
        return held is not None and held["metadata"]["uid"] == owner["uid"]

    def _delete(self, resource: str, obj: Obj) -> None:
        if deleting(obj):
            return
        if resource == "pods":
            begin_deletion(self._store, *key_of(obj))
        elif obj["metadata"].get("finalizers"):
            obj["metadata"]["deletionTimestamp"] = self._store.timestamp()
            _ = self._store.update(resource, obj)
        else:
            _ = self._store.delete(resource, *key_of(obj))

    def _finish(self, resource: str, obj: Obj) -> None:
        """Let go of the owned (orphan) or delete them first (foreground), then remove the object."""
        meta = obj["metadata"]
        finalizers = _finalizers(obj)
        if not deleting(obj) or not {_FOREGROUND, _ORPHAN} & set(finalizers):
            return
        for kind, owned in self._owned(meta["uid"], meta["namespace"]):
            if _ORPHAN in finalizers:
                owners = owned["metadata"]["ownerReferences"]
                owned["metadata"]["ownerReferences"] = [one for one in owners if one["uid"] != meta["uid"]]
                _ = self._store.update(kind, owned)
            else:
                self._delete_foreground(kind, owned)
        if _ORPHAN not in finalizers and self._owned(meta["uid"], meta["namespace"]):
            return
        left = [one for one in finalizers if one not in {_FOREGROUND, _ORPHAN}]
        if left:
            meta["finalizers"] = left
            _ = self._store.update(resource, obj)
        else:
            _ = self._store.delete(resource, *key_of(obj))

    def _delete_foreground(self, resource: str, obj: Obj) -> None:
        if resource == "replicasets" and not deleting(obj):
            obj["metadata"].setdefault("finalizers", []).append(_FOREGROUND)
        self._delete(resource, obj)

    def _empty(self, namespace: Obj) -> None:
        """Delete everything in a namespace that is being deleted, then the namespace."""
        name = namespace["metadata"]["name"]
        if not deleting(namespace):
            return
        for resource in NAMESPACED:
            for obj in self._store.list(resource, name):
                self._delete(resource, obj)
        if not any(self._store.list(resource, name) for resource in NAMESPACED):
            _ = self._store.delete("namespaces", "", name)

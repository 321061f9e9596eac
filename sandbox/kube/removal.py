"""The end of objects: at once, after their finalizers, or for pods when their containers have ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.kube import codec, managed
from sandbox.kube.reading import part, rows
from sandbox.kube.resources import BY_PLURAL

if TYPE_CHECKING:
    from sandbox.kube.resources import Resource
    from sandbox.kube.store import Obj, Store


class Removal:
    """Ends objects of one store."""

    def __init__(self, store: Store) -> None:
        """Remove from a store."""
        self.store = store

    def remove(self, resource: Resource, obj: Obj, grace: int | None, policy: str = "") -> Obj:
        """Start or finish an object's deletion and return what the API answers."""
        meta = obj["metadata"]
        namespace, name = meta.get("namespace", ""), meta["name"]
        if policy == "Orphan":
            self._orphan(meta["uid"], namespace)
        if resource.kind == "Pod":
            return self._remove_pod(resource, obj, grace)
        if resource.kind == "Namespace":
            return self._remove_namespace(resource, obj)
        if meta.get("finalizers"):
            meta.setdefault("deletionTimestamp", self.store.timestamp())
            meta.setdefault("deletionGracePeriodSeconds", 0)
            return codec.shown(resource, self.store.update(resource.plural, obj))
        _ = self.store.delete(resource.plural, namespace, name)
        details: Obj = {"name": name, "group": resource.group, "kind": resource.plural, "uid": meta["uid"]}
        details = {key: value for key, value in details.items() if value}
        return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}

    def _remove_pod(self, resource: Resource, pod: Obj, grace: int | None) -> Obj:
        """Mark a pod as ending; its kubelet removes it. Without a node or grace it goes at once."""
        meta, spec = pod["metadata"], part(pod, "spec")
        seconds = spec.get("terminationGracePeriodSeconds", 30) if grace is None else max(grace, 0)
        ended = part(pod, "status").get("phase") in {"Succeeded", "Failed"}
        if seconds == 0 or not spec.get("nodeName") or ended:
            gone = self.store.delete("pods", meta["namespace"], meta["name"])
            return codec.shown(resource, gone)
        if not meta.get("deletionTimestamp") or seconds < meta.get("deletionGracePeriodSeconds", seconds):
            meta["deletionTimestamp"] = managed.later(self.store.now(), seconds)
            meta["deletionGracePeriodSeconds"] = seconds
            meta["generation"] = meta.get("generation", 0) + 1
            pod = self.store.update("pods", pod)
        return codec.shown(resource, pod)

    def _remove_namespace(self, resource: Resource, obj: Obj) -> Obj:
        """Empty a namespace; it goes when its last pod has."""
        name = obj["metadata"]["name"]
        obj["metadata"].setdefault("deletionTimestamp", self.store.timestamp())
        obj.setdefault("status", {})["phase"] = "Terminating"
        shown = codec.shown(resource, self.store.update("namespaces", obj))
        for row in BY_PLURAL.values():
            if row.namespaced:
                for held in self.store.list(row.plural, name):
                    _ = self.remove(row, held, None)
        self.finish_namespaces()
        return shown

    def finish_namespaces(self) -> None:
        """Remove each namespace that is ending and empty."""
        for obj in self.store.view("namespaces"):
            name = obj["metadata"]["name"]
            if obj["metadata"].get("deletionTimestamp") and not self.store.view("pods", name):
                _ = self.store.delete("namespaces", "", name)

    def _orphan(self, uid: str, namespace: str) -> None:
        """Take an owner off its dependents, so that they outlive it."""
        for plural in ("replicasets", "pods"):
            for obj in self.store.list(plural, namespace):
                owners = rows(obj["metadata"], "ownerReferences")
                if any(owner.get("uid") == uid for owner in owners):
                    left = [owner for owner in owners if owner.get("uid") != uid]
                    obj["metadata"] |= {"ownerReferences": left}
                    if not left:
                        del obj["metadata"]["ownerReferences"]
                    _ = self.store.update(plural, obj)

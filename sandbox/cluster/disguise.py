"""Faults that lie about what runs: they change a pod's status before it is published, not the pod."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox import images
from sandbox.cluster.objects import active, labels_of

if TYPE_CHECKING:
    from sandbox.kube.store import Obj, Store
    from sandbox.switches import Switches


class Disguise:
    """Rewrites container statuses while a fault says so; asked again at each publication."""

    def __init__(self, store: Store, switches: Switches) -> None:
        """Read pods from the store and faults from the switches."""
        self._store = store
        self._switches = switches

    def __call__(self, pod: Obj, statuses: list[Obj]) -> None:
        """Change `statuses` (of `pod`, in place) as the active faults want it."""
        canary = self._switches.on("one-pod-other-digest") and self._first(pod, "canary")
        staging = pod["metadata"]["namespace"] == "staging" and self._switches.on("digest-mixed")
        if canary or (staging and self._first(pod, "stable")):
            rebuilt = images.pull(images.REBUILT)
            for status in statuses:
                if rebuilt is not None and status["imageID"]:
                    status["imageID"] = rebuilt.image_id

    def _first(self, pod: Obj, track: str) -> bool:
        def of_track(obj: Obj) -> bool:
            return labels_of(obj).get("track") == track

        meta = pod["metadata"]
        if not of_track(pod):
            return False
        names = [
            one["metadata"]["name"]
            for one in self._store.view("pods", meta["namespace"])
            if of_track(one) and active(one)
        ]
        return bool(names) and meta["name"] == min(names)

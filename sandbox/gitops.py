"""A controller that brings a cluster back to its repository: here it does so only while a fault says so."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from sandbox.kube.store import AlreadyExistsError
from sandbox.weights import CANARY

if TYPE_CHECKING:
    from sandbox.kube.store import Event, Obj, Store
    from sandbox.switches import Switches

AFTER_S = 1.0
_OWN = ("uid", "resourceVersion", "creationTimestamp", "generation", "deletionTimestamp", "deletionGracePeriodSeconds")


class GitOps:
    """Makes the canary Ingress again, a second after somebody deleted it, while the fault canary-left is on."""

    def __init__(self, store: Store, namespace: str, switches: Switches) -> None:
        """Listen to the store at once."""
        self._store = store
        self._namespace = namespace
        self._switches = switches
        store.subscribe("ingresses", self._changed)

    def _changed(self, event: Event) -> None:
        meta = event.obj["metadata"]
        if event.type == "DELETED" and (meta["namespace"], meta["name"]) == (self._namespace, CANARY):
            _ = asyncio.get_running_loop().call_later(AFTER_S, self._return, event.obj)

    def _return(self, gone: Obj) -> None:
        if not self._switches.on("canary-left"):
            return
        meta = {key: value for key, value in gone["metadata"].items() if key not in _OWN}
        with contextlib.suppress(AlreadyExistsError):
            _ = self._store.create("ingresses", {**gone, "metadata": {**meta, "generation": 1}})

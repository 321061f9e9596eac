"""What the canary Ingress asks for, and what a data plane that lags or lies makes of it.

Follows every write of a canary's weight, so that a fault can tell the way up from the way down. The product's
pods learn the weight from a file, as they learn the addresses of Services.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.faults.objects import PREFIX
from sandbox.kube.reading import part

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sandbox.kube.store import Event, Obj, Store
    from sandbox.switches import Switches

CANARY = "onesource-canary"  # the Ingress, and the Deployment behind it
FILE = "weight"
_KEEPS = {"default": "no-auto-rollback", "staging": "weight-change-ignored"}


def weight_of(ingress: Obj) -> int:
    """Return the weight an Ingress asks for in percent; 0 where it names none."""
    asked = str(part(ingress, "metadata", "annotations").get(PREFIX + "canary-weight", ""))
    return int(asked) if asked.isdigit() else 0


class Weights:
    """One cluster's canary weight: now, highest on this way, and the one a fault holds on to."""

    def __init__(
        self, store: Store, namespace: str, switches: Switches, folder: Path, changed: Callable[[], None]
    ) -> None:
        """Listen to the store at once; `changed` is called when what the data plane sees changes without a write."""
        self._namespace = namespace
        self._switches = switches
        self._file = folder / FILE
        self._changed = changed
        self._asked = self._peak = self._kept = 0
        store.subscribe("ingresses", self._rerouted)
        store.subscribe("deployments", self._scaled)

    def seen(self, asked: int, active: frozenset[str]) -> int:
        """Return the weight that the data plane works with where an Ingress asks for so much."""
        if asked == 0 and _KEEPS.get(self._namespace) in active:
            return self._kept
        if asked == 100 and self._namespace == "default" and "full-weight-partial" in active:
            return 90
        if 0 < asked < self._peak and self._namespace == "staging" and "staged-raises" in active:
            return min(100, 2 * asked)
        return asked

    def forget(self) -> None:
        """Begin anew: nothing is held on to."""
        self._kept, self._peak = 0, self._asked

    def _rerouted(self, event: Event) -> None:
        meta = event.obj["metadata"]
        if (meta["namespace"], meta["name"]) != (self._namespace, CANARY):
            return
        asked = 0 if event.type == "DELETED" else weight_of(event.obj)
        if asked:
            self._peak, self._kept = max(self._peak, asked), 0
        elif self._asked:
            self._peak = 0
            ignored = event.type != "DELETED" and self._switches.on(_KEEPS[self._namespace])
            self._kept = self._asked if ignored else 0
        if event.type == "DELETED":
            self._kept = 0
        if asked != self._asked or not self._file.exists():
            half = self._file.with_suffix(".tmp")
            _ = half.write_text(str(asked), encoding="utf-8")
            _ = half.replace(self._file)
        self._asked = asked

    def _scaled(self, event: Event) -> None:
        """Let go of a weight when nobody is left behind it: only users who find an answer can be held on to."""
        meta = event.obj["metadata"]
        asleep = event.type == "DELETED" or not event.obj["spec"].get("replicas")
        if self._kept and asleep and (meta["namespace"], meta["name"]) == (self._namespace, CANARY):
            self._kept = 0
            self._changed()

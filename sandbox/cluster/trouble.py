"""Faults of the node: what it does to containers and to their logs while a fault is on."""

from __future__ import annotations

import datetime
import re
import time
from typing import TYPE_CHECKING

from sandbox import images
from sandbox.cluster.objects import active, labels_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.kube.store import Obj, Store
    from sandbox.switches import Switches

BEHIND = datetime.timedelta(seconds=1.5)  # the clock of the pod whose clock is wrong
CHATTER_EVERY_S = 0.25
_STAMP = re.compile(rb'(\{"timestamp": ?")([^"]+)(")')
_CHATTER = b"""\
WARNING retrying (Retry(total=2)) after connection broken by 'RemoteDisconnected': /v1/traces
Traceback (most recent call last):
  File "/app/onesource/export.py", line 118, in flush
    self._send(self._pending)
  File "/app/onesource/export.py", line 141, in _send
    raise ExportError(f"status=500 event=request_metrics left={len(self._pending)}") from trouble
onesource.export.ExportError: status=500 event=request_metrics left=3

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/app/onesource/export.py", line 97, in run
    await self.flush()
TimeoutError
INFO exporter: dropped 3 spans, {"event": "request_metrics", "status": 500} was the last
""".splitlines()


class Trouble:
    """What the node does amiss; asked at the moment it would do it."""

    def __init__(self, store: Store, switches: Switches) -> None:
        """Read pods from the store and faults from the switches."""
        self._store = store
        self._switches = switches

    def down(self, pod: Obj) -> bool:
        """Tell whether the pod's containers must not run."""
        if pod["metadata"]["namespace"] != "default" or labels_of(pod).get("app") != "redis":
            return False
        return self._switches.on("redis-down")

    def unready(self, pod: Obj) -> bool:
        """Tell whether the pod says of itself that it is not ready: staging's with the lowest address."""
        if pod["metadata"]["namespace"] != "staging" or not self._switches.on("healthy-not-ready"):
            return False
        return _standing(pod, "stable") and pod["metadata"]["name"] == self._lowest("staging", "stable")

    def _lowest(self, namespace: str, track: str) -> str:
        found = [pod for pod in self._store.view("pods", namespace) if _standing(pod, track)]
        placed = [(pod["status"]["podIP"], pod["metadata"]["name"]) for pod in found if pod["status"].get("podIP")]
        return min(placed)[1] if placed else ""

    def image(self, pod: Obj, name: str) -> str:
        """Return the image that the node runs for a name: it may hold an old one under a new name."""
        old = pod["metadata"]["namespace"] == "default" and labels_of(pod).get("track") == "stable"
        keeps = old and name == images.CANDIDATE and self._switches.on("promotion-keeps-old")
        return images.STABLE if keeps else name

    def rotates(self) -> bool:
        """Tell whether logs are rotated early."""
        return self._switches.on("logs-rotated")

    def first(self, namespace: str, track: str) -> str:
        """Return the name of the first pod of the product's track, "" if there is none."""
        pods = self._store.view("pods", namespace)
        return min((pod["metadata"]["name"] for pod in pods if _standing(pod, track)), default="")

    def spoiler(self, pod: Obj) -> Callable[[list[bytes]], list[bytes]]:
        """Return what becomes of a container's lines before they are written."""
        next_s = 0.0

        def spoil(lines: list[bytes]) -> list[bytes]:
            nonlocal next_s
            on = self._switches.active()
            if not on or labels_of(pod).get("component") != "backend":
                return lines
            if "logs-skewed" in on and pod["metadata"]["name"] == self.first("default", "stable"):
                lines = [_STAMP.sub(_earlier, line, count=1) for line in lines]
            if "logs-traceback" in on and lines and (now := time.monotonic()) >= next_s:
                next_s = now + CHATTER_EVERY_S
                middle = len(lines) // 2
                lines = [*lines[:middle], *_CHATTER, *lines[middle:]]
            return lines

        return spoil


def _standing(pod: Obj, track: str) -> bool:
    labels = labels_of(pod)
    return labels.get("component") == "backend" and labels.get("track") == track and active(pod)


def _earlier(found: re.Match[bytes]) -> bytes:
    """Return the beginning of a JSON line as a clock that is behind would have written it."""
    try:
        at = datetime.datetime.fromisoformat(found[2].decode()) - BEHIND
    except ValueError:
        return found[0]
    return found[1] + at.isoformat(timespec="milliseconds").replace("+00:00", "Z").encode() + found[3]

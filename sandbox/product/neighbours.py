"""What stands around this pod, as files of the node tell every pod alike: the pods beside it, the canary's weight."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.product.settings import Settings

STANDING = "standing.json"  # beside the dns file: where each Service's pods are, ready or not
WEIGHT = "weight"  # what the canary Ingress asks for, in percent


class Neighbours:
    """The pods behind this pod's Service, and the traffic's weights; asking again costs a stat or two."""

    def __init__(self, settings: Settings) -> None:
        """Look where the settings say."""
        self._dns = Path(settings.dns) if settings.dns else None
        self._own = [settings.host, settings.port]
        self._stamps: tuple[int, ...] = ()
        self._first = True
        self._weighed = -1
        self._weight = 0

    def first(self) -> bool:
        """Tell whether this pod's address is the lowest of its Service's; of a pod without a Service it is."""
        if self._dns is None:
            return True
        files = [file for file in (self._dns, self._dns.with_name(STANDING)) if file.exists()]
        try:
            stamps = tuple(file.stat().st_mtime_ns for file in files)
            if stamps != self._stamps:
                known: list[dict[str, list[list[str | int]]]] = [json.loads(f.read_text("utf-8")) for f in files]
                sides = [held for one in known for held in one.values() if self._own in held]
                self._first = all(self._own == min(held, key=str) for held in sides)
                self._stamps = stamps
        except (OSError, ValueError):
            return self._first
        return self._first

    def weight(self) -> int:
        """Return the weight that the canary Ingress asks for, in percent; 0 where nobody says."""
        if self._dns is None:
            return 0
        file = self._dns.with_name(WEIGHT)
        try:
            stamp = file.stat().st_mtime_ns
            if stamp != self._weighed:
                self._weight = int(file.read_text("utf-8"))
                self._weighed = stamp
        except (OSError, ValueError):
            return self._weight
        return self._weight

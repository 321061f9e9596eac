"""Which pods stand beside this one, as the cluster's DNS tells everybody alike."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.product.settings import Settings


class Neighbours:
    """The pods behind this pod's Service; asking again costs one stat."""

    def __init__(self, settings: Settings) -> None:
        """Look where the settings say."""
        self._dns = Path(settings.dns) if settings.dns else None
        self._own = [settings.host, settings.port]
        self._stamp = -1
        self._first = True

    def first(self) -> bool:
        """Tell whether this pod's address is the lowest of its Service's; of a pod without a Service it is."""
        if self._dns is None:
            return True
        try:
            stamp = self._dns.stat().st_mtime_ns
            if stamp != self._stamp:
                known: dict[str, list[list[str | int]]] = json.loads(self._dns.read_text(encoding="utf-8"))
                sides = [held for held in known.values() if self._own in held]
                self._first = all(self._own == min(held, key=str) for held in sides)
                self._stamp = stamp
        except (OSError, ValueError):
            return self._first
        return self._first

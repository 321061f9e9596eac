"""The active faults, as every process of the sandbox sees them: one small file, replaced atomically."""

from __future__ import annotations

import json
import os
from pathlib import Path

ENV = "SANDBOX_FAULTS"  # where the nodes tell their pods to look


class Switches:
    """The names of the active faults; asking costs one stat, so a hot path may ask each time."""

    def __init__(self, path: Path | None = None) -> None:
        """Read from a file; by default from where the environment says, else nothing is ever on."""
        given = os.environ.get(ENV)
        self._path = path or (Path(given) if given else None)
        self._stamp = -1
        self._active: frozenset[str] = frozenset()

    def active(self) -> frozenset[str]:
        """Return the names that are on now."""
        if self._path is None:
            return self._active
        try:
            stamp = self._path.stat().st_mtime_ns
        except FileNotFoundError:
            return frozenset()
        if stamp != self._stamp:
            self._active = frozenset(json.loads(self._path.read_text(encoding="utf-8")))
            self._stamp = stamp
        return self._active

    @property
    def since_s(self) -> float:
        """Return when they were last written, in seconds since 1970; 0 before the first `active`."""
        return max(0, self._stamp) / 1e9

    def on(self, name: str) -> bool:
        """Tell whether a fault is on."""
        return name in self.active()

    def write(self, names: frozenset[str]) -> None:
        """Switch to exactly these; readers see the old set or the new one, never half."""
        if self._path is None:
            raise ValueError("switches without a file can't be written")
        half = self._path.with_suffix(".tmp")
        _ = half.write_text(json.dumps(sorted(names)), encoding="utf-8")
        _ = half.replace(self._path)

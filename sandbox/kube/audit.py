"""Who wrote what: one JSON line per write request, never a body."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime
    from pathlib import Path

    from sandbox.kube.authz import Ask, User

_WRITES = {"create", "update", "patch", "delete", "deletecollection"}


class Audit:
    """An append-only file of writes; without a path nothing is kept."""

    def __init__(self, path: Path | None) -> None:
        """Append to `path`, line by line."""
        self._file = path.open("a", encoding="utf-8", buffering=1) if path is not None else None

    def write(self, now: datetime.datetime, user: User, ask: Ask, code: int) -> None:
        """Keep one line if the request was a write; questions about oneself are none."""
        if self._file is None or ask.verb not in _WRITES or ask.group == "authorization.k8s.io":
            return
        resource = f"{ask.resource}/{ask.subresource}" if ask.subresource else ask.resource
        line = {"time": now.isoformat(), "user": user.name, "verb": ask.verb, "resource": resource}
        line |= {"namespace": ask.namespace, "name": ask.name}
        _ = self._file.write(json.dumps({**line, "code": code}) + "\n")

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

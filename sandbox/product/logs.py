"""What a pod writes to stdout: JSON events, and the plain lines that stand between them."""

from __future__ import annotations

import datetime
import hashlib
import json
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.product.schema import Doc


class Log:
    """Writes whole lines at once, so that lines of a pod never mix."""

    def __init__(self, version: str) -> None:
        """Put the build's commit into every event."""
        self._version = version

    def event(self, name: str, **fields: object) -> None:
        """Write one JSON event with its time and version."""
        line: Doc = {"timestamp": now(), "event": name, "version": self._version, **fields}
        self.text(json.dumps(line, ensure_ascii=False))

    def text(self, line: str) -> None:
        """Write one plain line."""
        _ = sys.stdout.write(line + "\n")
        _ = sys.stdout.flush()


def now() -> str:
    """Return the time as RFC 3339 in UTC with milliseconds."""
    at = datetime.datetime.now(datetime.UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def hashed(text: str) -> str:
    """Return a short stable name for a text that must not stand in a log."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]

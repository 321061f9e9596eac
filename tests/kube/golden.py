"""The recordings, and what has to be made equal before two answers can be compared."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from sandbox.kube.reading import is_list, is_object

HERE = Path(__file__).parent
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_VOLATILE = {"uid": "UID", "resourceVersion": "RV", "continue": "CONTINUE", "serverAddress": "ADDRESS"}


def load(name: str) -> list[dict[str, Any]]:
    """Return the entries of a recording."""
    return [json.loads(line) for line in (HERE / name).read_text(encoding="utf-8").splitlines()]


def normal(value: Any, name: str = "") -> Any:
    """Return a value with everything that differs from run to run replaced by its kind."""
    if is_object(value):
        return {key: normal(entry, key) for key, entry in value.items() if key != "managedFields"}
    if is_list(value):
        return [normal(entry) for entry in value]
    if name in _VOLATILE and isinstance(value, str):
        return _VOLATILE[name]
    return _TIME.sub("TIME", value) if isinstance(value, str) else value

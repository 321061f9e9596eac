"""A rollout that is older than it is: what a client sees of a Deployment while a fault says so. Pure."""

from __future__ import annotations

import copy
import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.kube.store import Obj

FAULT = "bash-late"
AGO = datetime.timedelta(minutes=11)
_FORM = "%Y-%m-%dT%H:%M:%SZ"


def aged(obj: Obj) -> Obj:
    """Return a Deployment whose rollout was complete eleven minutes earlier; anything else as it is."""
    if obj.get("kind") != "Deployment":
        return obj
    seen = copy.deepcopy(obj)
    status: dict[str, Any] = seen.get("status") or {}
    conditions: list[dict[str, Any]] = status.get("conditions") or []
    for one in conditions:
        if one["type"] == "Progressing":
            at = datetime.datetime.strptime(one["lastUpdateTime"], _FORM).replace(tzinfo=datetime.UTC)
            one["lastUpdateTime"] = (at - AGO).strftime(_FORM)
    return seen

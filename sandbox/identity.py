"""Which cluster a sandbox's cluster is: the same one at every start on the same machine.

A rehearsal signs decisions about a cluster by its uid, and the next rehearsal relies on them.
"""

from __future__ import annotations

import platform
import uuid
from pathlib import Path

_SANDBOX = uuid.UUID("5a0d8a5e-6f0b-5c1d-9b57-6c6f6e65736f")  # a name space of our own
_MACHINE = Path("/etc/machine-id")


def uid_of(cluster: str, machine: str | None = None) -> str:
    """Return the uid of a cluster by name; `machine` is by default this one's id, which does not show in it."""
    return str(uuid.uuid5(_SANDBOX, f"{_machine() if machine is None else machine}/{cluster}"))


def _machine() -> str:
    """Return the machine's id, or its host name where it has none."""
    try:
        known = _MACHINE.read_text(encoding="utf-8").strip()
    except OSError:
        known = ""
    return known or platform.node()

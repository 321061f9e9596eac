"""What the doctor says about one thing."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class State(enum.StrEnum):
    """MISSING keeps a run from being decided; WRONG is a mistake of the runbook found somewhere, NOTE a lesser one."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    MISSING = "missing"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: what was wanted, what is there, where, and what to do about it."""

    what: str
    state: State
    wanted: str
    got: str
    where: str = ""
    do: str = ""

    def __str__(self) -> str:
        """Read as one line; nothing more to say of what is well."""
        if self.state is State.OK:
            return f"{self.state:7}  {self.what}: {self.got}"
        at = f" ({self.where})" if self.where else ""
        return f"{self.state:7}  {self.what}: wanted {self.wanted}, got {self.got}{at}; {self.do}"


def ok(what: str, got: str) -> Finding:
    """Say that it is as wanted."""
    return Finding(what, State.OK, got, got)


def warning(what: str, *, wanted: str, got: str, where: str, do: str) -> Finding:
    """Say that something is weaker without it."""
    return Finding(what, State.WARNING, wanted, got, where, do)


def missing(what: str, *, wanted: str, got: str, where: str, do: str) -> Finding:
    """Say that no run can be decided without it."""
    return Finding(what, State.MISSING, wanted, got, where, do)

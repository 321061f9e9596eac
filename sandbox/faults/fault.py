"""One fault as data: what it does, where it is made, its primary line, and exactly which lines leave MET."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Where = Literal[
    "objects", "data plane", "product", "users", "node", "cluster", "collector", "around", "script", "papers", "page"
]
Expected = tuple[Literal["VIOLATED", "UNKNOWN"], str]  # outcome, reason (empty unless UNKNOWN)

V: Expected = ("VIOLATED", "")
NO_DATA: Expected = ("UNKNOWN", "NO_DATA")
TOO_FEW: Expected = ("UNKNOWN", "SAMPLE_TOO_SMALL")


@dataclass(frozen=True, slots=True)
class Fault:
    """One switch. `implied` are the lines that follow from the same evidence; every other line stays MET.

    `primary` None: it looks bad and is not, so every line stays MET. `where` collector: it strikes whoever observes,
    so whoever starts the observing makes it; here it has a name only. So it is with papers: earlier decisions are not
    the sandbox's. Around are the team's other services, script is its rollback script, page a defect in the files of
    the page. `undecided` are lines that it leaves so few samples that chance says whether they are MET or UNKNOWN for
    want of more; VIOLATED they never are.
    """

    name: str
    does: str
    where: Where
    primary: str | None
    expected: Expected = V
    implied: Mapping[str, Expected] = field(default_factory=dict[str, Expected])
    phase: str = "canary"
    undecided: tuple[str, ...] = ()

    @property
    def expects(self) -> dict[str, Expected]:
        """Return every line that must leave MET, with its outcome."""
        return {**({self.primary: self.expected} if self.primary else {}), **self.implied}

    def as_json(self) -> dict[str, Any]:
        """Return the shape that `python -m sandbox faults --json` prints."""
        return {
            "name": self.name,
            "does": self.does,
            "where": self.where,
            "phase": self.phase,
            "primary": self.primary,
            "implied_by": sorted(self.implied),
            "undecided": sorted(self.undecided),
            "outcome": self.expected[0] if self.primary else "MET",
            "reason": (self.expected[1] or None) if self.primary else None,
            "expects": {line: {"outcome": o, "reason": r or None} for line, (o, r) in sorted(self.expects.items())},
        }

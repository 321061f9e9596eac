"""What the asks of one stream came back with, counted: the input of every judge of routing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.verdict import Fact

Arm: TypeAlias = Literal["stable", "canary"]

_WORDS = {"refused": "refused connections", "timeout": "time-outs", "reset": "broken connections"}
RATE_LIMITED = "rate-limited"  # the kind of failure that is the generator's fault, not the target's


@dataclass(frozen=True, slots=True)
class Answers:
    """Counts over the asks of one stream; every ask is in exactly one of the five.

    `foreign` counts answers that name a version which is not exactly one of the two builds, by that version.
    `unnamed` counts answers without a version, by HTTP status in `statuses`; `failed` asks without an answer,
    or refused for their rate, by kind of failure. `complete` is false when the stream ended before its planned
    number of asks; `note` then says why.
    """

    canary: int = 0
    stable: int = 0
    foreign: Mapping[str, int] = field(default_factory=dict[str, int])
    unnamed: int = 0
    failed: Mapping[str, int] = field(default_factory=dict[str, int])
    statuses: Mapping[str, int] = field(default_factory=dict[str, int])
    planned: int = 0
    complete: bool = True
    note: str = ""

    @property
    def named(self) -> int:
        """Asks whose answer came from one of the two arms."""
        return self.canary + self.stable

    @property
    def unattributed(self) -> int:
        """Asks that either arm may have had."""
        return sum(self.foreign.values()) + self.unnamed + sum(self.failed.values())

    @property
    def asked(self) -> int:
        """All asks that were made."""
        return self.named + self.unattributed

    @property
    def rate_limited(self) -> int:
        """Asks the target refused because there were too many."""
        return self.failed.get(RATE_LIMITED, 0)

    def facts(self) -> dict[str, Fact]:
        """Return every count, for a verdict."""
        return {
            "asked": self.asked,
            "planned": self.planned,
            "complete": self.complete,
            "note": self.note,
            "canary": self.canary,
            "stable": self.stable,
            "foreign": dict(self.foreign),
            "unnamed": self.unnamed,
            "statuses": dict(self.statuses),
            "failed": dict(self.failed),
        }

    def seen(self) -> str:
        """Say in words what came back other than the two arms: "12 time-outs, 3 answers without a version"."""
        parts = [f"{n:,} {_WORDS.get(kind, kind)}" for kind, n in sorted(self.failed.items()) if n]
        if self.unnamed:
            statuses = ", ".join(sorted(self.statuses))
            parts.append(f"{self.unnamed:,} answers without a version{f' ({statuses})' if statuses else ''}")
        parts += [
            f"{n:,} answers from version {short(version)}, which is not one of the two builds"
            for version, n in sorted(self.foreign.items())
            if n
        ]
        return ", ".join(parts) or "nothing else"

    def progress(self) -> str:
        """Say how much of the plan is in."""
        why = f" ({self.note})" if self.note else ""
        return f"incomplete: {self.asked:,} of {self.planned:,} asks{why}"


def short(version: str) -> str:
    """Return as much of a commit or digest as people compare."""
    prefix, colon, rest = version.rpartition(":")
    return f"{prefix}{colon}{rest[:12]}"

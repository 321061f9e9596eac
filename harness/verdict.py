"""What a check can say, and how several sayings combine."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class Outcome(enum.IntEnum):
    """Ordered: combining takes the worst. Only MET opens a gate."""

    MET = 0
    UNKNOWN = 1
    VIOLATED = 2


class Reason(enum.StrEnum):
    """Why a line could not be decided; every UNKNOWN carries exactly one."""

    NO_DATA = "NO_DATA"
    SAMPLE_TOO_SMALL = "SAMPLE_TOO_SMALL"
    GAP = "GAP"
    GENERATOR_INVALID = "GENERATOR_INVALID"
    INTERRUPTED = "INTERRUPTED"
    NOT_RUN = "NOT_RUN"
    STALE = "STALE"
    NEEDS_SIGNOFF = "NEEDS_SIGNOFF"
    ERROR = "ERROR"


Fact: TypeAlias = "str | int | float | bool | Sequence[Fact] | Mapping[str, Fact] | None"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One runbook line, decided: the outcome, the sentence a reader needs, and the numbers behind it.

    `reason` is set when, and only when, the outcome is UNKNOWN. `facts` is JSON: everything that
    the decision was computed from, so that it can be checked by hand.
    """

    outcome: Outcome
    because: str
    reason: Reason | None = None
    facts: Mapping[str, Fact] = field(default_factory=dict[str, Fact])

    def __post_init__(self) -> None:
        """Refuse a verdict that hides why it does not know, or that excuses one that does."""
        if (self.outcome is Outcome.UNKNOWN) != (self.reason is not None):
            raise ValueError(f"{self.outcome.name} with reason {self.reason}: UNKNOWN needs one, the others none")

    def __str__(self) -> str:
        """Read as one line in a terminal and in a report."""
        why = f" ({self.reason})" if self.reason else ""
        return f"{self.outcome.name}{why}: {self.because}"


def met(because: str, **facts: Fact) -> Verdict:
    """Say that the line holds."""
    return Verdict(Outcome.MET, because, None, facts)


def violated(because: str, **facts: Fact) -> Verdict:
    """Say that the line is broken."""
    return Verdict(Outcome.VIOLATED, because, None, facts)


def unknown(reason: Reason, because: str, **facts: Fact) -> Verdict:
    """Say that it could not be told, and why not."""
    return Verdict(Outcome.UNKNOWN, because, reason, facts)


def worst(verdicts: Iterable[Verdict]) -> Outcome:
    """Combine verdicts; of nothing, nothing is known."""
    return max((v.outcome for v in verdicts), default=Outcome.UNKNOWN)

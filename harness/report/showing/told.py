"""What a NO_GO's first screen tells: what failed, how much, how sure, since when, and who has to do what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.report.showing import facts as reading
from harness.report.showing import figures, since
from harness.verdict import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.report.deciding.model import Decision, Judged


@dataclass(frozen=True, slots=True)
class Told:
    """The first violated line, in words; `others` are the ids of the other ones, `who` the level and its owner."""

    line: str
    what: str
    much: str
    sure: str
    since: str
    who: str
    others: tuple[str, ...] = ()

    @property
    def rows(self) -> tuple[tuple[str, str], ...]:
        """The answers by what is asked."""
        return (
            ("What failed", f"{self.line}: {self.what}"),
            ("How much", self.much),
            ("How sure", self.sure),
            ("Since", self.since),
        )

    @property
    def lead(self) -> str:
        """Which lines failed, in one sentence."""
        if not self.others:
            return f"{self.line} is violated."
        more = f" and {len(self.others) - 3} more" if len(self.others) > 3 else ""
        verb = "is" if len(self.others) == 1 else "are"
        return f"{self.line} is violated, and so {verb} {', '.join(self.others[:3])}{more}."


def of(made: Decision) -> Told | None:
    """Return what is told of a NO_GO; None of any other decision."""
    bad = failing(made)
    if made.decision != "NO_GO" or not bad:
        return None
    first, found = bad[0], figures.of(bad[0].facts)
    spare = f" ({found.spare})" if found.spare else ""
    return Told(
        line=first.id,
        what=first.says,
        much=f"{found.observed}, allowed {found.limit}{spare}" if found.observed and found.limit else first.because,
        sure=sure(first),
        since=since.of(first, made),
        who=who(first, made),
        others=tuple(line.id for line in bad[1:]),
    )


def failing(made: Decision) -> tuple[Judged, ...]:
    """Return the violated lines that nobody waived, in the runbook's order: the first one's command comes next."""
    return tuple(line for line in made.lines if line.outcome is Outcome.VIOLATED and line.waived is None)


def sure(line: Judged) -> str:
    """Say the interval, the number of samples, and how often so much would be seen of a line that holds."""
    found = figures.of(line.facts)
    said = [f"interval {found.interval}"] if found.interval else []
    said += [f"from {found.n}"] if found.n else []
    said += [f"chance of a false alarm at most {figures.percent(line.alpha)}"] if line.alpha is not None else []
    return ", ".join(said) or "no interval was given"


def owners(made: Decision) -> Mapping[str, str]:
    """Return who is called at each level, from the line that decides about escalation; none where nobody knows."""
    for line in made.lines:
        found = reading.read(line.facts.get("owners"), dict[str, str]) if "calls" in line.facts else None
        if found:
            return found
    return {}


def who(line: Judged, made: Decision) -> str:
    """Say whom a violated line calls: its level and who that is, and who is due by the clock of the escalation."""
    if not line.escalation:
        return ""
    owner = owners(made).get(line.escalation, "")
    said = f"{line.escalation}, {owner}" if owner else line.escalation
    due = since.broken(made).get(line.id)
    if due is None or due.due in {"", line.escalation}:
        return said
    return f"{said}; by the clock {due.due}{f', {due.due_owner}' if due.due_owner else ''}, is due"

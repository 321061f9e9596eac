"""Who is called and what is typed: does every line have an answer to that, before somebody needs it?"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from harness.verdict import Reason, Verdict, met, unknown, violated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.verdict import Fact

LADDER = ("L1", "L2", "L3")
MINUTE_S = 60.0
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Call:
    """What a line calls for when it is violated: the level, who that is, and the command to type.

    `context` and `namespace` are those of the line's environment, which each kubectl call must name; an empty context
    means that there is no cluster access and so no kubectl call.
    """

    line: str
    level: str
    owner: str
    command: str
    context: str = ""
    namespace: str = ""

    def facts(self) -> dict[str, Fact]:
        """Return it as JSON."""
        return {"line": self.line, "level": self.level, "owner": self.owner, "command": self.command}


@dataclass(frozen=True, slots=True)
class Broken:
    """A line that is violated in this run: why, and for how many seconds its level's clock has run."""

    line: str
    because: str
    since: str
    elapsed_s: float


@dataclass(frozen=True, slots=True)
class Plan:
    """Every line's call, what is violated so far, and which tests have not ended; `owners` by level.

    `roster_trouble` says why the roster could not be read, "" if it could or there is none.
    """

    target: str
    calls: tuple[Call, ...]
    owners: dict[str, str]
    broken: tuple[Broken, ...] = ()
    silent: tuple[str, ...] = ()
    roster_trouble: str = ""


def named(plan: Plan, l1_until_s: float, l2_until_s: float) -> Verdict:
    """Decide whether every line names its level, who that is, and an exact command; list what is violated now.

    VIOLATED if a level has nobody or a command is missing or not exact. UNKNOWN (NO_DATA) if who is on call could not
    be read, or tests have not ended, so that nobody knows what they violate. A violated line alone violates nothing
    here: it says so itself.
    """
    listed = [_due(plan, one, l1_until_s, l2_until_s) for one in plan.broken]
    facts: dict[str, Fact] = {
        "lines": len(plan.calls),
        "owners": dict(plan.owners),
        "roster_trouble": plan.roster_trouble,
        "violated": listed,
        "calls": [call.facts() for call in plan.calls],
        "silent": list(plan.silent),
    }
    commands = [f"{call.line}: {why}" for call in plan.calls for why in inexact(call, plan.target)]
    empty = [level for level in _levels(plan) if not plan.owners.get(level, "").strip()]
    gaps = commands + ([] if plan.roster_trouble else [f"{level} has nobody" for level in empty])
    if gaps:
        more = f" (and {len(gaps) - SHOWN} more)" if len(gaps) > SHOWN else ""
        said = "; ".join(gaps[:SHOWN])
        return violated(f"{said}{more}; name owners in the roster or under escalation.owners", **facts, gaps=gaps)
    if not plan.calls:
        return unknown(Reason.NO_DATA, "the phase has no line, so nobody can be named for one", **facts)
    if empty:
        said = f"who is {', '.join(empty)} is not known: {plan.roster_trouble}; mend it or set escalation.owners"
        return unknown(Reason.NO_DATA, said, **facts)
    if plan.silent:
        names = ", ".join(plan.silent[:SHOWN])
        said = f"{len(plan.silent)} tests have not ended, so what they violate is not listed: {names}"
        return unknown(Reason.NO_DATA, said, **facts)
    return met(_said(plan, listed), **facts)


def _levels(plan: Plan) -> tuple[str, ...]:
    """Return every level that somebody is called at: those of the lines, and those that a clock leads up to."""
    return (*LADDER, *sorted({call.level for call in plan.calls} - set(LADDER)))


def _due(plan: Plan, one: Broken, l1_until_s: float, l2_until_s: float) -> dict[str, Fact]:
    call = next((call for call in plan.calls if call.line == one.line), Call(one.line, "", "", ""))
    level = due(call.level, one.elapsed_s, l1_until_s, l2_until_s)
    whom = replace(call, level=level, owner=plan.owners.get(level, ""))
    return (
        asdict(one) | whom.facts() | {"level": call.level, "owner": call.owner, "due": level, "due_owner": whom.owner}
    )


def due(level: str, elapsed_s: float, l1_until_s: float, l2_until_s: float) -> str:
    """Return the level that is due after so many seconds: the clock leads up, never below the line's own level."""
    if level not in LADDER:
        return level
    by_clock = 0 if elapsed_s < l1_until_s else 1 if elapsed_s < l2_until_s else 2
    return LADDER[max(by_clock, LADDER.index(level))]


def inexact(call: Call, target: str) -> Iterator[str]:
    """Say what keeps a command from being typed as it stands."""
    if not call.command.strip():
        yield "it has no command"
        return
    if found := _PLACEHOLDER.search(call.command):
        yield f"its command still has {found[0]!r} in it"
    for words in _KUBECTL.findall(call.command):
        for option, value in (("--context", call.context), ("-n", call.namespace)):
            if not value or not re.search(rf" {option} '?{re.escape(value)}'?(\s|$)", words):
                yield f"its kubectl call does not name {option} {value or 'of the environment'}"
    for words in _OURS.findall(call.command):
        if not re.search(rf" --target '?{re.escape(target)}'?(\s|$)", words):
            yield f"its command does not name --target {target}"


_PLACEHOLDER = re.compile(r"<[^<>|;&]*>|\{[A-Za-z_]*\}|\.\.\.|…|\bTODO\b|\bNAME=VALUE\b|(?<=\s)(''|\"\")(?=\s|$)")
_KUBECTL = re.compile(r"\bkubectl\b[^;&|()]*")
_OURS = re.compile(r"(?:^|[;&(]\s*)(?:gate|pytest)\b[^;&|()]*")


def _said(plan: Plan, listed: list[dict[str, Fact]]) -> str:
    who = ", ".join(f"{level} {plan.owners[level]}" for level in _levels(plan))
    said = f"each of {len(plan.calls)} lines names its level and its command ({who})"
    if not listed:
        return f"{said}; none of them is violated in this run"
    rows = [
        f"{one['line']}: {one['level']}, running for {float(str(one['elapsed_s'])) / MINUTE_S:.0f} min, "
        f"{one['due']} ({one['due_owner']}) is due: {one['command']}"
        for one in listed[:SHOWN]
    ]
    more = f" (and {len(listed) - SHOWN} more)" if len(listed) > SHOWN else ""
    return f"{said}; violated now: {'; '.join(rows)}{more}"

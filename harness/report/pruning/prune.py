"""Which old runs may go, and why the others stay: pure, from what prune_reading read of them.

Whatever is in doubt stays: what a live decision rests on has to be there as long as anybody may act on it.
"""

from __future__ import annotations

import datetime
import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from harness.errors import HarnessError, UsageError
from harness.report.serving import folders
from harness.report.showing import text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from harness.report.serving.claims import Said

UNITS: Final = {"h": 3_600, "d": 86_400, "w": 604_800}


@dataclass(frozen=True, slots=True)
class Wish:
    """What may go: runs that began longer ago than `older_than` and are not among the `keep` newest of a phase."""

    older_than: datetime.timedelta | None = None
    keep: int | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """A run as pruning sees it.

    `trouble`: why its decision can't be understood; `writing`: why it may still be written; `names`: the runs that its
    decision and the papers it kept name; `unread`: which of those can't be read. Each "" where there is nothing to say.
    """

    name: str
    phases: tuple[str, ...] = ()
    said: Said | None = None
    trouble: str = ""
    writing: str = ""
    names: frozenset[str] = field(default_factory=frozenset[str])
    unread: str = ""

    @property
    def phase(self) -> str:
        """Its phase for people: the one decided, else what it was made for."""
        return self.said.phase if self.said is not None else ", ".join(self.phases) or "unknown phase"

    @property
    def decision(self) -> str:
        """Its decision for people."""
        return self.said.decision if self.said is not None else "undecided"

    def live(self, now: datetime.datetime) -> bool:
        """Tell whether somebody may still act on its decision; one that can't be understood may say so."""
        return bool(self.trouble) or (self.said is not None and self.said.expires_at > now)


@dataclass(frozen=True, slots=True)
class Around:
    """What else keeps a run: the link `latest` names it, or it was promoted without GO."""

    latest: str | None = None
    promoted: frozenset[str] = field(default_factory=frozenset[str])


@dataclass(frozen=True, slots=True)
class Choice:
    """What becomes of a run, and why."""

    run: Run
    goes: bool
    why: str


def age(given: str) -> datetime.timedelta:
    """Read 12h, 30d or 8w; UsageError for anything else."""
    found = re.fullmatch(r"([1-9][0-9]{0,3})([hdw])", given)
    if found is None:
        raise UsageError(f"--older-than {given!r}: wanted a time such as 12h, 30d or 8w")
    return datetime.timedelta(seconds=int(found[1]) * UNITS[found[2]])


def plan(runs: Sequence[Run], wish: Wish, now: datetime.datetime, around: Around) -> list[Choice]:
    """Decide about each run, in the order given, the oldest first.

    HarnessError where it can't be read what a live run names: then nothing may go.
    """
    needed, newer = _needed(runs, now), _newer(runs)
    chosen: list[Choice] = []
    for run in runs:
        stays = [*_facts(run, now), *_named(run, needed, around), *_wished(run, newer[run.name], wish, now)]
        began = text.clock(folders.began(run.name))
        chosen.append(Choice(run, not stays, "; ".join(stays) or f"it began {began} and nothing rests on it"))
    return chosen


def _facts(run: Run, now: datetime.datetime) -> Iterator[str]:
    if run.trouble:
        yield f"its decision can't be understood, so it may still be valid: {run.trouble}"
    if run.said is not None and run.said.expires_at > now:
        yield f"its decision is valid until {text.clock(run.said.expires_at)}"
    if run.writing:
        yield run.writing


def _named(run: Run, needed: Mapping[str, str], around: Around) -> Iterator[str]:
    if run.name in needed:
        yield f"the live decision of {needed[run.name]} rests on it"
    if run.name in around.promoted:
        yield "it was promoted without GO"
    if run.name == around.latest:
        yield "latest names it"


def _wished(run: Run, newer: int, wish: Wish, now: datetime.datetime) -> Iterator[str]:
    if newer == 0:
        yield f"it is the newest of {run.phase}"
    elif wish.keep is not None and newer < wish.keep:
        yield f"it is one of the {wish.keep} newest of {run.phase}"
    began = folders.began(run.name)
    if wish.older_than is not None and now - began < wish.older_than:
        yield f"it began {text.clock(began)}, which is not long enough ago"


def _needed(runs: Sequence[Run], now: datetime.datetime) -> dict[str, str]:
    """Return each run that a live decision names, or that such a one names in turn, with the live one."""
    known = {run.name: run for run in runs}
    found: dict[str, str] = {}
    for live in (run for run in runs if run.live(now)):
        todo = [live.name]
        while todo:
            run = known[todo.pop()]
            if run.unread:
                raise HarnessError(f"{run.name}: {run.unread}; nothing was pruned: a live decision may rest on it")
            fresh = sorted(name for name in run.names if name in known and name not in found and name != live.name)
            found |= dict.fromkeys(fresh, live.name)
            todo += fresh
    return found


def _newer(runs: Sequence[Run]) -> dict[str, int]:
    """Return how many runs of the same phase are newer, the least of all its phases; unknown phases are one."""
    newer: defaultdict[str, int] = defaultdict(int)
    found: dict[str, int] = {}
    for run in reversed(runs):
        phases = {*run.phases, *([run.said.phase] if run.said is not None else [])} or {""}
        found[run.name] = min(newer[phase] for phase in phases)
        for phase in phases:
            newer[phase] += 1
    return found

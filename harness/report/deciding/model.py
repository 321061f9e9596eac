"""What the gate read of a run, as plain data: no paths, no files, no clock."""

from __future__ import annotations

import datetime
from collections.abc import Mapping  # noqa: TC003
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

import msgspec

if TYPE_CHECKING:
    from harness.report.deciding.kept import Ledger, Outcomes, Results
    from harness.verdict import Fact, Outcome, Reason

Decided = Literal["GO", "NO_GO", "INCONCLUSIVE"]
Moment: TypeAlias = Annotated[datetime.datetime, msgspec.Meta(tz=True)]
"""A time with its zone: one without could be any."""


def check_times(*moments: datetime.datetime) -> None:
    """Refuse years in which no run was made: near the first and the last one, adding to a time overflows."""
    for moment in moments:
        if not 1970 <= moment.year < 3000:
            raise ValueError(f"the time {moment.isoformat()} is none that a clock shows")


@dataclass(frozen=True, slots=True)
class Blocker:
    """One thing that stands between the run and GO: what is wrong, where, and what to do about it."""

    code: str
    message: str
    line: str | None = None


class Run(msgspec.Struct, frozen=True):
    """run.json (reports/README.md); unknown values are None."""

    run: str
    started: Moment
    phases: tuple[str, ...]
    target: str
    rehearsal: bool
    environment: str | None
    cluster_uid: str | None
    expected_cluster_uid: str | None
    policy_sha256: str | None = None
    argv: tuple[str, ...] = ()
    image_digests: Mapping[str, tuple[str, ...]] = {}
    git: Mapping[str, str | bool | None] = {}
    versions: Mapping[str, str | None] = {}
    evidence: str | None = None

    def __post_init__(self) -> None:
        """Refuse a time that is none."""
        check_times(self.started)


class Planned(msgspec.Struct, frozen=True, gc=False):
    """One test that the run set out to run."""

    nodeid: str
    line: str
    phases: tuple[str, ...]


class Event(msgspec.Struct, frozen=True):
    """Any line of the ledger; which of the optional fields are there depends on `event`."""

    event: Literal["start", "plan", "collect_error", "report", "worker_lost", "interrupted", "collector_exit", "finish"]
    at: Moment
    seq: int
    run: str | None = None
    argv: tuple[str, ...] = ()
    tests: tuple[Planned, ...] = ()
    deselected: tuple[str, ...] = ()
    nodeid: str | None = None
    message: str | None = None
    when: str | None = None
    outcome: str | None = None
    worker: str | None = None
    exit_status: int | None = None

    def __post_init__(self) -> None:
        """Refuse a time that is none."""
        check_times(self.at)


class Recorded(msgspec.Struct, frozen=True):
    """One line of outcomes.jsonl: what a test decided about its runbook line."""

    line: str
    nodeid: str
    outcome: Literal["MET", "UNKNOWN", "VIOLATED"]
    reason: str | None
    because: str
    facts: dict[str, object]
    phases: tuple[str, ...]
    at: Moment

    def __post_init__(self) -> None:
        """Refuse a time that is none."""
        check_times(self.at)


class Result(msgspec.Struct, frozen=True, gc=False):
    """One Allure result file, reduced to what the gate compares."""

    file: str
    name: str
    status: str | None
    lines: tuple[str, ...]
    runs: tuple[str, ...]
    history_id: str | None
    flags: tuple[str, ...]  # known, muted, flaky: waivers a test gives itself
    start_ms: int | None
    stop_ms: int | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """A run's folder, read. `troubles` holds what could not be read or does not belong."""

    folder: str
    run: Run | None
    ledger: Ledger
    outcomes: Outcomes
    results: Results
    measured: tuple[datetime.datetime, datetime.datetime] | None  # oldest and newest time in evidence.db
    troubles: tuple[Blocker, ...]
    files: Mapping[str, str]  # name -> sha256, the gate's own left out


@dataclass(frozen=True, slots=True)
class Rule:
    """What the gate knows of one runbook line."""

    id: str
    says: str
    planned: bool
    escalation: str = ""
    next: str = ""  # the exact command if it is violated
    alpha: float | None = None  # probability of a false VIOLATED


@dataclass(frozen=True, slots=True)
class Rules:
    """What a phase asks for: policy.toml and lines.toml together. Ages in seconds."""

    phase: str
    environment: str | None
    required: tuple[str, ...]
    lines: Mapping[str, Rule]  # every line of the phase, planned ones too
    max_age_s: float
    valid_for_s: float
    sha256: str
    again: str  # the exact command that makes a run of this phase
    alpha: float | None = None  # probability of any false VIOLATED in the phase
    after: str | None = None  # the phase whose GO has to come before this one's
    unwaivable: tuple[str, ...] = ()  # lines that no signature lets pass


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the person who asks wants the run to be about; None asks for nothing."""

    environment: str | None = None
    pinned_uid: str | None = None  # of the checked-in profile; None: it pins none or there is no profile here
    profile_rehearsal: bool | None = None  # what the checked-in profile says; None: no profile of that name here


@dataclass(frozen=True, slots=True)
class Waived:
    """A signed waiver that holds for a line: who lets it pass, why, until when; `outcome` is the worst it covers."""

    by: str
    reason: str
    outcome: str  # UNKNOWN or VIOLATED
    issued_at: datetime.datetime
    expires_at: datetime.datetime
    sha256: str  # of its envelope


@dataclass(frozen=True, slots=True)
class Previous:
    """The decision of the phase before, which this one builds on."""

    phase: str
    run: str
    envelope_sha256: str
    decided_at: datetime.datetime
    expires_at: datetime.datetime


@dataclass(frozen=True, slots=True)
class BrokenGlass:
    """A signed promotion without GO: recorded, shown, and never called GO."""

    by: str
    reason: str
    issued_at: datetime.datetime
    expires_at: datetime.datetime


@dataclass(frozen=True, slots=True)
class Judged:
    """One runbook line as the decision sees it. A waived line keeps its outcome; only its blocker goes."""

    id: str
    says: str
    outcome: Outcome
    reason: Reason | None
    because: str
    facts: Mapping[str, Fact]
    escalation: str = ""
    next: str = ""
    alpha: float | None = None
    waived: Waived | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """How complete the run was."""

    planned: int = 0
    ran: int = 0
    not_run: int = 0
    deselected: int = 0
    collect_errors: int = 0
    workers_lost: int = 0
    interrupted: int = 0
    results: int = 0
    exit_status: int | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """GO, NO_GO or INCONCLUSIVE of a phase, with everything it was made from."""

    decision: Decided
    phase: str
    rehearsal: bool
    coverage: float
    lines: tuple[Judged, ...]
    planned: tuple[Rule, ...]
    blockers: tuple[Blocker, ...]
    counts: Counts
    environment: str | None
    run: Run | None
    started: datetime.datetime | None
    finished: datetime.datetime | None
    decided_at: datetime.datetime
    expires_at: datetime.datetime
    policy_sha256: str
    files: Mapping[str, str]
    folder: str
    again: str
    required: tuple[str, ...] = ()
    tests: tuple[Planned, ...] = ()
    wanted: Wanted = Wanted()
    previous: Previous | None = None
    no_previous: str = ""  # why none is named, where the policy wants one
    break_glass: tuple[BrokenGlass, ...] = ()

"""How a watch stands, from its run's folder alone: also while it is written, and of one that is dead or damaged."""

from __future__ import annotations

import contextlib
import datetime
from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING, Final, cast

import msgspec

from harness import policy, runbook
from harness.errors import UsageError
from harness.evidence import names, slices
from harness.evidence.phase import Watch
from harness.evidence.planned import planned
from harness.evidence.reading import WindowReader
from harness.evidence.rows import FILE
from harness.evidence.store import EvidenceError, Reader
from harness.evidence.watch import WatchEvidence
from harness.judge import slos, soak
from harness.judge.watched import held_throughout, judged_slices
from harness.target import WATCHED_S, Target
from harness.verdict import Outcome, Reason, Verdict, unknown

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from harness.evidence.window import Series, Window
    from harness.judge.course import Course
    from harness.runbook import Line
    from harness.target import Watched

MOST_RESETS: Final = 5
OF_SLICES: Final[Mapping[Watched, str]] = {"staging": "P1-PASS-01", "canary": "P2-PASS-04"}  # whose alpha they share
_AFTER: Final = "PD-06"
_DELTA: Final = "-03"
_OVER_P95: Final = 0.05


class Slo(msgspec.Struct, frozen=True):
    """One SLO so far: estimate and bounds of what `limit` limits (shares of 1, or seconds), and its outcome."""

    line: str
    says: str
    estimate: float | None
    low: float | None
    high: float | None
    limit: float | None
    unit: str  # "s", or "" for a share
    n: int
    outcome: str
    reason: str | None
    because: str


class Traffic(msgspec.Struct, frozen=True):
    """How our own traffic went out: requests, those that left late, the latest one (s), slices spoiled by it."""

    n: int = 0
    late: int = 0
    late_max_s: float = 0.0
    spoiled: int = 0
    why: str = ""


class Status(msgspec.Struct, frozen=True):
    """A watch; instants are RFC3339 in UTC, lengths seconds. `trouble` says what is damaged, "" if nothing is."""

    run: str
    phase: str
    target: str
    collector: str
    state: str  # of the watch: absent, planned, running, done, stopped
    began: str | None = None
    until: str | None = None
    wanted_s: float = 0.0
    clean_since: str | None = None
    clean_s: float = 0.0
    to_go_s: float = 0.0
    slices_done: int = 0
    slices_planned: int = 0
    slices: dict[str, int] = {}
    largest_gap_s: float = 0.0
    largest_gap_allowed_s: float = 0.0
    gaps: int = 0
    resets: list[str] = []
    traffic: Traffic = Traffic()
    slos: list[Slo] = []
    held: str = ""
    why: str = ""  # why it is not going on, where it is not
    trouble: str = ""

    @property
    def ended(self) -> bool:
        """Whether the watch came to its planned end, and all of it can be read."""
        return self.state == "done" and not self.trouble

    @property
    def good(self) -> bool:
        """Whether it goes on, or ended as planned, undamaged."""
        return not self.trouble and (self.state == "done" or self.collector == "running")


class _Intact(WatchEvidence):
    """What is intact of a watch; `damage` says what is not."""

    damage = ""

    @property
    def rows(self) -> list[tuple[int, Series, Window]]:
        """All windows of the watch that can be read."""
        return self._rows

    @cached_property
    def _rows(self) -> list[tuple[int, Series, Window]]:
        terms = slices.terms(self._run, self._phase)
        found: list[tuple[int, Series, Window]] = []
        if terms is None:
            return found
        try:
            found.extend(WindowReader(self._run).rows(from_ms=terms.from_us // 1000))
        except EvidenceError as trouble:
            self.damage = str(trouble)
        return found


def named(phase: str) -> Watched:
    """Return a phase that is watched; UsageError if it is not one."""
    for known in WATCHED_S:
        if phase == known:
            return known
    raise UsageError(f"phase {phase!r}: wanted one that is watched, {', '.join(WATCHED_S)}")


def phase_of(run: Path, given: str | None) -> Watched:
    """Return which watch of a run is meant; UsageError where that is not clear."""
    if given is not None:
        return named(given)
    if not run.is_dir():
        raise UsageError(f"{run}: wanted a run's folder, found none")
    begun: list[Watched] = []
    started: object = None
    with contextlib.suppress(EvidenceError, msgspec.MsgspecError):
        begun = [phase for phase in WATCHED_S if slices.terms(run, phase) is not None]
        started = Reader(run).meta("started")
    if not begun and isinstance(started, dict):
        phases = cast("dict[str, list[str]]", started).get("phases", [])
        begun = [phase for phase in WATCHED_S if phase in phases]
    if len(begun) != 1:
        which = f"it has {', '.join(begun)}" if begun else "its evidence names none"
        raise UsageError(f"{run}: wanted one watched phase, {which}; give --phase")
    return begun[0]


def read(run: Path, phase: Watched) -> Status:
    """Return how a watch stands. Nothing is raised for damage: what is intact is told, and what is not."""
    target = target_of(run)
    seen = _Intact(run, phase)
    name = target.name if target is not None else "unknown"
    collector: str = "unknown"
    try:
        collector = Reader(run).collector()
        return _status(run, phase, target, seen, collector)
    except (EvidenceError, msgspec.MsgspecError) as trouble:
        said = " ".join(str(trouble).split())
        return Status(str(run), phase, name, collector, "unknown", why=said, trouble=f"{said}; {_intact(run)}")


def target_of(run: Path) -> Target | None:
    """Return the profile a run is about; None where it can't be read."""
    try:
        return msgspec.json.decode((run / "target.json").read_bytes(), type=Target)
    except (OSError, msgspec.MsgspecError):
        return None


def _status(run: Path, phase: Watched, target: Target | None, seen: _Intact, collector: str) -> Status:
    name = target.name if target is not None else "unknown"
    if not (run / FILE).is_file():
        return Status(str(run), phase, name, collector, "absent", why="nothing was collected yet")
    plan, terms = planned(run, f"{names.WATCH}/{phase}"), slices.terms(run, phase)
    if plan is None or terms is None:
        state = plan.state if plan is not None else "planned"
        said = plan.note if plan is not None and plan.note else "the watch has not begun yet"
        return Status(str(run), phase, name, collector, state, why=said)
    course = seen.course
    lines = runbook.lines()
    verdicts, judged, held = _judged(seen, run, phase, target, lines)
    clock = soak.clock(judged, course.largest_gap_s)
    running = plan.state == "running"  # else the plan's instant is that of its end
    before = sum(one.start < plan.at_s - terms.slice_s / 2 for one in course.slices) if running else 0
    until = plan.at_s + plan.expected * terms.slice_s
    trouble = seen.damage
    why = "" if plan.state == "done" or collector == "running" else course.trouble
    return Status(
        run=str(run),
        phase=phase,
        target=name,
        collector=collector,
        state=plan.state,
        began=utc(terms.from_us / 1e6),
        until=utc(until) if running and collector == "running" else None,
        wanted_s=terms.for_s,
        clean_since=None if clock.since is None else utc(clock.since),
        clean_s=clock.clean_s,
        to_go_s=clock.to_go(terms.for_s),
        slices_done=len(course.slices),
        slices_planned=max(before + plan.expected, len(course.slices)),
        slices=dict(Counter(one.state.value for one in judged)),
        largest_gap_s=round(max((clock.largest_gap_s, *(hole.length for hole in course.holes))), 6),
        largest_gap_allowed_s=course.largest_gap_s,
        gaps=len(course.holes),
        resets=[f"{utc(reset.at)} {reset.because}" for reset in clock.resets[-MOST_RESETS:]],
        traffic=_traffic(seen, course),
        slos=[_slo(lines[line], _doubted(said, trouble), most) for line, (said, most) in verdicts.items()],
        held=str(_doubted(held, trouble)),
        why=why,
        trouble=trouble or ("" if target is not None else f"{run}/target.json can't be read, so no SLO is judged"),
    )


def _judged(
    seen: _Intact, run: Path, phase: Watched, target: Target | None, lines: Mapping[str, Line]
) -> tuple[dict[str, tuple[Verdict, float]], tuple[soak.Slice, ...], Verdict]:
    """Judge the six SLOs and the slices, as the suites do, each with its part of the phase's false alarms."""
    if target is None:
        return {}, seen.course.slices, unknown(Reason.NO_DATA, "the run's target is not known")
    where = target.environments["staging" if phase == "staging" else "production"]
    arm = "canary" if phase == "canary" else None
    watch = Watch(seen, run, phase, target, where, lines, arm)
    known = policy.load()
    ids = [f"{watch.prefix}-SLO-0{number}" for number in range(1, 7)]
    alphas = {line: known.alpha_of(phase, line) for line in ids}
    verdicts = slos.all_six(watch.prefix, watch.six, watch.limits, alphas)
    alpha = known.alpha_of(phase, OF_SLICES.get(phase, _AFTER))
    judged = judged_slices(watch.course, watch.figures, alpha=alpha)
    held = held_throughout(watch.course, watch.figures, verdicts, alpha=alpha)
    limits = zip(verdicts.items(), _limits(watch.limits), strict=True)
    return {line: (said, most) for (line, said), most in limits}, judged, held


def _doubted(said: Verdict, trouble: str) -> Verdict:
    """Return a verdict over damaged evidence: MET of a part is not MET."""
    if said.outcome is Outcome.MET and trouble:
        return unknown(Reason.NO_DATA, f"the evidence is damaged; of what is intact: {said.because}", **said.facts)
    return said


def _limits(of: slos.Limits) -> tuple[float, ...]:
    """Return the limits of the six in their order: the share above a P95, seconds of the difference, shares."""
    return (_OVER_P95, _OVER_P95, of.delta_s, of.failed, of.unsaved, of.repaired)


def _slo(line: Line, said: Verdict, most: float) -> Slo:
    """Return the figures of the worst source; where it has none, of the one that saw most."""
    facts: Mapping[str, object] = said.facts
    parts = facts.get("parts")
    if facts.get("estimate") is None and isinstance(parts, dict):
        each = [part for part in cast("dict[str, dict[str, object]]", parts).values() if part.get("n")]
        facts = max(each, key=lambda part: cast("int", part["n"]), default=facts)
    return Slo(
        line.id,
        line.says,
        _number(facts.get("estimate")),
        _number(facts.get("low")),
        _number(facts.get("high")),
        most,
        "s" if line.id.endswith(_DELTA) else "",
        int(_number(facts.get("n")) or 0),
        said.outcome.name,
        said.reason.value if said.reason else None,
        said.because,
    )


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _traffic(seen: _Intact, course: Course) -> Traffic:
    n = late = late_max_us = 0
    for _, series, window in seen.rows:
        if series.stream in {names.LOAD, names.TOGETHER}:
            n, late, late_max_us = n + window.n, late + window.late, max(late_max_us, window.late_max_us)
    spoiled = course.spoiled
    return Traffic(n, late, late_max_us / 1e6, len(spoiled), spoiled[-1].because if spoiled else "")


def _intact(run: Path) -> str:
    """Say how much can still be read."""
    sums, _ = WindowReader(run).intact()
    if not sums:
        return "no window of it can be read"
    return f"{sum(window.n for window in sums.values()):,} samples of it can be read"


def utc(seconds: float) -> str:
    """Write an instant."""
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat(timespec="milliseconds")

"""Does a lower weight mean fewer users on the canary, and none at all at its end? Users' answers are counted."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from harness.judge.answers import Answers, short
from harness.judge.drill import ASKED_BY_ANYONE
from harness.judge.reaching import RATE_LIMITED, doubt, facts, undone
from harness.judge.share import splits_as_configured
from harness.verdict import Outcome, Reason, Verdict, met, unknown, violated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.judge.drill import Drill, Kind, Seen, Step
    from harness.verdict import Fact

WITHIN_S = 120.0  # as long as an emergency may take, no weight may take longer to be in force
MOST_MISSED = 0.01  # zero answers of the canary in 299 bound their share below this (95%)
MOST_MISSED_PINNED = 0.05  # zero in 59
ALPHA = 0.05  # of these bounds
FALSE_MARK = "canary_false"  # note of a drill: which objects carried the mark that only looks like an off switch
PINNED: tuple[Kind, ...] = ("header", "cookie")


def zero_means_stable(drill: Drill) -> Verdict:
    """Decide whether, once weight 0 is in force, no user who pins nothing is answered by the canary.

    VIOLATED: one such answer, or the weight was not in force within two minutes. MET: none in at least 299 answers,
    each of which names stable's build (the share is below 1%, 95%). UNKNOWN: not done, the canary was not seen before,
    builds can't be told apart, too few or unattributed answers, or the target was not left as found.
    """
    ready = _ready(drill, ASKED_BY_ANYONE)
    if isinstance(ready, Verdict):
        return ready
    typed, step, shown = ready
    rows = [one for one in drill.seen if one.kind in ASKED_BY_ANYONE and step.watched_from_s <= one.sent_s <= step.to_s]
    late = last(drill, ASKED_BY_ANYONE, typed, step.to_s)
    shown |= {"last_canary_after_s": None if late is None else round(late - typed, 3), "within_s": WITHIN_S}
    if step.ended != "watched" or (late or 0.0) - typed >= WITHIN_S:
        return _still(drill, ASKED_BY_ANYONE, (typed, step.to_s), f"{step.percent:g}% was set", shown)
    verdict = splits_as_configured(0.0, answers(drill, rows), give=MOST_MISSED, alpha=ALPHA)
    return dense(drill, verdict, (typed, step.to_s), shown)


def nobody_reaches_canary(drill: Drill) -> Verdict:
    """Decide whether without a canary route all are answered by stable, pinned test users too, and nobody fails.

    VIOLATED: an answer of the canary once the removal is in force, a failed request from the removal on, or the mark
    `canary: "false"` on an object at any time. MET: none among 299 answers to anyone and 59 for each way of pinning.
    UNKNOWN as in `zero_means_stable`, or nobody looked at the marks, or no test user asked.
    """
    marked = drill.notes.get(FALSE_MARK)
    if marked:
        said = f'{marked} carried canary: "false", which makes a second primary of it and is no off switch'
        return violated(said, **facts(drill))
    pinned: tuple[Kind, ...] = tuple(kind for kind in PINNED if any(one.kind == kind for one in drill.seen))
    ready = _ready(drill, (*ASKED_BY_ANYONE, *pinned))
    if isinstance(ready, Verdict):
        return ready
    if marked is None or not pinned:
        said = "nobody looked at the objects' marks" if marked is None else "no test user asked by header or cookie"
        return unknown(Reason.NO_DATA, said, **ready[2])
    return _nobody(drill, pinned, *ready)


def _nobody(drill: Drill, pinned: tuple[Kind, ...], typed: float, step: Step, shown: dict[str, Fact]) -> Verdict:
    span = (typed, step.to_s)
    failed = [one for one in drill.seen if typed <= one.due_s <= step.to_s and one.error]
    failed = [one for one in failed if one.error not in RATE_LIMITED]
    if failed:
        first = f"{failed[0].kind} at {failed[0].due_s - typed:.2f} s: {failed[0].error}"
        return violated(f"{len(failed):,} requests failed after the removal, first {first}", **shown)
    if step.ended != "watched":
        return _still(drill, (*ASKED_BY_ANYONE, *pinned), span, "the route was removed", shown)
    verdicts = [_none_of(drill, ASKED_BY_ANYONE, step, MOST_MISSED)]
    verdicts += [_none_of(drill, (kind,), step, MOST_MISSED_PINNED) for kind in pinned]
    shown["by_kind"] = {str(one.facts["kinds"]): one.facts for one in verdicts}
    worst = max(verdicts, key=lambda one: one.outcome)
    if worst.outcome is not Outcome.MET:
        return Verdict(worst.outcome, worst.because, worst.reason, shown)
    said = "; ".join(one.because for one in verdicts)
    return dense(drill, met(f"the route is gone and nobody failed: {said}", **shown), span, shown)


def _none_of(drill: Drill, kinds: tuple[Kind, ...], step: Step, most: float) -> Verdict:
    rows = [one for one in drill.seen if one.kind in kinds and step.watched_from_s <= one.sent_s <= step.to_s]
    verdict = splits_as_configured(0.0, answers(drill, rows), give=most, alpha=ALPHA)
    who = " and ".join(kinds)
    return Verdict(verdict.outcome, f"{who}: {verdict.because}", verdict.reason, {**verdict.facts, "kinds": who})


def answers(drill: Drill, rows: Sequence[Seen]) -> Answers:
    """Count answers by the arm whose build they name."""
    canary, stable = drill.arms.get("canary", ()), drill.arms.get("stable", ())
    good = [one for one in rows if not one.error]
    foreign = Counter(one.commit for one in good if one.commit and one.commit not in {*canary, *stable})
    failed = Counter("rate-limited" if one.error in RATE_LIMITED else one.error for one in rows if one.error)
    return Answers(
        canary=sum(one.commit in canary for one in good),
        stable=sum(one.commit in stable for one in good),
        foreign=dict(foreign),
        unnamed=sum(not one.commit for one in good),
        failed=dict(failed),
        planned=len(rows),
    )


def _ready(drill: Drill, kinds: tuple[Kind, ...]) -> Verdict | tuple[float, Step, dict[str, Fact]]:
    """Return when it was done, the step that was watched and the facts; or why nothing can be told."""
    if (not_done := undone(drill)) is not None:
        return not_done
    shown = facts(drill)
    if (weak := arms(drill)) is not None:
        return unknown(Reason.NO_DATA, weak, **shown)
    if drill.command is None or not drill.steps:
        return unknown(Reason.NO_DATA, "the record of the drill names no change of the weight", **shown)
    typed = drill.command.typed_s
    before = [one for one in drill.seen if one.done_s <= typed and one.commit in drill.arms["canary"] and not one.error]
    seen = {kind: sum(one.kind == kind for one in before) for kind in kinds}
    shown |= {"canary_answers_before": dict(seen)}
    unseen = [kind for kind in kinds if kind in PINNED and not seen[kind]]
    if unseen or not any(seen[kind] for kind in kinds if kind not in PINNED):
        who = " and ".join(unseen) or "anyone"
        said = f"the canary answered nobody before ({who}): that it answers nobody after shows nothing"
        return unknown(Reason.NO_DATA, said, **shown)
    return typed, drill.steps[-1], shown


def arms(drill: Drill) -> str | None:
    """Return why the arms' answers can't be told apart; None if they can."""
    canary, stable = drill.arms.get("canary", ()), drill.arms.get("stable", ())
    if not canary or not stable:
        return "which commits the arms' pods run could not be read"
    same = set(canary) & set(stable)
    return f"both arms run commit {short(next(iter(same)))}: their answers can't be told apart" if same else None


def last(drill: Drill, kinds: tuple[Kind, ...], from_s: float, to_s: float, *, sent: bool = False) -> float | None:
    """Return when the last answer of the canary between two instants ended (`sent`: was asked for)."""
    rows = (one for one in drill.seen if one.kind in kinds and one.commit in drill.arms["canary"])
    times = ((one.sent_s if sent else one.done_s) for one in rows)
    return max((at for at in times if from_s < at <= to_s), default=None)


def _still(
    drill: Drill, kinds: tuple[Kind, ...], span: tuple[float, float], what: str, shown: dict[str, Fact]
) -> Verdict:
    late = last(drill, kinds, *span)
    if late is None:
        return unknown(Reason.INTERRUPTED, f"users were not watched long enough after {what}", **shown)
    by_kind = Counter(
        one.kind for one in drill.seen if one.commit in drill.arms["canary"] and span[0] < one.done_s <= span[1]
    )
    said = f"{late - span[0]:.1f} s after {what} the canary still answered"
    return violated(f"{said} ({', '.join(f'{kind} {n:,}' for kind, n in sorted(by_kind.items()))} since)", **shown)


def dense(drill: Drill, verdict: Verdict, span: tuple[float, float], shown: dict[str, Fact]) -> Verdict:
    """Return a verdict as far as the stream carries it and the target was left as found; VIOLATED stands."""
    said = dict(verdict.facts) | shown
    if verdict.outcome is Outcome.MET and (weak := doubt(drill, *span)) is not None:
        return unknown(weak[0], f"{weak[1]}; {verdict.because}", **said)
    if verdict.outcome is Outcome.MET and not drill.restored:
        why = drill.notes.get("ended") or "see the run's audit.jsonl"
        return unknown(Reason.ERROR, f"the drill did not leave the target as found: {why}; {verdict.because}", **said)
    return Verdict(verdict.outcome, verdict.because, verdict.reason, said)

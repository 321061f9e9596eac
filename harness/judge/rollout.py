"""The lines of the full rollout, from the record of one (harness.judge.rolled).

A share is claimed by two one-sided exact tests at 95% each (harness.judge.share), so a split that is off by more than
`give` is called the configured one with a probability of at most 5%. "Every answer" leaves nothing to chance: one
counter-example refutes it, and 99 answers without one bound the share of others below 3% (95%).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.judge import share
from harness.judge.answers import short
from harness.judge.drill import ASKED_BY_ANYONE
from harness.judge.exact import high_bound
from harness.judge.identity import digest_of, same_commit
from harness.judge.rolled import counted
from harness.verdict import Outcome, Reason, Verdict, met, unknown, violated

if TYPE_CHECKING:
    from harness.judge.drill import Kind
    from harness.judge.rolled import Crossing, Kept, Rollout, Taken
    from harness.verdict import Fact

ALPHA = 0.05  # one-sided, of each bound of a share
NEED_ALL = 99  # so many answers without another's bound the share of others below 3% (95%)
BACK_S = 10.0  # from the crossing to the candidate's last answer
_UNPROVEN = {"blind": Reason.GAP, "foreign": Reason.INTERRUPTED, "stopped": Reason.INTERRUPTED, "failed": Reason.ERROR}


def snapshot_kept(record: Rollout) -> Verdict:
    """Decide whether every pod's metrics of before the rollout were read, usable and kept with the run."""
    bad = [one for one in record.kept if one.trouble]
    facts: dict[str, Fact] = {
        "documents": [
            {"source": k.source, "file": k.file, "sha256": k.sha256, "trouble": k.trouble} for k in record.kept
        ],
        "n": len(record.kept),
        "unit": "document",
    }
    if not record.kept:
        return _undone(record, "no metrics were read before the rollout", facts)
    lying = [one for one in bad if one.asked]
    if lying:
        return violated(f"{len(lying)} of {len(record.kept)} documents are not usable: {_first(lying)}", **facts)
    if bad:
        return unknown(Reason.NO_DATA, f"{len(bad)} of {len(record.kept)} could not be asked: {_first(bad)}", **facts)
    lost = [one for one in record.kept if not (one.file and one.sha256)]
    if lost:
        return unknown(Reason.NO_DATA, f"{lost[0].source}: its document was read and not kept", **facts)
    return met(f"the metrics of {len(record.kept)} sources are kept with the run, each with its hash", **facts)


def half(record: Rollout, weight_percent: float, *, watch_min: float, give: float, need: int) -> Verdict:
    """Decide whether a weight was seen by users, and held for the whole watch without a violation.

    The runbook's `watch_min` minutes count, except in a rehearsal, where the profile says how long. `need` answers
    of the candidate to chats carry a watch: with fewer, no failure among them shows nothing.
    """
    taken = record.step("half")
    facts = _facts(record, taken)
    if (early := _early(record, taken, facts)) is not None:
        return early
    assert taken is not None
    assert taken.seen_s is not None
    wanted_s = taken.watch_s if record.rehearsal else watch_min * 60
    verdict, facts = _split(record, taken, weight_percent, give, facts)
    watched_s, answers = taken.to_s - taken.seen_s, _candidates(record, taken.seen_s, taken.to_s, kinds=("chat",))
    facts |= {"watched_s": watched_s, "wanted_s": wanted_s, "candidate_answers": answers, "need": need}
    if verdict.outcome is Outcome.VIOLATED:
        return violated(verdict.because, **facts)
    if watched_s < wanted_s:
        return unknown(Reason.INTERRUPTED, f"watched for {watched_s:.0f} s, wanted {wanted_s:.0f} s", **facts)
    if answers < need:
        more = f"{answers:,} chats with the candidate while watching, {need - answers:,} more are needed"
        return unknown(Reason.SAMPLE_TOO_SMALL, f"{more}: raise acting.rollout_asks_per_s or rollout_step_s", **facts)
    if verdict.reason is not None:
        return unknown(verdict.reason, verdict.because, **facts)
    return met(f"{verdict.because}; {watched_s:.0f} s without a violation", **facts)


def all_of_it(record: Rollout, weight_percent: float) -> Verdict:
    """Decide whether every answer that was not pinned came from the candidate once the weight was in force."""
    taken = record.step("all")
    facts = _facts(record, taken)
    if (early := _early(record, taken, facts)) is not None:
        return early
    assert taken is not None
    verdict, facts = _split(record, taken, weight_percent, share.GIVE, facts)
    if verdict.outcome is Outcome.UNKNOWN:
        return unknown(verdict.reason or Reason.NO_DATA, verdict.because, **facts)
    return Verdict(verdict.outcome, verdict.because, None, facts)


def promoted(record: Rollout, failed_requests: int) -> Verdict:
    """Decide whether stable carries the candidate, its route is gone, everyone is answered by it, and nobody failed."""
    promote, end = record.step("promote"), record.step("verify")
    facts = _facts(record, promote)
    facts |= {"pods": [f"{pod.name} {pod.digest} {pod.commit}" for pod in record.pods], "route_gone": record.route_gone}
    if promote is None:
        return _undone(record, "the rollout did not get as far as promoting", facts)
    to_s = (end or promote).to_s
    asked = record.asked(promote.from_s, to_s)
    failed = [row for row in asked if row.error]
    facts |= {
        "n": len(asked),
        "failed": len(failed),
        "first_failures": [f"{r.error} at {r.done_s:.2f} s" for r in failed[:5]],
    }
    facts["failed_high"] = high_bound(len(failed), len(asked), ALPHA) if asked else None
    wrong = [*_wrong_pods(record), *_wrong_end(record, end)]
    if len(failed) > failed_requests:
        said = f"{len(failed):,} of {len(asked):,} users' requests failed on the way, wanted {failed_requests}"
        wrong.insert(0, f"{said}: first {failed[0].error} at {failed[0].done_s:.1f} s")
    wrong += [
        taken.why for taken in (promote, record.step("unroute"), end) if taken and taken.ended in {"crossed", "unseen"}
    ]
    if wrong:
        return violated("; ".join(dict.fromkeys(wrong)), **facts)
    for taken in (promote, record.step("unroute"), end):
        if taken is None or taken.ended:
            why = f": {taken.why}" if taken else ""
            reason = _UNPROVEN.get(taken.ended, Reason.ERROR) if taken else Reason.INTERRUPTED
            return unknown(reason, f"the promotion did not come to its end{why or _why(record)}", **facts)
    assert end is not None
    if (doubt := _doubt_of_end(record, end)) is not None:
        return unknown(doubt[0], doubt[1], **facts)
    most = f"at most {facts['failed_high']:.3%} of requests (95%)"
    return met(
        f"all {len(record.pods)} stable pods run {short(record.digest)}, the canary's route is gone, every answer is "
        f"from {short(record.candidate)}, and none of {len(asked):,} requests failed on the way ({most})",
        **facts,
    )


def takes_back_by_itself(record: Rollout, *, within_s: float = BACK_S) -> Verdict:
    """Decide from a drill with a declared violation whether users left the candidate in time, and it was said why."""
    crossing, taken = record.crossing, record.step("half")
    facts = _facts(record, taken)
    if crossing is None:
        if taken is not None and not taken.ended:
            return violated(
                "a violation was declared at 50% and the rollout went on as if nothing had happened", **facts
            )
        return _undone(record, taken.why if taken and taken.why else "no violation was declared", facts)
    before = _candidates(record, 0.0, crossing.at_s)
    after = record.asked(crossing.at_s, record.until_s)
    last_s = max((row.done_s for row in after if record.is_candidate(row)), default=crossing.at_s)
    took_s = last_s - crossing.at_s
    clear = sum(bool(row.commit) for row in after if row.sent_s >= max(last_s, crossing.off_s or 0.0))
    facts |= {"said": crossing.said, "at_s": crossing.at_s, "off_s": crossing.off_s, "failures": crossing.failures}
    facts |= {"candidate_before": before, "n": len(after), "last_candidate_s": last_s, "took_s": took_s}
    facts |= {"within_s": within_s, "clear_answers": clear}
    if not before:
        return unknown(Reason.NO_DATA, "the candidate gave no answer before the violation: nothing was shown", **facts)
    if wrong := _not_back(record, crossing, took_s, within_s):
        return violated(wrong, **facts)
    if clear < NEED_ALL:
        said = f"{clear} answers after the candidate's last one, {NEED_ALL - clear} more are needed"
        return unknown(Reason.SAMPLE_TOO_SMALL, said, **facts)
    said = f"taken back by itself: the candidate's last answer came {took_s:.1f} s after the violation"
    return met(f"{said}; {crossing.failures:,} users' requests failed until then; {crossing.said}", **facts)


def _not_back(record: Rollout, crossing: Crossing, took_s: float, within_s: float) -> str:
    """Say what a rollout that should have taken itself back did not do, "" if it did."""
    if crossing.off_s is None:
        return f"the weight was never set back{_why(record)}"
    if took_s > within_s:
        return f"the candidate still answered {took_s:.1f} s after the violation, wanted {within_s:g} s"
    return "" if crossing.said else "the weight was set back without a word of why"


def _facts(record: Rollout, taken: Taken | None) -> dict[str, Fact]:
    facts: dict[str, Fact] = {"ended": record.ended, "trouble": record.trouble, "foreign": record.foreign}
    facts |= {"rehearsal": record.rehearsal, "per_s": record.per_s, "guarded": dict(record.guarded), "unit": "request"}
    if taken is not None:
        facts |= {"from_s": taken.from_s, "changed_s": taken.changed_s, "seen_s": taken.seen_s, "to_s": taken.to_s}
    return facts


def _early(record: Rollout, taken: Taken | None, facts: dict[str, Fact]) -> Verdict | None:
    """Return the verdict of a step that was not taken or did not come to its end."""
    if taken is None:
        return _undone(record, "the rollout did not get as far as this step", facts)
    if taken.ended in {"crossed", "unseen"}:
        return violated(taken.why, **facts)
    if taken.ended or taken.seen_s is None:
        return unknown(_UNPROVEN.get(taken.ended, Reason.ERROR), taken.why or "the step was never seen", **facts)
    return None


def _split(
    record: Rollout, taken: Taken, weight_percent: float, give: float, facts: dict[str, Fact]
) -> tuple[Verdict, dict[str, Fact]]:
    """Judge the split while the weight was in force; the verdict's facts go with ours."""
    rows = record.asked(taken.to_s if taken.seen_s is None else taken.seen_s, taken.to_s)
    answers = counted(rows, candidate=record.candidate, stable=record.stable)
    verdict = share.splits_as_configured(weight_percent / 100, answers, give=give, alpha=ALPHA)
    return verdict, facts | dict(verdict.facts)


def _candidates(record: Rollout, from_s: float, to_s: float, *, kinds: tuple[Kind, ...] = ASKED_BY_ANYONE) -> int:
    rows = record.asked(from_s, to_s)
    return sum(record.is_candidate(row) for row in rows if row.kind in kinds)


def _undone(record: Rollout, said: str, facts: dict[str, Fact]) -> Verdict:
    """Say why something was not done: refused, taken back before, changed by hand, broken off, or an error."""
    reason = Reason.INTERRUPTED if record.foreign else Reason.ERROR
    gave_up = any(taken.ended in {"crossed", "unseen"} for taken in record.steps)
    if record.refused or record.crossing or gave_up:  # it went back as it should: what comes after was rightly left out
        reason = Reason.NOT_RUN
    if not (record.trouble or record.foreign or record.crossing):
        reason = Reason.NO_DATA
    return unknown(reason, f"{said}{_why(record)}", **facts)


def _why(record: Rollout) -> str:
    said = record.trouble or record.foreign or (record.crossing.said if record.crossing else "")
    return f": {said}" if said else ""


def _first(bad: list[Kept]) -> str:
    return f"{bad[0].source}: {bad[0].trouble}"


def _wrong_pods(record: Rollout) -> list[str]:
    """Name stable's pods that run or claim another build than the candidate."""
    wanted, wrong = digest_of(record.digest), list[str]()
    for pod in record.pods:
        found = digest_of(pod.digest)
        if pod.ready and found and found != wanted:
            wrong.append(f"stable pod {pod.name} runs {short(found)}, wanted {short(wanted)}")
        elif pod.ready and pod.commit and not same_commit(pod.commit, record.candidate):
            wrong.append(f"stable pod {pod.name} names {short(pod.commit)}, wanted {short(record.candidate)}")
    return wrong


def _wrong_end(record: Rollout, end: Taken | None) -> list[str]:
    """Say what stands against the end: the route still there, or answers of another build."""
    wrong = ["the canary's route is still there"] if record.route_gone is False else []
    if end is None or end.seen_s is None:
        return wrong
    others = [r for r in record.seen if end.seen_s <= r.sent_s < end.to_s and r.commit and not record.is_candidate(r)]
    if others:
        first = others[0]
        wrong.append(f"{len(others):,} answers at the end from {short(first.commit)} ({first.kind})")
    return wrong


def _doubt_of_end(record: Rollout, end: Taken) -> tuple[Reason, str] | None:
    """Return why an end that looks good proves nothing yet, if so."""
    if end.seen_s is None:
        return Reason.NO_DATA, "nobody looked at the answers after the promotion"
    rows = [row for row in record.seen if end.seen_s <= row.sent_s < end.to_s]
    if any(not row.commit for row in rows):
        return Reason.NO_DATA, f"{sum(not row.commit for row in rows):,} answers at the end name no version"
    if len(rows) < NEED_ALL:
        return Reason.SAMPLE_TOO_SMALL, f"{len(rows)} answers at the end, {NEED_ALL - len(rows)} more are needed"
    ready = [pod for pod in record.pods if pod.ready]
    if not ready or len(ready) < len(record.pods) or not all(digest_of(pod.digest) for pod in ready):
        return Reason.NO_DATA, "not every stable pod is ready and shows its digest"
    if record.route_gone is None:
        return Reason.NO_DATA, "whether the canary's route is gone was not read"
    return None

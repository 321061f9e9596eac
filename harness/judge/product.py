"""Is what the product says of itself there, is it true, and is it good?

None of these estimates anything by chance, `repair_rate_within` excepted: they compare what was read. Their error
rates are those of the reading, which the callers' `slack` stands for.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from harness.judge.limit import Tally, Wording, keeps_within
from harness.verdict import Outcome, Reason, met, unknown, violated

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.judge.said import Fired, Health, PodFigures
    from harness.verdict import Fact, Verdict

LOCKED: Final = "an answer but no PONG: it wants credentials"
UNREACHED: Final = frozenset({LOCKED, "unknown host", "bad address, wanted host:port"})
"""Answers of a Redis that say more of us than of it."""

OF_NOTHING: Final = {"repair_percent": ("validated",), "unsaved_percent": ("saved", "unsaved")}
"""Shares in the documents, and the counters whose sum they are shares of."""

_UNITS: Final = {"percent": "%", "ms": " ms"}
_NAMED = 3  # of several findings, as many stand in the sentence; the facts have all


def health_is_real(answers: Sequence[Health], trouble: str = "") -> Verdict:
    """Decide whether every pod and the ingress answered 200 with a document that says they are well.

    VIOLATED as soon as one answered anything else, or not at all. UNKNOWN if one could not be asked from here, no
    pod was (`trouble` is why), or the ingress is not among them.
    """
    facts: dict[str, Fact] = {
        "answers": [_answer(one) for one in answers],
        "pods": len({one.pod for one in answers if one.pod}),
        "trouble": trouble,
    }
    if bad := [one for one in answers if one.asked and not one.good]:
        return violated(f"not well: {_some([f'{one.at} {one.path}: {one.said}' for one in bad])}", **facts)
    if unready := [one.at for one in answers if one.good and one.ready is False]:
        return violated(f"well by their own word, but not ready to serve: {_some(unready)}", **facts)
    if unasked := [one for one in answers if not one.asked]:
        said = _some([f"{one.at}: {one.said}" for one in unasked])
        return unknown(Reason.NO_DATA, f"not asked: {said}{f'; {trouble}' if trouble else ''}", **facts)
    if trouble or not facts["pods"]:
        return unknown(Reason.NO_DATA, trouble or "no pod was asked for its health", **facts)
    if all(one.pod for one in answers):
        return unknown(Reason.NO_DATA, "nobody asked through the ingress", **facts)
    return met(f"{facts['pods']} pods and the ingress answer 200 and say that they are well", **facts)


def complies(documents: Sequence[PodFigures], ours: Mapping[str, Verdict], *, limits: Mapping[str, float]) -> Verdict:
    """Decide whether every pod's own figures are there, within `limits` (by figure), and not against our verdicts.

    VIOLATED: a figure is over its limit; or all are fine while one of `ours` (by line) is VIOLATED. UNKNOWN: a
    figure is missing or malformed in any pod, or is a share of nothing.
    """
    present = _present(documents)
    facts: dict[str, Fact] = {
        "limits": dict(limits),
        "pods": {
            pod.pod: {name: pod.figure(name).value for name in limits} | {"places": _places(pod, limits)}
            for pod in present
        },
        "ours": {line: verdict.outcome.name for line, verdict in ours.items()},
    }
    over, missing = list[str](), list[str]()
    for pod in present:
        for name, limit in limits.items():
            got = pod.figure(name)
            if got.value is None:
                missing.append(f"pod {pod.pod}: {name}: {pod.trouble or got.why}")
            elif got.value > limit:
                over.append(f"pod {pod.pod}: {_shown(name, got.value)}, wanted at most {_shown(name, limit)}")
            elif _of_nothing(pod, name):
                missing.append(f"pod {pod.pod}: {name}: a share of nothing, its counters are at zero")
    facts |= {"over": over, "missing": missing}
    if over:
        return violated(f"over by the product's own word: {_some(over)}", **facts)
    if missing:
        return unknown(Reason.NO_DATA, f"not said: {_some(missing)}", **facts)
    if not present or not limits:
        return unknown(Reason.NO_DATA, "no pod's document was read", **facts)
    if broken := [line for line, verdict in ours.items() if verdict.outcome is Outcome.VIOLATED]:
        said = f"all fine by the product's own word, against what users got: {', '.join(broken)} VIOLATED"
        return violated(said, **facts)
    return met(f"all {len(limits)} figures of {len(present)} pods are there and within their limits", **facts)


def counters_move(  # noqa: PLR0911  each way to fail is one
    documents: Sequence[PodFigures],
    logged: int | None,
    ours: int,
    slack: float,
    *,
    per_restart: float = 0.0,
) -> Verdict:
    """Decide whether the product's count of validated answers moves with the traffic.

    `logged` are the answers that the pods' logs count between the readings (None: not read), `ours` those of our
    own load that surely lie between them, `slack` the answers by which two honest counts differ since they are not
    read at one instant. A process that began anew, came or went in between widens it by `per_restart` answers.

    VIOLATED: a counter went back or takes turns; it stood still while answers were given; it rose by fewer than
    ours; or it differs from the logs by more than the slack. UNKNOWN: it could not be read twice, or was not read
    any more while the sum is too small; nothing compares; or there was no traffic.
    """
    risen = {pod.pod: pod.risen.get("validated") for pod in documents}
    total = math.fsum(value for value in risen.values() if value is not None)
    changes = sum(pod.restarts + pod.joined + pod.left for pod in documents)
    wide = slack + per_restart * changes
    against = [said for pod in documents for said in pod.contradictions]
    facts: dict[str, Fact] = {
        "risen": risen,
        "total": total,
        "logged": logged,
        "ours": ours,
        "slack": slack,
        "changes": changes,
        "slack_with_changes": wide,
        "contradictions": against,
    }
    if against:
        return violated(f"no counter does this: {_some(against)}", **facts)
    if unread := [_unread(pod) for pod in documents if risen[pod.pod] is None and not _passing(pod)]:
        return unknown(Reason.NO_DATA, f"not counted: {_some(unread)}", **facts)
    if not documents:
        return unknown(Reason.NO_DATA, "no pod's document was read", **facts)
    least = max(ours, (logged or 0) - wide)
    short = total == 0 < least or total + per_restart * changes < ours or total < (logged or 0) - wide
    if short and (blind := [_unread(pod) for pod in _present(documents) if pod.figure("validated").value is None]):
        said = f"only {total:,.0f} answers could be counted, since the last reading failed: {_some(blind)}"
        return unknown(Reason.NO_DATA, said, **facts)
    if total == 0 and least > 0:
        return violated(f"the counters stand still while {max(ours, logged or 0):,} answers were given", **facts)
    if total + per_restart * changes < ours:
        return violated(f"the product counts {total:,.0f} answers, {ours:,} of our own lie in between", **facts)
    if logged is None:
        return unknown(Reason.NO_DATA, f"the product counts {total:,.0f} answers, and no logs to compare with", **facts)
    if abs(total - logged) > wide:
        said = f"the product counts {total:,.0f} answers, its logs {logged:,}, more than {wide:,.0f} apart"
        return violated(said, **facts)
    if total == 0:
        return unknown(Reason.NO_DATA, "nothing was asked, so nothing is shown: no answer by any count", **facts)
    said = f"the product counts {total:,.0f} answers, its logs {logged:,}, at least {ours:,} of them ours"
    return met(said, **facts)


def no_page(
    looks: int,
    pages: Sequence[Fired],
    warnings: Sequence[Fired],
    gaps: Sequence[float],
    *,
    largest_gap_s: float,
) -> Verdict:
    """Decide that no alert fired that calls somebody; `gaps` are the holes between looks in seconds.

    One look at a page is enough for VIOLATED. Nothing is known of an alert that came and went in a hole: a hole
    longer than `largest_gap_s` is UNKNOWN. Warnings are named and change nothing.
    """
    longest = max(gaps, default=0.0)
    facts: dict[str, Fact] = {
        "looks": looks,
        "pages": [_fired(one) for one in pages],
        "warnings": [_fired(one) for one in warnings],
        "longest_gap_s": longest,
        "largest_gap_s": largest_gap_s,
    }
    if pages:
        return violated(f"fired: {_some([_firing(one) for one in pages], named=10)}", **facts)
    if looks <= 0:
        return unknown(Reason.NO_DATA, "the active alerts could not be read once", **facts)
    if longest > largest_gap_s:
        said = (
            f"nobody looked for {longest:.0f} s, at most {largest_gap_s:.0f} s are allowed; nothing fired in {looks:,}"
        )
        return unknown(Reason.GAP, f"{said} looks", **facts)
    also = f"; warnings only: {_some([_firing(one) for one in warnings], named=10)}" if warnings else ""
    return met(f"no page at {looks:,} looks{also}", **facts)


def answers_pong(replies: Mapping[str, str]) -> Verdict:
    """Decide whether every Redis answered PONG: "" by address, else what it did instead.

    VIOLATED: one did not. UNKNOWN: none is known, or what it said is about us (no credentials, no such host from here).
    """
    facts: dict[str, Fact] = {"replies": {at: said or "PONG" for at, said in replies.items()}}
    if bad := [f"{at}: {said}" for at, said in replies.items() if said and said not in UNREACHED]:
        return violated(f"Redis gives no PONG: {_some(bad)}", **facts)
    if unreached := [f"{at}: {said}" for at, said in replies.items() if said]:
        return unknown(Reason.NO_DATA, f"Redis can't be asked from here: {_some(unreached)}", **facts)
    if not replies:
        return unknown(Reason.NO_DATA, "the profile names no Redis to ask", **facts)
    return met(f"Redis answers PONG at {', '.join(replies)}", **facts)


def pipeline_is_on(flags: Mapping[str, bool | None], answers: int, unified: int) -> Verdict:
    """Decide whether the unified pipeline is on by every pod's word, and by what users get.

    `unified` of `answers` to our own load carry the field that only that pipeline writes. VIOLATED: a pod says off,
    or answers lack the field. UNKNOWN: a pod does not say, or there were no answers.
    """
    if not 0 <= unified <= answers:
        raise ValueError(f"unified: wanted 0..{answers}, got {unified}")
    facts: dict[str, Fact] = {"flags": dict(flags), "answers": answers, "unified": unified}
    behaves = f"{unified:,} of {answers:,} answers come from the unified pipeline"
    if off := [pod for pod, on in flags.items() if on is False]:
        return violated(f"off by the word of {_some(off)}; {behaves}", **facts)
    if unified < answers:
        word = "on" if flags and all(flags.values()) else "unknown"
        return violated(f"{word} by the pods' word, but only {behaves}", **facts)
    if silent := [pod for pod, on in flags.items() if on is None]:
        return unknown(Reason.NO_DATA, f"not said by {_some(silent)}; {behaves}", **facts)
    if not flags or not answers:
        missing = "no pod was asked for its flags" if not flags else "no answer shows what the pods do"
        return unknown(Reason.NO_DATA, missing, **facts)
    return met(f"on by the word of {len(flags)} pods, and {behaves}", **facts)


def repair_rate_within(documents: Sequence[PodFigures], limit_percent: float, need: int, *, alpha: float) -> Verdict:
    """Decide whether the share of repaired answers keeps its limit, from the counts since each process began.

    VIOLATED and MET by the exact bounds of harness.judge.limit, wrong with at most `alpha` and 5%. UNKNOWN: a pod's
    counts or its own figure are not there; or they are of fewer than `need` answers and show no violation.
    """
    present = _present(documents)
    wanted = ("validated", "repaired", "repair_percent")
    pods: dict[str, Fact] = {pod.pod: {name: pod.figure(name).value for name in wanted} for pod in present}
    missing = [
        f"pod {pod.pod}: {name}: {pod.trouble or pod.figure(name).why}"
        for pod in present
        for name in wanted
        if pod.figure(name).value is None and not (name == "repair_percent" and pod.figure("validated").value == 0)
    ]
    if missing or not present:
        said = f"not said: {_some(missing)}" if missing else "no pod's document was read"
        return unknown(Reason.NO_DATA, said, pods=pods)
    of, hits = (int(sum(pod.figure(name).value or 0 for pod in present)) for name in ("validated", "repaired"))
    if hits > of:
        return unknown(Reason.NO_DATA, f"{hits:,} repairs of {of:,} answers can't be", pods=pods)
    wording = Wording(hits="repairs", of="answers", unit="answer")
    verdict = keeps_within(limit_percent / 100, [Tally(hits, of)], alpha=alpha, wording=wording)
    facts = dict(verdict.facts) | {"pods": pods, "need": need}
    if verdict.outcome is Outcome.MET and of < need:
        said = f"{verdict.because}; {need - of:,} more answers are needed"
        return unknown(Reason.SAMPLE_TOO_SMALL, said, **facts)
    return replace(verdict, facts=facts)


def no_repeats(failures: Mapping[str, int], answers: int, most: int) -> Verdict:
    """Decide that no reason for a failed validation was seen more than `most` times.

    `answers` are those whose logs were read; without any, nothing is known.
    """
    ranked = sorted(failures.items(), key=lambda one: (-one[1], one[0]))
    facts: dict[str, Fact] = {"failures": dict(ranked), "answers": answers, "most": most}
    if repeated := [f"{reason} ({n:,} times)" for reason, n in ranked if n > most]:
        return violated(f"repeats in {answers:,} answers: {_some(repeated, named=5)}, wanted at most {most}", **facts)
    if answers <= 0:
        return unknown(Reason.NO_DATA, "no log of an answer was read", **facts)
    seen = f"; seen: {_some([f'{reason} ({n:,})' for reason, n in ranked])}" if ranked else ""
    return met(f"no validation failure repeats in {answers:,} answers{seen}", **facts)


def _present(documents: Iterable[PodFigures]) -> list[PodFigures]:
    """Return the pods that are still there: what one that has left said last is no figure of now."""
    return [pod for pod in documents if not pod.left]


def _passing(pod: PodFigures) -> bool:
    """Tell whether a pod came or went too soon to be read twice: that is a change, not a failed reading."""
    return (pod.joined or pod.left) and pod.readings < 2 and not pod.trouble


def _unread(pod: PodFigures) -> str:
    why = pod.trouble or pod.figure("validated").why or "it was read only once"
    return f"pod {pod.pod}: validated: {why}"


def _of_nothing(pod: PodFigures, name: str) -> bool:
    counted = [pod.figure(counter).value for counter in OF_NOTHING.get(name, ())]
    return bool(counted) and all(value is not None for value in counted) and not any(counted)


def _places(pod: PodFigures, limits: Mapping[str, float]) -> Mapping[str, Fact]:
    return {name: pod.figure(name).place for name in limits}


def _shown(name: str, value: float) -> str:
    head, _, unit = name.rpartition("_")
    return f"{head} {value:g}{_UNITS.get(unit, '')}"


def _answer(one: Health) -> Mapping[str, Fact]:
    return {
        "at": one.at,
        "good": one.good,
        "path": one.path,
        "status": one.status,
        "said": one.said,
        "asked": one.asked,
        "ready": one.ready,
    }


def _fired(one: Fired) -> Mapping[str, Fact]:
    return {"name": one.name, "arm": one.arm, "looks": one.looks}


def _firing(one: Fired) -> str:
    where = f"the {one.arm} pods" if one.arm else "a pod"
    return f"{one.name} on {where} at {one.looks:,} look{'' if one.looks == 1 else 's'}"


def _some(said: Sequence[str], named: int = _NAMED) -> str:
    more = f" (and {len(said) - named} more)" if len(said) > named else ""
    return "; ".join(said[:named]) + more

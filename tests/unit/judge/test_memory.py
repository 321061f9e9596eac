"""Sessions that were told a fact: what the share that forgot says, and how often it says it wrongly."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.judge.exact import high_bound, low_bound
from harness.judge.memory import LATER, LEAST, NEXT, PODS, TOLERATED, VERSION, Recollection, Recollections, remembers
from harness.judge.share import at_most
from harness.verdict import Outcome, Reason, Verdict

OLD, NEW = "1" * 40, "2" * 40
ALPHA = 0.0025
PLANNED = {NEXT: 16, LATER: 16, PODS: 16, VERSION: 16}


def session(way: str, number: int, *, forgot: bool = False, error: str = "", turns: int = 10) -> Recollection:
    by = ((OLD, NEW) if number % 2 else (NEW, OLD)) if way == VERSION else (OLD, OLD)
    return Recollection(
        f"verify-{way}-{number}",
        way,
        turns if way == LATER else 1,
        "My boat mooring is K7-Q2R-94.",
        "Where is my boat moored?",
        "K7-Q2R-94",
        "Nothing was said of it." if forgot else "At K7-Q2R-94.",
        remembered=not forgot and not error,
        error=error,
        told_by=by[0],
        asked_by="" if error else by[1],
    )


def run(forgot: dict[str, int] | None = None, *, planned: dict[str, int] | None = None) -> Recollections:
    """So many sessions of each way, the first of them forgot."""
    lost, of = forgot or {}, planned or PLANNED
    probes = [session(way, n, forgot=n < lost.get(way, 0)) for way, count in of.items() for n in range(count)]
    return Recollections((*probes,), of, pods=5, seed=7)


def judged(seen: Recollections) -> Verdict:
    return remembers(seen, turns=10, alpha=ALPHA)


def test_sixty_four_sessions_that_remember_in_every_way_are_met() -> None:
    verdict = judged(run())
    assert verdict.outcome is Outcome.MET
    assert verdict.because == (
        "0 of 64 sessions forgot what they were told, 0% to 5.6%, tolerated 5%; "
        "asked next turn, turns later, other pods, other version"
    )
    assert verdict.facts["high_for_met"] == pytest.approx(high_bound(0, 64, 0.05))
    assert verdict.facts["seed"] == 7


@pytest.mark.parametrize("way", PLANNED)
def test_a_way_that_forgets_is_violated_and_says_what_was_asked_and_answered(way: str) -> None:
    verdict = judged(run({way: 16}))
    assert verdict.outcome is Outcome.VIOLATED
    assert f"({way}: 16 of 16)" in verdict.because
    assert "told 'My boat mooring is K7-Q2R-94.', asked 'Where is my boat moored?'" in verdict.because
    assert "answered 'Nothing was said of it.'" in verdict.because
    examples = verdict.facts["examples"]
    assert isinstance(examples, list)
    assert len(examples) == 3
    assert all(isinstance(one, dict) and one["way"] == way for one in examples)


def test_one_pod_of_three_that_forgets_is_violated_in_nearly_every_run() -> None:
    each = ALPHA / 5
    least = next(hits for hits in range(65) if low_bound(hits, 64, each) > TOLERATED)
    assert least == 11
    assert 1 - at_most(least - 1, 64, 1 / 3) > 0.99
    assert judged(run(dict.fromkeys(PLANNED, 3))).outcome is Outcome.VIOLATED


def test_a_share_that_is_tolerated_is_called_violated_no_oftener_than_alpha() -> None:
    each = ALPHA / 5
    wrong = 0.0
    for of in (64, 16, 16, 16, 16):
        least = next(hits for hits in range(of + 1) if low_bound(hits, of, each) > TOLERATED)
        wrong += 1 - at_most(least - 1, of, TOLERATED)
    assert wrong <= ALPHA


def test_a_share_above_the_tolerated_is_called_met_in_one_run_of_twenty_at_most() -> None:
    most = max(hits for hits in range(65) if hits == 0 or high_bound(hits, 64, 0.05) <= TOLERATED)
    assert most == 0
    assert at_most(most, 64, TOLERATED) <= 0.05


def test_one_session_that_forgets_leaves_it_open_and_says_how_many_more_are_needed() -> None:
    verdict = judged(run({PODS: 1}))
    assert verdict.reason is Reason.SAMPLE_TOO_SMALL
    assert verdict.facts["needed"] == 93 - 64
    assert "29 more sessions that remember are needed" in verdict.because


def test_too_few_sessions_are_no_memory() -> None:
    verdict = judged(run(planned=dict.fromkeys(PLANNED, 10)))
    assert verdict.reason is Reason.SAMPLE_TOO_SMALL
    assert verdict.facts["needed"] == 59 - 40


def test_a_way_that_hardly_anybody_went_is_not_shown() -> None:
    verdict = judged(run(planned=PLANNED | {LATER: LEAST - 1, NEXT: 40}))
    assert verdict.reason is Reason.SAMPLE_TOO_SMALL
    assert f"{LEAST} sessions of each way are needed, got of turns later {LEAST - 1}" in verdict.because


def test_nothing_answered_is_no_data() -> None:
    seen = run()
    broken = tuple(replace(one, error="telling: refused", remembered=False) for one in seen.probes)
    verdict = judged(replace(seen, probes=broken))
    assert verdict.reason is Reason.NO_DATA
    assert "not one session was answered: telling: refused (64)" in verdict.because
    assert verdict.facts["unanswered"] == {"telling: refused": 64}


def test_nothing_at_all_says_why() -> None:
    verdict = judged(Recollections(trouble="the collector ended without having tried it"))
    assert verdict.reason is Reason.NO_DATA
    assert verdict.because.endswith("no session was opened; the collector ended without having tried it")


def test_refused_for_its_rate_is_the_generators_fault() -> None:
    seen = run()
    limited = tuple(replace(one, error="telling: rate-limited") for one in seen.probes)
    assert judged(replace(seen, probes=limited)).reason is Reason.GENERATOR_INVALID


def test_a_session_that_was_not_answered_counts_for_neither_side() -> None:
    seen = run()
    verdict = judged(replace(seen, probes=(*seen.probes, session(NEXT, 99, error="asking: timeout"))))
    assert (verdict.outcome, verdict.facts["n"], verdict.facts["hits"]) == (Outcome.MET, 64, 0)
    assert verdict.facts["unanswered"] == {"asking: timeout": 1}


def test_sessions_asked_too_early_do_not_show_ten_turns() -> None:
    seen = run()
    early = tuple(replace(one, turns=9) if one.way == LATER else one for one in seen.probes)
    verdict = judged(replace(seen, probes=early))
    assert verdict.reason is Reason.NO_DATA
    assert "got of turns later 0" in verdict.because


@pytest.mark.parametrize(("pods", "said"), [(None, "could not be read"), (1, "1 ready pod"), (0, "0 ready pod")])
def test_other_pods_are_not_shown_where_there_is_one_or_nobody_knows(pods: int | None, said: str) -> None:
    verdict = judged(replace(run(), pods=pods))
    assert verdict.reason is Reason.NO_DATA
    assert said in verdict.because


def test_sessions_that_never_changed_versions_show_nothing_of_it() -> None:
    seen = run()
    astray = tuple(replace(one, asked_by=one.told_by) if one.way == VERSION else one for one in seen.probes)
    verdict = judged(replace(seen, probes=astray))
    assert verdict.reason is Reason.NO_DATA
    assert "16 pinned sessions did not change versions" in verdict.because


def test_versions_that_are_not_named_show_nothing_of_it() -> None:
    seen = run()
    nameless = tuple(replace(one, told_by="", asked_by="") for one in seen.probes)
    verdict = judged(replace(seen, probes=nameless))
    assert verdict.reason is Reason.NO_DATA
    assert "answered by no version and no version" in verdict.because


def test_where_only_one_version_is_out_there_is_no_other_to_forget() -> None:
    seen = run()
    same = tuple(replace(one, told_by=OLD, asked_by=OLD) for one in seen.probes)
    short = judged(replace(seen, probes=same))
    assert short.reason is Reason.SAMPLE_TOO_SMALL
    assert short.facts["n"] == 48
    more = run(planned=PLANNED | {NEXT: 30})
    verdict = judged(replace(more, probes=tuple(replace(one, told_by=OLD, asked_by=OLD) for one in more.probes)))
    assert verdict.outcome is Outcome.MET
    assert verdict.facts["only_version"] == OLD
    assert "other version" not in verdict.because


def test_a_target_without_a_canary_is_judged_by_the_other_ways() -> None:
    assert judged(run(planned={NEXT: 22, LATER: 21, PODS: 21})).outcome is Outcome.MET


def test_a_target_without_a_common_address_is_not_judged_by_its_arms_alone() -> None:
    verdict = judged(run(planned={VERSION: 64}))
    assert verdict.reason is Reason.NO_DATA
    assert "nobody asked: next turn, turns later, other pods" in verdict.because


def test_what_is_refuted_stays_so_in_a_run_that_was_cut_short() -> None:
    seen = run({NEXT: 9}, planned={NEXT: 9})
    assert judged(replace(seen, planned=PLANNED, pods=None)).outcome is Outcome.VIOLATED

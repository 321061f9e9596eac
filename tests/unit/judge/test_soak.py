"""The soak clock: 48 hours in one piece, or the reason why not."""

from __future__ import annotations

import random  # noqa: TC003
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.judge import limit, soak
from harness.judge.limit import Tally
from harness.judge.soak import Slice, State
from harness.verdict import Outcome, Reason, Verdict, met, unknown, violated

HOUR, FIVE = 3_600.0, 300.0
WANTED, GAP = 48 * HOUR, 2 * FIVE - 1  # a hole of one slice is bridged, one of ten minutes is not
WHOLE = {"P95 of /chat": met("held")}


def run(hours: float, start: float = 0.0, watched: str = "a") -> list[Slice]:
    count = round(hours * HOUR / FIVE)
    return [Slice(start + i * FIVE, start + (i + 1) * FIVE, State.COMPLETE, watched) for i in range(count)]


def judge(slices: list[Slice], whole: dict[str, Verdict] | None = None, *, stopped: bool = True) -> Verdict:
    return soak.held(slices, WANTED, largest_gap_s=GAP, whole=WHOLE if whole is None else whole, stopped=stopped)


def test_48_clean_hours_are_met() -> None:
    verdict = judge(run(48))
    assert verdict.outcome is Outcome.MET
    assert "48 h 00 min of 48 h 00 min" in verdict.because


def test_one_slice_less_is_not() -> None:
    verdict = judge(run(48)[:-1])
    assert verdict.reason is Reason.INTERRUPTED
    assert verdict.facts["to_go_s"] == FIVE


def test_while_it_runs_it_says_so() -> None:
    assert "still being watched" in judge(run(3), stopped=False).because


def test_no_slices_are_no_data() -> None:
    assert judge([]).reason is Reason.NO_DATA


def test_a_contiguous_outage_of_4_percent_is_violated_although_the_p95_of_the_whole_is_fine() -> None:
    counts = [Tally(15_000 if 200 <= i < 223 else 0, 15_000) for i in range(576)]
    alpha = soak.slice_alpha(0.002, 2 * WANTED, FIVE)
    assert sum(c.hits for c in counts) / sum(c.of for c in counts) < 0.05
    broken = [limit.quantile_keeps_within(1.5, [c], alpha=alpha).outcome is Outcome.VIOLATED for c in counts]
    slices = [replace(s, state=State.VIOLATED if b else s.state) for s, b in zip(run(48), broken, strict=True)]
    verdict = judge(slices)
    assert sum(broken) == 23
    assert verdict.outcome is Outcome.VIOLATED


def test_a_hole_of_ten_minutes_restarts_the_clock() -> None:
    slices = run(20) + run(28, 20 * HOUR + 600)
    verdict = judge(slices)
    assert verdict.reason is Reason.GAP
    assert verdict.facts["estimate"] == 28 * HOUR
    assert verdict.facts["largest_gap_s"] == 600
    assert "from 72000 to 72600 s" in verdict.because
    assert judge(slices + run(20, 48 * HOUR + 600)).outcome is Outcome.MET


def test_a_short_hole_is_bridged_and_told() -> None:
    slices = run(48)
    del slices[100]
    verdict = judge(slices)
    assert verdict.outcome is Outcome.MET
    assert verdict.facts["largest_gap_s"] == FIVE


def test_a_hole_at_the_end_counts_too() -> None:
    slices = [*run(48), Slice(48 * HOUR, 48 * HOUR + 900, State.INCOMPLETE, "a", "the logs stopped")]
    verdict = judge(slices)
    assert verdict.reason is Reason.GAP
    assert "the logs stopped" in verdict.because


def test_a_change_of_what_is_watched_is_another_soak() -> None:
    verdict = judge(run(30) + run(20, 30 * HOUR, "b"))
    assert verdict.reason is Reason.INTERRUPTED
    assert verdict.facts["since"] == 30 * HOUR
    assert "changed to b" in verdict.because


def test_a_change_seen_only_in_a_spoiled_slice_restarts_too() -> None:
    flicker = Slice(30 * HOUR, 30 * HOUR + FIVE, State.INCOMPLETE, "b")
    assert judge([*run(30), flicker, *run(20, 30 * HOUR + FIVE)]).reason is Reason.INTERRUPTED


def test_the_generators_own_trouble_is_no_fault_of_the_target() -> None:
    slices = [
        replace(s, state=State.GENERATOR_INVALID, because="P99 lateness 0.4 s") if 10 <= i < 14 else s
        for i, s in enumerate(run(40))
    ]
    verdict = judge(slices)
    assert verdict.reason is Reason.GENERATOR_INVALID
    assert "P99 lateness 0.4 s" in verdict.because


def test_a_violated_slice_is_violated_until_enough_clean_time_has_passed() -> None:
    bad = replace(run(1)[0], state=State.VIOLATED, because="5xx 2%")
    soon, late = [bad, *run(47, FIVE)], [bad, *run(48, FIVE)]
    assert judge(soon).outcome is Outcome.VIOLATED
    assert "5xx 2%" in judge(soon).because
    assert judge(late).outcome is Outcome.MET


def test_a_gap_after_a_violation_does_not_excuse_it() -> None:
    bad = Slice(0, FIVE, State.VIOLATED, "a")
    assert judge([bad, *run(5, FIVE), *run(5, 6 * HOUR)]).outcome is Outcome.VIOLATED


def test_met_needs_the_whole_window_judged_and_met() -> None:
    assert judge(run(48), {}).reason is Reason.NO_DATA
    assert judge(run(48), {"x": violated("no")}).outcome is Outcome.VIOLATED
    assert judge(run(48), {"x": unknown(Reason.STALE, "old"), "y": met("ok")}).reason is Reason.STALE


def test_the_profile_scales_48_hours_to_a_minute() -> None:
    slices = [Slice(i, i + 1, State.COMPLETE) for i in range(60)]
    assert soak.held(slices, 60, largest_gap_s=1.5, whole=WHOLE).outcome is Outcome.MET
    assert soak.held(slices[:30], 60, largest_gap_s=1.5, whole=WHOLE).outcome is Outcome.UNKNOWN


def test_slices_share_alpha() -> None:
    assert soak.slice_alpha(0.002, WANTED, FIVE) * 576 == pytest.approx(0.002)
    with pytest.raises(ValueError, match="soak"):
        _ = soak.slice_alpha(0.002, 0, FIVE)


def test_what_cannot_be_a_slice_or_a_soak_is_refused() -> None:
    with pytest.raises(ValueError, match="slice"):
        _ = Slice(1, 1, State.COMPLETE)
    with pytest.raises(ValueError, match="soak"):
        _ = soak.held([], 0, largest_gap_s=1, whole=WHOLE)


@pytest.mark.parametrize(("seconds", "said"), [(172_800, "48 h 00 min"), (303, "5 min 03 s"), (12.5, "12.5 s")])
def test_durations_read_well(seconds: float, said: str) -> None:
    assert soak.duration(seconds) == said


slices_drawn = st.lists(
    st.tuples(st.sampled_from(State), st.sampled_from("aab"), st.booleans()), min_size=1, max_size=60
).map(lambda kinds: [Slice(i, i + 1, state, what) for i, (state, what, kept) in enumerate(kinds) if kept])


@settings(deadline=None)
@given(slices_drawn, st.randoms(use_true_random=False))
def test_the_order_in_which_slices_arrive_does_not_matter(slices: list[Slice], dice: random.Random) -> None:
    shuffled = [*slices]
    dice.shuffle(shuffled)
    assert soak.clock(slices, 1.5) == soak.clock(shuffled, 1.5)


@settings(deadline=None)
@given(slices_drawn, st.data())
def test_one_more_violated_or_spoiled_slice_never_adds_clean_time(slices: list[Slice], data: st.DataObject) -> None:
    if not slices:
        return
    at = data.draw(st.integers(0, len(slices) - 1))
    state = data.draw(st.sampled_from([State.VIOLATED, State.INCOMPLETE, State.GENERATOR_INVALID]))
    worse = [replace(s, state=state) if i == at and s.state is not State.VIOLATED else s for i, s in enumerate(slices)]
    assert soak.clock(worse, 1.5).clean_s <= soak.clock(slices, 1.5).clean_s


@settings(deadline=None)
@given(slices_drawn, st.floats(1, 20))
def test_met_means_that_so_much_was_clean_in_one_piece(slices: list[Slice], wanted: float) -> None:
    verdict = soak.held(slices, wanted, largest_gap_s=1.5, whole=WHOLE)
    if verdict.outcome is Outcome.MET:
        end = max(s.end for s in slices)
        inside = [s for s in slices if s.end > end - wanted + 1.5]
        assert all(s.state is not State.VIOLATED for s in inside)
        assert len({s.watched for s in inside}) <= 1

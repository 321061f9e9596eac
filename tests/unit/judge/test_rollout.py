"""The lines of the full rollout: every way to each outcome, from records of one."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest

from harness.judge import rollout as judge
from harness.judge.drill import Seen
from harness.judge.rolled import Crossing, Kept, RanPod, Rollout, Taken
from harness.verdict import Outcome, Reason, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.judge.drill import Kind

NEW, OLD = "d812c1f4b4a57a69f15c95aa8b9603989376de6b", "82caa1dbba750ae1d365fbcf6f9500f17769f60e"
DIGEST = "sha256:" + "b" * 64
KEPT = (Kept("pod-a", "snapshot/pod-a.json", "0" * 64), Kept("version", "snapshot/version.json", "1" * 64))
STEPS = (
    Taken("snapshot", 0, 1, 0.5, 1),
    Taken("half", 1, 61, 1.1, 3, 58.0),
    Taken("all", 61, 91, 61.1, 63, 28.0),
    Taken("promote", 91, 105, 91.1, 104),
    Taken("unroute", 105, 107, 105.1, 107),
    Taken("verify", 107, 113, 107, 109, 4.0),
)


def rows(from_s: float, to_s: float, share: float, *, per_s: float = 100.0, kind: Kind = "chat") -> tuple[Seen, ...]:
    """Return answers of which the candidate gives a share, spread evenly."""
    count, given, made = round((to_s - from_s) * per_s), 0, list[Seen]()
    for number in range(count):
        candidate = given < share * (number + 1) - 1e-9
        given += candidate
        at = from_s + number / per_s
        made.append(Seen(at, at, at + 0.05, kind, "", NEW if candidate else OLD))
    return tuple(made)


SEEN = (*rows(0, 1, 0.1), *rows(1.5, 61, 0.5), *rows(61.5, 113, 1.0))
GOOD = Rollout(
    "rollout",
    "production",
    "2026-01-01T00:00:00.000Z",
    rehearsal=True,
    candidate=NEW,
    stable=OLD,
    digest=DIGEST,
    steps=STEPS,
    kept=KEPT,
    pods=tuple(RanPod(name, DIGEST, ready=True, commit=NEW) for name in "abc"),
    route_gone=True,
    seen=SEEN,
    until_s=113.0,
    per_s=100.0,
    ended="finished",
)


def of(**changes: Any) -> Rollout:
    return dataclasses.replace(GOOD, **changes)


def stepped(step: str, **changes: Any) -> Rollout:
    """Return the good record with one step changed and none after it."""
    names = [taken.step for taken in STEPS]
    at = names.index(step)
    return of(steps=(*STEPS[:at], dataclasses.replace(STEPS[at], **changes)))


def failed(at_s: float, count: int = 1) -> tuple[Seen, ...]:
    return tuple(Seen(at_s, at_s, at_s + 0.1, "chat", "HTTP 502") for _ in range(count))


def half(record: Rollout) -> Verdict:
    return judge.half(record, 50, watch_min=15, give=0.03, need=998)


def test_a_good_rollout_meets_every_line() -> None:
    verdicts = judge.snapshot_kept(GOOD), half(GOOD), everyone(GOOD), promoted(GOOD)
    assert [verdict.outcome for verdict in verdicts] == [Outcome.MET] * 4
    assert "2 sources are kept" in verdicts[0].because
    assert "58 s without a violation" in verdicts[1].because
    assert "reached the canary" in verdicts[2].because
    assert "all 3 stable pods run sha256:bbbbbbbbbbbb" in verdicts[3].because
    assert "none of 2,200 requests failed on the way" in verdicts[3].because
    assert verdicts[3].facts["failed_high"] == pytest.approx(0.00139, abs=1e-4)


def everyone(record: Rollout) -> Verdict:
    return judge.all_of_it(record, 100)


def promoted(record: Rollout) -> Verdict:
    return judge.promoted(record, 0)


LINES: list[Callable[[Rollout], Verdict]] = [
    judge.snapshot_kept,
    half,
    everyone,
    promoted,
    judge.takes_back_by_itself,
]


@pytest.mark.parametrize("line", LINES)
def test_what_was_not_done_is_unknown_with_its_reason(line: Callable[[Rollout], Verdict]) -> None:
    bare = Rollout("rollout", "production", "2026-01-01T00:00:00.000Z")
    assert line(bare).reason is Reason.NO_DATA
    assert line(dataclasses.replace(bare, trouble="no --act", refused=True)).reason is Reason.NOT_RUN
    assert line(dataclasses.replace(bare, trouble="the API was away")).reason is Reason.ERROR
    assert line(dataclasses.replace(bare, foreign="weight: we left 50, now 0")).reason is Reason.INTERRUPTED
    assert line(dataclasses.replace(bare, trouble="the API was away")).because.endswith(": the API was away")


@pytest.mark.parametrize("line", [everyone, promoted])
def test_what_comes_after_a_step_that_was_taken_back_is_rightly_not_run(line: Callable[[Rollout], Verdict]) -> None:
    bare = Rollout("rollout", "production", "2026-01-01T00:00:00.000Z")
    assert line(dataclasses.replace(bare, crossing=Crossing("half", "7 of 100 failed", 20.0))).reason is Reason.NOT_RUN


def test_a_document_that_lies_violates_and_one_that_could_not_be_asked_is_unknown() -> None:
    lying = of(kept=(*KEPT, Kept("pod-b", trouble='HTTP 200 with {"error"}: the endpoint itself failed')))
    verdict = judge.snapshot_kept(lying)
    assert verdict.outcome is Outcome.VIOLATED
    assert "1 of 3 documents are not usable: pod-b: HTTP 200" in verdict.because
    unasked = of(kept=(*KEPT, Kept("pods", trouble="no right to pods/proxy", asked=False)))
    assert judge.snapshot_kept(unasked).reason is Reason.NO_DATA
    assert judge.snapshot_kept(of(kept=(Kept("pod-a"),))).because == "pod-a: its document was read and not kept"


@pytest.mark.parametrize(
    ("ended", "outcome", "reason"),
    [
        ("crossed", Outcome.VIOLATED, None),
        ("unseen", Outcome.VIOLATED, None),
        ("blind", Outcome.UNKNOWN, Reason.GAP),
        ("foreign", Outcome.UNKNOWN, Reason.INTERRUPTED),
        ("stopped", Outcome.UNKNOWN, Reason.INTERRUPTED),
        ("failed", Outcome.UNKNOWN, Reason.ERROR),
    ],
)
@pytest.mark.parametrize("step", ["half", "all", "promote"])
def test_a_step_that_ended_early_says_how(step: str, ended: str, outcome: Outcome, reason: Reason | None) -> None:
    record = stepped(step, ended=ended, why="what happened")
    verdict = {"half": half, "all": everyone, "promote": promoted}[step](record)
    assert (verdict.outcome, verdict.reason) == (outcome, reason)
    assert "what happened" in verdict.because


@pytest.mark.parametrize(
    ("share", "outcome"),
    [(0.5, Outcome.MET), (0.40, Outcome.VIOLATED), (0.6, Outcome.VIOLATED), (0.47, Outcome.UNKNOWN)],
)
def test_the_share_at_half_is_within_three_points_or_it_is_not(share: float, outcome: Outcome) -> None:
    assert half(of(seen=rows(1.5, 61, share))).outcome is outcome


def test_a_watch_that_is_short_or_thin_shows_nothing() -> None:
    short = stepped("half", watch_s=70.0)
    assert (half(short).reason, half(short).because) == (Reason.INTERRUPTED, "watched for 58 s, wanted 70 s")
    real = of(rehearsal=False)
    assert half(real).because == "watched for 58 s, wanted 900 s"
    thin = half(of(seen=rows(1.5, 61, 0.5, per_s=20)))
    assert thin.reason is Reason.SAMPLE_TOO_SMALL
    assert "580 chats with the candidate while watching, 418 more are needed" in thin.because


def test_one_answer_of_stable_at_100_refutes_it_and_one_without_a_name_leaves_it_open() -> None:
    stray = of(seen=(*SEEN, Seen(70, 70, 70.1, "chat", "", OLD)))
    assert everyone(stray).outcome is Outcome.VIOLATED
    unnamed = of(seen=(*SEEN, Seen(70, 70, 70.1, "chat")))
    assert everyone(unnamed).reason is Reason.NO_DATA
    before = of(seen=(*SEEN, Seen(62.5, 62.5, 62.6, "chat", "", OLD)))  # the weight was not in force yet
    assert everyone(before).outcome is Outcome.MET


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"seen": (*SEEN, *failed(95.0, 2))}, "2 of 2,202 users' requests failed on the way, wanted 0: first HTTP 502"),
        ({"pods": (RanPod("a", "sha256:" + "a" * 64, ready=True),)}, "stable pod a runs sha256:aaaaaaaaaaaa"),
        ({"pods": (RanPod("a", DIGEST, ready=True, commit=OLD),)}, "stable pod a names 82caa1dbba75"),
        ({"route_gone": False}, "the canary's route is still there"),
        (
            {"seen": (*SEEN, Seen(110, 110, 110.1, "cookie", "", OLD))},
            "1 answers at the end from 82caa1dbba75 (cookie)",
        ),
    ],
)
def test_a_promotion_that_is_not_whole_is_violated(changes: dict[str, Any], said: str) -> None:
    verdict = promoted(of(**changes))
    assert verdict.outcome is Outcome.VIOLATED
    assert said in verdict.because


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"pods": ()}, Reason.NO_DATA),
        ({"pods": (RanPod("a", "", ready=True),)}, Reason.NO_DATA),
        ({"pods": (RanPod("a", DIGEST, ready=False),)}, Reason.NO_DATA),
        ({"route_gone": None}, Reason.NO_DATA),
        ({"seen": (*SEEN, Seen(110, 110, 110.1, "chat"))}, Reason.NO_DATA),
        ({"seen": rows(91, 110, 1.0)[:1800]}, Reason.SAMPLE_TOO_SMALL),
        ({"steps": STEPS[:5]}, Reason.INTERRUPTED),
    ],
)
def test_a_promotion_that_was_not_looked_at_is_not_good(changes: dict[str, Any], reason: Reason) -> None:
    verdict = promoted(of(**changes))
    assert (verdict.outcome, verdict.reason) == (Outcome.UNKNOWN, reason)


def drilled(last_s: float = 1.5, *, off_s: float | None = 20.3, said: str = "declared by the drill") -> Rollout:
    """A drill with its violation at 20 s; the candidate answers for some seconds more."""
    seen = (*rows(3, 20 + last_s, 0.5), *rows(20 + last_s, 40, 0.0))
    crossing = Crossing("half", said, 20.0, off_s)
    steps = (STEPS[0], Taken("half", 1, 20, 1.1, 3, 58.0, "crossed", said))
    return of(steps=steps, crossing=crossing, seen=seen, until_s=40.0, ended="taken back")


def test_a_rollout_that_took_itself_back_says_how_long_it_took() -> None:
    verdict = judge.takes_back_by_itself(drilled())
    assert verdict.outcome is Outcome.MET
    assert "the candidate's last answer came 1.5 s after the violation" in verdict.because
    assert verdict.facts["clear_answers"] == 1_847
    assert judge.takes_back_by_itself(drilled(9.9)).outcome is Outcome.MET


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (drilled(10.5), "the candidate still answered 10.5 s after the violation, wanted 10 s"),
        (drilled(off_s=None), "the weight was never set back"),
        (drilled(said=""), "set back without a word of why"),
        (of(crossing=None), "the rollout went on as if nothing had happened"),
    ],
)
def test_a_rollout_that_did_not_take_itself_back_is_violated(record: Rollout, said: str) -> None:
    verdict = judge.takes_back_by_itself(record)
    assert verdict.outcome is Outcome.VIOLATED
    assert said in verdict.because


def test_a_drill_that_shows_nothing_is_unknown() -> None:
    unmet = dataclasses.replace(drilled(), seen=rows(0, 40, 0.0))
    assert judge.takes_back_by_itself(unmet).reason is Reason.NO_DATA
    short = dataclasses.replace(drilled(), until_s=22.0)
    assert judge.takes_back_by_itself(short).because == "47 answers after the candidate's last one, 52 more are needed"
    unseen = stepped("half", ended="failed", why="the API was away")
    assert judge.takes_back_by_itself(unseen).outcome is Outcome.UNKNOWN

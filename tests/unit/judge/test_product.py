"""What the product says of itself is believed only as far as it can be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.judge import product
from harness.judge.said import Figure, Fired, Health, PodFigures
from harness.verdict import Outcome, Reason, met, unknown, violated

if TYPE_CHECKING:
    from harness.verdict import Verdict

LIMITS = {"repair_percent": 0.5, "unsaved_percent": 0.1, "p95_ms": 1500, "enhanced_p95_ms": 1600, "delta_p95_ms": 100}
FINE = {"repair_percent": 0.1, "unsaved_percent": 0.0, "p95_ms": 800.0, "enhanced_p95_ms": 850.0, "delta_p95_ms": 50.0}
COUNTS = {"validated": 1000.0, "repaired": 1.0, "saved": 2000.0, "unsaved": 0.0}


def _pod(pod: str = "a", risen: dict[str, float] | None = None, **changes: Any) -> PodFigures:
    state = {key: changes.pop(key) for key in list(changes) if key in PodFigures.__slots__}
    values = FINE | COUNTS | changes
    figures = {key: v if isinstance(v, Figure) else Figure(v, f"at.{key}") for key, v in values.items()}
    return PodFigures(pod, "stable", figures, {"validated": 100.0} if risen is None else risen, **state)


def _is(verdict: Verdict, outcome: Outcome, *words: str, reason: Reason | None = None) -> None:
    assert (verdict.outcome, verdict.reason) == (outcome, reason), verdict
    for word in words:
        assert word in verdict.because


OK = Health("a", good=True, path="/healthz", status=200)
INGRESS = Health("", good=True, path="/healthz", status=200)


def test_health_is_met_when_all_pods_and_the_ingress_say_so() -> None:
    verdict = product.health_is_real([OK, Health("b", good=True), INGRESS])
    _is(verdict, Outcome.MET, "2 pods and the ingress")
    assert verdict.facts["pods"] == 2


def test_one_page_in_place_of_health_is_a_violation_even_if_others_were_not_asked() -> None:
    page = Health("b", good=False, path="/healthz", status=200, said="HTTP 200 with HTML")
    unasked = Health("c", good=False, said="no right", asked=False)
    _is(product.health_is_real([OK, page, unasked, INGRESS]), Outcome.VIOLATED, "pod b /healthz: HTTP 200 with HTML")


def test_a_pod_that_calls_itself_well_and_is_not_ready_serves_nobody() -> None:
    idle = Health("b", good=True, ready=False)
    _is(
        product.health_is_real([OK, idle, INGRESS]),
        Outcome.VIOLATED,
        "well by their own word, but not ready to serve: pod b",
    )


@pytest.mark.parametrize(
    ("answers", "trouble", "said"),
    [
        ([INGRESS], "the pods can't be listed: HTTP 403", "HTTP 403"),
        ([INGRESS], "", "no pod was asked"),
        ([OK], "", "through the ingress"),
        ([Health("a", good=False, said="no right", asked=False), INGRESS], "", "pod a: no right"),
        ([], "", "no pod was asked"),
    ],
)
def test_who_was_not_asked_is_not_known_to_be_well(answers: list[Health], trouble: str, said: str) -> None:
    _is(product.health_is_real(answers, trouble), Outcome.UNKNOWN, said, reason=Reason.NO_DATA)


def test_figures_comply_when_all_are_there_and_within() -> None:
    verdict = product.complies([_pod(), _pod("b")], {"P1-SLO-01": met("fine")}, limits=LIMITS)
    _is(verdict, Outcome.MET, "all 5 figures of 2 pods")
    assert verdict.facts["ours"] == {"P1-SLO-01": "MET"}


def test_a_limit_itself_is_within() -> None:
    _is(product.complies([_pod(**dict[str, Any](LIMITS))], {}, limits=LIMITS), Outcome.MET)


@pytest.mark.parametrize("why", ["null", "text, not a number", "negative: -1", "missing, looked for x.y"])
@pytest.mark.parametrize("name", LIMITS)
def test_one_figure_missing_in_one_pod_is_no_data_with_pod_figure_and_reason(name: str, why: str) -> None:
    bad = _pod("b", **dict[str, Any]({name: Figure(None, why=why)}))
    for ours in ({}, {"P1-SLO-01": violated("slow")}):
        verdict = product.complies([_pod(), bad], ours, limits=LIMITS)
        _is(verdict, Outcome.UNKNOWN, f"pod b: {name}: {why}", reason=Reason.NO_DATA)


def test_a_share_of_nothing_is_no_data_not_zero() -> None:
    idle = _pod("b", validated=0.0, repaired=0.0, repair_percent=0.0)
    _is(
        product.complies([_pod(), idle], {}, limits=LIMITS),
        Outcome.UNKNOWN,
        "pod b: repair_percent: a share of nothing",
        reason=Reason.NO_DATA,
    )


def test_over_a_limit_in_one_pod_is_a_violation() -> None:
    verdict = product.complies([_pod(), _pod("b", delta_p95_ms=140.0)], {}, limits=LIMITS)
    _is(verdict, Outcome.VIOLATED, "pod b: delta_p95 140 ms, wanted at most delta_p95 100 ms")


def test_fine_figures_against_what_users_got_are_a_violation() -> None:
    ours = {"P1-SLO-01": violated("slow"), "P1-SLO-02": unknown(Reason.NO_DATA, "x")}
    _is(product.complies([_pod()], ours, limits=LIMITS), Outcome.VIOLATED, "against what users got: P1-SLO-01")


def test_no_document_no_limit_and_pods_that_left_comply_with_nothing() -> None:
    for documents, limits in (([], LIMITS), ([_pod()], {}), ([_pod(left=True)], LIMITS)):
        _is(product.complies(documents, {}, limits=limits), Outcome.UNKNOWN, reason=Reason.NO_DATA)
    broken = PodFigures("a", trouble="HTTP 200 with HTML")
    _is(product.complies([broken], {}, limits=LIMITS), Outcome.UNKNOWN, "HTML", reason=Reason.NO_DATA)


def test_counters_that_move_by_what_the_logs_count_are_met() -> None:
    verdict = product.counters_move([_pod(), _pod("b")], 205, 150, 10)
    _is(verdict, Outcome.MET, "the product counts 200 answers, its logs 205, at least 150 of them ours")
    assert verdict.facts["risen"] == {"a": 100, "b": 100}


@pytest.mark.parametrize(
    ("risen", "logged", "ours", "said"),
    [
        (0.0, 500, 400, "stand still while 500 answers"),
        (0.0, None, 400, "stand still while 400 answers"),
        (0.0, 500, 0, "stand still"),
        (399.0, 405, 400, "counts 399 answers, 400 of our own"),
        (389.0, 400, 300, "more than 10 apart"),
        (411.0, 400, 300, "more than 10 apart"),
    ],
)
def test_counters_that_do_not_move_with_the_traffic_are_a_violation(
    risen: float, logged: int | None, ours: int, said: str
) -> None:
    _is(product.counters_move([_pod(risen={"validated": risen})], logged, ours, 10), Outcome.VIOLATED, said)


def test_a_counter_that_fell_is_a_violation_whatever_the_sums_say() -> None:
    fell = _pod(contradictions=("pod a: validated: went back from 9 to 5 without a restart",))
    _is(product.counters_move([fell], 100, 90, 10), Outcome.VIOLATED, "went back from 9 to 5")


def test_a_counter_that_was_not_read_twice_is_no_data() -> None:
    for pod, why in (
        (_pod(risen={}), "it was read only once"),
        (_pod(risen={}, validated=Figure(None, why="null")), "validated: null"),
        (_pod(risen={}, trouble="HTTP 200 with HTML"), "HTML"),
    ):
        _is(product.counters_move([_pod("b"), pod], 100, 90, 10), Outcome.UNKNOWN, why, reason=Reason.NO_DATA)
    _is(product.counters_move([], 100, 90, 10), Outcome.UNKNOWN, reason=Reason.NO_DATA)


def test_a_sum_that_is_too_small_since_a_pod_is_not_read_any_more_is_no_data() -> None:
    blind = _pod("b", trouble="HTTP 500", validated=Figure(None, why="HTTP 500"))
    _is(product.counters_move([_pod(), blind], 900, 90, 10), Outcome.UNKNOWN, "pod b: validated", reason=Reason.NO_DATA)
    _is(product.counters_move([_pod(), blind], 200, 90, 10), Outcome.MET)
    _is(product.counters_move([_pod(), blind], 100, 90, 10), Outcome.VIOLATED, "more than 10 apart")


def test_nothing_to_compare_with_and_no_traffic_are_no_data() -> None:
    _is(product.counters_move([_pod()], None, 90, 10), Outcome.UNKNOWN, "no logs", reason=Reason.NO_DATA)
    still = _pod(risen={"validated": 0.0})
    _is(product.counters_move([still], 0, 0, 10), Outcome.UNKNOWN, "nothing was asked", reason=Reason.NO_DATA)


@pytest.mark.parametrize("change", [{"restarts": 1}, {"joined": True}, {"left": True}])
def test_a_pod_that_began_anew_came_or_went_widens_the_slack(change: dict[str, Any]) -> None:
    pods = [_pod(**change)]
    _is(product.counters_move(pods, 130, 110, 10, per_restart=20), Outcome.MET)
    _is(product.counters_move(pods, 131, 110, 10, per_restart=20), Outcome.VIOLATED)
    _is(product.counters_move(pods, 130, 121, 30, per_restart=20), Outcome.VIOLATED)


def test_a_pod_that_passed_by_too_fast_to_be_read_twice_is_a_change_not_a_failure() -> None:
    _is(product.counters_move([_pod(), _pod("b", risen={}, joined=True, readings=1)], 100, 90, 10), Outcome.MET)


def test_one_look_at_a_page_is_enough() -> None:
    page = Fired("RedisDown", "canary", 1)
    verdict = product.no_page(9000, [page], [], [], largest_gap_s=600)
    _is(verdict, Outcome.VIOLATED, "RedisDown on the canary pods at 1 look")
    _is(product.no_page(0, [page], [], [9999], largest_gap_s=600), Outcome.VIOLATED)


def test_warnings_are_named_and_change_nothing() -> None:
    warning = Fired("HighLatency", None, 7)
    _is(product.no_page(9, [], [warning], [600.0], largest_gap_s=600), Outcome.MET, "HighLatency on a pod at 7 looks")


def test_no_look_and_a_long_hole_show_no_absence_of_alerts() -> None:
    _is(product.no_page(0, [], [], [], largest_gap_s=600), Outcome.UNKNOWN, reason=Reason.NO_DATA)
    verdict = product.no_page(99, [], [], [30.0, 601.0], largest_gap_s=600)
    _is(verdict, Outcome.UNKNOWN, "601 s", reason=Reason.GAP)


def test_redis_answers_pong_or_not() -> None:
    _is(product.answers_pong({"r:1": ""}), Outcome.MET, "PONG at r:1")
    _is(product.answers_pong({"r:1": "", "r:2": "refused"}), Outcome.VIOLATED, "r:2: refused")
    _is(product.answers_pong({}), Outcome.UNKNOWN, reason=Reason.NO_DATA)
    for ours in (product.LOCKED, "unknown host"):
        _is(product.answers_pong({"r:1": ours}), Outcome.UNKNOWN, ours, reason=Reason.NO_DATA)


@pytest.mark.parametrize(
    ("flags", "answers", "unified", "outcome", "said"),
    [
        ({"a": True, "b": True}, 50, 50, Outcome.MET, "on by the word of 2 pods, and 50 of 50"),
        ({"a": True, "b": False}, 50, 50, Outcome.VIOLATED, "off by the word of b"),
        ({"a": True}, 50, 0, Outcome.VIOLATED, "on by the pods' word, but only 0 of 50"),
        ({"a": None}, 50, 49, Outcome.VIOLATED, "unknown by the pods' word, but only 49 of 50"),
        ({"a": True, "b": None}, 50, 50, Outcome.UNKNOWN, "not said by b"),
        ({}, 50, 50, Outcome.UNKNOWN, "no pod was asked"),
        ({"a": True}, 0, 0, Outcome.UNKNOWN, "no answer shows"),
    ],
)
def test_the_pipeline_is_on_by_word_and_by_behaviour(
    flags: dict[str, bool | None], answers: int, unified: int, outcome: Outcome, said: str
) -> None:
    reason = Reason.NO_DATA if outcome is Outcome.UNKNOWN else None
    _is(product.pipeline_is_on(flags, answers, unified), outcome, said, reason=reason)


def test_the_repair_rate_is_bounded_from_the_counts_not_taken_from_the_word() -> None:
    def judged(validated: float, repaired: float, need: int = 0, **more: Any) -> Verdict:
        pods = [_pod(validated=validated, repaired=repaired, **more), _pod("b", validated=0.0, repaired=0.0)]
        return product.repair_rate_within(pods, 0.5, need, alpha=0.01)

    _is(judged(20_000, 20), Outcome.MET, "20 repairs in 20,000 answers")
    _is(judged(20_000, 400), Outcome.VIOLATED, "400 repairs")
    _is(judged(100, 0), Outcome.UNKNOWN, "are needed", reason=Reason.SAMPLE_TOO_SMALL)
    few = judged(20_000, 20, need=30_000)
    _is(few, Outcome.UNKNOWN, "10,000 more answers are needed", reason=Reason.SAMPLE_TOO_SMALL)
    _is(judged(20_000, 400, need=30_000), Outcome.VIOLATED)
    missing = judged(20_000, 20, repair_percent=Figure(None, why="null"))
    _is(missing, Outcome.UNKNOWN, "pod a: repair_percent: null", reason=Reason.NO_DATA)
    _is(judged(5, 9), Outcome.UNKNOWN, "can't be", reason=Reason.NO_DATA)
    _is(product.repair_rate_within([], 0.5, 0, alpha=0.01), Outcome.UNKNOWN, reason=Reason.NO_DATA)


def test_pods_without_an_answer_yet_have_no_rate_and_need_none() -> None:
    idle = _pod("b", validated=0.0, repaired=0.0, repair_percent=Figure(None, "at", "null"))
    busy = _pod(validated=20_000.0, repaired=20.0)
    _is(product.repair_rate_within([busy, idle], 0.5, 0, alpha=0.01), Outcome.MET)
    none = product.repair_rate_within([idle], 0.5, 0, alpha=0.01)
    _is(none, Outcome.UNKNOWN, "not one of the answers", reason=Reason.NO_DATA)


def test_a_failure_that_repeats_is_named_with_its_count() -> None:
    verdict = product.no_repeats({"no title": 2, "bad block": 9}, 500, 2)
    _is(verdict, Outcome.VIOLATED, "bad block (9 times)", "wanted at most 2")
    assert "no title (" not in verdict.because
    assert list(verdict.facts["failures"]) == ["bad block", "no title"]  # pyright: ignore[reportArgumentType]
    _is(product.no_repeats({"no title": 2}, 500, 2), Outcome.MET, "seen: no title (2)")
    _is(product.no_repeats({}, 500, 2), Outcome.MET)
    _is(product.no_repeats({}, 0, 2), Outcome.UNKNOWN, reason=Reason.NO_DATA)

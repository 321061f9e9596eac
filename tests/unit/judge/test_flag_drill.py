"""Features off and on: gone, back, nobody dropped; and every way in which that can't be told."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from harness.judge.drill import Command, Seen, State
from harness.judge.flag_drill import FlagDrill, Turn, back, drops_nothing, gone
from harness.judge.flags import FlagsSeen, Kind, Value
from harness.verdict import Outcome, Reason

FLAG = "DYNAMIC"


def looked(value: str, *more: Value, page: str = "", shows: tuple[str, ...] = ()) -> FlagsSeen:
    kinds: tuple[tuple[str, Kind], ...] = (("pod a", "product"), ("examples of the ingress", "behaviour"))
    values = tuple(Value(FLAG, place, kind, value) for place, kind in kinds)
    return FlagsSeen("staging", "", (*values, *more), ("a", "b"), page, shows)


def turn(value: str, typed_s: float, seen: FlagsSeen | None = None) -> Turn:
    wanted = "true" if value == "1" else "false"
    return Turn({FLAG: value}, typed_s, typed_s + 0.1, typed_s + 8, typed_s + 9, "", seen or looked(wanted))


def users(until_s: float = 40.0) -> tuple[Seen, ...]:
    """25 asks a second; version asks tell what is set at the time."""

    def told(at_s: float) -> str:
        return "false" if 10.0 <= at_s < 20.0 else "true"

    found: list[Seen] = []
    for number in range(int(until_s * 25)):
        due = number / 25
        version = number % 2 == 0
        flags = {FLAG: told(due)} if version else {}
        found.append(Seen(due, due, due + 0.02, "version" if version else "chat", flags=flags))
    return tuple(found)


GOOD = FlagDrill(
    "flags",
    "staging",
    "2026-01-01T00:00:00Z",
    goal=State(flags={FLAG: "false"}),
    start=State(flags={FLAG: "true"}),
    command=Command(("set", "env", f"{FLAG}=0"), 1.0, 1.1),
    back=Command(("set", "env", f"{FLAG}=1"), 15.0, 15.1),
    seen=users(),
    until_s=40.0,
    per_s=25.0,
    restored=True,
    flags=(FLAG,),
    before=looked("true"),
    off=turn("0", 1.0),
    on=turn("1", 15.0),
)


def off(seen: FlagsSeen) -> FlagDrill:
    return replace(GOOD, off=turn("0", 1.0, seen))


def on(seen: FlagsSeen) -> FlagDrill:
    return replace(GOOD, on=turn("1", 15.0, seen))


def test_a_drill_in_which_both_ways_worked_is_met_by_all_three() -> None:
    assert gone(GOOD).outcome is Outcome.MET
    assert "on 2 pods and through the ingress" in gone(GOOD).because
    assert back(GOOD).outcome is Outcome.MET
    verdict = drops_nothing(GOOD, 0)
    assert verdict.outcome is Outcome.MET
    assert verdict.because.startswith("0 of 975 users' requests failed")
    assert verdict.facts["n"] == 975
    assert "below 0.307%" in verdict.because


def test_a_flag_that_nothing_reads_is_said_to_be_off_and_shown_all_the_same() -> None:
    values = (
        Value(FLAG, "pod a", "product", "false"),
        Value(FLAG, "answers through the ingress", "behaviour", "true", shown=20, of=20),
    )
    verdict = gone(off(FlagsSeen("staging", "", values, ("a",), "")))
    assert verdict.outcome is Outcome.VIOLATED
    assert "DYNAMIC: true (20 of 20) by answers through the ingress" in verdict.because


def test_what_is_configured_does_not_count_for_the_product_and_a_mixed_answer_is_not_gone() -> None:
    assert gone(off(looked("false", Value(FLAG, "configmap/config", "cluster", "true")))).outcome is Outcome.MET
    mixed = Value(FLAG, "answers through the ingress", "behaviour", "mixed", shown=1, of=20)
    assert gone(off(looked("false", mixed))).outcome is Outcome.VIOLATED


def test_a_page_that_still_shows_an_example_is_violated_and_no_page_is_unknown() -> None:
    assert "still shows 'How?'" in gone(off(looked("false", shows=("How?",)))).because
    verdict = gone(off(looked("false", page="HTTP 404")))
    assert (verdict.outcome, verdict.reason) == (Outcome.UNKNOWN, Reason.NO_DATA)
    assert "the page: HTTP 404" in verdict.because


def test_a_deployment_that_does_not_roll_out_is_violated() -> None:
    stuck = replace(turn("0", 1.0), rolled_s=None, lacking="deployment/onesource: 1 of 2 pods updated")
    verdict = gone(replace(GOOD, off=stuck))
    assert verdict.outcome is Outcome.VIOLATED
    assert "1 of 2 pods updated" in verdict.because


def test_users_who_are_told_otherwise_later_are_a_relapse() -> None:
    later = Seen(12.0, 12.0, 12.1, "version", flags={FLAG: "1"})
    verdict = gone(replace(GOOD, seen=(*GOOD.seen, later)))
    assert verdict.outcome is Outcome.VIOLATED
    assert "1 of" in verdict.because
    assert "told otherwise later" in verdict.because


def test_what_was_not_there_before_can_not_go_and_what_never_went_can_not_come_back() -> None:
    verdict = gone(replace(GOOD, before=looked("false")))
    assert (verdict.reason, "was not on before" in verdict.because) == (Reason.NO_DATA, True)
    verdict = back(off(looked("true")))
    assert (verdict.reason, "was never gone" in verdict.because) == (Reason.NO_DATA, True)


def test_a_feature_that_stays_off_is_not_back() -> None:
    verdict = back(on(looked("false")))
    assert verdict.outcome is Outcome.VIOLATED
    assert "switched on, but not back" in verdict.because


def test_users_who_do_not_get_back_what_they_had_are_violated() -> None:
    assert back(replace(GOOD, restored=False)).outcome is Outcome.VIOLATED


def test_a_place_that_was_not_told_is_unknown() -> None:
    blind = FlagsSeen("staging", "", (Value(FLAG, "pod a", "product", why="HTTP 500"),), ("a",), "")
    for verdict in (gone(off(blind)), back(on(blind))):
        assert (verdict.outcome, verdict.reason) == (Outcome.UNKNOWN, Reason.NO_DATA)
        assert "HTTP 500" in verdict.because
        assert "nobody saw what the product does" in verdict.because
    assert gone(off(replace(looked("false"), pods=()))).because == "no pod was asked for itself"
    assert gone(off(replace(looked("false"), trouble="no time"))).reason is Reason.NO_DATA


@pytest.mark.parametrize("reason", [Reason.NOT_RUN, Reason.ERROR])
def test_a_drill_that_was_refused_or_broke_is_unknown_with_its_reason(reason: Reason) -> None:
    nothing = FlagDrill("flags", "staging", "", State(), State(), trouble="refused", notes={"reason": str(reason)})
    for verdict in (gone(nothing), back(nothing), drops_nothing(nothing, 0)):
        assert (verdict.outcome, verdict.reason, verdict.because) == (Outcome.UNKNOWN, reason, "refused")


def test_somebody_elses_change_is_an_interruption() -> None:
    foreign = replace(GOOD, foreign="somebody else changed deployment/onesource", trouble="the same")
    for verdict in (gone(foreign), back(foreign), drops_nothing(foreign, 0)):
        assert verdict.reason is Reason.INTERRUPTED


def test_a_failed_request_is_violated_also_where_the_drill_broke_later() -> None:
    failed = Seen(3.0, 3.0, 3.1, "chat", error="HTTP 502")
    for drill in (GOOD, replace(GOOD, trouble="broke", on=None, notes={"reason": "ERROR"})):
        verdict = drops_nothing(replace(drill, seen=(*GOOD.seen, failed)), 0)
        assert verdict.outcome is Outcome.VIOLATED
        assert "1 of 976 users' requests failed" in verdict.because
        assert "chat 2.00 s after it began: HTTP 502" in verdict.because


def test_a_request_that_failed_before_anything_changed_does_not_count() -> None:
    failed = Seen(0.5, 0.5, 0.6, "chat", error="HTTP 502")
    assert drops_nothing(replace(GOOD, seen=(failed, *GOOD.seen)), 0).outcome is Outcome.MET


def test_a_thin_stream_or_our_own_rate_says_nothing() -> None:
    assert drops_nothing(replace(GOOD, seen=GOOD.seen[::3]), 0).reason is Reason.GAP
    limited = Seen(3.0, 3.0, 3.1, "chat", error="HTTP 429")
    assert drops_nothing(replace(GOOD, seen=(*GOOD.seen, limited)), 0).reason is Reason.GENERATOR_INVALID
    assert drops_nothing(replace(GOOD, on=None), 0).reason is Reason.INTERRUPTED


def test_a_record_survives_being_written_and_read() -> None:
    assert msgspec.json.decode(msgspec.json.encode(GOOD), type=FlagDrill) == GOOD

"""A request is saved, repaired or forgotten once, however many lines say so and in whatever order they come."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from harness.evidence import names
from harness.observe.logs.arms import Arms
from harness.observe.logs.fields import Fields, decoder
from harness.observe.logs.outcomes import HELD_S, REASONS, Outcomes
from tests.unit.logs.kept import Kept

if TYPE_CHECKING:
    from harness.judge.answers import Arm

FIELDS = Fields()
DECODER = decoder(FIELDS, more=True)
ARMS: dict[str, Arm] = {"v1": "stable", "v2": "canary"}


class Lines:
    """One container's events, taken as they are said."""

    def __init__(self, outcomes: Outcomes) -> None:
        self.outcomes, self.waiting = outcomes, outcomes.container()

    def say(self, event: str, at_s: float = 100.5, now_s: float = 0.0, **fields: Any) -> None:
        usual: dict[str, Any] = {"event": event, "version": "v1", "session_id_hash": "s"}
        if event == "request_metrics":
            usual |= {"status": 200, "turn": 1, "msg_count_before": 0, "latency_ms": 10}
        record = DECODER.decode(json.dumps(usual | fields).encode())
        if event == "request_metrics":
            _ = self.outcomes.request(record, at_s, self.waiting)
        elif event == "persist_error":
            self.outcomes.unsaved(record, at_s, self.waiting, now_s)
        elif event == "schema_repair":
            self.outcomes.repaired(record, at_s, self.waiting, now_s)
        else:
            self.outcomes.failed(record, at_s, self.waiting)


def made() -> tuple[Kept, Outcomes, Lines]:
    kept = Kept()
    outcomes = Outcomes(FIELDS, Arms(ARMS.get), kept)
    return kept, outcomes, Lines(outcomes)


def test_a_failed_save_is_that_of_the_request_whose_line_follows_though_two_stores_said_so() -> None:
    kept, outcomes, pod = made()
    pod.say("persist_error")
    pod.say("persist_error")
    outcomes.flush(0)
    assert not kept.counts
    pod.say("request_metrics")
    pod.say("request_metrics", session_id_hash="other", version="v2", at_s=101.2)
    pod.say("request_metrics")
    outcomes.flush(1)
    assert kept.sums(names.SAVES) == {"stable": (2, {"unsaved": 1}), "canary": (1, {})}
    assert {count.at_s for count in kept.counts if count.arm == "canary"} == {101.0}
    assert {count.endpoint for count in kept.counts} == {names.FROM_LOGS}


def test_what_an_answer_says_of_itself_and_the_event_of_its_repair_are_one_repair() -> None:
    kept, outcomes, pod = made()
    pod.say("schema_repair")
    pod.say("request_metrics", repair_reason="title")
    pod.say("schema_repair")
    pod.say("request_metrics")
    pod.say("request_metrics", schema_repair=True)
    pod.say("request_metrics")
    outcomes.finish(0, 100)
    assert kept.sums(names.REPAIRS) == {"stable": (4, {"repaired": 3})}


def test_events_that_name_no_session_are_laid_to_other_requests_of_their_arm() -> None:
    kept, outcomes, pod = made()
    pod.say("persist_error", session_id_hash=None)
    pod.say("schema_repair", session_id_hash=None)
    pod.say("schema_repair", session_id_hash=None)
    pod.say("request_metrics", version="v2")
    outcomes.flush(0)
    assert outcomes.unattached == {"unsaved": 1, "repaired": 2}
    pod.say("request_metrics")
    outcomes.flush(1)
    assert kept.sums(names.SAVES) == {"stable": (1, {"unsaved": 1}), "canary": (1, {})}
    assert kept.sums(names.REPAIRS) == {"stable": (1, {"repaired": 1}), "canary": (1, {})}
    assert outcomes.unattached == {"repaired": 1}
    outcomes.finish(2, 200)
    assert kept.sums(names.REPAIRS)["stable"] == (2, {"repaired": 2})


def test_events_that_come_after_their_request_count_when_they_have_waited() -> None:
    kept, outcomes, pod = made()
    pod.say("request_metrics")
    pod.say("persist_error", now_s=5)
    outcomes.flush(6)
    pod.say("request_metrics", session_id_hash="later")
    outcomes.flush(5 + HELD_S)
    assert kept.sums(names.SAVES) == {"stable": (2, {"unsaved": 1})}


def test_an_event_without_a_session_is_no_second_repair_where_requests_say_so_themselves() -> None:
    kept, outcomes, pod = made()
    pod.say("request_metrics", schema_repair=True)
    pod.say("schema_repair", session_id_hash=None)
    pod.say("request_metrics")
    outcomes.finish(0, 100)
    assert kept.sums(names.REPAIRS) == {"stable": (2, {"repaired": 1})}


def test_without_any_answer_a_bad_outcome_is_no_share_and_is_still_told() -> None:
    kept, outcomes, pod = made()
    pod.say("persist_error")
    pod.say("request_metrics", session_id_hash=None, status=None)
    outcomes.finish(0, 100)
    assert kept.sums(names.SAVES) == {}
    assert outcomes.unattached == {"unsaved": 1}


def test_failed_requests_are_no_answers_and_a_repair_that_failed_is_none() -> None:
    kept, outcomes, pod = made()
    pod.say("schema_repair")
    pod.say("schema_validation_failed", reasons=["title", "blocks"])
    pod.say("request_metrics", status=500, session_id_hash=None, turn=None)
    pod.say("persist_error")
    pod.say("request_metrics", status=503)
    pod.say("request_metrics")
    outcomes.finish(0, 100)
    assert kept.sums(names.REPAIRS) == {"stable": (1, {})}
    assert kept.sums(names.SAVES) == {"stable": (2, {"unsaved": 1})}
    failures = {(count.endpoint, count.n, count.arm) for count in kept.counts if count.stream == names.FAILURES}
    assert failures == {("title", 1, "stable"), ("blocks", 1, "stable")}


def test_requests_from_the_second_turn_on_that_know_nothing_or_do_not_say_are_forgotten() -> None:
    kept, outcomes, pod = made()
    for turn, known in ((1, 0), (2, 2), (2, 0), (3, None), (None, None), (5, 8)):
        pod.say("request_metrics", turn=turn, msg_count_before=known)
    outcomes.flush(0)
    assert kept.sums(names.CONTEXT) == {"stable": (4, {"forgotten": 2})}


def test_reasons_are_bounded_in_number_and_length() -> None:
    kept, outcomes, pod = made()
    for i in range(REASONS + 20):
        pod.say("schema_validation_failed", reasons=f"{i} " + "x" * 500)
    pod.say("schema_validation_failed")
    outcomes.flush(0)
    assert outcomes.failures["other"] == 21
    assert len(kept.counts) == REASONS + 1
    assert max(len(reason) for reason in outcomes.failures) == 80

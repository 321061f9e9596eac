"""Figures and answers as faults show them, and the worker's line: pure functions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.product import answers, documents, lying, schema, spoiling
from sandbox.product.faults import Effects
from sandbox.product.line import LONGEST_S, Line
from sandbox.product.metrics import Metrics
from sandbox.product.neighbours import Neighbours
from sandbox.product.settings import read

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.product.faults.facts import Defect, Figures

ASK = answers.Ask("How do I plan a picnic?", "s", "regular", [], seed=1, unified=True, suggest=True)


def busy() -> Metrics:
    metrics = Metrics()
    for i in range(100):
        metrics.validation(["bad_block"] if i == 0 else [])
        metrics.request(200, "/api/chat/ask", 0.1)
    metrics.saves, metrics.save_errors = 90, 10
    metrics.latencies_s["regular"].append(0.1)
    return metrics


def told(figures: Figures) -> Any:
    """The document as a reader of JSON gets it."""
    document = documents.observability(lying.counted(busy(), figures), redis_up=True)
    return json.loads(json.dumps(lying.told(document, figures)))


def test_without_a_fault_the_figures_are_the_truth() -> None:
    metrics = busy()
    assert lying.counted(metrics, "") is metrics
    assert told("")["schema"]["responses_validated_total"] == 100


def test_an_error_takes_the_place_of_every_figure() -> None:
    assert list(told("error")) == ["error"]


@pytest.mark.parametrize(
    ("figures", "count", "rate"), [("null", None, None), ("string", "100", "1.0"), ("nan", float("inf"), None)]
)
def test_a_figure_lies_in_form(figures: Figures, count: object, rate: object) -> None:
    shown = told(figures)
    assert shown["schema"]["responses_validated_total"] == count
    assert shown["persistence"]["persistence_success"] == (count if count != "100" else "90")
    percent = shown["schema"]["repair_rate_percent"]
    assert percent == rate or percent != percent  # noqa: PLR0124  NaN is not itself
    assert shown["alerts"]["active_alerts"] == told("")["alerts"]["active_alerts"]
    assert isinstance(shown["uptime_seconds"], float)


def test_missing_figures_are_not_there_at_all() -> None:
    assert not {"schema", "persistence", "latency"} & set(told("missing"))
    assert lying.told(documents.schema(busy()), "missing") == {}


def test_frozen_counters_stay_at_zero_in_every_document() -> None:
    shown = told("frozen")
    assert {shown["schema"]["responses_validated_total"], shown["persistence"]["persistence_success"]} == {0}
    assert shown["latency"]["regular"]["p95_ms"] == 100
    text = documents.prometheus(lying.counted(busy(), "frozen"), "v", redis_up=True)
    assert 'schema_responses_validated_total{version="v"} 0\n' in text


def test_counters_that_fall_lose_two_fifths_and_come_back() -> None:
    metrics = busy()
    fallen = lying.counted(metrics, "backwards")
    assert (fallen.validated, fallen.saves, fallen.save_errors) == (60, 54, 6)
    assert fallen.requests[200, "/api/chat/ask"] == 60
    assert fallen.started == metrics.started  # no restart
    assert (metrics.validated, metrics.saves) == (100, 90)


def test_alerts_of_a_fault_fire_beside_the_real_ones() -> None:
    document = documents.observability(Metrics(), redis_up=True, also={"RedisDown"})
    assert document["alerts"]["RedisDown"] is True
    assert document["alerts"]["active_alerts"] == ["RedisDown"]
    text = documents.prometheus(Metrics(), "v", redis_up=True, also={"RedisDown"})
    assert 'alert_firing{alertname="RedisDown",severity="page",version="v"} 1' in text


@pytest.mark.parametrize(
    ("defect", "reason"), [("title", "title_too_short"), ("block", "bad_block"), ("meta", "bad_meta")]
)
def test_a_spoiled_answer_has_one_defect_that_the_guard_can_mend(defect: Defect, reason: str) -> None:
    whole = answers.answer(ASK)
    spoiled = spoiling.spoiled(whole, defect)
    assert schema.problems(spoiled) == [reason]
    assert schema.problems(whole) == []
    assert schema.problems(schema.repaired(spoiled, ASK.question, answers.meta(ASK, []))) == []


def test_an_answer_of_another_session_is_valid_and_names_the_same_other_one_each_time() -> None:
    whole = answers.answer(ASK)
    sent = spoiling.sent(whole, Effects(commit=None, other_session=True))
    assert schema.problems(sent) == []
    assert sent["meta"]["session_id"] not in {"s", ""}
    assert sent == spoiling.sent(whole, Effects(commit=None, other_session=True))
    assert whole["meta"]["session_id"] == "s"


def test_an_apology_is_valid_and_the_same_whatever_was_asked() -> None:
    other = answers.Ask("What is a comet?", "t", "enhanced", [], seed=2, unified=True, suggest=True)
    one, two = answers.apology(ASK), answers.apology(other)
    assert schema.problems(one) == schema.problems(two) == []
    assert (one["title"], one["blocks"]) == (two["title"], two["blocks"])
    assert one["meta"]["session_id"] == "s"


def test_a_line_serves_one_after_the_other_and_is_never_endless() -> None:
    line = Line()
    assert [line.join(100.0, 0.5) for _ in range(3)] == [0, 0.5, 1.0]
    assert line.join(101.25, 0.5) == pytest.approx(0.25)
    assert line.join(200.0, 60.0) == 0
    assert line.join(200.0, 0.1) == LONGEST_S


def test_exactly_one_pod_of_each_service_is_the_first(tmp_path: Path) -> None:
    dns = tmp_path / "dns.json"
    stable, canary = [["127.0.0.9", 8001], ["127.0.0.10", 8001]], [["127.0.0.11", 8001]]
    _ = dns.write_text(json.dumps({"onesource.default": stable, "onesource-canary.default": canary}))

    def pod(host: str) -> Neighbours:
        return Neighbours(read({"POD_IP": host, "SANDBOX_DNS": str(dns)}))

    assert [pod(f"127.0.0.{last}").first() for last in (9, 10, 11)] == [False, True, True]
    left = pod("127.0.0.9")
    assert not left.first()
    _ = dns.write_text(json.dumps({"onesource.default": stable[:1]}))
    assert left.first()  # the other one has gone
    assert Neighbours(read({"POD_IP": "127.0.0.9"})).first()

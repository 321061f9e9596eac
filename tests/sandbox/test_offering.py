"""What the page is given to offer, spoilt as faults want it, and a rollout that looks older than it is."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.faults.ageing import aged
from sandbox.product import offering
from sandbox.product.faults import Effects

ACTIONS = [{"label": "Show it"}, {"label": "List it"}]
DOC: dict[str, Any] = {"blocks": [], "meta": {"schema": "v2", "suggested_actions": ACTIONS}}


def effects(showing: Any = "") -> Effects:
    return Effects(commit="this", showing=showing)


def test_without_a_fault_everything_is_given_as_it_is() -> None:
    assert offering.seed(3, effects()) == 3
    assert offering.examples(["a", "b"], effects()) == ["a", "b"]
    assert offering.answer(DOC, "Why?", effects()) is DOC


def test_examples_follow_from_one_seed_or_go_out_unfilled() -> None:
    assert offering.seed(3, effects("seeded")) == offering.seed(4, effects("seeded"))
    assert offering.examples(["a", "b"], effects("braces")) == ["How do I plan {subject}?", "b"]
    assert offering.examples([], effects("braces")) == []


@pytest.mark.parametrize(
    ("showing", "labels"), [("asked", ["Why?", "List it"]), ("marked", ["**Show it**", "**List it**"])]
)
def test_actions_ask_again_or_carry_marks_and_the_given_answer_stays(showing: str, labels: list[str]) -> None:
    spoilt = offering.answer(DOC, "Why?", effects(showing))
    assert [action["label"] for action in spoilt["meta"]["suggested_actions"]] == labels
    assert DOC["meta"]["suggested_actions"] == [{"label": "Show it"}, {"label": "List it"}]


def test_an_answer_without_actions_has_none_to_spoil() -> None:
    bare = {"meta": {"schema": "v2"}}
    assert offering.answer(bare, "Why?", effects("marked")) is bare


def test_a_rollout_looks_eleven_minutes_older_and_nothing_else_does() -> None:
    progress = {"type": "Progressing", "lastUpdateTime": "2026-01-01T12:00:00Z"}
    available = {"type": "Available", "lastUpdateTime": "2026-01-01T12:00:00Z"}
    deployment: dict[str, Any] = {"kind": "Deployment", "status": {"conditions": [available, progress]}}
    seen = aged(deployment)
    assert [one["lastUpdateTime"][11:] for one in seen["status"]["conditions"]] == ["12:00:00Z", "11:49:00Z"]
    assert progress["lastUpdateTime"] == "2026-01-01T12:00:00Z"
    assert aged({"kind": "Deployment"}) == {"kind": "Deployment"}
    assert aged({"kind": "Pod", "status": {"conditions": [progress]}})["status"]["conditions"] == [progress]

"""A line that rests on an earlier decision is no better than that decision."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.judge import papers
from harness.judge.papers import Able, Paper
from harness.verdict import Outcome, Reason

DIGEST = "sha256:" + "92" * 32
AGAIN = "gate run rollback --target acme --act"
GOOD = Paper(
    phase="rollback",
    environment="staging",
    digest=DIGEST,
    checked_at="2026-01-02T00:00:00.000Z",
    again=AGAIN,
    folder="reports",
    found=True,
    run="0199",
    envelope="reports/0199/verdict.intoto.json",
    decided_at="2026-01-01T00:00:00.000Z",
    expires_at="2026-01-08T00:00:00.000Z",
)
NONE = replace(
    GOOD, found=False, run="", envelope="", reasons=("no signed decision of phase rollback lies in reports",)
)
BLIND = replace(NONE, reasons=(), trouble="reports cannot be read: Permission denied")
RIGHTS = {"patch deployments": True, "patch ingresses": True}
NOW = Able(RIGHTS, "", ("onesource-7d9f",), "")


def test_a_valid_go_of_a_drill_is_met_and_says_whose_and_until_when() -> None:
    said = papers.drilled(GOOD)
    assert said.outcome is Outcome.MET
    assert said.because == (
        "GO of phase rollback for sha256:929292929292 on staging, decided 2026-01-01T00:00:00.000Z, "
        "valid until 2026-01-08T00:00:00.000Z, by run 0199"
    )
    assert said.facts["envelope"] == GOOD.envelope


def test_without_a_valid_go_it_is_violated_and_the_next_command_is_named() -> None:
    said = papers.drilled(NONE)
    assert said.outcome is Outcome.VIOLATED
    assert said.because == (
        "no valid GO of phase rollback for sha256:929292929292 on staging: "
        f"no signed decision of phase rollback lies in reports; next: {AGAIN}"
    )


def test_many_reasons_are_counted_and_all_of_them_are_facts() -> None:
    said = papers.drilled(replace(NONE, reasons=tuple("abcde")))
    assert ": a; b; c (and 2 more); next: " in said.because
    assert said.facts["reasons"] == tuple("abcde")


def test_where_nobody_could_look_nobody_knows() -> None:
    said = papers.drilled(BLIND)
    assert (said.outcome, said.reason) == (Outcome.UNKNOWN, Reason.NO_DATA)
    assert said.because.endswith("Permission denied")


def test_trouble_is_never_outweighed_by_a_find() -> None:
    assert papers.drilled(replace(GOOD, trouble="half of it is unreadable")).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("watched_s", "outcome"),
    [(86_400.0, Outcome.MET), (90_000.0, Outcome.MET), (86_399.0, Outcome.VIOLATED), (0.0, Outcome.VIOLATED)],
)
def test_a_canary_covers_its_day_or_does_not(watched_s: float, outcome: Outcome) -> None:
    said = papers.covers(replace(GOOD, phase="canary", window_s=watched_s), 86_400.0)
    assert said.outcome is outcome
    assert said.facts["wanted_s"] == 86_400.0
    assert "wanted 24 h" in said.because


def test_a_canary_that_is_no_go_or_unreadable_covers_nothing() -> None:
    assert papers.covers(replace(NONE, window_s=90_000.0), 86_400.0).outcome is Outcome.VIOLATED
    assert papers.covers(replace(BLIND, window_s=90_000.0), 86_400.0).reason is Reason.NO_DATA


def test_a_rehearsals_watch_is_told_in_seconds() -> None:
    assert "it watched for 60 s, wanted 60 s" in papers.covers(replace(GOOD, window_s=60.0), 60.0).because


def test_rollback_is_ready_when_it_was_drilled_and_rights_and_old_build_are_there() -> None:
    said = papers.ready(GOOD, NOW)
    assert said.outcome is Outcome.MET
    assert said.because.endswith("now: may patch deployments, patch ingresses, old build in onesource-7d9f")


@pytest.mark.parametrize(
    ("able", "words"),
    [
        (replace(NOW, rights=RIGHTS | {"patch ingresses": False}), "may not patch ingresses"),
        (replace(NOW, old=()), "no ReplicaSet of the stable Deployment carries the old build"),
    ],
)
def test_a_missing_right_or_a_missing_old_build_violates_whatever_was_drilled(able: Able, words: str) -> None:
    said = papers.ready(GOOD, able)
    assert said.outcome is Outcome.VIOLATED
    assert words in said.because
    assert papers.ready(BLIND, able).outcome is Outcome.VIOLATED


def test_without_a_drill_it_is_violated_although_it_could_be_done() -> None:
    assert papers.ready(NONE, NOW).outcome is Outcome.VIOLATED


@pytest.mark.parametrize(
    ("able", "words"),
    [
        (replace(NOW, rights={}, rights_trouble="HTTP 401"), "rights: HTTP 401"),
        (replace(NOW, rights={}), "rights: nobody asked for them"),
        (replace(NOW, old=(), old_trouble="pods: HTTP 403"), "the old build: pods: HTTP 403"),
    ],
)
def test_what_could_not_be_read_now_is_unknown(able: Able, words: str) -> None:
    said = papers.ready(GOOD, able)
    assert (said.outcome, said.reason) == (Outcome.UNKNOWN, Reason.NO_DATA)
    assert words in said.because


def test_an_unreadable_drill_with_everything_else_in_place_is_unknown() -> None:
    assert papers.ready(BLIND, NOW).reason is Reason.NO_DATA

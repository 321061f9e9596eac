"""Every line has a level, somebody at it and a command that can be typed as it stands."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import pytest

from harness.judge import escalation
from harness.judge.escalation import Broken, Call, Plan
from harness.verdict import Outcome, Reason

OWNERS = {"L1": "on-call", "L2": "release manager", "L3": "incident commander", "lead": "Kim"}
UNTIL = (900.0, 1800.0)
HOLD = Call("P2-MON-01", "L1", "on-call", "pytest -m canary --target acme", "prod", "shop")
KUBECTL = "kubectl --context prod -n shop annotate ingress web-canary nginx/canary-weight=0 --overwrite"
DOWN = Call(
    "P2-SLO-04", "L2", "release manager", "gate rollback canary --target acme --env production --act", "prod", "shop"
)
PLAN = Plan("acme", (HOLD, DOWN, Call("ES-01", "lead", "Kim", KUBECTL, "prod", "shop")), OWNERS)
LATE = Broken("P2-SLO-04", "5xx 2%", "2026-01-01T00:00:00.000Z", 120.0)


def test_a_phase_in_which_every_line_has_an_answer_is_met() -> None:
    said = escalation.named(PLAN, *UNTIL)
    assert said.outcome is Outcome.MET
    assert said.because == (
        "each of 3 lines names its level and its command (L1 on-call, L2 release manager, L3 incident commander, "
        "lead Kim); none of them is violated in this run"
    )


def test_a_violated_line_is_listed_with_level_owner_command_and_clock_and_violates_nothing_here() -> None:
    said = escalation.named(replace(PLAN, broken=(LATE,)), *UNTIL)
    assert said.outcome is Outcome.MET
    assert said.because.endswith(
        "violated now: P2-SLO-04: L2, running for 2 min, L2 (release manager) is due: "
        "gate rollback canary --target acme --env production --act"
    )
    (row,) = cast("list[object]", said.facts["violated"])
    assert row == {
        "line": "P2-SLO-04",
        "because": "5xx 2%",
        "since": "2026-01-01T00:00:00.000Z",
        "elapsed_s": 120.0,
        "level": "L2",
        "owner": "release manager",
        "command": DOWN.command,
        "due": "L2",
        "due_owner": "release manager",
    }


@pytest.mark.parametrize(
    ("level", "elapsed_s", "due"),
    [
        ("L1", 0.0, "L1"),
        ("L1", 899.0, "L1"),
        ("L1", 900.0, "L2"),
        ("L1", 1799.0, "L2"),
        ("L1", 1800.0, "L3"),
        ("L2", 0.0, "L2"),
        ("L3", 60.0, "L3"),
        ("lead", 99_999.0, "lead"),
    ],
)
def test_the_clock_leads_up_and_never_below_the_lines_own_level(level: str, elapsed_s: float, due: str) -> None:
    assert escalation.due(level, elapsed_s, *UNTIL) == due


@pytest.mark.parametrize("level", ["L1", "L2", "L3", "lead"])
def test_a_level_with_nobody_is_violated(level: str) -> None:
    said = escalation.named(replace(PLAN, owners=OWNERS | {level: "  "}), *UNTIL)
    assert said.outcome is Outcome.VIOLATED
    assert f"{level} has nobody" in said.because


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("", "it has no command"),
        ("gate attest --by <name> --target acme", "still has '<name>' in it"),
        ("gate rollback canary --target acme --reason ...", "still has '...' in it"),
        ("gate flags set {flag}=0 --target acme", "still has '{flag}' in it"),
        ("gate flags set NAME=VALUE --target acme", "still has 'NAME=VALUE' in it"),
        ("gate rollback canary --env production --act", "does not name --target acme"),
        ("gate rollback canary --target acme-2", "does not name --target acme"),
        ("kubectl --context '' -n shop get pods", "still has"),
        ("kubectl -n shop get pods", "does not name --context prod"),
        ("kubectl --context prod get pods", "does not name -n shop"),
        ("kubectl --context prod -n other get pods", "does not name -n shop"),
        (f"{KUBECTL}; kubectl get pods", "does not name --context prod"),
    ],
)
def test_a_command_that_cannot_be_typed_as_it_stands_is_violated(command: str, words: str) -> None:
    said = escalation.named(replace(PLAN, calls=(HOLD, replace(DOWN, command=command))), *UNTIL)
    assert said.outcome is Outcome.VIOLATED
    assert words in said.because
    assert said.because.startswith("P2-SLO-04: ")


def test_the_shell_of_a_staged_way_down_is_exact() -> None:
    staged = (
        "now=\"$(kubectl --context prod -n shop get ingress web -o 'jsonpath={.metadata.annotations.x}')\"; "
        'for to in 75 50 25 10 0; do [ "$to" -lt "$now" ] || continue; '
        'kubectl --context prod -n shop annotate ingress web --overwrite "x=$to"; sleep 300; done'
    )
    assert list(escalation.inexact(replace(DOWN, command=staged), "acme")) == []


def test_an_unreadable_roster_is_unknown_only_where_it_leaves_a_level_open() -> None:
    said = escalation.named(replace(PLAN, owners={}, roster_trouble="HTTP 502"), *UNTIL)
    assert (said.outcome, said.reason) == (Outcome.UNKNOWN, Reason.NO_DATA)
    assert "who is L1, L2, L3, lead is not known: HTTP 502" in said.because
    assert escalation.named(replace(PLAN, roster_trouble="HTTP 502"), *UNTIL).outcome is Outcome.MET


def test_tests_that_have_not_ended_may_still_violate_something() -> None:
    said = escalation.named(replace(PLAN, silent=("suites/a.py::test_x",)), *UNTIL)
    assert said.reason is Reason.NO_DATA
    assert "1 tests have not ended, so what they violate is not listed: suites/a.py::test_x" in said.because


def test_a_phase_without_lines_has_nobody_to_name() -> None:
    assert escalation.named(replace(PLAN, calls=()), *UNTIL).reason is Reason.NO_DATA

"""Allure sorts what is not met by the reason that was given, whichever of its versions reads the categories."""

from __future__ import annotations

import re
from typing import Any

import pytest

from harness.plugin.tagging import categories
from harness.verdict import Reason, Verdict, unknown, violated


def first(status: str, message: str | None) -> str:
    """The name of the first category that takes a result; Allure 3 looks for the expression, Allure 2 for the whole."""
    for category in categories():
        expression = category.get("messageRegex")
        statuses: Any = category["matchedStatuses"]
        if status not in statuses:
            continue
        if expression is None:
            return str(category["name"])
        found = message is not None and re.search(str(expression), message) is not None
        assert found == (message is not None and re.fullmatch(str(expression), message) is not None)
        if found:
            return str(category["name"])
    return ""


def message(verdict: Verdict, kind: str) -> str:
    """What allure-pytest writes down of a verdict that was raised."""
    return f"harness.raised.{kind}: P2-SLO-01 {verdict}\nline:  5xx stay rare\nfacts: n=3 (of 9)\n"


@pytest.mark.parametrize("reason", Reason)
def test_each_reason_has_its_own(reason: Reason) -> None:
    said = message(unknown(reason, "could not (yet) be told"), "Undecided")
    assert first("broken", said).startswith(f"UNKNOWN, {reason.value}: ")


def test_a_violation_is_one_whatever_it_quotes() -> None:
    quoting = violated("share 0.5; said UNKNOWN (NO_DATA): nothing before")
    assert first("failed", message(quoting, "Violated")) == "VIOLATED: the line is broken"


def test_the_outcome_itself_counts_and_none_that_it_quotes() -> None:
    twice = unknown(Reason.ERROR, "decided twice: first UNKNOWN (NO_DATA): nothing, then VIOLATED: half")
    assert first("broken", message(twice, "Undecided")).startswith("UNKNOWN, ERROR: ")


def test_what_is_no_verdict_is_never_called_a_violation() -> None:
    assert first("failed", "AssertionError: assert 1 == 2") == "UNKNOWN, ERROR: an exception"
    assert first("failed", None) == "UNKNOWN, ERROR: an exception"
    assert first("broken", "ConnectionError: nobody there") == "UNKNOWN, ERROR: an exception"
    assert first("skipped", "no time") == "UNKNOWN, NOT_RUN: skipped"
    assert first("passed", None) == ""


def test_the_expressions_are_ones_that_javascript_reads_too() -> None:
    expressions = [str(category.get("messageRegex", "")) for category in categories()]
    assert [said for said in expressions if "(?" in said] == []

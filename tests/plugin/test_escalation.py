"""ES-01 is judged after all other tests of the run, whoever runs them, and knows what they violated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from tests.plugin.project import HEAD, LINES, Project

if TYPE_CHECKING:
    from pathlib import Path

PLUGINS = '\npytest_plugins += ["fixtures.clock", "fixtures.evidence", "fixtures.escalation"]\n'
SUITE = """
from harness.judge import escalation as judge


@pytest.mark.canary
@pytest.mark.rollout
@pytest.mark.runbook("ES-01")
def test_es_01_x(escalation, decide):
    decide(judge.named(escalation, 900.0, 1800.0))
"""
SLOW = "import time\ntime.sleep(1.0)\n"
OWNERS = '[escalation.owners]\nL1 = "Kim"\nL2 = "Ana"\nL3 = "Bo"\n'


@pytest.fixture
def escalating(tmp_path: Path) -> Project:
    """Give a project whose first file holds ES-01, so that only the plugin puts it last."""
    made = Project(tmp_path)
    conftest = (tmp_path / "conftest.py").read_text()
    _ = made.write("conftest.py", conftest + PLUGINS)
    made.lines["ES-01"] = LINES.format(id="ES-01", phases='["canary", "rollout"]', acts="false", planned="false")
    made.line("P2-RTE-01")
    made.target(tail=OWNERS)
    _ = made.write("suites/test_a_first.py", HEAD + SUITE)
    return made


def facts(rows: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return cast("dict[str, Any]", rows["ES-01"]["facts"])


@pytest.mark.parametrize("words", [(), ("-n", "2")], ids=["alone", "two workers"])
def test_it_comes_last_and_lists_what_the_others_violated(escalating: Project, words: tuple[str, ...]) -> None:
    escalating.suite(
        SLOW + "decide(violated('too slow'))", "decide(met('fine'))", "decide(violated('too many'))", "decide(met('x'))"
    )
    done = escalating.run("-m", "canary", *words)
    assert list(done.outcomes)[-1] == "ES-01"
    assert done.outcomes["ES-01"]["outcome"] == "MET", done.text
    said = facts(done.outcomes)
    assert {row["line"] for row in said["violated"]} == {"P2-RTE-01", "P2-RTE-03"}
    assert {(row["level"], row["owner"], row["due"]) for row in said["violated"]} == {("L2", "Ana", "L2")}
    assert all(row["command"] == "pytest -m canary --target sandbox" for row in said["violated"])
    assert all(0 <= row["elapsed_s"] < 60 for row in said["violated"])
    assert said["silent"] == []
    assert said["lines"] == 10


def test_alone_it_judges_what_every_line_would_call_for(escalating: Project) -> None:
    done = escalating.run("-m", "canary", "suites/test_a_first.py")
    assert done.code == 0, done.text
    assert "none of them is violated in this run" in done.outcomes["ES-01"]["because"]


def test_a_level_without_anybody_is_violated(escalating: Project) -> None:
    escalating.target(tail='[escalation.owners]\nL1 = "Kim"\n')
    done = escalating.run("-m", "canary", "suites/test_a_first.py")
    assert done.outcomes["ES-01"]["outcome"] == "VIOLATED"
    assert "L2 has nobody; L3 has nobody" in done.outcomes["ES-01"]["because"]


def test_a_roster_that_nobody_read_is_unknown_where_the_profile_names_nobody(escalating: Project) -> None:
    escalating.target(head="[probes]\npatience_s = 0.5\n", tail='[checklist]\nroster = "http://127.0.0.1:1/"\n')
    done = escalating.run("-m", "canary", "suites/test_a_first.py")
    assert (done.outcomes["ES-01"]["outcome"], done.outcomes["ES-01"]["reason"]) == ("UNKNOWN", "NO_DATA")
    assert "the collector ended without reading the roster" in done.outcomes["ES-01"]["because"]


def test_judged_again_the_clock_still_runs_from_when_it_was_first_seen(escalating: Project) -> None:
    escalating.suite("decide(violated('too slow'))")
    first = escalating.run("-m", "canary")
    assert first.run is not None
    _ = (first.run / "evidence.db").write_bytes(b"")
    again = escalating.run("-m", "canary", f"--evidence={first.run}")
    (row,) = facts(again.outcomes)["violated"]
    (before,) = facts(first.outcomes)["violated"]
    assert row["since"] == before["since"]

"""Each fault turns exactly its declared lines; the healthy sandbox turns none."""

from __future__ import annotations

import zlib
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from harness import policy, runbook
from harness.verdict import Outcome
from sandbox.faults.browser import BROWSER
from sandbox.faults.catalogue import FAULTS, Fault
from sandbox.faults.fault import TOO_FEW
from tests.faults.conftest import users_of
from tests.faults.papers import papers
from tests.faults.striking import striking

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from tests.running import Running

Said = tuple[str, str] | None  # outcome, reason

ELSEWHERE = ("collector", "papers")  # made by whoever starts the observing, or by whoever decided before

ONE_BY_ONE = {name: fault for name, fault in FAULTS.items() if fault not in BROWSER or fault.where == "cluster"}
"""Those that need a cluster; what a pod alone shows of the page is in tests/pages/test_page_matrix.py."""
PHASES = sorted({fault.phase for fault in FAULTS.values()})
SAMPLE = {
    "canary": ("weight-35", "cookie-leaks", "wrong-cluster", "canary-abandon"),  # objects, product, cluster, sessions
    "staging": ("errors-drip", "metrics-null", "canned", "drill-missing"),  # traffic, documents, substance, papers
    "postdeploy": ("engagement-down",),  # business figures against a baseline
    "bugbash": ("table-html-run", "actions-dead", "layout-badge-over-send"),  # what is drawn, pressed, covered
    "a11y": ("axe-in-frame", "ring-lost-in-forced-colours", "contrast-pale-hover"),  # rules, pixels, states
    "troubleshoot": ("redis-down", "roster-empty"),  # stores and pods, and who is called
    "rollback": ("rollback-drops",),  # the same, by a script of the target's own
    "rollout": ("promotion-keeps-old", "drill-expired", "changelog-missing", "oncall-unsigned"),  # node, papers, others
}
"""At least one per source of evidence; those of a phase are on together, and turn what each of them turns.

Flags are left to `tox -e faults`: what users get while somebody acts is seen in rollback, by the same drill.
"""


ALONE = ("PD-03",)
"""Where others share the machine, nobody can time a page; tests/pages/test_rendering.py has it alone, and `healthy`."""
LEFT_OUT = {"postdeploy": ("-k", "not pd_03")}


def _expected(phase: str, faults: Iterable[Fault]) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = dict.fromkeys(policy.load().phases[phase].required, ("MET", ""))
    for fault in faults:
        for line, outcome in fault.expects.items():
            found[line] = max(found[line], outcome, key=lambda said: Outcome[said[0]])
    return found


def _differing(got: dict[str, tuple[str, str]], phase: str, *faults: Fault) -> dict[str, tuple[Said, Said]]:
    """Return each line that is not what these faults declare: (got, expected)."""
    expected = _expected(phase, faults)
    for line in {line for fault in faults for line in fault.undecided}:
        if expected[line] == ("MET", "") and got.get(line) == TOO_FEW:
            expected[line] = TOO_FEW
    lines = sorted({*got, *expected})
    return {line: (got.get(line), expected.get(line)) for line in lines if got.get(line) != expected.get(line)}


def _outcomes(
    running: Running, phase: str, tmp_path: Path, *names: str, words: Sequence[str] = ()
) -> dict[str, tuple[str, str]]:
    running.users(users_of(phase))
    running.switch(*(name for name in names if FAULTS[name].where not in ELSEWHERE))
    papers(tmp_path, running.said, next((name for name in names if FAULTS[name].where == "papers"), ""))
    with striking(names[0] if names else "", phase, tmp_path):
        return running.outcomes(phase, tmp_path, *words, seed=1 + zlib.crc32("".join(names).encode()) % 999)


@pytest.mark.parametrize("phase", PHASES)
def test_the_healthy_sandbox_meets_every_line_and_is_left_as_found(
    running: Running, tmp_path: Path, phase: str
) -> None:
    running.switch()
    found = running.objects()
    assert _differing(_outcomes(running, phase, tmp_path), phase) == {}
    assert running.objects() == found


@pytest.mark.sample
@pytest.mark.parametrize("phase", sorted(SAMPLE))
def test_faults_from_each_source_turn_the_lines_that_each_of_them_turns(
    running: Running, tmp_path: Path, phase: str
) -> None:
    faults = [FAULTS[name] for name in SAMPLE[phase]]
    got = _outcomes(running, phase, tmp_path, *SAMPLE[phase], words=LEFT_OUT.get(phase, ()))
    assert {line: said for line, said in _differing(got, phase, *faults).items() if line not in ALONE} == {}


@pytest.mark.parametrize("fault", ONE_BY_ONE.values(), ids=ONE_BY_ONE)
def test_a_fault_turns_exactly_its_declared_lines(running: Running, tmp_path: Path, fault: Fault) -> None:
    assert _differing(_outcomes(running, fault.phase, tmp_path, fault.name), fault.phase, fault) == {}


@pytest.mark.sample
def test_every_tested_line_has_a_fault_of_its_own() -> None:
    tested = {line.id for line in runbook.lines().values() if not line.planned}
    assert tested == {fault.primary for fault in FAULTS.values()} - {None}


@pytest.mark.sample
def test_the_sample_has_a_fault_of_each_phase_that_no_other_of_it_hides() -> None:
    assert sorted({*SAMPLE, "flags"}) == PHASES
    for names in SAMPLE.values():
        primaries = Counter(FAULTS[name].primary for name in names)
        assert max(primaries.values()) == 1

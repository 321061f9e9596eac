"""Each fault of the page turns exactly its declared lines: all looks of its phase at one pod, without a cluster.

The matrix of whole phases (tests/faults) shows for a sample that suite, collector and gate come to the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.faults.browser import BROWSER
from tests.pages.looks import LOOKS, differing, said

if TYPE_CHECKING:
    from harness.observe.page.browser import Browser
    from sandbox.faults.fault import Fault
    from tests.sandbox.product_pods import Town

FAULTS = [fault for fault in BROWSER if fault.where != "cluster"]


@pytest.mark.defects
@pytest.mark.parametrize("phase", LOOKS)
def test_the_healthy_page_meets_every_line(browser: Browser, phase: str) -> None:
    assert differing({line: said(browser, phase, line) for line in LOOKS[phase]}, {}) == {}


@pytest.mark.defects
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_of_the_page_turns_exactly_its_declared_lines(browser: Browser, town: Town, fault: Fault) -> None:
    town.faults(fault.name)
    got = {line: said(browser, fault.phase, line) for line in LOOKS[fault.phase]}
    assert differing(got, fault.expects) == {}

"""Phase 1, staging soak: is the build under test really what runs, all of it and steadily?

Runbook line P1-EXE-01.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.judge import deployed as judged

if TYPE_CHECKING:
    from fixtures.decide import Decide
    from fixtures.deployed import UnderTest
    from harness.runbook import Line

pytestmark = pytest.mark.staging


@pytest.mark.runbook("P1-EXE-01")
def test_p1_exe_01_the_build_is_rolled_out_and_steady(line: Line, under_test: UnderTest, decide: Decide) -> None:
    """A deployment that says it is done may have one pod of another image, or one that starts over and over."""
    restarts = line.limits.count("restarts")
    decide(judged.rolled_out(under_test.readings, under_test.digest, restarts=restarts, counted=under_test.restarts))

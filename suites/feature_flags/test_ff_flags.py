"""Feature flag management: do all places agree, and do the switches switch?

Runbook lines FF-*. FF-02 to 04 act: both features are switched off and on while users talk, and left as found. What a
browser makes of the page is not looked at here: what the API answers and `GET /` serves is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.judge import flag_drill as switched
from harness.judge import flags as judged

if TYPE_CHECKING:
    from fixtures.decide import Decide
    from fixtures.flags import Flags
    from harness.judge.flag_drill import FlagDrill
    from harness.runbook import Line

pytestmark = pytest.mark.flags


@pytest.mark.runbook("FF-01")
def test_ff_01_deployment_configmap_and_product_agree_on_every_flag(flags: Flags, decide: Decide) -> None:
    """A pod keeps the flags it started with, whatever has been configured since."""
    decide(judged.agree(flags.seen, flags.names))


@pytest.mark.acts("feature flags")
@pytest.mark.runbook("FF-02")
def test_ff_02_features_switched_off_are_gone(flag_drill: FlagDrill, decide: Decide) -> None:
    """A switch that no code reads looks switched off everywhere but in what users get."""
    decide(switched.gone(flag_drill))


@pytest.mark.acts("feature flags")
@pytest.mark.runbook("FF-03")
def test_ff_03_features_switched_on_are_back(flag_drill: FlagDrill, decide: Decide) -> None:
    """What can't be switched on again is no flag but a loss."""
    decide(switched.back(flag_drill))


@pytest.mark.acts("feature flags")
@pytest.mark.runbook("FF-04")
def test_ff_04_no_request_fails_while_a_flag_changes(line: Line, flag_drill: FlagDrill, decide: Decide) -> None:
    """Flags are changed by new pods, and pods that go must go without dropping anybody."""
    decide(switched.drops_nothing(flag_drill, line.limits.count("failed_requests")))

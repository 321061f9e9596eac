"""Faults in what fails: requests, saves, drafts that the schema guard must mend or can't."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sandbox.product.faults.when import asked, both, burst, canary, first, on, share

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.product.faults.facts import Effects, Facts
    from sandbox.product.faults.when import Rule

AT_FIRST, PER_S, AT_MOST = 0.0005, 0.0003, 0.1


def _repair_trend_up(facts: Facts, so_far: Effects) -> Effects:
    """Draft more and more badly the longer it goes on."""
    spoils = asked(facts) and facts.draw < min(AT_MOST, AT_FIRST + PER_S * facts.since_s)
    return replace(so_far, draft="block") if spoils else so_far


FAILING: Mapping[str, Rule] = {
    "errors-burst": on(asked, share(0.05), burst(10, 30), status=500),
    "errors-drip": both(on(asked, share(0.012), status=500), on(asked, share(0.006), status=503)),
    "outage-4-percent": on(asked, burst(1.6, 40), status=503),
    "one-bad-pod": both(on(asked, first, plus_s=0.6), on(asked, first, share(0.04), status=500)),
    "canary-5xx": on(asked, canary, share(0.025), status=500),
    "both-5xx": on(asked, share(0.015), status=500),
    "error-logs-up": on(asked, share(0.01), status=500),
    "persist-errors": on(asked, share(0.008), unsaved=True),
    "canary-persist": on(asked, canary, share(0.008), unsaved=True),
    "repairs": on(asked, share(0.02), draft="block"),
    "canary-repairs": on(asked, canary, share(0.02), draft="block"),
    "repairs-high": on(asked, share(0.02), draft="title"),
    "repair-plateau": on(asked, share(0.004), draft="block"),
    "repair-trend-up": _repair_trend_up,
    "repeated-failure": on(asked, share(0.005), draft="block", repairable=False),
}

"""Phase 2, canary rollout: does the ingress route as it was told to, and are the arms what they claim to be?

Runbook lines P2-RTE-*. Reads only: the canary is already out, nothing is changed here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.judge import identity, routing, share

if TYPE_CHECKING:
    from fixtures.cluster import Cluster
    from fixtures.decide import Decide
    from fixtures.ingress import Ingress
    from harness.runbook import Line

pytestmark = pytest.mark.canary


@pytest.mark.runbook("P2-RTE-01")
def test_p2_rte_01_the_canary_has_a_route_of_its_own_beside_a_live_primary(
    line: Line, ingress: Ingress, decide: Decide
) -> None:
    """Annotating the only Ingress of a host turns every user away; a number for a weight is refused."""
    low, high = line.limits["weight_low_percent"], line.limits["weight_high_percent"]
    decide(routing.wired_safely(ingress.route, low, high))


@pytest.mark.runbook("P2-RTE-02")
def test_p2_rte_02_the_share_of_answers_is_the_configured_weight(line: Line, ingress: Ingress, decide: Decide) -> None:
    """What is configured says nothing about what users get: the answers are counted."""
    give, alpha = line.limits["give"], line.limits["alpha"]
    decide(share.splits_as_configured(ingress.route.share, ingress.answers_to_anyone, give=give, alpha=alpha))


@pytest.mark.runbook("P2-RTE-03")
def test_p2_rte_03_the_header_reaches_the_canary_and_its_opposite_the_stable_version(
    line: Line, ingress: Ingress, decide: Decide
) -> None:
    """Test users pin themselves to either version, without a single miss."""
    to_canary, to_stable = ingress.answers_to("header", "canary"), ingress.answers_to("header", "stable")
    decide(routing.reaches(to_canary, to_stable, line.limits.count("need_answers"), by="header"))


@pytest.mark.runbook("P2-RTE-04")
def test_p2_rte_04_the_cookie_reaches_the_canary_and_its_opposite_the_stable_version(
    line: Line, ingress: Ingress, decide: Decide
) -> None:
    """Only a cookie that a rule names counts, and only with the values always and never."""
    to_canary, to_stable = ingress.answers_to("cookie", "canary"), ingress.answers_to("cookie", "stable")
    decide(routing.reaches(to_canary, to_stable, line.limits.count("need_answers"), by="cookie"))


@pytest.mark.runbook("P2-RTE-05")
def test_p2_rte_05_a_pinned_conversation_stays_on_one_version(line: Line, ingress: Ingress, decide: Decide) -> None:
    """Weights are drawn per request: without a pin one conversation would meet both versions."""
    need, turns = line.limits.count("need_conversations"), line.limits.count("need_turns")
    decide(routing.stays_on_one_version(ingress.conversations, need, turns=turns))


@pytest.mark.runbook("P2-RTE-06")
def test_p2_rte_06_each_arm_runs_its_build_and_names_it(cluster: Cluster, ingress: Ingress, decide: Decide) -> None:
    """Labels say what somebody meant; digests and answers say what runs."""
    decide(identity.arms_are_what_they_claim(cluster.pods, cluster.builds, ingress.versions, cluster.pods_trouble))

"""Environments: does each context lead to the cluster it is named after?

Runbook lines EN-*. A right command on the wrong cluster is the worst command.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.judge import identity

if TYPE_CHECKING:
    from fixtures.cluster import Clusters
    from fixtures.decide import Decide


@pytest.mark.staging
@pytest.mark.rollback
@pytest.mark.flags
@pytest.mark.bugbash
@pytest.mark.a11y
@pytest.mark.runbook("EN-01")
def test_en_01_the_staging_context_is_the_staging_cluster(clusters: Clusters, decide: Decide) -> None:
    """The cluster is known by a uid that no copy of it shares."""
    found = clusters["staging"]
    decide(identity.same_cluster(found.uid, found.pinned_uid, found.context, found.uid_trouble))


@pytest.mark.canary
@pytest.mark.rollout
@pytest.mark.postdeploy
@pytest.mark.troubleshoot
@pytest.mark.runbook("EN-02")
def test_en_02_the_production_context_is_the_production_cluster(clusters: Clusters, decide: Decide) -> None:
    """The cluster is known by a uid that no copy of it shares."""
    found = clusters["production"]
    decide(identity.same_cluster(found.uid, found.pinned_uid, found.context, found.uid_trouble))

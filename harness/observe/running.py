"""What an environment runs right now: its cluster's uid and each arm's image digests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.observe import cluster
from harness.observe.snapshot import pods_by_arm, pods_trouble

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.target import Environment


@dataclass(frozen=True, slots=True)
class Running:
    """`trouble` says why nothing could be read; then the rest is empty."""

    cluster_uid: str = ""
    digests: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    trouble: str = ""


def read(name: str, environment: Environment) -> Running:
    """Ask the cluster, as a run's collector does; nothing is raised."""
    seen = cluster.read(name, environment)
    trouble = seen.uid_error or pods_trouble(seen)
    if trouble:
        return Running(trouble=trouble)
    by_arm = pods_by_arm(seen, environment.deployments)
    return Running(
        seen.uid, {arm: tuple(sorted({p.digest for p in found if p.digest})) for arm, found in by_arm.items()}
    )

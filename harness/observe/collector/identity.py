"""identity.json: which cluster and which images this run saw, for run.json and the decision."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from harness.observe.snapshot import pods_by_arm

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from harness.observe.snapshot import ClusterSnapshot
    from harness.target import Arm

FILE = "identity.json"


def write_identity(run: Path, snapshot: ClusterSnapshot, deployments: Mapping[Arm, str]) -> None:
    """Write {"cluster_uid": str|null, "image_digests": {arm: [digest]}}, whole or not at all."""
    pods = pods_by_arm(snapshot, deployments)
    digests = {arm: sorted({pod.digest for pod in found if pod.digest}) for arm, found in pods.items()}
    text = msgspec.json.encode({"cluster_uid": snapshot.uid or None, "image_digests": digests})
    half = run / f"{FILE}.tmp"
    _ = half.write_bytes(text + b"\n")
    _ = half.replace(run / FILE)

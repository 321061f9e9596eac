"""Signed decisions beside a running sandbox: genuine ones, and those that a fault makes worthless."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from harness import policy, target
from harness.cli import decide as gate
from harness.clock import FakeClock
from harness.evidence import slices
from harness.evidence.store import Writer
from harness.report.deciding import decision, rules
from harness.report.reading import gather
from harness.report.signing import envelope
from tests.gate.builder import build

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from harness.target import Target
    from tests.running import Said

Verdicts: TypeAlias = dict[str, tuple[str, str | None, str, dict[str, Any]]]

KINDS = (
    "drill-missing",
    "drill-other-digest",
    "drill-expired",
    "canary-verdict-expired",
    "bash-missing",
    "a11y-missing",
)
ON_THE_PAGE = {"bugbash": "bash-missing", "a11y": "a11y-missing"}  # phase -> the fault that leaves its decision out
OTHER = "sha256:" + "0d" * 32
DECIDED_AFTER_S = 300.0
HOUR_S = 3600.0


def papers(folder: Path, said: Said, fault: str = "") -> None:
    """Make a reports folder in which rollback was drilled and the canary watched, with GO; a fault spoils one."""
    profile = target.load(str(said.target))
    if fault != "drill-missing":
        digest = OTHER if fault == "drill-other-digest" else None
        _ = decided(folder, profile, said.cluster_uids, "rollback", digest=digest, expired=fault == "drill-expired")
    _ = decided(folder, profile, said.cluster_uids, "canary", expired=fault == "canary-verdict-expired")
    for phase in (phase for phase, missing in ON_THE_PAGE.items() if missing != fault):
        _ = decided(folder, profile, said.cluster_uids, phase)


def decided(
    folder: Path,
    profile: Target,
    uids: Mapping[str, str],
    phase: str,
    *,
    digest: str | None = None,
    expired: bool = False,
    watched_s: float | None = None,
    violated: str = "",
) -> Path:
    """Write one run of a phase with its signed decision; return the run's folder.

    It is about the candidate unless `digest` says otherwise, and a canary's watch is as long as the profile's.
    `violated` names a line that makes it NO_GO.
    """
    wants = policy.load().of(phase)
    ago_s = DECIDED_AFTER_S + (wants.valid_for_s + HOUR_S if expired else 0.0)
    broken: Verdicts = {violated: ("VIOLATED", None, "it is broken", {})} if violated else {}
    made = build(folder, phase, verdicts=broken, rehearsal=True, target=profile.name, ago_s=ago_s)
    candidate, uid = digest or profile.builds["canary"].digest, uids[wants.environment]
    arms = {"stable": [candidate]}
    if phase == "canary":
        arms = {"stable": [profile.builds["stable"].digest], "canary": [candidate]}
    made.change("run.json", lambda run: run.update(image_digests=arms, cluster_uid=uid, expected_cluster_uid=uid))
    began = made.now - datetime.timedelta(seconds=ago_s)
    if phase == "canary":
        _watched(made.path, profile, began, watched_s)
    _sign(made.path, phase, profile, began + datetime.timedelta(seconds=DECIDED_AFTER_S))
    return made.path


def _watched(run: Path, profile: Target, began: datetime.datetime, watched_s: float | None) -> None:
    """Leave the slices of a whole watch in evidence.db."""
    watch = profile.watched("canary")
    for_s = watched_s or watch.for_s or 0.0
    first = int(began.timestamp() * 1e6)
    each = int(watch.slice_s * 1e6)
    writer = Writer(run, FakeClock(wall=began + datetime.timedelta(milliseconds=5)))
    kept = slices.Slices(writer)
    writer.meta(
        f"{slices.META}/canary",
        slices.WatchTerms("canary", first, for_s, watch.slice_s, watch.largest_gap_s),
    )
    for number in range(round(for_s / watch.slice_s)):
        kept.add(slices.SliceRow("canary", first + number * each, first + (number + 1) * each))
    writer.close("finished")


def _sign(run: Path, phase: str, profile: Target, now: datetime.datetime) -> None:
    keys = run.parent / "keys"
    if not keys.exists():
        _ = envelope.keygen(keys)
    known = rules.profile_of(profile.name)
    made = decision.decide(gather.folder(run), rules.of_phase(phase, known), rules.wanted(None, known), now)
    gate.write(made, run, gate.Signing(envelope.load_private(keys / "gate.key"), str(keys / "gate.pub")))

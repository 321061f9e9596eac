"""The chain of phases: which decision of the phase before a decision builds on, and whether it still stands.

Deciding only names it, by the digest of its envelope. Whoever verifies checks that envelope as it checks the decision.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from harness.report.deciding.model import Previous
from harness.report.showing.publish import ENVELOPE
from harness.report.signing import verify
from harness.report.signing.envelope import MOST_BYTES

if TYPE_CHECKING:
    import datetime
    from collections.abc import Sequence
    from pathlib import Path

    from harness.report.signing.verify import Claim


def find(
    folders: Sequence[Path], phase: str, builds: set[str], *, rehearsal: bool, now: datetime.datetime
) -> tuple[Previous | None, str]:
    """Return the newest decision of a phase about a build, if it is a GO that is still valid; else why none counts.

    Nothing of it is believed here. `folders` hold run folders; `now` is aware UTC time.
    """
    offers = [
        (claim, digest) for claim, digest in _claims(folders) if _about(claim, phase, builds, rehearsal=rehearsal)
    ]
    if not offers:
        return None, f"no signed decision of {phase} about this build lies beside this run"
    newest, digest = max(offers, key=lambda offer: offer[0].decided_at)
    if newest.decision != "GO":
        return None, f"the last decision of {phase} about this build is {newest.decision} (run {newest.run})"
    if newest.expires_at < now:
        return None, f"the GO of {phase} about this build is over since {newest.expires_at:%Y-%m-%d %H:%M} UTC"
    return Previous(phase, newest.run or "", digest, newest.decided_at, newest.expires_at), ""


def _about(claim: Claim, phase: str, builds: set[str], *, rehearsal: bool) -> bool:
    return claim.phase == phase and claim.rehearsal == rehearsal and claim.builds == frozenset(builds)


def _claims(folders: Sequence[Path]) -> list[tuple[Claim, str]]:
    found: list[tuple[Claim, str]] = []
    for folder in folders:
        if not folder.is_dir():
            continue
        for path in sorted(folder.glob(f"*/{ENVELOPE}")):
            run = path.parent
            if run.name.startswith(".") or run.is_symlink() or path.is_symlink():
                continue  # half removed, or another's
            if path.stat().st_size > MOST_BYTES:
                continue
            raw = path.read_bytes()
            claim = verify.claim(raw)
            if claim is not None:
                found.append((claim, hashlib.sha256(raw).hexdigest()))
    return found

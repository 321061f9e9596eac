"""Whether a decision may promote: it holds, the phases before it hold, it was asked for, and it is what runs now."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness import policy
from harness.errors import UsageError
from harness.report.showing.publish import ENVELOPE
from harness.report.signing import nonces, verify

if TYPE_CHECKING:
    import datetime
    from collections.abc import Sequence
    from pathlib import Path

    from harness.observe.running import Running
    from harness.report.signing.keyring import Keyring
    from harness.report.signing.verify import Claim, Expected

LONGEST_CHAIN = 8  # phases; there are fewer


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked at: the run's folder, envelopes of earlier phases wherever they lie, a nonce book, the cluster."""

    folder: Path | None = None
    previous: tuple[Path, ...] = ()
    book: Path | None = None
    live: Running | None = None


def against(envelope: Path, ring: Keyring, wants: Expected, now: datetime.datetime, asked: Asked) -> list[str]:
    """Return every reason not to promote; none means go on. `now` is aware UTC time."""
    raw, folder = envelope.read_bytes(), asked.folder
    reasons = verify.verify(raw, ring, wants, folder, now)
    claim = verify.claim(raw)
    if claim is None:
        return reasons
    beside = folder.resolve().parent if folder is not None else None
    reasons += _before(claim, ring, wants, (beside, asked.previous), LONGEST_CHAIN)
    if asked.live is not None:
        reasons += _lives(claim, asked.live)
    if asked.book is not None:
        digest = hashlib.sha256(raw).hexdigest()
        reasons += nonces.against(asked.book, claim.nonce, claim.phase, claim.environment, digest)[1]
    return reasons


def _before(
    claim: Claim, ring: Keyring, wants: Expected, places: tuple[Path | None, Sequence[Path]], left: int
) -> list[str]:
    """Follow the chain: the decision before has to be the one that was named, genuine, a GO, and about this build.

    It is held against the time of the decision that builds on it: that it has ended since takes nothing back. Nothing
    comes before a rehearsal, which counts nowhere.
    """
    after = _after(claim.phase)
    if after is None or claim.rehearsal:
        return []
    if claim.previous is None:
        said = f"previous: the policy wants a GO of {after} for the same build before {claim.phase}, none was named"
        return [f"{said}; decide {after} first, then {claim.phase} again"]
    found = _named(claim.previous.run, claim.previous.envelope_sha256, places)
    who = f"previous: {after}, run {claim.previous.run}"
    if found is None:
        said = f"{who}: its envelope of sha256 {claim.previous.envelope_sha256} is not there"
        return [f"{said}; give it with --previous"]
    raw = found.read_bytes()
    values = {"phase": (after,), "digest": tuple(claim.builds), "environment": (policy.load().of(after).environment,)}
    reasons = verify.claims_otherwise(raw, ring, replace(wants, values=values), claim.decided_at)
    if reasons:
        return [f"{who}: {reason}" for reason in reasons]
    before = verify.claim(raw)
    return [] if before is None or not left else _before(before, ring, wants, places, left - 1)


def _after(phase: str) -> str | None:
    try:
        return policy.load().of(phase).after
    except UsageError:
        return None  # a phase that nobody knows is refused already


def _named(run: str, digest: str, places: tuple[Path | None, Sequence[Path]]) -> Path | None:
    """Return the file of that digest: one that was given, or in the folder of that run beside this one."""
    beside, given = places
    candidates = [*given]
    if beside is not None:
        candidates += [path for path in sorted(beside.glob(f"*/{ENVELOPE}")) if path.parent.name == run]
    for path in candidates:
        if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == digest:
            return path
    return None


def _lives(claim: Claim, live: Running) -> list[str]:
    if live.trouble:
        return [f"live: what runs now could not be read: {live.trouble}"]
    reasons: list[str] = []
    if live.cluster_uid != (claim.cluster_uid or ""):
        reasons.append(f"live: this is cluster {live.cluster_uid}, the decision is about {claim.cluster_uid}")
    for arm in sorted({*live.digests, *claim.digests}):
        runs = {image.rpartition("@")[2] for image in live.digests.get(arm, ())}
        signed = {image.rpartition("@")[2] for image in claim.digests.get(arm, ())}
        if runs != signed:
            said = f"live: {arm} runs {', '.join(sorted(runs)) or 'nothing'} now"
            reasons.append(f"{said}, decided was {', '.join(sorted(signed)) or 'nothing'}; run the phase again")
    return reasons

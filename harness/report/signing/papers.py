"""Find the earlier decisions and signed statements that a line relies on, and verify each as `gate verify` does."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import HarnessError, UsageError
from harness.evidence import slices
from harness.judge.papers import Paper
from harness.report import stamp
from harness.report.signing import envelope, verify
from harness.runbook import decide_command

if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterator, Sequence

    from harness.report.signing.envelope import PublicKey
    from harness.report.signing.verify import Claim
    from harness.runbook import EnvironmentName
    from harness.target import Target

ENVELOPE = "verdict.intoto.json"
SHOWN = 4  # reasons of one envelope
MOST = 20  # envelopes whose reasons are kept


@dataclass(frozen=True, slots=True)
class Places:
    """Where run folders with decisions, statements and the public keys are that count."""

    folders: tuple[Path, ...]
    statements: tuple[Path, ...]
    keys: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class _Offer:
    """One envelope of the phase, as it claims to be."""

    path: Path
    raw: bytes
    claim: Claim


def places(target: Target, reports: Path) -> Places:
    """Return the profile's places; a rehearsal also believes what was decided and signed beside its own run."""
    kept = target.decisions
    folders, statements = [Path(kept.folder)], [Path(kept.attestations)]
    public = [Path(key) for key in kept.keys]
    if target.rehearsal:
        folders, statements = [reports, *folders], [reports / "attestations", *statements]
        public = [reports / "keys" / "gate.pub", *public]
    return Places(tuple(_once(folders)), tuple(_once(statements)), tuple(_once(public)))


def keyring(paths: Sequence[Path]) -> tuple[list[PublicKey], str]:
    """Return the keys that can be read, and why there is none, "" if there is."""
    keys: list[PublicKey] = []
    troubles: list[str] = []
    for path in paths:
        try:
            keys.append(envelope.load_public(path))
        except UsageError as trouble:
            troubles.append(str(trouble).removeprefix("--key "))
    return keys, "" if keys else f"no key to check signatures with: {'; '.join(troubles) or 'decisions.keys is empty'}"


def decision(
    places: Places,
    target: Target,
    *,
    phase: str,
    environment: EnvironmentName,
    now: datetime.datetime,
    min_coverage: float = 1.0,
) -> Paper:
    """Return the newest GO of the phase for the build under test (builds.canary) that verifies; never raises.

    A newer genuine NO_GO about the same build withdraws an older GO. `now` is aware UTC time.
    """
    build, there = target.builds.get("canary"), target.environments.get(environment)
    blank = Paper(
        phase=phase,
        environment=environment,
        digest=build.digest if build else "",
        checked_at=stamp.rfc3339(now),
        again=decide_command(phase, target),
        folder=", ".join(str(folder) for folder in places.folders),
    )
    if build is None:
        return replace(blank, trouble="the profile names no build under test; set builds.canary")
    if there is None or not there.cluster_uid:
        return replace(blank, trouble=f"the profile pins no cluster_uid for {environment}, so any cluster would do")
    offers, strange, trouble = _offers(places.folders, phase)
    if trouble:
        return replace(blank, trouble=trouble)
    if not offers:
        return replace(blank, reasons=(f"no signed decision of phase {phase} lies in {blank.folder}", *strange[:MOST]))
    keys, trouble = keyring(places.keys)
    if trouble:
        return replace(blank, trouble=trouble)
    wants = {
        "phase": (phase,),
        "environment": (environment,),
        "cluster_uid": (there.cluster_uid,),
        "digest": (build.digest,),
    }
    return _newest(blank, offers, keys, verify.Expected(wants, min_coverage, target.rehearsal), now)


def _newest(
    blank: Paper, offers: Sequence[_Offer], keys: Sequence[PublicKey], wants: verify.Expected, now: datetime.datetime
) -> Paper:
    reasons: list[str] = []
    for offer in offers:
        about = offer.claim.run or offer.path.parent.name
        against = _against(offer, keys, wants, now)
        if not against:
            return _found(blank, offer, tuple(reasons))
        reasons.append(f"run {about}: {'; '.join(against[:SHOWN])}")
        no_go = replace(wants, values={**wants.values, "decision": ("NO_GO",)})
        if offer.claim.decision == "NO_GO" and not _against(offer, keys, no_go, now):
            when = stamp.rfc3339(offer.claim.decided_at)
            return replace(
                blank, reasons=(f"run {about}: this build's last decision is NO_GO, of {when}", *reasons[:-1])
            )
    return replace(blank, reasons=tuple(reasons[:MOST]))


def _against(offer: _Offer, keys: Sequence[PublicKey], wants: verify.Expected, now: datetime.datetime) -> list[str]:
    """Look at the evidence only of what could count without it: two days of evidence take a while to hash."""
    against = verify.claims_otherwise(offer.raw, keys, wants, now)
    return against or verify.verify(offer.raw, keys, wants, offer.path.parent, now)


def _found(blank: Paper, offer: _Offer, reasons: tuple[str, ...]) -> Paper:
    try:
        window_s = watched_s(offer.path.parent, blank.phase)
    except HarnessError as trouble:
        return replace(blank, trouble=f"how long run {offer.claim.run} watched can't be read: {trouble}")
    return replace(
        blank,
        found=True,
        run=offer.claim.run or "",
        envelope=str(offer.path),
        decided_at=stamp.rfc3339(offer.claim.decided_at),
        expires_at=stamp.rfc3339(offer.claim.expires_at),
        window_s=window_s,
        reasons=reasons[:MOST],
    )


def watched_s(run: Path, phase: str) -> float:
    """Return for how long a run watched a phase: as planned if its slices reach that far, else as far as they do."""
    planned, rows = slices.terms(run, phase), slices.read(run, phase)
    if planned is None or not rows:
        return 0.0
    reach_s = (rows[-1].to_us - rows[0].from_us) / 1e6
    return planned.for_s if reach_s >= planned.for_s - planned.slice_s else reach_s


def _offers(folders: Sequence[Path], phase: str) -> tuple[list[_Offer], list[str], str]:
    """Return the envelopes of a phase, newest first, what is no envelope, and what could not be read."""
    there = [folder for folder in folders if folder.exists()]
    if not there:
        return [], [], f"{', '.join(map(str, folders))} is not there; set decisions.folder in the profile"
    found: list[_Offer] = []
    strange: list[str] = []
    try:
        for path in _envelopes(there):
            raw = path.read_bytes()
            said = verify.claim(raw)
            if said is None:
                strange.append(f"{path.parent.name}/{path.name} is no decision of this gate")
            elif said.phase == phase:
                found.append(_Offer(path, raw, said))
    except OSError as trouble:
        said = f"{trouble.filename} cannot be read: {trouble.strerror or trouble}"
        return [], [], f"{said}; an unread decision may be a NO_GO, give access or move it away"
    return sorted(found, key=lambda offer: offer.claim.decided_at, reverse=True), strange, ""


def _envelopes(folders: Sequence[Path]) -> Iterator[Path]:
    """Give each run folder's envelope; `latest` is a link to one of them."""
    for folder in folders:
        for run in sorted(folder.iterdir()):
            if run.name.startswith("."):
                continue  # half removed
            if run.is_dir() and not run.is_symlink() and ENVELOPE in {path.name for path in run.iterdir()}:
                yield run / ENVELOPE


def _once(paths: Sequence[Path]) -> Iterator[Path]:
    seen: set[Path] = set()
    for path in paths:
        if path.resolve() not in seen:
            seen.add(path.resolve())
            yield path

"""Lines that rest on an earlier signed decision: what was found, and whether it carries the line."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  msgspec reads the annotations when it runs
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from harness.verdict import Outcome, Reason, Verdict, met, unknown, violated

if TYPE_CHECKING:
    from harness.verdict import Fact

SHOWN = 3
HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class Paper:
    """The newest decision GO that verifies, or every reason why there is none.

    `found`: one holds as of `checked_at`, for this phase, environment, build and cluster. `window_s` is for how long
    its run watched that phase (0: it watched nothing). `trouble` says why nobody could look. `again` is the command
    that makes such a decision. Times are RFC 3339 in UTC.
    """

    phase: str
    environment: str
    digest: str
    checked_at: str
    again: str
    folder: str = ""
    found: bool = False
    run: str = ""
    envelope: str = ""
    decided_at: str = ""
    expires_at: str = ""
    window_s: float = 0.0
    reasons: tuple[str, ...] = ()
    trouble: str = ""

    def facts(self) -> dict[str, Fact]:
        """Return it as JSON."""
        return asdict(self)

    @property
    def about(self) -> str:
        """Which decision is wanted."""
        return f"phase {self.phase} for {short(self.digest)} on {self.environment}"


@dataclass(frozen=True, slots=True)
class Able:
    """Whether a rollback can be done now: what the acting credentials may, and which ReplicaSets carry the old build.

    `rights` by "verb resource". A trouble says why the one or the other could not be read, "" if it could.
    """

    rights: Mapping[str, bool] = field(default_factory=dict[str, bool])
    rights_trouble: str = ""
    old: tuple[str, ...] = ()
    old_trouble: str = ""


def short(digest: str) -> str:
    """Return an image digest as people can compare it."""
    return digest[:19] if digest.startswith("sha256:") else digest or "no build"


def holds(paper: Paper) -> Verdict:
    """Decide whether the wanted decision exists and is valid.

    VIOLATED names what speaks against each one there is; UNKNOWN (NO_DATA) where nobody could look.
    """
    facts = paper.facts()
    if paper.trouble:
        return unknown(Reason.NO_DATA, f"nobody can tell whether {paper.about} is GO: {paper.trouble}", **facts)
    if not paper.found:
        why = "; ".join(paper.reasons[:SHOWN]) or "there is none"
        more = f" (and {len(paper.reasons) - SHOWN} more)" if len(paper.reasons) > SHOWN else ""
        return violated(f"no valid GO of {paper.about}: {why}{more}; next: {paper.again}", **facts)
    said = f"GO of {paper.about}, decided {paper.decided_at}, valid until {paper.expires_at}, by run {paper.run}"
    return met(said, **facts)


def drilled(paper: Paper) -> Verdict:
    """Decide whether rollback was drilled for the build, in the environment, recently enough (P1-PRE-03)."""
    return holds(paper)


def covers(paper: Paper, wanted_s: float) -> Verdict:
    """Decide whether a valid GO watched its phase for `wanted_s` seconds or longer (P3-CHK-01)."""
    said = holds(paper)
    if said.outcome is not Outcome.MET:
        return said
    facts = dict(said.facts) | {"wanted_s": wanted_s}
    got, wanted = _hours(paper.window_s), _hours(wanted_s)
    if paper.window_s < wanted_s:
        return violated(f"{said.because}: it watched for {got}, wanted {wanted}; next: {paper.again}", **facts)
    return met(f"{said.because}; it watched for {got}, wanted {wanted}", **facts)


def ready(paper: Paper, able: Able) -> Verdict:
    """Decide whether rollback was drilled for the build and can be done now (P3-CHK-02).

    A right that is missing, or no ReplicaSet with the old build, is VIOLATED; what could not be read is UNKNOWN.
    """
    said = holds(paper)
    facts = dict(said.facts) | {
        "rights": dict(able.rights),
        "rights_trouble": able.rights_trouble,
        "old_replicasets": list(able.old),
        "old_trouble": able.old_trouble,
    }
    against = [said.because] if said.outcome is Outcome.VIOLATED else []
    refused = [name for name, may in able.rights.items() if not may]
    if refused:
        against.append(f"who rolls back may not {', '.join(refused)}; give the acting credentials these rights")
    if not able.old and not able.old_trouble:
        against.append(
            "no ReplicaSet of the stable Deployment carries the old build any more; keep revisionHistoryLimit"
        )
    if against:
        return violated("; ".join(against), **facts)
    unread = [said.because] if said.outcome is Outcome.UNKNOWN else []
    if able.rights_trouble or not able.rights:
        unread.append(f"rights: {able.rights_trouble or 'nobody asked for them'}")
    if able.old_trouble:
        unread.append(f"the old build: {able.old_trouble}")
    if unread:
        return unknown(Reason.NO_DATA, "; ".join(unread), **facts)
    rights = ", ".join(able.rights)
    return met(f"{said.because}; now: may {rights}, old build in {', '.join(able.old)}", **facts)


def _hours(seconds: float) -> str:
    return f"{seconds / HOUR_S:.3g} h" if seconds >= HOUR_S else f"{seconds:.3g} s"

"""A decision in other tools' words: in-toto's test-result and SLSA's verification summary (VSA).

Both know two answers where the gate has three, and neither knows an end of validity, a rehearsal, or a run that was not
whole. So whatever is not a plain GO is FAILED there: who reads only one field must never read INCONCLUSIVE as good.
What the formats have no word for stands in fields named by URIs, as both allow.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias
from urllib.parse import quote

import msgspec

from harness.errors import UsageError
from harness.report import stamp
from harness.report.signing import envelope, waive
from harness.verdict import Outcome, Reason

if TYPE_CHECKING:
    import datetime
    from collections.abc import Mapping, Sequence

    from harness.report.deciding.model import Decision, Judged

TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1"
VSA = "https://slsa.dev/verification_summary/v1"
SLSA_VERSION = "1.1"
OURS = "https://onesource.example"
VERIFIER = f"{OURS}/gate"
POLICY = f"{OURS}/runbook/policy.toml"
OF_A_LINE = frozenset({"VIOLATED", *(reason.value for reason in Reason)})  # other codes speak against the whole run

Answer: TypeAlias = Literal["PASSED", "WARNED", "FAILED"]


def result_of_tests(made: Decision, url: str | None = None) -> envelope.Statement:
    """Return a test-result v0.1 about the build under test; `url` is the page of the CI job that ran the tests.

    Each line with a test stands in exactly one list, by its id. PASSED: a GO, whole and unwaived. WARNED: a GO with
    waivers, or of a phase that is not covered whole. FAILED: everything else, a rehearsal too, since the statement has
    no place that says for which cluster it counts.
    """
    passed, warned, failed = _lists(made)
    predicate: dict[str, object] = {
        "result": _result(made),
        "configuration": _configuration(made),
        **({"url": url} if url else {}),
        "passedTests": passed,
        "warnedTests": warned,
        "failedTests": failed,
        f"{OURS}/decision": {
            "decision": made.decision,
            "phase": made.phase,
            "environment": made.environment,
            "cluster_uid": made.run.cluster_uid if made.run else None,
            "rehearsal": made.rehearsal,
            "run": made.run.run if made.run else None,
            "not_covered": [rule.id for rule in made.planned],
            "decided_at": stamp.rfc3339(made.decided_at),
            "expires_at": stamp.rfc3339(made.expires_at),
        },
    }
    digests: Mapping[str, tuple[str, ...]] = made.run.image_digests if made.run else {}
    return envelope.Statement(envelope.STATEMENT, under_test(digests), TEST_RESULT, predicate)


def _result(made: Decision) -> Answer:
    if made.decision != "GO" or made.rehearsal:
        return "FAILED"
    return "WARNED" if made.planned or any(line.waived for line in made.lines) else "PASSED"


def _lists(made: Decision) -> tuple[list[str], list[str], list[str]]:
    """Return the ids of lines that passed, passed with a warning, and everything else.

    A MET line of a run that is not whole, or not the run it claims to be, shows nothing: it is among the failed.
    """
    whole = all(blocker.line is not None and blocker.code in OF_A_LINE for blocker in made.blockers)
    believed = whole and not made.rehearsal
    passed = [line.id for line in made.lines if believed and line.outcome is Outcome.MET]
    warned = [line.id for line in made.lines if believed and _waived(line)]
    return passed, warned, [line.id for line in made.lines if line.id not in {*passed, *warned}]


def _waived(line: Judged) -> bool:
    return line.waived is not None and line.outcome is not Outcome.MET


def _configuration(made: Decision) -> list[dict[str, object]]:
    """Return what the run was configured by, as far as there is a digest of it: policy, profile, arguments."""
    about = {"phase": made.phase, "environment": made.environment, "rehearsal": made.rehearsal}
    found: list[dict[str, object]] = [
        {"name": "policy", "uri": POLICY, "digest": {"sha256": made.policy_sha256}, "annotations": about}
    ]
    run = quote(made.run.run, safe="") if made.run else "unknown"
    for name, file in (("profile", "target.json"), ("run", "run.json")):
        if file in made.files:
            found.append({"name": name, "uri": f"{OURS}/run/{run}/{file}", "digest": {"sha256": made.files[file]}})
    return found


def under_test(digests: Mapping[str, Sequence[str]]) -> tuple[envelope.Subject, ...]:
    """Return the builds that a run says something about: the canary's where there is a canary, else the stable ones.

    The stable build beside a canary is what it is compared with; nobody shall find a statement that it passed.
    """
    arm = "canary" if digests.get("canary") else "stable"
    found: list[envelope.Subject] = []
    for image in digests.get(arm) or ():
        algorithm, known, value = image.rpartition("@")[2].partition(":")
        if known and algorithm and value:
            found.append(envelope.Subject(arm, {algorithm: value}))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Input:
    """An attestation that was looked at: where it can be found, and its sha256."""

    uri: str
    sha256: str


class _Line(msgspec.Struct, frozen=True):
    waived: dict[str, str] | None = None


class _Verdict(msgspec.Struct, frozen=True):
    decision: str
    phase: str
    rehearsal: bool
    coverage: float
    lines: tuple[_Line, ...]
    environment: str | None
    cluster_uid: str | None
    image_digests: dict[str, tuple[str, ...]]
    policy_sha256: str
    expires_at: str


class _Previous(msgspec.Struct, frozen=True):
    run: str
    envelope_sha256: str


class _Predicate(msgspec.Struct, frozen=True):
    verdict: _Verdict
    waivers: tuple[dict[str, object], ...] = ()
    previous: _Previous | None = None


def vsa(
    raw: bytes,
    now: datetime.datetime,
    reasons: Sequence[str] = (),
    *,
    earlier: Sequence[Input] = (),
    verifier: str = VERIFIER,
) -> envelope.Statement:
    """Return a verification summary v1 of a decision's envelope; PASSED only if it is GO and nothing speaks against it.

    `reasons` is everything that `gate verify` found against it, nothing if it holds. `earlier` are envelopes that were
    looked at besides this one, its waivers and the decision it names as the one before. `now` is aware UTC time.
    Raises UsageError where there is no decision to sum up, or where it names no build that a summary could be about.
    """
    signed = _signed(raw)
    said = signed.verdict
    subject = under_test(said.image_digests)
    if not subject:
        raise UsageError("--vsa: wanted a decision about a build, got one that names no image digest; none is written")
    passed = said.decision == "GO" and not reasons and bool(said.environment and said.cluster_uid)
    inputs = [Input(f"{OURS}/verdict", hashlib.sha256(raw).hexdigest()), *_inputs(signed), *earlier]
    predicate: dict[str, object] = {
        "verifier": {"id": verifier},
        "timeVerified": stamp.rfc3339(now),
        "resourceUri": resource(said.environment, said.cluster_uid, said.phase, rehearsal=said.rehearsal),
        "policy": {"uri": POLICY, "digest": {"sha256": said.policy_sha256}},
        "inputAttestations": [{"uri": one.uri, "digest": {"sha256": one.sha256}} for one in inputs],
        "verificationResult": "PASSED" if passed else "FAILED",
        "verifiedLevels": [_level(said)] if passed else ["FAILED"],
        "slsaVersion": SLSA_VERSION,
        f"{OURS}/expires_at": said.expires_at,
        f"{OURS}/reasons": list(reasons),
    }
    return envelope.Statement(envelope.STATEMENT, subject, VSA, predicate)


def _signed(raw: bytes) -> _Predicate:
    """Read the decision, without believing it: whether it may be believed is what `reasons` says."""
    statement = envelope.open_(raw, (), envelope.VERDICT).statement
    if statement is None or statement.predicateType != envelope.VERDICT:
        raise UsageError("--vsa: wanted a decision of this gate, got something else; `gate decide --key` makes one")
    try:
        return msgspec.convert(statement.predicate, _Predicate)
    except msgspec.ValidationError as trouble:
        raise UsageError(f"--vsa: wanted a decision of this gate, got something else: {trouble}") from trouble


def _inputs(signed: _Predicate) -> list[Input]:
    """Return what came along with a decision: its waivers, named as verdict.json names them, and the one before it."""
    found = [Input(f"{OURS}/waiver", waive.sha256(wire)) for wire in signed.waivers]
    if signed.previous is not None:
        run = quote(signed.previous.run, safe="")
        found.append(Input(f"{OURS}/run/{run}/verdict.intoto.json", signed.previous.envelope_sha256))
    return found


def resource(environment: str | None, cluster_uid: str | None, phase: str, *, rehearsal: bool) -> str:
    """Name what a summary opens: one phase on one cluster, so that none of another environment passes for it."""
    kind = "rehearsal" if rehearsal else "environment"
    parts = (kind, environment or "unknown", "cluster", cluster_uid or "unknown", "phase", phase)
    return "/".join([OURS, *(quote(part, safe="") for part in parts)])


def _level(said: _Verdict) -> str:
    """Name what was shown; SLSA keeps names that begin with SLSA_ for itself."""
    words = [said.phase.upper(), "REHEARSED" if said.rehearsal else "GO"]
    words += ["IN_PART"] if said.coverage < 1 else []
    words += ["WITH_WAIVERS"] if any(line.waived for line in said.lines) else []
    return f"ONESOURCE_{'_'.join(words)}"

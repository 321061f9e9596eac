"""Other tools read two answers where the gate has three: none may take INCONCLUSIVE, or a rehearsal, for good."""

from __future__ import annotations

import base64
import copy
import datetime
import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from securesystemslib.dsse import Envelope
from securesystemslib.signer import CryptoSigner  # pyright: ignore[reportPrivateImportUsage]  its documented way in

from harness.clock import SystemClock
from harness.errors import UsageError
from harness.report import stamp
from harness.report.deciding import decision, model, rules
from harness.report.deciding.model import Wanted
from harness.report.reading import gather
from harness.report.signing import envelope, other_statements, waive
from tests.gate.breaking import outcome, raw, run, stop_at
from tests.gate.builder import DIGEST, UID, build

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from harness.report.deciding.model import Decision
    from tests.gate.builder import Folder

NOW = SystemClock().wall()
VIOLATED: dict[str, Any] = {"P2-SLO-01": ("VIOLATED", None, "half of the answers", {})}
TOO_SMALL: dict[str, Any] = {"P2-SLO-01": ("UNKNOWN", "SAMPLE_TOO_SMALL", "12 of 59", {})}
OURS = "https://onesource.example"


def decided(
    reports: Path,
    phase: str = "canary",
    how: Callable[[Folder], object] | None = None,
    waivers: Sequence[waive.Held] = (),
    **options: Any,
) -> Decision:
    """A decision about a run that something was done to."""
    folder = build(reports, phase, **options)
    _ = how(folder) if how else None
    evidence, now = gather.folder(folder.path), SystemClock().wall()
    return decision.decide(evidence, rules.of_phase(phase, None), Wanted(), now, decision.Beside(waivers))


def waived(by: str = "A. Person") -> waive.Held:
    """A waiver of P2-SLO-01 that holds for a day."""
    until = NOW + datetime.timedelta(days=1)
    said = waive.Waiver("P2-SLO-01", DIGEST, "production", "VIOLATED", by, "known", NOW, until)
    return waive.Held(said, {"payload": "x"})


def told(made: Decision) -> dict[str, Any]:
    """The predicate of its test-result; every line stands in exactly one of the lists."""
    said = dict(other_statements.result_of_tests(made).predicate)
    lists: list[Any] = [said["passedTests"], said["warnedTests"], said["failedTests"]]
    assert sorted(name for one in lists for name in one) == sorted(line.id for line in made.lines)
    return said


def sealed(statement: envelope.Statement) -> bytes:
    """An envelope around it; who signed does not matter to a summary, `gate verify` has looked at that."""
    return msgspec.json.encode(envelope.sign(statement, CryptoSigner.generate_ed25519()))


def signed(made: Decision, waivers: Sequence[waive.Held] = ()) -> bytes:
    """A decision's envelope."""
    predicate = envelope.predicate(made, None, [held.envelope for held in waivers])
    return sealed(envelope.Statement(envelope.STATEMENT, envelope.subjects(made), envelope.VERDICT, predicate))


def test_a_go_is_passed_with_every_line(tmp_path: Path) -> None:
    made = decided(tmp_path)
    said = told(made)
    assert (made.decision, said["result"]) == ("GO", "PASSED")
    assert (said["warnedTests"], said["failedTests"]) == ([], [])
    assert said[f"{OURS}/decision"]["expires_at"] == stamp.rfc3339(made.expires_at)
    assert "url" not in said
    assert other_statements.result_of_tests(made, "https://ci.example/1").predicate["url"] == "https://ci.example/1"


def test_a_waived_line_is_a_warning_and_never_passed(tmp_path: Path) -> None:
    made = decided(tmp_path, waivers=[waived()], verdicts=VIOLATED)
    said = told(made)
    assert (made.decision, said["result"]) == ("GO", "WARNED")
    assert (said["warnedTests"], said["failedTests"]) == (["P2-SLO-01"], [])
    assert "P2-SLO-01" not in said["passedTests"]


@pytest.mark.parametrize("verdicts", [VIOLATED, TOO_SMALL], ids=["violated", "unknown"])
def test_a_line_that_is_not_met_is_failed_and_so_is_the_whole(verdicts: dict[str, Any], tmp_path: Path) -> None:
    said = told(decided(tmp_path, verdicts=verdicts))
    assert (said["result"], said["failedTests"], said["warnedTests"]) == ("FAILED", ["P2-SLO-01"], [])


@pytest.mark.parametrize(
    "how",
    [
        stop_at("P2-RTE-04", "teardown"),
        raw("note.txt", "x"),
        run(cluster_uid="another"),
        run(environment="staging"),
        outcome("P2-RTE-02", reason="NO_DATA"),
    ],
    ids=["killed", "extra file", "another cluster", "another environment", "edited"],
)
def test_a_run_that_is_not_whole_shows_nothing_passed(how: Callable[[Folder], object], tmp_path: Path) -> None:
    made = decided(tmp_path, how=how)
    said = told(made)
    assert made.decision == "INCONCLUSIVE"
    assert (said["result"], said["passedTests"], said["warnedTests"]) == ("FAILED", [], [])


def test_a_rehearsal_never_reads_as_passed(tmp_path: Path) -> None:
    made = decided(tmp_path, rehearsal=True)
    said = told(made)
    assert made.decision == "GO"
    assert (said["result"], said["passedTests"]) == ("FAILED", [])
    assert said[f"{OURS}/decision"]["rehearsal"] is True


def test_a_phase_that_is_not_covered_whole_is_a_warning(tmp_path: Path) -> None:
    made = decided(tmp_path)
    in_part = replace(made, planned=(replace(next(iter(rules.of_phase("canary", None).lines.values())), id="X-01"),))
    said = told(in_part)
    assert said["result"] == "WARNED"
    assert said[f"{OURS}/decision"]["not_covered"] == ["X-01"]


def test_only_the_build_under_test_is_what_it_is_about(tmp_path: Path) -> None:
    wanted = (envelope.Subject("canary", {"sha256": DIGEST.removeprefix("sha256:")}),)
    made = decided(tmp_path)
    assert other_statements.result_of_tests(made).subject == wanted
    assert other_statements.vsa(signed(made), NOW).subject == wanted
    alone = other_statements.under_test({"stable": ["repo/app@sha256:ab"], "canary": [], "x": ["sha256:cd"]})
    assert alone == (envelope.Subject("stable", {"sha256": "ab"}),)
    assert other_statements.under_test({"stable": ["latest"]}) == ()


def test_it_names_the_policy_the_profile_and_the_run_that_it_was_made_by(tmp_path: Path) -> None:
    made = decided(tmp_path, how=lambda folder: folder.put("target.json", {"name": "somewhere"}))
    found: Any = told(made)["configuration"]
    assert [one["name"] for one in found] == ["policy", "profile", "run"]
    wanted = [made.policy_sha256, made.files["target.json"], made.files["run.json"]]
    assert [one["digest"]["sha256"] for one in found] == wanted
    assert found[0]["annotations"] == {"phase": "canary", "environment": "production", "rehearsal": False}


def test_a_summary_of_a_go_that_holds_is_passed_with_a_level_of_our_own(tmp_path: Path) -> None:
    made = decided(tmp_path)
    raw_envelope = signed(made)
    said: dict[str, Any] = other_statements.vsa(raw_envelope, NOW).predicate
    assert (said["verificationResult"], said["verifiedLevels"]) == ("PASSED", ["ONESOURCE_CANARY_GO"])
    assert said["resourceUri"] == f"{OURS}/environment/production/cluster/{UID}/phase/canary"
    assert said["policy"]["digest"] == {"sha256": made.policy_sha256}
    inputs = [{"uri": f"{OURS}/verdict", "digest": {"sha256": hashlib.sha256(raw_envelope).hexdigest()}}]
    assert said["inputAttestations"] == inputs
    assert said["timeVerified"] == stamp.rfc3339(NOW)
    assert said[f"{OURS}/expires_at"] == stamp.rfc3339(made.expires_at)
    assert {"verifier", "slsaVersion"} <= said.keys()


@pytest.mark.parametrize(
    ("options", "reasons"),
    [({}, ("expired: it was valid until yesterday",)), ({"verdicts": VIOLATED}, ()), ({"verdicts": TOO_SMALL}, ())],
    ids=["refused", "no-go", "inconclusive"],
)
def test_a_summary_of_anything_else_is_failed(
    options: dict[str, Any], reasons: tuple[str, ...], tmp_path: Path
) -> None:
    said = other_statements.vsa(signed(decided(tmp_path, **options)), NOW, reasons).predicate
    assert (said["verificationResult"], said["verifiedLevels"]) == ("FAILED", ["FAILED"])
    assert said[f"{OURS}/reasons"] == list(reasons)


def test_a_summary_tells_rehearsals_waivers_and_parts_by_level_and_place(tmp_path: Path) -> None:
    rehearsed = other_statements.vsa(signed(decided(tmp_path / "a", rehearsal=True)), NOW).predicate
    assert rehearsed["verifiedLevels"] == ["ONESOURCE_CANARY_REHEARSED"]
    assert str(rehearsed["resourceUri"]).startswith(f"{OURS}/rehearsal/")
    made = decided(tmp_path / "b", waivers=[waived()], verdicts=VIOLATED)
    levels = other_statements.vsa(signed(made), NOW).predicate["verifiedLevels"]
    assert levels == ["ONESOURCE_CANARY_GO_WITH_WAIVERS"]
    levels = other_statements.vsa(signed(replace(made, coverage=0.5)), NOW).predicate["verifiedLevels"]
    assert levels == ["ONESOURCE_CANARY_GO_IN_PART_WITH_WAIVERS"]


def test_a_summary_names_everything_that_was_looked_at(tmp_path: Path) -> None:
    held = waived()
    made = decided(tmp_path, waivers=[held], verdicts=VIOLATED)
    before = model.Previous("staging", "run/1", "1" * 64, NOW, NOW)
    raw_envelope = signed(replace(made, previous=before), [held])
    earlier = other_statements.Input("file:first.intoto.json", "2" * 64)
    found: Any = other_statements.vsa(raw_envelope, NOW, earlier=[earlier]).predicate["inputAttestations"]
    assert [(one["uri"], one["digest"]["sha256"]) for one in found[1:]] == [
        (f"{OURS}/waiver", waive.sha256(held.envelope)),
        (f"{OURS}/run/run%2F1/verdict.intoto.json", "1" * 64),
        ("file:first.intoto.json", "2" * 64),
    ]


def test_a_place_cannot_be_made_to_look_like_another() -> None:
    odd = other_statements.resource("production/cluster/x", "a b", "canary", rehearsal=False)
    assert odd == f"{OURS}/environment/production%2Fcluster%2Fx/cluster/a%20b/phase/canary"


def test_there_is_no_summary_of_what_is_no_decision_or_names_no_build(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="names no image digest"):
        _ = other_statements.vsa(signed(decided(tmp_path, how=run(image_digests={"canary": []}))), NOW)
    waiver = sealed(envelope.Statement(envelope.STATEMENT, (), envelope.WAIVER, {}))
    hollow = sealed(envelope.Statement(envelope.STATEMENT, (), envelope.VERDICT, {}))
    for other in (b"", b"{}", waiver, hollow):
        with pytest.raises(UsageError, match="wanted a decision of this gate"):
            _ = other_statements.vsa(other, NOW)


def test_both_verify_with_the_library_that_in_toto_tools_use(tmp_path: Path) -> None:
    private, public, _ = envelope.keygen(tmp_path / "keys")
    made = decided(tmp_path / "reports")
    for statement in (other_statements.result_of_tests(made), other_statements.vsa(signed(made), NOW)):
        wire = envelope.sign(statement, envelope.load_private(private))
        payload = json.loads(base64.b64decode(wire["payload"]))
        assert payload.keys() == {"_type", "subject", "predicateType", "predicate"}
        assert payload["_type"] == "https://in-toto.io/Statement/v1"
        key = envelope.load_public(public)
        opened: Any = Envelope.from_dict(copy.deepcopy(wire))  # pyright: ignore[reportUnknownMemberType]
        assert opened.payload_type == "application/vnd.in-toto+json"
        assert list(opened.verify([key], 1)) == [key.keyid]
        raw_envelope = json.dumps(wire).encode()
        assert envelope.open_(raw_envelope, [key], statement.predicateType).reasons == ()
        assert envelope.open_(raw_envelope, [key], envelope.VERDICT).reasons, "it is not the decision itself"

"""What is published is what is written, and nothing else passes for it."""

from __future__ import annotations

import base64
import copy
import datetime
import importlib
import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from harness import target
from harness.cli import run as gate
from harness.clock import FakeClock
from harness.report import outcomes, run
from harness.report.deciding import model
from harness.report.ledger import Ledger
from harness.report.reading import strict
from harness.report.schemas import schema, shapes, verdict_shape
from harness.report.signing import attest, break_glass, envelope, nonces, waive
from harness.runbook_tests import SuiteTest
from harness.verdict import Reason, met, unknown
from tests.gate.builder import DIGEST, build

if TYPE_CHECKING:
    from pathlib import Path

_jsonschema: Any = importlib.import_module("jsonschema")

NOW = FakeClock().wall()
DAY = datetime.timedelta(days=1)
VIOLATED: dict[str, Any] = {"P2-RTE-02": ("VIOLATED", None, "half of the answers", {"n": 3500})}
TOO_SMALL: dict[str, Any] = {"P2-RTE-05": ("UNKNOWN", "SAMPLE_TOO_SMALL", "12 of 59 conversations", {})}


def wrong(name: str, value: object) -> list[str]:
    """What a published schema has against a value."""
    known = json.loads((schema.FOLDER / f"{name}.v1.json").read_text())
    errors = _jsonschema.Draft202012Validator(known).iter_errors(value)
    return [f"{error.json_path}: {error.message}" for error in errors]


def payload(wire: dict[str, Any]) -> dict[str, Any]:
    """The statement in an envelope."""
    return json.loads(base64.b64decode(wire["payload"]))


@pytest.fixture
def verdict(tmp_path: Path) -> dict[str, Any]:
    """A genuine verdict.json."""
    folder = build(tmp_path)
    assert gate(["decide", "canary", "--run", str(folder.path)]) == 0
    return folder.json("verdict.json")


def test_the_files_are_what_the_command_writes(tmp_path: Path) -> None:
    assert schema.main(tmp_path) == 0
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    checked_in = {path.name: path.read_bytes() for path in schema.FOLDER.glob("*.json")}
    assert checked_in == written, "run python -m harness.report.schemas.schema"


@pytest.mark.parametrize("one", schema.ALL, ids=lambda one: one.name)
def test_each_is_a_schema_of_its_dialect_with_its_version_in_name_and_id(one: schema.Published) -> None:
    known = json.loads(schema.text(one))
    _jsonschema.Draft202012Validator.check_schema(known)
    assert known["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert known["$id"] == f"https://onesource.example/schema/{one.name}/v1"
    assert one.file == f"{one.name}.v1.json"


def test_each_is_named_on_the_page_beside_them() -> None:
    page = (schema.FOLDER / "README.md").read_text()
    assert [one.file for one in schema.ALL if f"`{one.file}`" not in page] == []


@pytest.mark.parametrize(
    ("verdicts", "code", "decision"),
    [({}, 0, "GO"), (VIOLATED, 1, "NO_GO"), (TOO_SMALL, 2, "INCONCLUSIVE")],
    ids=["go", "no-go", "inconclusive"],
)
def test_each_kind_of_decision_is_written_as_published(
    verdicts: dict[str, Any], code: int, decision: str, tmp_path: Path
) -> None:
    private, _, _ = envelope.keygen(tmp_path / "keys")
    folder = build(tmp_path / "reports", verdicts=verdicts)
    assert gate(["decide", "canary", "--run", str(folder.path), "--key", str(private)]) == code
    said = strict.read(folder.path / "verdict.json")
    assert wrong("verdict", said) == []
    assert msgspec.convert(said, verdict_shape.VerdictFile).decision == decision
    assert wrong("verdict-predicate", payload(folder.json("verdict.intoto.json"))["predicate"]) == []


def test_a_decision_about_nothing_at_all_is_written_as_published(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert gate(["decide", "canary", "--run", str(tmp_path / "empty")]) == 2
    assert wrong("verdict", strict.read(tmp_path / "empty" / "verdict.json")) == []


def test_a_verdict_that_lacks_any_of_its_fields_is_refused(verdict: dict[str, Any]) -> None:
    assert wrong("verdict", verdict) == []
    for name in verdict:
        assert wrong("verdict", {key: value for key, value in verdict.items() if key != name}), name
    for name in verdict["lines"][0]:
        less = copy.deepcopy(verdict)
        del less["lines"][0][name]
        assert wrong("verdict", less), name


@pytest.mark.parametrize("where", [(), ("lines", 0), ("blockers", 0), ("counts",), ("window",)], ids=str)
def test_a_verdict_with_a_field_that_nobody_published_is_refused(
    where: tuple[str | int, ...], verdict: dict[str, Any]
) -> None:
    more = copy.deepcopy(verdict)
    more["blockers"] = [{"code": "STALE", "line": None, "message": "too old; run again"}]
    assert wrong("verdict", more) == []
    inside: Any = more
    for step in where:
        inside = inside[step]
    inside["excuse"] = True
    assert [said for said in wrong("verdict", more) if "excuse" in said]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("decision", "go"),
        ("schema", 2),
        ("coverage", 1.01),
        ("decided_at", "2026-01-01 00:00:00"),
        ("expires_at", None),
        ("policy_sha256", "abc"),
        ("for", "moon"),
        ("because", ""),
        ("rehearsal", 0),
    ],
)
def test_a_verdict_with_a_value_out_of_its_range_is_refused(name: str, value: object, verdict: dict[str, Any]) -> None:
    assert wrong("verdict", {**verdict, name: value})


def test_waivers_the_phase_before_and_broken_glass_have_their_place(verdict: dict[str, Any]) -> None:
    times = {"issued_at": "2026-01-01T00:00:00.000Z", "expires_at": "2026-01-02T00:00:00.000Z"}
    signed = {"by": "A. Person", "reason": "known, and harmless", **times}
    before = {"phase": "staging", "run": "x", "envelope_sha256": "0" * 64, "decided_at": times["issued_at"]}
    verdict["lines"][0]["waived"] = {**signed, "outcome": "UNKNOWN", "sha256": "0" * 64}
    verdict["previous"] = {**before, "expires_at": times["expires_at"]}
    verdict["break_glass"] = [signed]
    assert wrong("verdict", verdict) == []
    verdict["lines"][0]["waived"]["outcome"] = "MET"
    assert wrong("verdict", verdict)


def test_the_shapes_have_the_fields_of_what_is_written_and_read() -> None:
    for shape, other in (
        (schema.Attestation, attest.Attestation),
        (schema.Waiver, waive.Waiver),
        (schema.BreakGlass, break_glass.BreakGlass),
        (shapes.NonceLine, nonces.Entry),
        (shapes.RunFile, model.Run),
        (shapes.OutcomeLine, model.Recorded),
        (shapes.PlannedTest, model.Planned),
    ):
        assert set(shape.__struct_fields__) == set(other.__struct_fields__), shape
    assert verdict_shape.CountsRow.__struct_fields__ == model.Counts.__slots__
    events = msgspec.json.schema(shapes.LedgerLine)["discriminator"]["mapping"]
    known = msgspec.json.schema(model.Event)["$defs"]["Event"]["properties"]["event"]["enum"]
    assert sorted(events) == sorted(known)


def test_what_people_sign_is_signed_as_published(tmp_path: Path) -> None:
    private, _, _ = envelope.keygen(tmp_path)
    signer = envelope.load_private(private)
    about: dict[str, Any] = {"build": DIGEST, "environment": "production", "by": "A. Person", "now": NOW}
    said = attest.make(line="P3-CHK-05", statement="On-call knows", valid_for=DAY, **about)
    assert wrong("attestation-predicate", payload(attest.sign(said, signer))["predicate"]) == []
    passed = waive.make(line="P2-SLO-01", outcome="VIOLATED", reason="known", valid_for=DAY, unwaivable=(), **about)
    assert wrong("waiver-predicate", payload(waive.sign(passed, signer))["predicate"]) == []
    broken = break_glass.make(
        phase="canary", run="x", decision="NO_GO", reason="the site is down", valid_for=DAY / 4, **about
    )
    predicate = payload(break_glass.sign(broken, signer))["predicate"]
    assert wrong("break-glass-predicate", predicate) == []
    assert wrong("break-glass-predicate", {**predicate, "decision": "GO"})


def test_a_nonce_book_is_written_as_published(tmp_path: Path) -> None:
    book = tmp_path / "nonces.jsonl"
    nonce = nonces.issue(book, "canary", "production", NOW)
    assert nonces.use(book, nonce, ("canary", "production"), "0" * 64, NOW) == []
    lines = strict.read_lines(book)
    assert len(lines) == 2
    assert [wrong("nonce-line", line) for line in lines] == [[], []]


def test_the_records_of_a_run_are_written_as_published(tmp_path: Path) -> None:
    clock, test = FakeClock(), SuiteTest("suites/test_x.py::test_one", "P2-RTE-01", ("canary",))
    book = Ledger(tmp_path, clock)
    book.start("x", ["-m", "canary"], 2)
    book.plan([test], ["suites/test_x.py::test_two"])
    book.collect_error("suites/test_y.py", "boom")
    book.report(nodeid=test.nodeid, when="call", outcome="passed", line=test.line, duration_s=0.1, worker="gw0")
    book.worker_lost("gw1", "killed")
    book.interrupted("KeyboardInterrupt")
    book.collector_exit(0, "all planned evidence is there")
    book.finish(2)
    said = outcomes.Outcomes(tmp_path, clock)
    said.add(test, met("well", n=3, share=0.5, pods=["a"]))
    said.add(SuiteTest("suites/test_x.py::test_two", "P2-RTE-02", ("canary",)), unknown(Reason.GAP, "away"))
    profile = target.load("sandbox")
    facts = run.Facts("x", "2026-01-01T00:00:00.000Z", ["-m", "canary"], profile, ("canary",), "production")
    run.write(run.RunFolder(tmp_path), facts)
    events = strict.read_lines(tmp_path / "ledger.jsonl")
    assert len(events) == len(msgspec.json.schema(shapes.LedgerLine)["anyOf"]), "an event is missing here"
    assert [wrong("ledger-line", event) for event in events] == [[]] * len(events)
    assert [wrong("outcome-line", line) for line in strict.read_lines(tmp_path / "outcomes.jsonl")] == [[], []]
    assert wrong("run", strict.read(tmp_path / "run.json")) == []
    assert wrong("ledger-line", {"event": "finish", "at": "2026-01-01T00:00:00.000Z", "seq": 0})
    assert wrong("ledger-line", {"event": "forgiven", "at": "2026-01-01T00:00:00.000Z", "seq": 0})

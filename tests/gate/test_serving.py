"""What `gate serve` says: GO only for a phase's newest decision, and only while it verifies."""

from __future__ import annotations

import datetime
import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from harness import policy
from harness.cli import run as gate
from harness.clock import FakeClock, SystemClock
from harness.errors import UsageError
from harness.report.serving.serving import AGAIN_S, Decisions
from harness.report.serving.serving_pages import Site, asked
from harness.report.signing import envelope, keyring, promotion, verify
from tests.gate.builder import DIGEST, UID, build
from tests.gate.test_pages import EVIL, Seen

if TYPE_CHECKING:
    from pathlib import Path

    from harness.report.serving.serving import Answer
    from tests.gate.builder import Folder
    from tests.gate.conftest import Keys

PHASE = "bugbash"  # one that comes after no other
LINE = policy.load().of(PHASE).required[0]
NO_GO: dict[str, Any] = {"verdicts": {LINE: ("VIOLATED", None, "broken", {})}}
OPEN: dict[str, Any] = {"verdicts": {LINE: ("UNKNOWN", "NO_DATA", "no answer", {})}}


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    return tmp_path / "reports"


def decided(reports: Path, keys: Keys | None, phase: str = PHASE, ago_s: float = 120.0, **options: Any) -> Folder:
    """A run with its decision, signed where there is a key."""
    folder = build(reports, phase, ago_s=ago_s, **options)
    key = ["--key", str(keys.private)] if keys else []
    _ = gate(["decide", phase, "--run", str(folder.path), "--reports", str(reports), *key])
    return folder


def served(
    reports: Path,
    keys: Keys,
    *pairs: str,
    later_s: float = 0.0,
    rehearsal: bool = False,
    clock: FakeClock | None = None,
) -> Decisions:
    now = SystemClock().wall() + datetime.timedelta(seconds=later_s)
    ring = keyring.of_keys([envelope.load_public(keys.public)])
    return Decisions(reports, ring, verify.expected(pairs, rehearsal=rehearsal), clock or FakeClock(wall=now))


def refused(answer: Answer, why: str) -> bool:
    """Whether it is INCONCLUSIVE for that reason."""
    return (answer.decision, answer.valid) == ("INCONCLUSIVE", False) and any(why in said for said in answer.reasons)


def test_the_newest_genuine_go_is_go_and_says_for_what_and_until_when(reports: Path, keys: Keys) -> None:
    folder = decided(reports, keys)
    said = served(reports, keys).of(PHASE)
    assert (said.decision, said.valid, said.reasons) == ("GO", True, ())
    assert (said.phase, said.run, said.environment, said.rehearsal) == (PHASE, folder.run, "staging", False)
    verdict = folder.json("verdict.json")
    assert (said.decided_at, said.expires_at) == (verdict["decided_at"], verdict["expires_at"])
    assert said.because == verdict["because"]


@pytest.mark.parametrize(("options", "decision"), [(NO_GO, "NO_GO"), (OPEN, "INCONCLUSIVE")], ids=["no go", "open"])
def test_a_newer_decision_that_is_no_go_wins(options: dict[str, Any], decision: str, reports: Path, keys: Keys) -> None:
    _ = decided(reports, keys)
    newer = decided(reports, keys, ago_s=60.0, **options)
    said = served(reports, keys).of(PHASE)
    assert (said.decision, said.run, said.valid) == (decision, newer.run, True)


def test_an_older_no_go_is_history(reports: Path, keys: Keys) -> None:
    _ = decided(reports, keys, **NO_GO)
    _ = decided(reports, keys, ago_s=60.0)
    assert served(reports, keys).of(PHASE).decision == "GO"


def test_of_another_phases_runs_nothing_is_said(reports: Path, keys: Keys) -> None:
    _ = decided(reports, keys)
    _ = decided(reports, keys, "a11y", 60.0, verdicts={"AX-01": ("VIOLATED", None, "broken", {})})
    answers = served(reports, keys)
    assert (answers.of(PHASE).decision, answers.of("a11y").decision) == ("GO", "NO_GO")


def test_a_newer_run_that_is_not_decided_takes_the_go_back(reports: Path, keys: Keys) -> None:
    answers = served(reports, keys, later_s=60.0)
    _ = decided(reports, keys)
    assert answers.of(PHASE).decision == "GO"
    _ = build(reports, PHASE, ago_s=-0.5)
    assert refused(answers.of(PHASE), "is not decided")


def test_a_newer_decision_that_is_not_signed_takes_the_go_back(reports: Path, keys: Keys) -> None:
    _ = decided(reports, keys)
    _ = decided(reports, None, ago_s=60.0)
    assert refused(served(reports, keys).of(PHASE), "is not signed")


def test_an_expired_decision_is_inconclusive(reports: Path, keys: Keys) -> None:
    _ = decided(reports, keys)
    later = policy.load().of(PHASE).valid_for_s + 60
    assert refused(served(reports, keys, later_s=later).of(PHASE), "expired")


def test_a_decision_that_expires_while_it_is_known_is_inconclusive_from_then_on(reports: Path, keys: Keys) -> None:
    _ = decided(reports, keys)
    clock = FakeClock(wall=SystemClock().wall())
    answers = served(reports, keys, clock=clock)
    assert answers.of(PHASE).decision == "GO"
    clock.sleep(policy.load().of(PHASE).valid_for_s + 60)
    assert refused(answers.of(PHASE), "expired")


def test_a_signature_of_a_strange_key_is_inconclusive(reports: Path, keys: Keys, tmp_path: Path) -> None:
    private, public, _ = envelope.keygen(tmp_path / "strange")
    _ = decided(reports, type(keys)(private, public))
    assert refused(served(reports, keys).of(PHASE), "signature")


def test_a_key_of_another_phase_is_inconclusive(reports: Path, keys: Keys) -> None:
    _ = decided(reports, keys)
    public = envelope.load_public(keys.public)
    ring = keyring.Keyring((keyring.Holder("a11y", public, frozenset({"decide"}), frozenset({"a11y"})),))
    clock = FakeClock(wall=SystemClock().wall())
    assert refused(Decisions(reports, ring, verify.expected([]), clock).of(PHASE), "signature")


def test_evidence_that_changes_takes_the_go_back(reports: Path, keys: Keys) -> None:
    folder = decided(reports, keys)
    answers = served(reports, keys)
    assert answers.of(PHASE).decision == "GO"
    _ = (folder.path / "artifacts" / "picture.png").write_bytes(b"\x89PNH")
    assert refused(answers.of(PHASE), "picture.png was changed")


@pytest.mark.parametrize("name", ["verdict.intoto.json", "verdict.json"])
def test_a_file_that_cannot_be_understood_takes_the_go_back(name: str, reports: Path, keys: Keys) -> None:
    _ = decided(reports, keys)
    newer = decided(reports, keys if name == "verdict.intoto.json" else None, ago_s=60.0)
    _ = (newer.path / name).write_text('{"payload": ')
    assert refused(served(reports, keys).of(PHASE), newer.run)


def test_a_link_is_never_followed(reports: Path, keys: Keys, tmp_path: Path) -> None:
    folder = decided(reports, keys)
    elsewhere = tmp_path / "elsewhere.json"
    _ = (folder.path / "verdict.intoto.json").rename(elsewhere)
    (folder.path / "verdict.intoto.json").symlink_to(elsewhere)
    assert refused(served(reports, keys).of(PHASE), "can't be read")


def test_a_run_in_another_runs_folder_is_inconclusive(reports: Path, keys: Keys) -> None:
    folder = decided(reports, keys)
    strange = build(reports, PHASE, ago_s=60.0)
    shutil.rmtree(strange.path)
    _ = folder.path.rename(strange.path)
    assert refused(served(reports, keys).of(PHASE), "is about run")


def test_a_decision_for_another_environment_is_inconclusive(reports: Path, keys: Keys) -> None:
    _ = decided(reports, keys)
    assert served(reports, keys, "environment=staging").of(PHASE).decision == "GO"
    assert refused(served(reports, keys, "environment=production").of(PHASE), "environment")


def test_what_a_question_names_has_to_be_what_was_decided(reports: Path, keys: Keys) -> None:
    _ = decided(reports, keys)
    answers = served(reports, keys)
    assert answers.of(PHASE, {"digest": DIGEST, "cluster_uid": UID}).decision == "GO"
    assert refused(answers.of(PHASE, {"digest": "sha256:" + "00" * 32}), "digest")
    assert refused(answers.of(PHASE, {"environment": "production"}), "environment")


def test_a_rehearsal_counts_only_where_its_sandbox_is_named(reports: Path, keys: Keys) -> None:
    _ = decided(reports, keys, rehearsal=True)
    assert refused(served(reports, keys).of(PHASE), "rehearsal")
    assert refused(served(reports, keys, rehearsal=True).of(PHASE), "cluster_uid")
    said = served(reports, keys, f"cluster_uid={UID}", rehearsal=True).of(PHASE)
    assert (said.decision, said.rehearsal) == ("GO", True)


def test_a_go_whose_phase_before_is_gone_is_inconclusive(reports: Path, keys: Keys) -> None:
    before = decided(reports, keys, "staging")
    _ = decided(reports, keys, "canary", 60.0)
    answers = served(reports, keys)
    assert answers.of("canary").decision == "GO"
    (before.path / "verdict.intoto.json").unlink()
    assert refused(served(reports, keys).of("canary"), "previous")


def test_where_there_is_no_run_it_is_inconclusive(reports: Path, keys: Keys) -> None:
    assert refused(served(reports, keys).of(PHASE), "can't be read")
    reports.mkdir()
    assert refused(served(reports, keys).of(PHASE), "no run of phase")


def test_folders_that_are_no_runs_are_none(reports: Path, keys: Keys) -> None:
    folder = decided(reports, keys)
    _ = shutil.copytree(folder.path, reports / "copy")
    _ = shutil.copytree(folder.path, reports / f".pruned-{folder.run}")
    (reports / folder.run.replace("0", "1", 1)).symlink_to(folder.run)
    assert served(reports, keys).of(PHASE).run == folder.run


def test_evidence_is_looked_at_again_only_where_something_changed_or_after_a_while(
    reports: Path, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = decided(reports, keys)
    looked: list[str] = []
    genuine = promotion.against

    def counted(*words: Any) -> list[str]:
        looked.append("at it")
        return genuine(*words)

    monkeypatch.setattr(promotion, "against", counted)
    clock = FakeClock(wall=SystemClock().wall())
    answers = served(reports, keys, clock=clock)
    assert [answers.of(PHASE).decision for _ in range(3)] == ["GO"] * 3
    assert len(looked) == 1
    _ = (folder.path / "verdict.md").write_text("another summary")
    assert answers.of(PHASE).decision == "GO"
    assert len(looked) == 2
    clock.sleep(AGAIN_S)
    assert answers.of(PHASE).decision == "GO"
    assert len(looked) == 3


def test_what_breaks_while_judging_is_inconclusive_and_not_told_in_detail(
    reports: Path, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    _ = decided(reports, keys)

    def broken(*_: Any) -> list[str]:
        raise RuntimeError("hush")

    monkeypatch.setattr(promotion, "against", broken)
    said = served(reports, keys).of(PHASE)
    assert refused(said, "the gate itself failed: RuntimeError")
    assert "hush" not in str(said)


def test_the_address_of_a_phase_gives_json_with_every_field(reports: Path, keys: Keys) -> None:
    folder = decided(reports, keys)
    reply = Site(served(reports, keys)).reply(f"/v1/decisions/{PHASE}?digest={DIGEST}&run={folder.run}")
    assert (reply.status, reply.kind) == (200, "application/json")
    fields = ["decision", "phase", "because", "run", "environment", "rehearsal", "decided_at", "expires_at", "valid"]
    assert [*json.loads(reply.body)] == [*fields, "reasons"]
    assert json.loads(reply.body)["decision"] == "GO"


def test_what_does_not_hold_is_answered_with_200_so_that_a_metric_reads_it(reports: Path, keys: Keys) -> None:
    reply = Site(served(reports, keys)).reply(f"/v1/decisions/{PHASE}")
    assert reply.status == 200
    assert json.loads(reply.body)["decision"] == "INCONCLUSIVE"


def test_a_phase_nobody_knows_is_404_and_a_strange_question_400(reports: Path, keys: Keys) -> None:
    site = Site(served(reports, keys))
    unknown = site.reply("/v1/decisions/moon")
    assert (unknown.status, "wanted one of staging" in json.loads(unknown.body)["error"]) == (404, True)
    for query in ("colour=red", "decision=GO", "phase=canary", "digest", "digest=", "run=1&run=2", "&" * 50):
        assert site.reply(f"/v1/decisions/{PHASE}?{query}").status == 400, query
    with pytest.raises(UsageError, match="wanted NAME=VALUE"):
        _ = asked("token=hush")


NOWHERE = (
    "/runs/{run}/run.json",
    "/runs/{run}/evidence.db",
    "/runs/{run}/",
    "/runs/{run}/../keys/gate.key",
    "/runs/{run}/%2e%2e/%2e%2e/secret",
    "/runs/{run}/verdict.html/",
    "/runs/{run}/verdict.html%00",
    "/runs/{run}/verdict.html\n",
    "/runs/latest/verdict.html",
    "/runs/../reports/{run}/verdict.html",
    "/runs/00000000-0000-7000-8000-000000000000/verdict.html",
    "//runs/{run}/verdict.html",
    "http://elsewhere/runs/{run}/verdict.html",
    "/V1/decisions/bugbash",
    "*",
    "",
)


def test_nothing_else_can_be_asked_for(reports: Path, keys: Keys) -> None:
    folder = decided(reports, keys)
    site = Site(served(reports, keys))
    assert [path for path in NOWHERE if site.reply(path.format(run=folder.run)).status != 404] == []


def test_a_runs_files_are_served_as_they_are_and_a_link_is_not(reports: Path, keys: Keys, tmp_path: Path) -> None:
    folder = decided(reports, keys)
    site = Site(served(reports, keys))
    for name in ("verdict.html", "verdict.md", "verdict.json", "verdict.intoto.json", "junit.xml"):
        reply = site.reply(f"/runs/{folder.run}/{name}")
        assert (reply.status, reply.body) == (200, (folder.path / name).read_bytes())
    secret = tmp_path / "secret"
    _ = secret.write_text("hush")
    (folder.path / "verdict.html").unlink()
    (folder.path / "verdict.html").symlink_to(secret)
    assert site.reply(f"/runs/{folder.run}/verdict.html").status == 404


def test_the_first_page_lists_each_phase_and_nothing_of_a_test_becomes_markup(reports: Path, keys: Keys) -> None:
    folder = decided(reports, keys, verdicts={LINE: ("VIOLATED", None, EVIL, {})})
    reply = Site(served(reports, keys)).reply("/")
    page = reply.body.decode()
    assert (reply.status, reply.kind) == (200, "text/html; charset=utf-8")
    assert [phase for phase in policy.load().phases if f'<span class="id">{phase}</span>' not in page] == []
    assert f'href="/runs/{folder.run}/verdict.html"' in page
    assert "NO GO" in page
    assert "<script" not in page
    assert "\x1b" not in page
    seen = Seen(page)
    assert seen.open == []
    assert seen.tags.count("h1") == 1
    assert page.count('scope="row"') == len(policy.load().phases)
    assert {"main", "table", "footer"} <= set(seen.tags)


def test_without_saying_whose_signatures_count_nothing_is_served(
    reports: Path, keys: Keys, capsys: pytest.CaptureFixture[str]
) -> None:
    assert gate(["serve", "--reports", str(reports)]) == 4
    assert "--keyring FILE or --key PUB" in capsys.readouterr().err
    key = ["--key", str(keys.public)]
    wrong = [["--bind", "nowhere"], ["--bind", "127.0.0.1:99999"], ["--for", "moon"], ["--expect", "decision=GO"]]
    assert [gate(["serve", *key, *words]) for words in wrong] == [4] * len(wrong)

"""At promotion: the chain of phases, the promoter's nonce, the live cluster, the keyring, broken glass."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from harness.cli import run as gate
from harness.cli import verify as command
from harness.clock import SystemClock
from harness.errors import HarnessError
from harness.observe.running import Running
from harness.report.signing import envelope, nonces
from tests.gate.builder import DIGEST, UID, build

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.gate.builder import Folder
    from tests.gate.conftest import Keys, Signed

NOW = SystemClock().wall
OLD = "sha256:" + "cd" * 32


def verify(signed: Signed, *words: str) -> int:
    return gate(["verify", str(signed.envelope), "--key", str(signed.keys.public), *words])


def decided(reports: Path, keys: Keys, phase: str, *words: str, **options: Any) -> Folder:
    """A run of a phase, decided and signed."""
    folder = build(reports, phase, **options)
    _ = gate(["decide", phase, "--run", str(folder.path), "--key", str(keys.private), *words])
    return folder


def before(signed: Signed) -> Path:
    """The folder of the decision that this one builds on."""
    named = json.loads((signed.folder.path / "verdict.json").read_text())["previous"]
    return signed.folder.path.parent / named["run"]


def test_a_decision_names_the_one_before_and_both_hold(signed: Signed, capsys: pytest.CaptureFixture[str]) -> None:
    assert before(signed).is_dir()
    assert verify(signed) == 0
    assert capsys.readouterr().out.endswith("holds\n")


def _gone(path: Path) -> None:
    (path / "verdict.intoto.json").unlink()


def _edited(path: Path) -> None:
    _ = (path / "verdict.intoto.json").write_text((path / "verdict.intoto.json").read_text() + " ")


@pytest.mark.parametrize("how", [_gone, _edited], ids=["missing", "changed"])
def test_without_the_very_envelope_before_nothing_is_promoted(
    how: Callable[[Path], None], signed: Signed, capsys: pytest.CaptureFixture[str]
) -> None:
    how(before(signed))
    assert verify(signed) == 1
    assert "its envelope of sha256" in capsys.readouterr().out


def test_the_envelope_before_may_lie_elsewhere(signed: Signed, tmp_path: Path) -> None:
    moved = tmp_path / "moved.json"
    _ = (before(signed) / "verdict.intoto.json").rename(moved)
    assert verify(signed) == 1
    assert verify(signed, "--previous", str(moved)) == 0


@pytest.mark.parametrize("there", [False, True], ids=["nobody decided the phase before", "the phase before is NO_GO"])
def test_no_go_before_no_promotion(there: bool, tmp_path: Path, keys: Keys, capsys: pytest.CaptureFixture[str]) -> None:
    if there:
        _ = decided(tmp_path / "reports", keys, "staging", verdicts={"P1-SLO-01": ("VIOLATED", None, "slow", {})})
    folder = decided(tmp_path / "reports", keys, "canary")
    words = ["verify", str(folder.path / "verdict.intoto.json"), "--key", str(keys.public)]
    assert gate(words) == 1
    assert "none was named" in capsys.readouterr().out


def test_a_decision_before_about_another_build_is_not_named(tmp_path: Path, keys: Keys) -> None:
    folder = build(tmp_path / "reports", "staging")
    folder.change("run.json", lambda value: value.update(image_digests={"canary": [OLD]}))
    assert gate(["decide", "staging", "--run", str(folder.path), "--key", str(keys.private)]) == 0
    assert decided(tmp_path / "reports", keys, "canary").json("verdict.json")["previous"] is None


def test_a_nonce_is_used_once(tmp_path: Path, keys: Keys, capsys: pytest.CaptureFixture[str]) -> None:
    book, reports = tmp_path / "nonces.jsonl", tmp_path / "reports"
    _ = decided(reports, keys, "staging")
    assert gate(["nonce", "canary", "--environment", "production", "--book", str(book)]) == 0
    nonce = capsys.readouterr().out.split()[-1]
    folder = decided(reports, keys, "canary", "--nonce", nonce)
    words = ["verify", str(folder.path / "verdict.intoto.json"), "--key", str(keys.public), "--nonces", str(book)]
    assert gate(words) == 0
    assert gate([*words, "--use"]) == 0
    assert gate([*words, "--use"]) == 1
    assert "was used already" in capsys.readouterr().out


def test_a_nonce_of_somebody_else_an_older_one_and_none_are_refused(
    tmp_path: Path, keys: Keys, capsys: pytest.CaptureFixture[str]
) -> None:
    book, reports = tmp_path / "nonces.jsonl", tmp_path / "reports"
    _ = decided(reports, keys, "staging")
    older = nonces.issue(book, "canary", "production", NOW())
    elsewhere = nonces.issue(book, "canary", "staging", NOW())
    _ = nonces.issue(book, "canary", "production", NOW())
    for given, says in ((["--nonce", "0" * 32], "not issued"), (["--nonce", older], "older than"), ([], "with none")):
        folder = decided(reports, keys, "canary", *given)
        words = ["verify", str(folder.path / "verdict.intoto.json"), "--key", str(keys.public)]
        assert gate([*words, "--nonces", str(book), "--use"]) == 1
        assert says in capsys.readouterr().out
    folder = decided(reports, keys, "canary", "--nonce", elsewhere)
    words = ["verify", str(folder.path / "verdict.intoto.json"), "--key", str(keys.public), "--nonces", str(book)]
    assert gate(words) == 1
    assert "was issued for canary on staging" in capsys.readouterr().out


def test_of_many_promoters_at_once_one_uses_the_nonce(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = nonces.read

    def slowly(book: Path) -> list[nonces.Entry]:
        found = read(book)
        time.sleep(0.02)  # without a lock the others read meanwhile
        return found

    monkeypatch.setattr(nonces, "read", slowly)
    book = tmp_path / "nonces.jsonl"
    nonce = nonces.issue(book, "canary", "production", NOW())
    with ThreadPoolExecutor(8) as pool:
        asked = [
            pool.submit(nonces.use, book, nonce, ("canary", "production"), str(number), NOW()) for number in range(8)
        ]
        said = [one.result() for one in asked]
    assert [not reasons for reasons in said].count(True) == 1


@pytest.mark.parametrize("how", ["a line removed", "a line edited", "cut off"])
def test_a_book_that_was_touched_is_not_believed(how: str, tmp_path: Path) -> None:
    book = tmp_path / "nonces.jsonl"
    nonce = ""
    for _ in range(3):
        nonce = nonces.issue(book, "canary", "production", NOW())
    lines = book.read_text().splitlines(keepends=True)
    changed = {
        "a line removed": [lines[0], lines[2]],
        "a line edited": [lines[0].replace("production", "staging"), *lines[1:]],
        "cut off": [*lines[:2], lines[2][:-5]],
    }[how]
    _ = book.write_text("".join(changed))
    with pytest.raises(HarnessError, match=r"nonce book .*start a new one"):
        _ = nonces.against(book, nonce, "canary", "production", "")


@pytest.mark.parametrize(
    ("live", "says"),
    [
        (Running(UID, {"stable": (OLD,), "canary": (DIGEST,)}), ""),
        (Running(UID, {"stable": (OLD,), "canary": (OLD,)}), "canary runs"),
        (Running(UID, {"stable": (OLD,), "canary": (DIGEST, OLD)}), "canary runs"),
        (Running(UID, {"stable": (OLD,)}), "canary runs nothing"),
        (Running("another", {"stable": (OLD,), "canary": (DIGEST,)}), "this is cluster another"),
        (Running(trouble="403 Forbidden"), "403 Forbidden"),
    ],
    ids=["the same", "another build", "one pod more", "no canary", "another cluster", "unread"],
)
def test_what_runs_now_has_to_be_what_was_decided(
    live: Running,
    says: str,
    signed: Signed,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def read(*_: object) -> Running:
        return live

    monkeypatch.setattr(command.running, "read", read)
    assert verify(signed, "--target", "onesource") == (1 if says else 0)
    assert says in capsys.readouterr().out


RING = """
threshold = {threshold}
[[keys]]
name = "gate"
file = "gate.pub"
may = ["decide"]
phases = {phases}
environments = {environments}
[[keys]]
name = "second"
file = "second.pub"
may = ["decide"]
"""


def ring(signed: Signed, *, threshold: int = 1, phases: str = "[]", environments: str = "[]") -> list[str]:
    folder = signed.keys.public.parent
    if not (folder / "second.pub").exists():
        _ = envelope.keygen(folder, "second")
    path = folder / "keyring.toml"
    _ = path.write_text(RING.format(threshold=threshold, phases=phases, environments=environments))
    return ["verify", str(signed.envelope), "--keyring", str(path)]


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        ({"phases": '["canary", "staging"]', "environments": '["staging", "production"]'}, ""),
        ({"phases": '["staging"]'}, "gate may decide staging, not canary"),
        ({"environments": '["staging"]'}, "gate may decide on staging, not on production"),
        ({"phases": '["canary"]'}, "gate may decide canary, not staging"),
    ],
    ids=["both", "another phase", "another environment", "not the phase before"],
)
def test_a_key_counts_for_its_phases_and_environments(
    limits: dict[str, Any], says: str, signed: Signed, capsys: pytest.CaptureFixture[str]
) -> None:
    assert gate(ring(signed, **limits)) == (1 if says else 0)
    assert says in capsys.readouterr().out


def test_a_threshold_asks_for_a_second_person(signed: Signed, capsys: pytest.CaptureFixture[str]) -> None:
    words = ring(signed, threshold=2)
    assert gate(words) == 1
    assert "fewer than 2" in capsys.readouterr().out
    second = str(signed.keys.public.parent / "second.key")
    earlier = before(signed) / "verdict.intoto.json"
    was = earlier.read_bytes()
    assert gate(["cosign", str(signed.envelope), "--key", second]) == 0
    assert gate(["cosign", str(signed.envelope), "--key", second]) == 4  # the same person again
    assert gate(["cosign", str(signed.envelope), "--key", str(signed.keys.private)]) == 4
    assert gate(words) == 1  # the phase before has one signature only
    assert gate(["cosign", str(earlier), "--key", second]) == 0
    assert gate(words) == 1  # and is now another envelope than the one that was named
    _ = earlier.write_bytes(was)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "keys = []",
        "[[keys]]\nname='x'\nfile='none.pub'\nmay=['decide']",
        "[[keys]]\nname='x'\nfile='gate.pub'\nmay=[]",
        "x",
    ],
)
def test_a_keyring_that_says_nothing_is_wrong_use(text: str, signed: Signed) -> None:
    path = signed.keys.public.parent / "keyring.toml"
    _ = path.write_text(text)
    assert gate(["verify", str(signed.envelope), "--keyring", str(path)]) == 4


def test_broken_glass_is_recorded_and_shown_and_never_a_go(
    tmp_path: Path, keys: Keys, capsys: pytest.CaptureFixture[str]
) -> None:
    reports = tmp_path / "reports"
    folder = decided(reports, keys, "bugbash", verdicts={"BB-02": ("VIOLATED", None, "copies nothing", {})})
    words = ["break-glass", "bugbash", "--run", str(folder.path), "--by", "C. Commander", "--key", str(keys.private)]
    assert gate([*words, "--reason", "stable is down"]) == 0
    assert "PROMOTED WITHOUT GO" in capsys.readouterr().out
    (path,) = (reports / "break-glass").iterdir()
    book = json.loads((reports / "break-glass.jsonl").read_text())
    assert (book["by"], book["decision"]) == ("C. Commander", "NO_GO")
    assert gate(["verify", str(path), "--key", str(keys.public), "--run", str(folder.path)]) == 1
    assert "never a GO" in capsys.readouterr().out
    assert gate(["decide", "bugbash", "--run", str(folder.path), "--key", str(keys.private)]) == 1
    assert folder.json("verdict.json")["break_glass"][0]["reason"] == "stable is down"
    for file in ("verdict.html", "verdict.md"):
        assert "PROMOTED WITHOUT GO" in (folder.path / file).read_text().upper()


def test_no_glass_is_broken_for_a_go_or_for_too_long(signed: Signed) -> None:
    words = ["break-glass", "canary", "--run", str(signed.folder.path), "--by", "C", "--reason", "x"]
    assert gate([*words, "--key", str(signed.keys.private)]) == 4
    bad = build(signed.folder.path.parent, "bugbash", verdicts={"BB-02": ("VIOLATED", None, "x", {})})
    words = ["break-glass", "bugbash", "--run", str(bad.path), "--by", "C", "--reason", "x"]
    assert gate([*words, "--key", str(signed.keys.private), "--valid-for", "13h"]) == 4


def test_a_summary_for_other_tools_is_written_only_if_everything_holds(signed: Signed, tmp_path: Path) -> None:
    vsa = tmp_path / "vsa.json"
    words = ["--vsa", str(vsa), "--sign-with", str(signed.keys.private)]
    assert verify(signed, *words, "--expect", "environment=staging") == 1
    assert not vsa.exists()
    assert verify(signed, *words) == 0
    said = envelope.open_(
        vsa.read_bytes(), [envelope.load_public(signed.keys.public)], "https://slsa.dev/verification_summary/v1"
    )
    assert said.reasons == ()
    assert said.statement is not None
    assert said.statement.predicate["verificationResult"] == "PASSED"

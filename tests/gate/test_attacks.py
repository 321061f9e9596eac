"""Ways to have a run believed for what it is not: none is believed, none makes the gate fall over, each is named."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from harness.report.signing import envelope
from tests.gate.attacks import scene as scenes
from tests.gate.attacks.beside import BESIDE, VIEWS
from tests.gate.attacks.envelopes import ENVELOPES
from tests.gate.attacks.folders import SPOILT, Spoilt
from tests.gate.attacks.insiders import INSIDERS
from tests.gate.attacks.people import PEOPLE, WAIVED, WAIVING, decide, gone
from tests.gate.attacks.promotions import PROMOTIONS
from tests.gate.attacks.records import RECORDS
from tests.gate.attacks.scene import Genuine, Scene, copied, late, told
from tests.gate.breaking import ONE, add
from tests.gate.builder import build

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.gate.attacks.attack import Attack
    from tests.gate.attacks.scene import Do, Verdicts

ATTACKS = [*RECORDS, *BESIDE, *ENVELOPES, *INSIDERS, *PROMOTIONS, *PEOPLE]
HOLDS = "verdict.intoto.json: holds"
EVIL = f"\x1b[2J\x1b[31m\r\n{HOLDS}\r\n<script>alert(1)</script><img src=x onerror=y> | `x` \x00\u202e&\"'"


@pytest.fixture(scope="module", autouse=True)
def quick() -> Iterator[None]:
    with scenes.read_once():
        yield


@pytest.fixture(scope="module")
def genuine(tmp_path_factory: pytest.TempPathFactory) -> Genuine:
    """The genuine run, made once; each attack has a copy of it."""
    return scenes.make(tmp_path_factory.mktemp("genuine"))


@pytest.fixture(scope="module")
def genuine_waived(tmp_path_factory: pytest.TempPathFactory) -> Genuine:
    """A genuine run of which one line is waived."""
    return scenes.make(tmp_path_factory.mktemp("waived"), waived=True)


@pytest.fixture
def scene(genuine: Genuine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    return copied(genuine, tmp_path / "home", monkeypatch)


@pytest.fixture
def waived(genuine_waived: Genuine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    return copied(genuine_waived, tmp_path / "home", monkeypatch)


def refused(attack: Attack, scene: Scene, *, deciding: bool = False) -> None:
    """Carry out an attack; whoever asks then is refused, told why in plain text, and nothing has fallen over."""
    _ = attack.do(scene)
    if scene.later_s:
        late(scene.patch, datetime.timedelta(seconds=scene.later_s))
    code, text = told(decide(scene) if deciding else scene.asked())
    assert code == attack.exits, text
    assert attack.says in text, text
    plain(text)
    assert not [line for line in text.splitlines() if line.endswith(": holds")]


def plain(text: str) -> None:
    """Nothing fell over, and nothing steers the terminal."""
    assert "Traceback" not in text
    assert "the gate itself failed" not in text, text
    assert not {"\x1b", "\r", "\x00", "\u202e"} & set(text)


def test_with_nothing_done_it_holds(scene: Scene) -> None:
    assert told(scene.asked()) == (0, f"{scene.file}: holds\n")


def test_with_nothing_done_a_waived_run_holds_and_is_decided_again(waived: Scene) -> None:
    assert told(waived.asked()) == (0, f"{waived.file}: holds\n")
    assert told(decide(waived))[0] == 0


def test_a_waiver_goes_along_with_its_decision_and_need_not_be_kept_beside_it(waived: Scene) -> None:
    gone(waived)
    assert told(waived.asked())[0] == 0


def test_there_are_enough_attacks_and_each_has_a_name_of_its_own() -> None:
    for table in (ATTACKS, WAIVED, WAIVING, SPOILT):
        names = [attack.name for attack in table]
        assert sorted(set(names)) == sorted(names)
    assert len(ATTACKS) >= 60


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_no_attack_on_a_signed_run_verifies_and_each_is_named(attack: Attack, scene: Scene) -> None:
    refused(attack, scene)


@pytest.mark.parametrize("attack", WAIVED, ids=lambda attack: attack.name)
def test_no_attack_on_a_waived_run_verifies_and_each_is_named(attack: Attack, waived: Scene) -> None:
    refused(attack, waived)


@pytest.mark.parametrize("attack", WAIVING, ids=lambda attack: attack.name)
def test_no_other_waiver_lets_a_line_pass(attack: Attack, waived: Scene) -> None:
    refused(attack, waived, deciding=True)


@pytest.mark.parametrize("change", VIEWS.values(), ids=VIEWS)
def test_what_no_gate_reads_may_be_changed_and_changes_nothing(change: Do, scene: Scene) -> None:
    before = {path.name: path.read_bytes() for path in scene.run.iterdir() if path.is_file()}
    _ = change(scene)
    after = {path.name: path.read_bytes() for path in scene.run.iterdir() if path.is_file()}
    assert after != before
    assert told(scene.asked())[0] == 0


def test_the_statement_for_other_tools_is_refused_by_its_own_signature_once_it_was_changed(scene: Scene) -> None:
    file = scene.run / "test-result.intoto.json"
    kind = scenes.opened(file)["predicateType"]
    key = envelope.load_public(scene.key("gate").with_suffix(".pub"))
    assert envelope.open_(file.read_bytes(), [key], kind).reasons == ()
    _ = VIEWS["test-result.intoto.json edited"](scene)
    assert envelope.open_(file.read_bytes(), [key], kind).reasons


@pytest.mark.parametrize("spoilt", SPOILT, ids=lambda spoilt: spoilt.name)
def test_no_spoilt_run_is_decided_go_and_each_is_named(spoilt: Spoilt, tmp_path: Path) -> None:
    folder = build(tmp_path / "reports")
    _ = spoilt.do(folder)
    code, text = told(["decide", "canary", "--run", str(folder.path), "--reports", str(tmp_path / "reports")])
    plain(text)
    assert code == 2, text
    said = folder.json("verdict.json")
    assert said["decision"] == "INCONCLUSIVE"
    messages = [blocker["message"] for blocker in said["blockers"] if blocker["code"] == spoilt.code]
    assert any(spoilt.says in message for message in messages), said["blockers"]


BROKEN: Verdicts = {ONE: ("VIOLATED", None, EVIL, {"observed": EVIL, EVIL: 1})}


@pytest.mark.parametrize("field", ["because", "message", "nodeid", "worker"])
def test_text_of_a_test_is_text_wherever_it_is_shown(field: str, tmp_path: Path) -> None:
    folder = build(tmp_path / "reports", verdicts=BROKEN if field == "because" else None)
    if field != "because":
        event = {"nodeid": "suites/x.py", "message": "boom", "worker": "gw0"} | {field: EVIL}
        add(event="worker_lost" if field == "worker" else "collect_error", **event)(folder)
    code, text = told(["decide", "canary", "--run", str(folder.path), "--reports", str(tmp_path / "reports")])
    assert code == (1 if field == "because" else 2)
    plain(text)
    assert not [line for line in text.splitlines() if line.strip() == HOLDS]
    for name in ("verdict.html", "verdict.md"):
        shown = (folder.path / name).read_text()
        assert "<script>alert" not in shown
        assert "<img src=x" not in shown
        assert not {"\x1b", "\x00", "\u202e"} & set(shown)
    assert ET.parse(folder.path / "junit.xml").getroot() is not None
    assert folder.json("verdict.json")["decision"] != "GO"

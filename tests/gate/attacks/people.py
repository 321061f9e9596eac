"""Attacks with what people sign: waivers, attestations and promotions without GO."""

from __future__ import annotations

import base64
import datetime
import json
import os
from typing import TYPE_CHECKING, Any

from harness.clock import SystemClock
from harness.report.signing import envelope, waive
from tests.gate.attacks.attack import Attack, both, predicate, signed
from tests.gate.attacks.insiders import stretched
from tests.gate.attacks.promotions import HOUR_S, at
from tests.gate.attacks.scene import OTHER_BUILD, STRANGER, WAIVABLE, deciding, told, waiving
from tests.gate.builder import DIGEST, build

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gate.attacks.scene import Do, Scene, Verdicts

Wire = dict[str, Any]
GIB = 1 << 30
VIOLATED: Verdicts = {WAIVABLE: ("VIOLATED", None, "another build answers", {})}
UNPINNED: Verdicts = {"EN-02": ("UNKNOWN", "NO_DATA", "the uid could not be read", {})}


def run(words: list[str]) -> None:
    """Do something that is right."""
    code, text = told(words)
    assert code == 0, text


def attestation(scene: Scene) -> Path:
    """Have a person sign a line."""
    out = scene.home / "attested.json"
    words = ["attest", WAIVABLE, "--build", DIGEST, "--environment", "production", "--by", "A", "--statement", "fine"]
    run([*words, "--key", str(scene.key("person")), "--out", str(out)])
    return out


def waiver(scene: Scene, key: str = "lead", **changed: str) -> Path:
    """Have a line waived."""
    out = scene.home / "another-waiver.json"
    run(waiving(scene.key(key), out, **changed))
    return out


def broken_glass(scene: Scene) -> Path:
    """Have a NO_GO promoted."""
    bad = build(scene.reports, "canary", verdicts=VIOLATED, target="real")
    words = ["break-glass", "canary", "--run", str(bad.path), "--by", "C. Commander", "--reason", "stable is down"]
    run([*words, "--key", str(scene.key("commander"))])
    (found,) = (scene.reports / "break-glass").iterdir()
    return found


def attested(scene: Scene) -> None:
    """Show an attestation for the decision."""
    scene.file = attestation(scene)


def shown(scene: Scene) -> None:
    """Show a waiver for the decision."""
    scene.file = waiver(scene)


def promoted(scene: Scene) -> None:
    """Show a promotion without GO for the decision."""
    scene.file = broken_glass(scene)


PEOPLE = [
    Attack("an attestation for a decision", "predicateType: wanted", attested),
    Attack("a waiver for a decision", "predicateType: wanted", shown),
    Attack("a promotion without GO for a decision", "it is never a GO", promoted),
]


def along(key: str = "lead", **changed: str) -> Do:
    """Sign another waiver along with the decision than the one it rests on."""

    def do(scene: Scene) -> None:
        wire = json.loads(waiver(scene, key, **changed).read_text())
        _ = signed(predicate(waivers=[wire]))(scene)

    return do


def with_attestation(scene: Scene) -> None:
    """Sign an attestation along in a waiver's place."""
    _ = signed(predicate(waivers=[json.loads(attestation(scene).read_text())]))(scene)


def edited(said: Wire) -> None:
    """Change what a waiver says, and leave its signature."""
    wire = said["predicate"]["waivers"][0]
    held = json.loads(base64.b64decode(wire["payload"]))
    held["predicate"]["reason"] = "the board wants it"
    wire["payload"] = base64.b64encode(json.dumps(held).encode()).decode()


def moved(said: Wire) -> None:
    """Say that the waiver is of another line."""
    lines = {line["id"]: line for line in said["predicate"]["verdict"]["lines"]}
    lines["P2-RTE-06"]["waived"], lines[WAIVABLE]["waived"] = lines[WAIVABLE]["waived"], None


def worse(said: Wire) -> None:
    """Say that the waived line was violated."""
    line = next(line for line in said["predicate"]["verdict"]["lines"] if line["id"] == WAIVABLE)
    line["outcome"] = "VIOLATED"


WAIVED = [
    Attack("the waiver taken out", "recomputed: decision comes out as INCONCLUSIVE", signed(predicate(waivers=[]))),
    Attack("a waiver of another line", "recomputed: decision comes out as INCONCLUSIVE", along(line="P2-RTE-06")),
    Attack("a waiver of another build", "build: it is for", along(build=OTHER_BUILD)),
    Attack("a waiver on another environment", "environment: it is for staging", along(environment="staging")),
    Attack("a waiver by the key that decides", "gate may decide, not waive", along("gate")),
    Attack("a waiver by a key that may attest", "person may attest, not waive", along("person")),
    Attack("a waiver by a stranger", "none of it holds", along(STRANGER)),
    Attack("a waiver edited", "by A. Lead: signature: ", signed(edited)),
    Attack("another waiver of the line", "another waiver was signed along", along(reason="another one")),
    Attack("a waiver that has ended", "by A. Lead: expired", both(signed(stretched), at(3 * HOUR_S))),
    Attack("a decision that outlives its waiver", "expired: it was valid until", at(3 * HOUR_S)),
    Attack("a waiver moved to another line", f"recomputed: {WAIVABLE} is waived by", signed(moved)),
    Attack("a waived line made worse", f"recomputed: {WAIVABLE} comes out as UNKNOWN", signed(worse)),
    Attack("an attestation in a waiver's place", "predicate: not a waiver", with_attestation),
    Attack("a waiver that is no envelope", "not a DSSE envelope", signed(predicate(waivers=[{"payload": "e30="}]))),
]


def instead(key: str = "lead", **changed: str) -> Do:
    """Put another waiver in the place of the one that was."""

    def do(scene: Scene) -> None:
        (scene.waivers / "one.json").unlink()
        _ = waiver(scene, key, **changed).rename(scene.waivers / "another.json")

    return do


def bytes_of(content: bytes) -> Do:
    """Put something in the place of the waiver."""
    return lambda scene: (scene.waivers / "one.json").write_bytes(content)


def gone(scene: Scene) -> None:
    """Take the waiver away."""
    (scene.waivers / "one.json").unlink()


def huge(scene: Scene) -> None:
    """Let the waiver be 8 GiB, all of it a hole."""
    os.truncate(scene.waivers / "one.json", 8 * GIB)


def a_folder(scene: Scene) -> None:
    """Let the waiver be a folder."""
    gone(scene)
    (scene.waivers / "one.json").mkdir()


def with_run(verdicts: Verdicts) -> Do:
    """Decide another run by the same waiver."""

    def do(scene: Scene) -> None:
        scene.folder = build(scene.reports, "canary", verdicts=verdicts, target="real")

    return do


def of_what_it_was_about(scene: Scene) -> None:
    """Waive, by a key that may waive, a line that nobody can."""
    now = SystemClock().wall()
    until = now + datetime.timedelta(hours=2)
    said = waive.Waiver("EN-02", DIGEST, "production", "VIOLATED", "A. Lead", "it is right", now, until)
    signed_ = waive.sign(said, envelope.load_private(scene.key("lead")))
    _ = (scene.waivers / "one.json").write_text(json.dumps(signed_))
    _ = with_run(UNPINNED)(scene)


def decide(scene: Scene) -> list[str]:
    """Return the words that decide the scene's run again."""
    return deciding(scene.home, scene.folder, "canary", nonce=scene.nonce)


WAIVING = [
    Attack("no waiver any more", "SAMPLE_TOO_SMALL", gone, exits=2),
    Attack("a waiver for another line", "SAMPLE_TOO_SMALL", instead(line="P2-RTE-06"), exits=2),
    Attack("a waiver for another build", "build: it is for", instead(build=OTHER_BUILD), exits=2),
    Attack("a waiver for another environment", "environment: it is for", instead(environment="staging"), exits=2),
    Attack("a waiver of the deciding key", "gate may decide, not waive", instead("gate"), exits=2),
    Attack("a waiver of a stranger", "none of it holds", instead(STRANGER), exits=2),
    Attack("an expired waiver", "expired: it was valid until", at(3 * HOUR_S), exits=2),
    Attack("a waiver for less than was found", "VIOLATED", with_run(VIOLATED), exits=1),
    Attack("a waiver of a line that nobody can waive", "NO_DATA", of_what_it_was_about, exits=2),
    Attack("a waiver that is no JSON", "not a DSSE envelope", bytes_of(b"\0"), exits=2),
    Attack("a waiver with a key twice", "appears twice", bytes_of(b'{"payload": "e30=", "payload": "e30="}'), exits=2),
    Attack("a waiver of 10^6 lists in each other", "deeper than", bytes_of(b"[" * 1_000_000), exits=2),
    Attack("a waiver in UTF-16", "not UTF-8", bytes_of("{}".encode("utf-16")), exits=2),
    Attack("a waiver of 8 GiB", "wanted at most", huge, exits=2),
    Attack("a waiver that is a folder", "is no file", a_folder, exits=2),
]

"""Attacks on what the gate has written beside the evidence, and with decisions of other runs."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

from tests.gate.attacks.attack import Attack
from tests.gate.attacks.records import written
from tests.gate.attacks.scene import deciding, told

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.gate.attacks.scene import Do, Scene


def verdict_json(how: Callable[[dict[str, Any]], object]) -> Do:
    """Edit the verdict that people and tools read."""
    return lambda scene: scene.folder.change("verdict.json", how)


def of_line(said: dict[str, Any]) -> None:
    """Change what is said of one line."""
    said["lines"][0]["because"] = "it holds, and better than before"


def in_place(scene: Scene) -> None:
    """Put another genuine run's decision here."""
    _ = shutil.copy(scene.decided("canary") / "verdict.intoto.json", scene.file)


def on_this_run(scene: Scene) -> None:
    """Show another genuine run's decision, and this run's folder."""
    scene.file = scene.decided("canary") / "verdict.intoto.json"


def on_another_run(scene: Scene) -> None:
    """Show this decision, and the folder of another genuine run."""
    scene.run = scene.decided("canary")


def older(scene: Scene) -> None:
    """Decide again, then put the older envelope back."""
    before = scene.file.read_bytes()
    code, text = told(deciding(scene.home, scene.folder, "canary", nonce=scene.nonce))
    assert code == 0, text
    _ = scene.file.write_bytes(before)


def of_staging(scene: Scene) -> None:
    """Show the staging run's decision for the canary's."""
    scene.file, scene.run = scene.before / "verdict.intoto.json", scene.before


def without_evidence(scene: Scene) -> None:
    """Show the envelope alone."""
    alone = scene.home / "alone"
    alone.mkdir()
    _ = shutil.copy(scene.file, alone)
    scene.file = alone / scene.file.name
    scene.run = alone


def pending(name: str) -> Do:
    """Leave what a decision leaves that was killed while it was written."""
    return lambda scene: written(f".verdict.pending/{name}", b"{}")(scene.folder)


BESIDE = [
    Attack(
        "verdict.json flipped",
        "verdict.json: is not the signed verdict",
        verdict_json(lambda v: v.update(decision="NO_GO")),
    ),
    Attack("verdict.json's line edited", "verdict.json: is not the signed verdict", verdict_json(of_line)),
    Attack(
        "verdict.json of more evidence",
        "verdict.json: is not",
        verdict_json(lambda v: v["evidence_sha256"].clear()),
    ),
    Attack(
        "verdict.json with a key twice",
        "'decision' appears twice",
        lambda scene: written(
            "verdict.json",
            b'{"decision": "NO_GO", ' + (scene.run / "verdict.json").read_bytes().lstrip()[1:],
        )(scene.folder),
    ),
    Attack(
        "verdict.json with NaN",
        "NaN is not JSON",
        verdict_json(lambda v: v.update(coverage=float("nan"))),
    ),
    Attack(
        "verdict.json that is none",
        "verdict.json",
        lambda scene: written("verdict.json", b"\xff\xfe")(scene.folder),
    ),
    Attack("another run's decision in its place", "evidence: ", in_place),
    Attack("another run's decision for this run", "recomputed: run comes out as", on_this_run),
    Attack("this decision for another run", "was not there when it was signed", on_another_run),
    Attack("an older decision put back", "verdict.json: is not the signed verdict", older),
    Attack("the decision of another phase", "phase: wanted canary", of_staging),
    Attack("the envelope without its evidence", "is missing", without_evidence),
    Attack("a decision that was killed while it was written", "did not come to its end", pending("verdict.json")),
    Attack(
        "an empty leftover of one",
        "did not come to its end",
        lambda scene: (scene.run / ".verdict.pending").mkdir(),
    ),
]


def page(scene: Scene) -> None:
    """Let the page say something else."""
    path = scene.run / "verdict.html"
    _ = path.write_text(path.read_text().replace("<main", "<p>Promote it at once.</p><main"))


def summary(scene: Scene) -> None:
    """Let the statement for other tools say something else; its own signature does not hold any more."""
    path = scene.run / "test-result.intoto.json"
    wire = json.loads(path.read_text())
    _ = path.write_text(json.dumps(wire | {"payload": "e30="}))


VIEWS: dict[str, Do] = {
    "verdict.html edited": page,
    "verdict.md edited": lambda scene: written("verdict.md", b"# GO\n")(scene.folder),
    "junit.xml edited": lambda scene: written("junit.xml", b"<testsuites/>")(scene.folder),
    "test-result.intoto.json edited": summary,
    "verdict.html deleted": lambda scene: (scene.run / "verdict.html").unlink(),
}
"""What people and other tools look at and no gate reads: changing it changes no decision, so `verify` holds."""

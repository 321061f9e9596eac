"""Attacks by somebody who holds a key that counts, and signs what the evidence does not say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.report.signing import envelope
from tests.gate.attacks.attack import Attack, predicate, signed, verdict
from tests.gate.attacks.scene import OTHER_BUILD

if TYPE_CHECKING:
    from tests.gate.attacks.scene import Do, Scene

Payload = dict[str, Any]
LATER = "2096-01-01T00:00:00.000Z"
UID = "7c1e2f7a-0000-4000-8000-ffffffffffff"


def line(said: Payload) -> None:
    """Say that a line is VIOLATED which is not."""
    said["predicate"]["verdict"]["lines"][0]["outcome"] = "VIOLATED"


def look_alike(said: Payload) -> None:
    """Name a line by letters that only look like its own."""
    said["predicate"]["verdict"]["lines"][0]["id"] = "\N{CYRILLIC CAPITAL LETTER ER}2-RTE-01"


def fewer(said: Payload) -> None:
    """Leave a line out."""
    _ = said["predicate"]["verdict"]["lines"].pop()


def another_build(scene: Scene) -> None:
    """Sign another build throughout, and have it promoted."""

    def change(said: Payload) -> None:
        said["predicate"]["verdict"]["image_digests"]["canary"] = [OTHER_BUILD]
        for subject in said["subject"]:
            if subject["name"] == "canary":
                subject["digest"] = {"sha256": OTHER_BUILD.removeprefix("sha256:")}

    _ = signed(change)(scene)
    scene.expects["digest"] = OTHER_BUILD


def elsewhere(**fields: str) -> Do:
    """Sign another place throughout, and have it promoted there."""

    def do(scene: Scene) -> None:
        _ = signed(verdict(**fields))(scene)
        scene.expects |= fields

    return do


def manifest(said: Payload, files: list[Any]) -> None:
    """Sign a list of evidence, with the digest that belongs to it."""
    held = {one["name"]: one["digest"]["sha256"] for one in files}
    said["predicate"]["evidence"] = {"root": {"sha256": envelope.root(held)}, "files": files}


def outside(name: str) -> Do:
    """Sign evidence that lies outside of the run's folder."""
    extra = {"name": name, "digest": {"sha256": "0" * 64}}
    return signed(lambda said: manifest(said, [*said["predicate"]["evidence"]["files"], extra]))


def less(said: Payload) -> None:
    """Leave a file out of the list."""
    manifest(said, said["predicate"]["evidence"]["files"][1:])


def twice(said: Payload) -> None:
    """Name a file twice in the list."""
    files = said["predicate"]["evidence"]["files"]
    manifest(said, [*files, files[0]])


def stretched(said: Payload) -> None:
    """Let it be valid for longer than the policy says."""
    said["predicate"]["expires_at"] = LATER
    said["predicate"]["verdict"]["expires_at"] = LATER


INSIDERS = [
    Attack("a line's outcome", "recomputed: P2-RTE-01 comes out as MET", signed(line)),
    Attack("a line of a look-alike name", "is signed, but no line of this phase", signed(look_alike)),
    Attack("a line left out", "signed is nothing", signed(fewer)),
    Attack("another build throughout", "recomputed: image_digests comes out as", another_build),
    Attack(
        "subjects of another build",
        "subject: the statement is about",
        signed(lambda said: said["subject"].clear()),
    ),
    Attack("another environment", "recomputed: environment comes out as", elsewhere(environment="staging")),
    Attack("another cluster", "recomputed: cluster_uid comes out as", elsewhere(cluster_uid=UID)),
    Attack("another phase", "recomputed: ", elsewhere(phase="rollout")),
    Attack("a phase that nobody knows", "recomputed: ", elsewhere(phase="moonshot")),
    Attack("another run", "recomputed: run comes out as", signed(verdict(run="0"))),
    Attack("another target", "recomputed: target comes out as", signed(verdict(target="sandbox"))),
    Attack("less coverage", "coverage: 0.5000", signed(verdict(coverage=0.5))),
    Attack("a rehearsal", "rehearsal: ", signed(verdict(rehearsal=True))),
    Attack("a NO_GO", "decision: wanted GO", signed(verdict(decision="NO_GO"))),
    Attack("a decision of the future", "is in the future", signed(verdict(decided_at=LATER))),
    Attack("two ends of validity", "name different times", signed(predicate(expires_at=LATER))),
    Attack("a validity longer than the policy's", "expires_at: ", signed(stretched)),
    Attack("another policy", "policy: decided by", signed(verdict(policy_sha256="0" * 64))),
    Attack("decided for nowhere", "verdict.json: is not the signed verdict", signed(verdict(**{"for": None}))),
    Attack("evidence left out", "was not there when it was signed", signed(less)),
    Attack("evidence named twice", "contradicts its own digest", signed(twice)),
    Attack(
        "evidence of another root",
        "contradicts its own digest",
        signed(lambda s: s["predicate"]["evidence"]["root"].clear()),
    ),
    Attack("evidence outside by a path", "../../../etc/passwd is missing", outside("../../../etc/passwd")),
    Attack("evidence outside by an absolute path", "/etc/passwd is missing", outside("/etc/passwd")),
    Attack("evidence of an empty name", "evidence: is missing", outside("")),
    Attack("no evidence", "predicate: not a decision", signed(lambda said: said["predicate"].pop("evidence"))),
]

"""Attacks on what the promoter asks for: identity, time, nonces, keys, the phase before, policy and profile."""

from __future__ import annotations

import hashlib
import json
import shutil
from typing import TYPE_CHECKING, Any

from harness import policy
from harness.clock import SystemClock
from harness.report.deciding import rules
from harness.report.signing import nonces
from tests.gate.attacks.attack import Attack, both, predicate, signed
from tests.gate.attacks.scene import OTHER_BUILD, STRANGER, opened, ring, seal, told

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.gate.attacks.scene import Do, Scene, Verdicts

HOUR_S = 3_600.0
SLOW: Verdicts = {"P1-SLO-01": ("VIOLATED", None, "4.1 s, at most 3 s allowed", {})}


def wants(**values: str) -> Do:
    """Let the promoter expect something else: that is what he is about to promote."""

    def do(scene: Scene) -> None:
        scene.expects |= values

    return do


def at(later_s: float) -> Do:
    """Let the promoter ask at another time."""

    def do(scene: Scene) -> None:
        scene.later_s = later_s

    return do


def by(key: str) -> Do:
    """Sign the very same decision with another key."""
    return signed(lambda _: None, key)


def used(scene: Scene) -> None:
    """Promote once, as it should be."""
    code, text = told([*scene.asked(), "--use"])
    assert code == 0, text


def again(scene: Scene) -> None:
    """Promote a second time by the same decision."""
    used(scene)
    scene.words.append("--use")


def newer(scene: Scene) -> None:
    """Issue another nonce, and expect it."""
    scene.expects["nonce"] = nonces.issue(scene.book, "canary", "production", SystemClock().wall())


def unasked(scene: Scene) -> None:
    """Issue another nonce, and do not say which is expected."""
    newer(scene)
    del scene.expects["nonce"]


def of(phase: str, environment: str) -> Do:
    """Sign a nonce that was issued for something else."""

    def do(scene: Scene) -> None:
        scene.expects["nonce"] = nonces.issue(scene.book, phase, environment, SystemClock().wall())
        _ = signed(predicate(nonce=scene.expects["nonce"]))(scene)

    return do


def unknown(nonce: str | None) -> Do:
    """Sign a nonce that nobody issued, or none."""

    def do(scene: Scene) -> None:
        _ = signed(predicate(nonce=nonce))(scene)
        del scene.expects["nonce"]

    return do


def book(how: Callable[[list[str]], list[str]]) -> Do:
    """Use the nonce, then take that back in the book."""

    def do(scene: Scene) -> None:
        used(scene)
        lines = scene.book.read_text().splitlines(keepends=True)
        _ = scene.book.write_text("".join(how(lines)))

    return do


def named(scene: Scene, run: Path) -> None:
    """Let the decision build on another one, and sign that."""
    file = run / "verdict.intoto.json"
    held = opened(file)["predicate"]["verdict"]
    before = {
        "phase": held["phase"],
        "run": held["run"],
        "envelope_sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "decided_at": held["decided_at"],
        "expires_at": held["expires_at"],
    }
    _ = rebuilt(before)(scene)


def rebuilt(before: dict[str, Any] | None) -> Do:
    """Sign the decision with another one named before it, verdict.json too."""

    def change(said: dict[str, Any]) -> None:
        said["predicate"]["previous"] = before
        said["predicate"]["verdict"]["previous"] = before

    return both(signed(change), lambda scene: scene.folder.change("verdict.json", lambda v: v.update(previous=before)))


def ended(scene: Scene) -> None:
    """Build on a staging decision that had ended before this one was made."""
    file = scene.before / "verdict.intoto.json"
    held = opened(file)
    early = "2026-01-01T00:00:00.000Z"
    held["predicate"]["expires_at"] = held["predicate"]["verdict"]["expires_at"] = early
    _ = file.write_text(json.dumps(seal(json.dumps(held).encode(), scene.key("gate"))))
    named(scene, scene.before)


def checked_in(file: str, old: str, new: str) -> Do:
    """Change the runbook that is checked in where the promoter stands."""

    def do(scene: Scene) -> None:
        folder = scene.home / "runbook"
        _ = shutil.copytree(policy.FOLDER, folder)
        text = (folder / file).read_text()
        assert text.count(old) == 1, f"{file}: {old}"
        _ = (folder / file).write_text(text.replace(old, new))
        scene.patch.setattr(policy.load, "__defaults__", (folder,))
        scene.patch.setattr(rules.of_phase, "__defaults__", (folder,))

    return do


def profile(old: str, new: str) -> Do:
    """Change the profile that is checked in where the promoter stands."""

    def do(scene: Scene) -> None:
        path = scene.home / "targets" / "real.toml"
        text = path.read_text()
        assert old in text
        _ = path.write_text(text.replace(old, new))

    return do


def wiped(scene: Scene) -> None:
    """Have no profile of that name checked in."""
    (scene.home / "targets" / "real.toml").unlink()


PIN = 'cluster_uid = "7c1e2f7a-'
PROMOTIONS = [
    # what is promoted is something else
    Attack("another build's digest", "digest: wanted", wants(digest=OTHER_BUILD)),
    Attack("the stable build's digest", "digest: wanted", wants(digest="sha256:" + "cd" * 32)),
    Attack("promoted on another environment", "environment: wanted staging", wants(environment="staging")),
    Attack("another cluster uid", "cluster_uid: wanted another", wants(cluster_uid="another")),
    Attack("promoted for another phase", "phase: wanted rollout", wants(phase="rollout")),
    Attack("another run's id", "run: wanted 0", wants(run="0")),
    Attack("another commit", "commit: wanted 0", wants(commit="0")),
    Attack("an expectation that nothing is signed for", "wanted NAME=VALUE", wants(colour="red"), exits=4),
    # another time
    Attack("expired", "expired: it was valid until", at(24 * HOUR_S + 60)),
    Attack("long expired", "expired: it was valid until", at(365 * 24 * HOUR_S)),
    Attack("not yet valid", "is in the future", at(-HOUR_S)),
    # nonces
    Attack("an older nonce than the one expected", "nonce: wanted", newer),
    Attack("an older nonce", "is older than", unasked),
    Attack("a nonce that was used", "was used already", used),
    Attack("a replay", "was used already", again),
    Attack("a nonce of another phase", "was issued for rollout", of("rollout", "production")),
    Attack("a nonce of another environment", "was issued for canary on staging", of("canary", "staging")),
    Attack("a nonce of nobody's", "was not issued by this promoter", unknown("0" * 32)),
    Attack("no nonce", "was signed with none", unknown(None)),
    Attack(
        "a use struck out in the book",
        "was changed or removed",
        book(lambda lines: [lines[0].replace("canary", "rollout"), *lines[1:]]),
        exits=2,
    ),
    Attack("the book's first line removed", "was changed or removed", book(lambda lines: lines[1:]), exits=2),
    Attack("a book cut off", "cut off", book(lambda lines: [lines[0], lines[1][:-9]]), exits=2),
    Attack("an empty book", "was not issued by this promoter", book(lambda _: [])),
    # keys
    Attack("a key of another phase", "of-staging may decide staging, not canary", by("of-staging")),
    Attack("a key of another environment", "on-staging may decide on staging, not on production", by("on-staging")),
    Attack("a key that may waive", "lead may waive, not decide", by("lead")),
    Attack("a key that may attest", "person may attest, not decide", by("person")),
    Attack("a key that may break glass", "commander may break-glass, not decide", by("commander")),
    Attack("a key that may verify", "verifier may verify, not decide", by("verifier")),
    Attack("an unknown key", "none of it holds", by(STRANGER)),
    Attack("a key taken out of the keyring", "signature: ", lambda scene: ring(scene.ring, without="gate")),
    Attack("an empty keyring", "--keyring", lambda scene: scene.ring.write_text("keys = []"), exits=4),
    Attack("no keyring", "--keyring", lambda scene: scene.ring.unlink(), exits=4),
    Attack(
        "a private key for a public one",
        "ed25519 public key",
        lambda scene: shutil.copy(scene.key("gate"), scene.key("gate").with_suffix(".pub")),
        exits=4,
    ),
    # the phase before
    Attack("no decision before", "none was named", rebuilt(None)),
    Attack("the decision before is gone", "its envelope of sha256", lambda scene: shutil.rmtree(scene.before)),
    Attack(
        "the decision before was replaced",
        "its envelope of sha256",
        lambda scene: shutil.copy(scene.decided("staging") / scene.file.name, scene.before / scene.file.name),
    ),
    Attack(
        "the decision before is NO_GO",
        "decision: wanted GO",
        lambda s: named(s, s.decided("staging", verdicts=SLOW)),
    ),
    Attack(
        "the decision before is of another build",
        "digest: wanted",
        lambda s: named(s, s.decided("staging", digest=OTHER_BUILD)),
    ),
    Attack(
        "the decision before is of another phase",
        "phase: wanted staging",
        lambda s: named(s, s.decided("bugbash")),
    ),
    Attack(
        "the decision before is by a stranger",
        "signature: ",
        lambda s: named(s, s.decided("staging", key=STRANGER)),
    ),
    Attack("the decision before had ended", "expired: it was valid until", ended),
    # policy and profile
    Attack(
        "an older run allowed by the policy",
        "policy: decided by",
        checked_in("policy.toml", "max_age_s = 100800", "max_age_s = 100900"),
    ),
    Attack(
        "a line left out of the policy",
        "policy: decided by",
        checked_in("policy.toml", '"P2-RTE-01", "P2-RTE-02"', '"P2-RTE-01"'),
    ),
    Attack(
        "a limit moved in the runbook",
        "policy: decided by",
        checked_in("lines.toml", "[P2-RTE-02]\n", "# moved\n[P2-RTE-02]\n"),
    ),
    Attack("another cluster in the profile", "recomputed: decision comes out as", profile(PIN, 'cluster_uid = "0')),
    Attack("no pin in the profile", "recomputed: decision comes out as", profile("cluster_uid", "namespace")),
    Attack(
        "a profile that says it rehearses",
        "recomputed: decision comes out as",
        profile('name = "real"', 'name = "real"\nrehearsal = true'),
    ),
    Attack("no such profile", "recomputed: decision comes out as", wiped),
]

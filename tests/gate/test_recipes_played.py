"""The pipelines of deploy/ really stop: their own lines, run by bash and sh, with the real gate and with worse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.report.signing import nonces
from tests.gate.recipes_played import SYSTEMS
from tests.gate.recipes_world import World

if TYPE_CHECKING:
    from pathlib import Path

VIOLATED: dict[str, Any] = {"P2-RTE-02": ("VIOLATED", None, "23.1% of the answers, at most 13% allowed", {"n": 3500})}
UNKNOWN: dict[str, Any] = {"P2-RTE-05": ("UNKNOWN", "SAMPLE_TOO_SMALL", "12 of 59 conversations", {})}
STUB = 'case "$1" in nonce) echo 5d41 ;; run) {} ;; *) exit 0 ;; esac'  # every later command would be content
WORSE = {
    "is missing": ("exec /no/such/gate", 127),
    "is killed": ("kill -KILL $$", 137),
    "prints GO and exits 2": ("echo 'GO: every line is met'; exit 2", 2),
    "prints GO and exits 1": ("echo 'GO: every line is met'; exit 1", 1),
    "is used wrongly": ("exit 4", 4),
}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_go_is_verified_and_promoted(system: str, world: World) -> None:
    world.real()
    ends = SYSTEMS[system](world)
    assert ends == {"nonce": 0, "canary": 0, "promote": 0}, "\n".join(world.said)
    assert world.called == ["nonce", "run", "verify", "rollout"]
    assert [entry.event for entry in nonces.read(world.nonces)] == ["issued", "used"]


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize(("verdicts", "code"), [(VIOLATED, 1), (UNKNOWN, 2)], ids=["NO_GO", "INCONCLUSIVE"])
def test_a_no_go_and_an_inconclusive_stop_it_with_their_own_code(
    system: str, verdicts: dict[str, Any], code: int, world: World
) -> None:
    world.real(verdicts)
    ends = SYSTEMS[system](world)
    assert ends == {"nonce": 0, "canary": code, "promote": None}, "\n".join(world.said)
    assert world.called == ["nonce", "run"]


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("how", WORSE)
def test_a_gate_that_does_not_exit_with_0_stops_it_whatever_it_prints(system: str, how: str, world: World) -> None:
    does, code = WORSE[how]
    world.install(STUB.format(does))
    ends = SYSTEMS[system](world)
    assert ends == {"nonce": 0, "canary": code, "promote": None}, "\n".join(world.said)
    assert "rollout" not in world.called


@pytest.mark.parametrize("system", SYSTEMS)
def test_without_any_gate_nothing_begins(system: str, world: World) -> None:
    assert SYSTEMS[system](world) == {"nonce": 127, "canary": None, "promote": None}


@pytest.mark.parametrize("system", SYSTEMS)
def test_an_exit_of_0_without_a_run_promotes_nothing_though_an_older_run_is_a_go(system: str, world: World) -> None:
    world.install(STUB.format("exit 0"))
    assert SYSTEMS[system](world)["promote"] != 0
    assert "rollout" not in world.called


@pytest.mark.parametrize("system", SYSTEMS)
def test_an_exit_of_0_over_a_no_go_is_stopped_by_verifying(system: str, world: World) -> None:
    world.real(VIOLATED)
    world.exit = "0"
    ends = SYSTEMS[system](world)
    assert (ends["canary"], ends["promote"]) == (0, 1), "\n".join(world.said)
    assert world.called == ["nonce", "run", "verify"]
    assert "refused: decision: wanted GO, it says NO_GO" in "\n".join(world.said)


@pytest.mark.parametrize("system", SYSTEMS)
def test_another_build_that_runs_by_then_is_not_promoted(system: str, world: World) -> None:
    world.real()
    world.live = "sha256:" + "99" * 32
    ends = SYSTEMS[system](world)
    assert (ends["canary"], ends["promote"]) == (0, 1), "\n".join(world.said)
    assert "rollout" not in world.called
    assert [entry.event for entry in nonces.read(world.nonces)] == ["issued"]


def test_the_summary_of_github_is_the_decision_and_not_an_older_one(tmp_path: Path) -> None:
    seen: dict[str, str] = {}
    for name, verdicts in (("go", None), ("no", VIOLATED)):
        (tmp_path / name).mkdir()
        world = World(tmp_path / name)
        world.real(verdicts)
        _ = SYSTEMS["github"](world)
        seen[name] = world.summary.splitlines()[0]
    (tmp_path / "none").mkdir()
    none = World(tmp_path / "none")
    none.install(STUB.format("exit 2"))
    _ = SYSTEMS["github"](none)
    assert seen["go"].startswith("# GO: canary")
    assert seen["no"].startswith("# NO GO: canary")
    assert none.summary.startswith("# INCONCLUSIVE: canary left no decision")


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_run_is_kept_also_when_it_is_a_no_go_and_no_key_with_it(system: str, world: World) -> None:
    world.real(VIOLATED)
    _ = SYSTEMS[system](world)
    secret = world.key.read_text().splitlines()[1].encode()
    kept = [path for top in ("artifacts", "work", "temp") for path in (world.root / top).rglob("*") if path.is_file()]
    assert {"run.tar", "verdict.html", "junit.xml"} <= {path.name for path in kept}
    assert [path for path in kept if secret in path.read_bytes()] == []
    assert [path.name for path in kept if path.name in {"kubeconfig", "gate.key"}] == []

"""The rehearsal of the flags: both ways looked at, all put back, and every early end in the record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from harness.act.audit import Audit
from harness.act.flag_drill import NAME, Tools, rehearse, stored
from harness.act.guard import Permit, RefusedError
from harness.act.hold import ForeignError
from harness.act.kube import ActError
from harness.clock import FakeClock
from harness.judge.drill import Seen
from harness.judge.flag_drill import back, drops_nothing, gone
from harness.judge.flags import FlagsSeen, Kind, Value, plain
from harness.report import drills
from harness.target import Acting, Environment, Flag, Target
from harness.verdict import Outcome, Reason

if TYPE_CHECKING:
    from pathlib import Path

    from harness.act.kube import Obj, Ref
    from harness.judge.flag_drill import FlagDrill

PROMPTS, ACTIONS = "FEATURE_DYNAMIC_PROMPTS", "FEATURE_SUGGESTED_ACTIONS"
START_S = 1_000.0
FOUND = {PROMPTS: "1", ACTIONS: "1"}
ROLLS_S = 2.0


class World:
    """A product whose pods take `ROLLS_S` to have what is set; it can meddle, break, drop, or read no flag."""

    def __init__(self, folder: Path, *, reads: bool = True, drops: bool = False, breaks: str = "") -> None:
        self.clock = FakeClock(START_S)
        self.reads, self.drops, self.breaks = reads, drops, breaks
        self.history: list[tuple[float, dict[str, str]]] = [(-100.0, FOUND)]
        self.done: list[str] = []
        self.folder = folder
        environment = Environment(context="x", cluster_uid="u", deployments={"stable": "onesource"})
        acting = Acting(settle_s=3.0, patience_s=60.0, asks_per_s=25.0)
        self.target = Target("shop", {"staging": environment}, allows_acting=True, acting=acting)

    @property
    def at_s(self) -> float:
        return self.clock.now() - START_S

    @property
    def audit(self) -> Audit:
        return Audit(self.folder / "audit.jsonl", self.clock, who="me@here")

    def running(self, at_s: float) -> dict[str, str]:
        return [values for since, values in self.history if since + ROLLS_S <= at_s or since < 0][-1]

    def set(self, values: dict[str, str]) -> None:
        self.history.append((self.at_s, self.history[-1][1] | values))

    # what the drill works with
    def tools(self) -> Tools:
        return Tools(permit=self.permit, hold=self.hold, stream=self.stream, look=self.look)

    def permit(self, target: Target, where: Any, audit: Audit, *, act: bool, needs: object) -> Permit:
        assert needs == (("patch", "deployments"),)
        if not act:
            raise RefusedError("shop/staging: refused to change anything: wanted --act, got none")
        return Permit(target, where, target.environments["staging"], self, audit)  # pyright: ignore[reportArgumentType]

    def get(self, _: Ref) -> Obj:
        moving = self.at_s < self.history[-1][0] + ROLLS_S
        counts = {"updatedReplicas": 1 if moving else 2, "replicas": 2, "readyReplicas": 2, "availableReplicas": 2}
        containers = [{"name": "main", "ports": [{"containerPort": 8001}]}]
        spec = {"replicas": 2, "template": {"spec": {"containers": containers}}}
        return {"metadata": {"name": "onesource"}, "spec": spec, "status": counts}

    def hold(self, _: Permit, ref: Ref) -> Any:
        return Held(self, ref)

    def stream(self, *_: object, per_s: float) -> Any:
        return Stream(self, per_s)

    def look(self, where: str, *_: object, texts: tuple[str, ...]) -> FlagsSeen:
        del texts
        values = self.running(self.at_s)
        shown = values if self.reads else FOUND
        kinds: tuple[tuple[str, Kind, dict[str, str]], ...] = (
            ("pod a", "product", values),
            ("the ingress", "behaviour", shown),
        )
        told = tuple(Value(flag, place, kind, plain(of[flag])) for place, kind, of in kinds for flag in FOUND)
        return FlagsSeen(where, "", told, ("a",), "")

    def drill(self, *, act: bool = True) -> FlagDrill:
        before = self.look("staging", texts=())
        return rehearse(self.target, "staging", self.audit, self.clock, act=act, before=before, tools=self.tools())


class Held:
    """A held Deployment."""

    def __init__(self, world: World, ref: Ref) -> None:
        self._world, self.ref = world, ref
        self.foreign, self.restored = "", False

    def __enter__(self) -> Held:
        return self

    def __exit__(self, *_: object) -> None:
        if not self.restored and not self.foreign:
            self.restore()

    @property
    def now(self) -> Obj:
        return self._world.get(self.ref)

    def patch(self, what: str, body: Obj, *, strategic: bool) -> None:
        assert strategic
        if self._world.breaks == "foreign" and "=1" in what:
            self.foreign = "somebody else changed deployment/onesource"
            raise ForeignError(self.foreign)
        if self._world.breaks == "api":
            raise ActError("patch deployment/onesource: got HTTP 500; look with: kubectl")
        if self._world.breaks == "ctrl-c" and "=1" in what:
            raise KeyboardInterrupt
        self._world.done.append(what)
        (container,) = body["spec"]["template"]["spec"]["containers"]
        self._world.set({entry["name"]: entry["value"] for entry in container["env"]})

    def restore(self) -> None:
        self._world.done.append("restore")
        self._world.set(FOUND)
        self.restored = True


class Stream:
    """25 asks a second by the fake clock, half of them for the version."""

    def __init__(self, world: World, per_s: float) -> None:
        self._world, self._per_s = world, per_s

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def now_s(self) -> float:
        return self._world.at_s

    def seen(self, since_s: float = 0.0) -> tuple[Seen, ...]:
        dues = (number / self._per_s for number in range(int(self._world.at_s * self._per_s)))
        return tuple(self._one(number, due) for number, due in enumerate(dues) if due >= since_s)

    def _one(self, number: int, due: float) -> Seen:
        if number % 2:
            return Seen(due, due, due + 0.01, "chat", error="HTTP 502" if self._world.drops and 1 < due < 1.1 else "")
        told = {name: plain(value) for name, value in self._world.running(due).items()}
        return Seen(due, due, due + 0.01, "version", flags=told)


def test_both_ways_are_set_looked_at_and_put_back(tmp_path: Path) -> None:
    world = World(tmp_path)
    drill = world.drill()
    assert (drill.trouble, drill.foreign, drill.restored) == ("", "", True)
    assert world.done == [f"set env {PROMPTS}=0 {ACTIONS}=0", f"set env {PROMPTS}=1 {ACTIONS}=1", "restore"]
    assert drill.flags == (PROMPTS, ACTIONS)
    assert drill.off is not None
    assert drill.on is not None
    assert drill.off.rolled_s == pytest.approx(2.0, abs=0.6)
    assert drill.on.typed_s >= (drill.off.settled_s or 0.0) > (drill.off.rolled_s or 99.0)
    for verdict in (gone(drill), back(drill), drops_nothing(drill, 0)):
        assert verdict.outcome is Outcome.MET, verdict.because


def test_a_record_is_stored_and_read_back_whole(tmp_path: Path) -> None:
    drill = World(tmp_path).drill()
    assert drills.write(tmp_path, drill) == tmp_path / "artifacts" / "drills" / "flags.json"
    assert stored(tmp_path, "staging") == drill


def test_a_record_that_is_not_there_or_is_damaged_says_so(tmp_path: Path) -> None:
    verdict = gone(stored(tmp_path, "staging"))
    assert (verdict.reason, "run the phase with --act" in verdict.because) == (Reason.NOT_RUN, True)
    path = tmp_path / "artifacts" / "drills" / f"{NAME}.json"
    path.parent.mkdir(parents=True)
    _ = path.write_text("{", encoding="utf-8")
    assert gone(stored(tmp_path, "staging")).reason is Reason.ERROR


def test_a_flag_that_nothing_reads_is_not_gone(tmp_path: Path) -> None:
    drill = World(tmp_path, reads=False).drill()
    assert gone(drill).outcome is Outcome.VIOLATED
    assert "true by the ingress" in gone(drill).because
    assert back(drill).reason is Reason.NO_DATA


def test_a_dropped_request_is_in_the_record(tmp_path: Path) -> None:
    verdict = drops_nothing(World(tmp_path, drops=True).drill(), 0)
    assert verdict.outcome is Outcome.VIOLATED
    assert "HTTP 502" in verdict.because


def test_a_refusal_is_not_run_and_changes_nothing(tmp_path: Path) -> None:
    world = World(tmp_path)
    drill = world.drill(act=False)
    assert world.done == []
    for verdict in (gone(drill), back(drill), drops_nothing(drill, 0)):
        assert (verdict.reason, "wanted --act" in verdict.because) == (Reason.NOT_RUN, True)


def test_an_error_of_the_api_is_an_error_with_its_line(tmp_path: Path) -> None:
    drill = World(tmp_path, breaks="api").drill()
    for verdict in (gone(drill), back(drill), drops_nothing(drill, 0)):
        assert (verdict.outcome, verdict.reason) == (Outcome.UNKNOWN, Reason.ERROR)
        assert "HTTP 500" in verdict.because


def test_somebody_elses_change_interrupts_and_is_left_as_it_is(tmp_path: Path) -> None:
    world = World(tmp_path, breaks="foreign")
    drill = world.drill()
    assert "restore" not in world.done
    assert drill.foreign == "somebody else changed deployment/onesource"
    assert gone(drill).reason is Reason.INTERRUPTED


def test_ctrl_c_goes_through_after_all_is_put_back(tmp_path: Path) -> None:
    world = World(tmp_path, breaks="ctrl-c")
    with pytest.raises(KeyboardInterrupt):
        _ = world.drill()
    assert world.done[-1] == "restore"


def test_a_profile_without_switches_has_nothing_to_drill(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.target = msgspec.structs.replace(world.target, flags=(Flag("CONV_STORE_PRIMARY"),))
    drill = world.drill()
    assert world.done == []
    assert gone(drill).reason is Reason.NO_DATA

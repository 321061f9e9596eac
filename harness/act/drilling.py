"""What every drill is made of: users who talk meanwhile, what is done, and a record of all of it.

A drill never raises for what the target does: what went wrong stands in the record, and the judge says UNKNOWN.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from harness.act.hold import ForeignError, Hold
from harness.act.kube import ActError, Ref
from harness.errors import HarnessError
from harness.judge.drill import ASKED_BY_ANYONE, Drill, Seen, State
from harness.judge.identity import same_commit
from harness.observe import commits as running
from harness.observe.recall import Talker
from harness.observe.stream import MIX, UserStream
from harness.verdict import Reason
from harness.wait import Patience, until

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from harness.act.guard import Permit
    from harness.act.kube import Obj
    from harness.act.means import HoldLike, Memory, Users
    from harness.clock import Clock
    from harness.judge.drill import Command, Kind, Recalled, Step
    from harness.target import Environment, Target
    from harness.wait import Waited

LOOK_S = 0.25  # between two looks at what users get
SAY_S = 1.0  # between two lines of progress
TRUTH: Mapping[str, str] = {"0": "false", "off": "false", "no": "false", "1": "true", "on": "true", "yes": "true"}


class NothingToDrillError(ActError):
    """The environment has nothing that could be drilled; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What a drill works with; tests give their own."""

    stream: Callable[[Target, Environment, Clock, float, dict[Kind, float]], Users] = (
        lambda target, environment, clock, per_s, mix: UserStream(target, environment, clock, per_s=per_s, mix=mix)
    )
    talker: Callable[[Target, Environment, Clock], Memory] = Talker
    hold: Callable[[Permit, Ref], HoldLike] = Hold
    commits: Callable[[Target, Environment, str], tuple[tuple[str, ...], str]] = running.commits


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a drill takes place: the permit to act, the clock, and who is told how far it is."""

    permit: Permit
    clock: Clock
    say: Callable[[str], None] = lambda _: None
    tools: Tools = field(default_factory=Tools)

    @property
    def target(self) -> Target:
        """The profile."""
        return self.permit.target

    @property
    def environment(self) -> Environment:
        """The environment that is changed."""
        return self.permit.environment

    def hold(self, ref: Ref) -> HoldLike:
        """Return an object to be changed in a `with`."""
        return self.tools.hold(self.permit, ref)

    def arm(self, deployment: Obj) -> tuple[str, ...]:
        """Return the commits that a Deployment's own pods name; ActError if none can be read."""
        found, why = self.tools.commits(self.target, self.environment, selector(deployment))
        if not found:
            name = deployment["metadata"]["name"]
            raise NothingToDrillError(f"deployment/{name}: wanted the commit its pods run, got none: {why}")
        return found


@dataclass(slots=True)
class Draft:
    """A drill's record while it is made; the fields are those of Drill."""

    name: str
    users: Users
    goal: State = field(default_factory=State)
    start: State = field(default_factory=State)
    arms: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    command: Command | None = None
    back: Command | None = None
    steps: list[Step] = field(default_factory=list["Step"])
    recalled: list[Recalled] = field(default_factory=list["Recalled"])
    from_s: float = 0.0
    until_s: float = 0.0
    restored: bool = False
    trouble: str = ""
    foreign: str = ""
    notes: dict[str, str] = field(default_factory=dict[str, str])
    _known: tuple[str, ...] = ()
    _plain: dict[int, tuple[Seen, Seen]] = field(default_factory=dict[int, "tuple[Seen, Seen]"])

    def seen(self, since_s: float = 0.0) -> tuple[Seen, ...]:
        """Return what users got, in the record's own words: flags as truth values, commits as the pods name them."""
        known = tuple(commit for arm in self.arms.values() for commit in arm)
        if known != self._known:
            self._known, self._plain = known, {}
        return tuple(self._put_plainly(one) for one in self.users.seen(since_s))

    def _put_plainly(self, one: Seen) -> Seen:
        """Return a request in the record's words; each is put so once, since users are looked at all the while."""
        kept = self._plain.get(id(one))
        if kept is None:
            kept = self._plain[id(one)] = (one, plain(one, self._known))  # holding it keeps its id its own
        return kept[1]

    def failed(self, trouble: HarnessError) -> None:
        """Note why it could not be done, or who else changed what."""
        if isinstance(trouble, ForeignError):
            self.foreign = self.foreign or str(trouble)
        else:
            self.trouble = self.trouble or str(trouble)
            reason = Reason.NO_DATA if isinstance(trouble, NothingToDrillError) else Reason.ERROR
            _ = self.notes.setdefault("reason", reason)

    def drill(self, scene: Scene, began: str, per_s: float) -> Drill:
        """Return the record, with the requests that were due in its time."""
        seen: tuple[Seen, ...] = ()
        try:
            seen = tuple(one for one in self.seen(self.from_s) if one.due_s <= self.until_s)
        except HarnessError as trouble:  # the stream broke
            self.failed(trouble)
        return Drill(
            self.name,
            scene.permit.where,
            began,
            self.goal,
            self.start,
            arms=dict(self.arms),
            command=self.command,
            back=self.back,
            steps=tuple(self.steps),
            seen=seen,
            recalled=tuple(self.recalled),
            until_s=self.until_s,
            per_s=per_s,
            restored=self.restored,
            trouble=self.trouble,
            foreign=self.foreign,
            notes=dict(self.notes),
        )


def filmed(
    scene: Scene, name: str, act: Callable[[Draft], None], *, per_s: float, mix: dict[Kind, float] | None = None
) -> Drill:
    """Let users talk while `act` is done, and return the record of it, however it ended."""
    began = scene.clock.wall().isoformat()
    users = scene.tools.stream(scene.target, scene.environment, scene.clock, per_s, mix or dict(MIX))
    draft = Draft(name, users)
    try:
        with users:
            try:
                act(draft)
            finally:
                draft.until_s = users.now_s()
    except HarnessError as trouble:
        draft.failed(trouble)
    return draft.drill(scene, began, per_s)


def undrilled(name: str, where: str, began: str, why: str, reason: Reason) -> Drill:
    """Return the record of a drill that was not done."""
    return Drill(name, where, began, State(), State(), trouble=why, notes={"reason": reason})


def watch(
    scene: Scene, users: Users, look: Callable[[], bool], within_s: float, told: Callable[[], str]
) -> Waited[bool]:
    """Wait until `look` holds, and say once a second how far it is."""
    began = users.now_s()
    said = [began - SAY_S]

    def looked() -> bool:
        good = look()
        now = users.now_s()
        if now - said[0] >= SAY_S:
            said[0] = now
            scene.say(f"{told()}; {now - began:.0f} s of at most {within_s:.0f} s")
        return good

    return until(lambda good: good, looked, scene.clock, Patience(within_s, LOOK_S))


def truth(value: str) -> str:
    """Return a flag's value as `/version` shows it: settings say 0 and 1, documents false and true."""
    low = value.strip().lower()
    return TRUTH.get(low, low)


def plain(seen: Seen, known: Sequence[str]) -> Seen:
    """Return an answer with its flags as truth values, and its commit as the pods name it in full."""
    commit = next((one for one in known if seen.commit and same_commit(seen.commit, one)), seen.commit)
    flags = {name: truth(value) for name, value in seen.flags.items()}
    return seen if commit == seen.commit and flags == seen.flags else replace(seen, commit=commit, flags=flags)


def share(rows: Sequence[Seen], commits: Sequence[str]) -> tuple[int, int]:
    """Return how many answers to users who pin nothing came from these commits, and how many answers there were."""
    good = [one for one in rows if one.kind in ASKED_BY_ANYONE and not one.error]
    return sum(one.commit in commits for one in good), len(good)


def selector(deployment: Obj) -> str:
    """Return a Deployment's label selector as the API takes it."""
    labels: dict[str, str] = deployment["spec"]["selector"].get("matchLabels") or {}
    return ",".join(f"{key}={value}" for key, value in labels.items())


def rolled(deployment: Obj) -> bool:
    """Tell whether a Deployment's pods are all of its newest template and ready, and no older one is left."""
    status: Obj = deployment.get("status") or {}
    meta = deployment["metadata"]
    wanted = deployment["spec"].get("replicas", 1)
    current = status.get("observedGeneration", 0) >= meta.get("generation", 0)
    counts = [status.get(key, 0) for key in ("replicas", "updatedReplicas", "availableReplicas")]
    return current and counts == [wanted] * 3


def rollout(deployment: Obj) -> str:
    """Say how far a Deployment's rollout is."""
    status: Obj = deployment.get("status") or {}
    wanted, ready = deployment["spec"].get("replicas", 1), status.get("readyReplicas", 0)
    said = (
        f"{status.get('updatedReplicas', 0)} of {wanted} pods updated, {ready} ready, {status.get('replicas', 0)} there"
    )
    return f"rolled out ({said})" if rolled(deployment) else said

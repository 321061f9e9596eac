"""The emergency rollback: by the target's own script, or by the manual steps; timed by what users get.

The manual steps set the safe flags on every Deployment that has pods, and the canary's weight to 0: flags alone leave
the canary's build in front of its users.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.act.drilling import Draft, Scene, filmed, rolled, rollout, truth, watch
from harness.act.ways import ByHand, ByScript, deployments, stable_ref
from harness.judge.drill import Command, Drill, State
from harness.judge.reaching import NEED_SHOWN, reached

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.act.ways import Way
    from harness.target import Target

BY_HAND, BY_SCRIPT = "emergency-by-hand", "emergency-by-script"
SLACK_S = 5.0  # users are watched for so much longer than the limit, so that a late rollback is seen to be one


def by_hand(scene: Scene, within_s: float) -> Drill:
    """Drill the manual steps."""
    return _drill(scene, BY_HAND, lambda: ByHand(scene), within_s)


def by_script(scene: Scene, within_s: float) -> Drill:
    """Drill the configured script."""
    return _drill(scene, BY_SCRIPT, lambda: ByScript(scene), within_s)


def _drill(scene: Scene, name: str, way_of: Callable[[], Way], within_s: float) -> Drill:
    acting = scene.target.acting

    def act(draft: Draft) -> None:
        way = way_of()
        prepare(scene, draft)
        talker = scene.tools.talker(scene.target, scene.environment, scene.clock)
        told = talker.tell(acting.conversations)
        draft.recalled += talker.ask(told, "before")
        see_start(scene, draft)
        try:
            with way:
                draft.command = way.go(draft.users.now_s, within_s + SLACK_S)
                _ = see_goal(scene, draft, within_s)
                draft.notes |= {"rollout": _rollouts(scene), "output": way.output[-2_000:]}
                draft.recalled += talker.ask(told, "after")
                _go_back(scene, draft, way)
                draft.recalled += talker.ask(told, "back")
        finally:
            draft.foreign = draft.foreign or way.foreign
            draft.restored = draft.restored and way.restored

    return filmed(scene, name, act, per_s=acting.asks_per_s)


def prepare(scene: Scene, draft: Draft) -> None:
    """Read what the goal is: the safe flags, answered by stable's build."""
    draft.arms["stable"] = scene.arm(scene.permit.kube.get(stable_ref(scene)))
    draft.goal = goal(scene.target, draft.arms["stable"])


def goal(target: Target, commits: tuple[str, ...]) -> State:
    """Return the safe state as users see it."""
    safe = {name: truth(value) for name, value in target.acting.safe.items()}
    shows = next((flag.env for flag in target.flags if flag.shows == "unified" and flag.env in safe), None)
    unified = None if shows is None or safe[shows] not in {"true", "false"} else safe[shows] == "true"
    return State(commits, safe, unified)


def see_start(scene: Scene, draft: Draft) -> None:
    """Watch users until it is clear what they are answered now."""

    def enough() -> bool:
        rows = [one for one in draft.seen() if not one.error]
        return all(sum(one.kind == kind for one in rows) >= NEED_SHOWN for kind in ("chat", "version"))

    users = draft.users
    _ = watch(scene, users, enough, scene.target.acting.patience_s, lambda: f"{draft.name}: watching users as they are")
    rows = [one for one in draft.seen() if not one.error]
    flags: dict[str, str] = {}
    for name in draft.goal.flags:
        values = {one.flags[name] for one in rows if name in one.flags}
        if len(values) == 1:
            flags[name] = values.pop()
    unified = {one.unified for one in rows if one.unified is not None}
    draft.start = State(
        tuple(sorted({one.commit for one in rows if one.commit})), flags, unified.pop() if len(unified) == 1 else None
    )


def see_goal(scene: Scene, draft: Draft, within_s: float) -> bool:
    """Watch users until all are answered by the goal state, for at least as long as the limit says."""
    typed = draft.command.typed_s if draft.command else draft.users.now_s()
    left_s = max(scene.target.acting.patience_s, within_s + SLACK_S) - (draft.users.now_s() - typed)
    return _see(scene, draft, draft.goal, typed=typed, within_s=left_s, since="the command")


def _go_back(scene: Scene, draft: Draft, way: Way) -> None:
    typed = draft.users.now_s()
    scene.say(f"{draft.name}: going back to what was found")
    way.back()
    draft.back = Command(("put back what was found",), typed, draft.users.now_s())
    patience_s = scene.target.acting.patience_s
    back = _see(scene, draft, draft.start, typed=typed, within_s=patience_s, since="the way back")
    at_rest = watch(
        scene,
        draft.users,
        lambda: all(rolled(scene.permit.kube.get(ref)) for ref in deployments(scene)),
        patience_s,
        lambda: f"{draft.name}: waiting for the last old pod to go",
    )
    draft.restored = back and at_rest.settled


def _see(scene: Scene, draft: Draft, state: State, *, typed: float, within_s: float, since: str) -> bool:
    users = draft.users
    settle_s, timeout_s = scene.target.acting.settle_s, scene.target.probes.timeout_s

    def settled() -> bool:
        return reached(draft.seen(max(0.0, typed - timeout_s)), state, typed).held_from(settle_s) is not None

    def told() -> str:
        rows = [one for one in draft.seen(users.now_s() - timeout_s) if one.done_s > users.now_s() - 1.0]
        old = sum(state.contradicted_by(one) for one in rows)
        when = f"{draft.name}: {users.now_s() - typed:.1f} s after {since}"
        return f"{when}, {old} of {len(rows)} answers of the last second are of another state"

    return watch(scene, users, settled, within_s, told).settled


def _rollouts(scene: Scene) -> str:
    return "; ".join(f"{ref}: {rollout(scene.permit.kube.get(ref))}" for ref in deployments(scene))

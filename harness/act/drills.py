"""The drills of a rollback by name: which there are, and those that share one canary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.act import staged, switching
from harness.act.awake import Awake
from harness.act.drilling import Draft, Scene
from harness.act.staged import STAGED
from harness.act.switching import OFF, REMOVED
from harness.errors import HarnessError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from harness.judge.drill import Drill

WITH_CANARY: Mapping[str, Callable[[Awake, Draft], None]] = {
    OFF: switching.off,
    STAGED: staged.drilled,
    REMOVED: switching.removed,
}


def with_canary(scene: Scene, wanted: Collection[str] = tuple(WITH_CANARY)) -> dict[str, Drill]:
    """Wake the canary once, make the wanted drills one after another, put it to sleep; return their records.

    What ends one drill ends those after it, too: they say so. Nothing is raised for what the target does.
    """
    began, per_s = (
        scene.clock.wall().isoformat(),
        max(scene.target.acting.asks_per_s, scene.target.acting.rollout_asks_per_s),
    )
    users = scene.tools.stream(scene.target, scene.environment, scene.clock, per_s, dict(switching.MIX))
    drafts = {name: Draft(name, users) for name in WITH_CANARY if name in wanted}
    done: set[str] = set()
    awake: Awake | None = None
    waking = Draft("canary", users)
    trouble: HarnessError | None = None
    try:
        with users:
            awake = Awake(scene, waking)
            with awake:
                for name, draft in drafts.items():
                    draft.arms, draft.from_s, draft.until_s = waking.arms, users.now_s(), users.now_s()
                    awake.at_start()
                    try:
                        WITH_CANARY[name](awake, draft)
                    finally:
                        draft.until_s = users.now_s()
                    done.add(name)
                awake.sleep()
    except HarnessError as ended:
        trouble = ended
    for name, draft in drafts.items():
        if trouble is not None and name not in done:
            draft.failed(trouble)
        draft.restored = awake is not None and awake.restored
        draft.foreign = draft.foreign or (awake.foreign if awake is not None else "")
        if trouble is not None:
            draft.notes["ended"] = str(trouble)
    return {name: draft.drill(scene, began, per_s) for name, draft in drafts.items()}

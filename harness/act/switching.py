"""Two drills of turning the canary off: by weight 0, and by taking its route away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.act import canary
from harness.act.awake import Awake, noted
from harness.act.drilling import Draft, share, watch
from harness.judge.drill import Command, Step
from harness.judge.exact import needed_for_met
from harness.judge.lowering import ALPHA, MOST_MISSED, MOST_MISSED_PINNED, PINNED

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.judge.drill import Kind

OFF, REMOVED = "canary-off", "canary-removed"
NEED = needed_for_met(0, MOST_MISSED, ALPHA)
NEED_PINNED = needed_for_met(0, MOST_MISSED_PINNED, ALPHA)
SPARE = 1.05  # of the answers: those without a build are not enough
MIX: dict[Kind, float] = {"chat": 0.1, "version": 0.6, "header": 0.15, "cookie": 0.15}


def off(awake: Awake, draft: Draft) -> None:
    """Set weight 0, and watch users until enough of them were answered by stable."""
    _switch(awake, draft, ("set the canary's weight to 0",), lambda: awake.set(0), pinned=())


def removed(awake: Awake, draft: Draft) -> None:
    """Take the route away, and watch users, test users with a pin too."""
    ways: tuple[Kind, ...] = tuple(kind for kind in PINNED if any(one.kind == kind for one in draft.seen(draft.from_s)))
    words = ("take the canary's route away",)
    _switch(awake, draft, words, lambda: canary.take_out(awake.routing, awake.route), pinned=ways)


def _switch(
    awake: Awake, draft: Draft, words: tuple[str, ...], change: Callable[[], None], *, pinned: tuple[Kind, ...]
) -> None:
    scene, users = awake.scene, draft.users
    acting = scene.target.acting
    _meet_pinned(awake, draft, pinned)
    noted(draft, awake)
    typed = users.now_s()
    change()
    draft.command = Command(words, typed, users.now_s())
    noted(draft, awake)
    canary_commits = draft.arms["canary"]
    everyone = {"chat", "version", *pinned}

    def gone() -> bool:
        now = users.now_s()
        rows = [one for one in draft.seen(now - acting.settle_s) if one.kind in everyone]
        return now - typed >= acting.settle_s and not any(one.commit in canary_commits for one in rows)

    def told() -> str:
        now = users.now_s()
        hits, of = share([one for one in draft.seen(now - 2.0) if one.done_s > now - 1.0], canary_commits)
        when = f"{draft.name}: {now - typed:.1f} s after the change"
        return f"{when}, {hits} of {of} answers of the last second from the canary"

    in_force = watch(scene, users, gone, acting.patience_s, told)
    from_s = users.now_s()

    def enough() -> bool:
        rows = [one for one in draft.seen(from_s) if one.sent_s >= from_s and not one.error]
        plain = sum(one.kind in {"chat", "version"} for one in rows)
        return plain >= SPARE * NEED and all(
            sum(one.kind == kind for one in rows) >= SPARE * NEED_PINNED for kind in pinned
        )

    if in_force.settled:
        _ = watch(scene, users, enough, acting.patience_s, told)
    noted(draft, awake)
    step = Step(
        0, awake.start, typed, from_s, users.now_s(), acting.settle_s, "watched" if in_force.settled else "never seen"
    )
    draft.steps.append(step)
    draft.until_s = users.now_s()


def _meet_pinned(awake: Awake, draft: Draft, pinned: tuple[Kind, ...]) -> None:
    """Wait until pinned test users were answered by the canary: else their absence afterwards shows nothing."""

    def met() -> bool:
        rows = [one for one in draft.seen(draft.from_s) if one.commit in draft.arms["canary"]]
        return all(any(one.kind == kind for one in rows) for kind in pinned)

    patience_s = awake.scene.target.acting.patience_s
    _ = watch(
        awake.scene, draft.users, met, patience_s, lambda: f"{draft.name}: waiting until test users meet the canary"
    )

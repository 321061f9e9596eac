"""Drills as data, made by rule: who was answered what, and when."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.judge.drill import Command, Drill, Recalled, Seen, State, Step
from harness.judge.lowering import FALSE_MARK
from harness.judge.stepping import SECOND_PART

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from harness.judge.drill import Kind

STABLE, CANARY = "a" * 40, "b" * 40
OLD = {"USE_UNIFIED_PIPELINE": "true", "CONV_STORE_PRIMARY": "redis"}
SAFE = {"USE_UNIFIED_PIPELINE": "false", "CONV_STORE_PRIMARY": "mongo"}
GOAL, START = State((STABLE,), SAFE, unified=False), State((STABLE,), OLD, unified=True)
ARMS = {"stable": (STABLE,), "canary": (CANARY,)}
LATENCY_S = 0.02
TYPED_S = 5.0


def stream(
    to_s: float, answer: Callable[[Seen], Seen], *, per_s: float = 25.0, kinds: Sequence[Kind] = ("chat", "version")
) -> tuple[Seen, ...]:
    """Return a request every 1/per_s seconds, each as `answer` makes it of a bare one."""
    bare = (
        Seen(n / per_s, n / per_s, n / per_s + LATENCY_S, kinds[n % len(kinds)], commit=STABLE)
        for n in range(int(to_s * per_s))
    )
    return tuple(answer(one) for one in bare)


def in_state(one: Seen, state: State) -> Seen:
    """Return a request answered by a state: versions tell flags, chat tells the pipeline."""
    if one.kind == "version":
        return replace(one, commit=state.commits[0], flags=state.flags)
    return replace(one, commit=state.commits[0], unified=state.unified)


def emergency(left_s: float = 10.0, *, watched_s: float = 130.0, back: bool = True, name: str = "emergency") -> Drill:
    """Return a rollback after which the last old answer ends `left_s` after the command; the way back takes 3 s."""
    back_s = TYPED_S + watched_s
    end_s = back_s + 10.0

    def answer(one: Seen) -> Seen:
        new = TYPED_S + left_s < one.done_s < back_s + 3.0 if back else one.done_s > TYPED_S + left_s
        return in_state(one, GOAL if new else START)

    rows = stream(end_s if back else back_s, answer)
    last = Seen(TYPED_S, TYPED_S, TYPED_S + left_s, "version", commit=STABLE, flags=OLD)
    asked = [Recalled(f"c{n}", when, "?", "K7", "it is K7", remembered=True) for n in range(12) for when in WHEN]
    return Drill(
        name,
        "staging",
        "2026-01-01T00:00:00+00:00",
        GOAL,
        START,
        arms={"stable": (STABLE,)},
        command=Command(("rollback.sh",), TYPED_S, TYPED_S + 4.0, 0, "Rollback successful"),
        back=Command(("back",), back_s, back_s + 0.1) if back else None,
        seen=(*rows, last),
        recalled=tuple(asked),
        until_s=end_s if back else back_s,
        per_s=25.0,
        restored=True,
    )


WHEN = ("before", "after", "back")


def switched(
    *, leave_s: float = 0.5, share: float = 0.5, watched_s: float = 12.0, pinned_leave: bool = True, after: str = STABLE
) -> Drill:
    """Return a canary that is turned off: users leave it after `leave_s`, pinned ones if `pinned_leave`."""
    step = Step(0, 60, TYPED_S, TYPED_S + 3.0, TYPED_S + 3.0 + watched_s, 3.0)
    count = [0]

    def answer(one: Seen) -> Seen:
        gone = one.sent_s >= TYPED_S + leave_s
        if one.kind in {"header", "cookie"}:
            return replace(one, commit=after if gone and pinned_leave else CANARY)
        count[0] += 1
        return replace(one, commit=after if gone or count[0] % 100 >= share * 100 else CANARY)

    kinds: tuple[Kind, ...] = ("chat", "version", "version", "header", "version", "cookie")
    return Drill(
        "canary-off",
        "staging",
        "2026-01-01T00:00:00+00:00",
        State(),
        State(),
        arms=ARMS,
        command=Command(("weight 0",), TYPED_S, TYPED_S + 0.1),
        steps=(step,),
        seen=stream(step.to_s, answer, per_s=50.0, kinds=kinds),
        until_s=step.to_s,
        per_s=50.0,
        restored=True,
        notes={FALSE_MARK: ""},
    )


def lowered(
    weights: Sequence[float] = (50, 25, 10, 0), *, start: float = 60, given: Callable[[float], float] = float
) -> Drill:
    """Return a staged way of 8 s a step, and one that is broken off at its first; `given` is what users get."""
    steps: list[Step] = []
    at, before = 2.0, start
    for percent in weights:
        steps.append(Step(percent, before, at, at + 1.0, at + 9.0, 8.0))
        at, before = at + 9.0, percent
    first = len(steps)
    steps += [
        Step(weights[0], start, at, at + 1.0, at + 2.0, 8.0, "worse: the drill's signal"),
        Step(0, weights[0], at + 2.0, at + 3.0, at + 6.0, 3.0),
    ]
    end = at + 6.0
    count = [0]

    def answer(one: Seen) -> Seen:
        now = next((s.percent for s in reversed(steps) if s.from_s + 0.5 <= one.sent_s), start)
        count[0] += 1
        return replace(one, commit=CANARY if count[0] * 37 % 100 < given(now) else STABLE)

    return Drill(
        "staged",
        "staging",
        "2026-01-01T00:00:00+00:00",
        State(),
        State(),
        arms=ARMS,
        command=Command(("lower",), 2.0, 2.1),
        steps=tuple(steps),
        seen=stream(end, answer, per_s=60.0),
        until_s=end,
        per_s=60.0,
        restored=True,
        notes={SECOND_PART: str(first)},
    )


def changed(drill: Drill, change: Callable[[Seen], Seen]) -> Drill:
    return replace(drill, seen=tuple(change(one) for one in drill.seen))


def undone(reason: str = "ERROR") -> Drill:
    empty = emergency()
    return replace(
        empty, command=None, steps=(), seen=(), recalled=(), trouble="no such thing", notes={"reason": reason}
    )

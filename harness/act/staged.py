"""The staged rollback: only steps below the current weight, each seen and watched; 0 at once if things get worse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias

from harness.act.drilling import share, watch
from harness.judge.drill import ASKED_BY_ANYONE, Command, Step
from harness.judge.exact import high_bound, low_bound
from harness.judge.limit import Tally, Wording, keeps_within
from harness.judge.lowering import PINNED
from harness.judge.stepping import GIVE, SECOND_PART, STEP_ALPHA
from harness.verdict import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from harness.act.awake import Awake
    from harness.act.drilling import Draft, Scene
    from harness.act.means import Users
    from harness.judge.drill import Kind, Seen

    Worse: TypeAlias = Callable[[Sequence[Seen]], str]

STAGED = "staged"
WEIGHTS = (75, 50, 25, 10, 0)
MIX: dict[Kind, float] = {"chat": 0.1, "version": 0.8, "header": 0.1}
SEEN_NEEDS, SEEN_S = 40, 2.0  # answers, and over how long: a new weight is in force when they fit it
SIGNAL_AFTER = 20  # answers of the canary, after which a drill declares that things got worse
FAILING, ALPHA = 0.003, 0.005  # P2-SLO-04's limit; chance of a false alarm while one step is watched
WORDING = Wording("failures", "the canary's requests")


class Lowered(Protocol):
    """What is lowered: an Awake of a drill, or the real thing."""

    @property
    def scene(self) -> Scene:
        """Where."""
        ...

    def set(self, percent: int) -> None:
        """Give the canary a weight."""
        ...


def below(percent: float, weights: Sequence[int] = WEIGHTS) -> tuple[int, ...]:
    """Return the steps below a weight, in order: never up, never the same."""
    return tuple(weight for weight in sorted(weights, reverse=True) if weight < percent)


def failing(commits: Sequence[str], limit: float = FAILING) -> Worse:
    """Return a watch over the canary's failures: it says what it saw when their share is shown to be above the limit.

    A request that failed without naming a build may have been the canary's, and counts as such: going down is safe.
    """

    def worse(rows: Sequence[Seen]) -> str:
        ours = [one for one in rows if one.commit in commits or one.kind in PINNED or (one.error and not one.commit)]
        by_second: dict[int, list[Seen]] = {}
        for one in ours:
            by_second.setdefault(int(one.done_s), []).append(one)
        tallies = [Tally(sum(bool(one.error) for one in group), len(group)) for _, group in sorted(by_second.items())]
        verdict = keeps_within(limit, tallies, alpha=ALPHA, ended=False, wording=WORDING)
        return verdict.because if verdict.outcome is Outcome.VIOLATED else ""

    return worse


def signal(commits: Sequence[str]) -> Worse:
    """Return a watch that declares a worsening once the canary has answered a little: it breaks a drill off."""

    def worse(rows: Sequence[Seen]) -> str:
        return "the drill's signal" if share(rows, commits)[0] >= SIGNAL_AFTER else ""

    return worse


def lower(lowered: Lowered, draft: Draft, start: float, steps: Sequence[int], *, watch_s: float, worse: Worse) -> bool:
    """Go down from `start` by steps, and tell whether each was seen and watched whole.

    A step that users don't see, or during which `worse` says something, is broken off with weight 0. The steps are
    written into the record as they are made.
    """
    before = start
    for percent in steps:
        step = _step(lowered, draft, (before, percent), watch_s, worse if percent > 0 else _nothing)
        draft.steps.append(step)
        before = percent
        if step.ended != "watched":
            lowered.scene.say(f"{draft.name}: {step.ended}: going to 0 at once")
            if percent > 0:
                settle_s = lowered.scene.target.acting.settle_s
                draft.steps.append(_step(lowered, draft, (before, 0), settle_s, _nothing))
            return False
    return True


def _nothing(_: Sequence[Seen]) -> str:
    return ""


def _step(lowered: Lowered, draft: Draft, weights: tuple[float, int], watch_s: float, worse: Worse) -> Step:
    scene, users, (before, percent) = lowered.scene, draft.users, weights
    acting, commits = scene.target.acting, draft.arms["canary"]
    from_s = users.now_s()
    lowered.set(percent)
    changed_s = users.now_s()

    def told() -> str:
        now = users.now_s()
        hits, of = share([one for one in draft.seen(now - 2.0) if one.done_s > now - 1.0], commits)
        return f"{draft.name}: weight {percent}, {hits} of {of} answers of the last second from the canary"

    said = [""]

    def fits() -> bool:
        said[0] = worse(_since(draft, changed_s))
        return bool(said[0]) or in_force(users, draft, commits, percent, changed_s)

    seen = watch(scene, users, fits, acting.patience_s, told)
    watched_s = users.now_s()
    if not said[0] and not seen.settled:
        return Step(
            percent, before, from_s, min(watched_s, changed_s + acting.settle_s), watched_s, watch_s, "never seen"
        )

    def over() -> bool:
        said[0] = said[0] or worse(_since(draft, changed_s))
        return bool(said[0]) or users.now_s() - watched_s >= watch_s

    _ = watch(scene, users, over, watch_s + 1.0, told)
    ended = f"worse: {said[0]}" if said[0] else "watched"
    return Step(percent, before, from_s, watched_s, users.now_s(), watch_s, ended)


def _since(draft: Draft, from_s: float) -> list[Seen]:
    return [one for one in draft.seen(from_s) if one.sent_s >= from_s]


def in_force(users: Users, draft: Draft, commits: Sequence[str], percent: float, changed_s: float) -> bool:
    """Tell whether the last answers fit a weight: the exact interval of the canary's share meets it, give or take."""
    from_s = max(changed_s, users.now_s() - SEEN_S)
    rows = [one for one in draft.seen(from_s) if one.kind in ASKED_BY_ANYONE and one.sent_s >= from_s]
    hits, of = share(rows, commits)
    if of < SEEN_NEEDS:
        return False
    if percent == 0:
        return hits == 0
    low, high = low_bound(hits, of, STEP_ALPHA), high_bound(hits, of, STEP_ALPHA)
    return low <= percent / 100 + GIVE and high >= percent / 100 - GIVE


def drilled(awake: Awake, draft: Draft) -> None:
    """Go all the way down as it is meant, then once more until a worsening is declared."""
    watch_s, users, commits = awake.scene.target.acting.staged_step_s, draft.users, draft.arms["canary"]
    steps = below(awake.start)
    typed = users.now_s()
    whole = lower(awake, draft, awake.start, steps, watch_s=watch_s, worse=failing(commits))
    draft.command = Command(("lower the canary's weight", *(str(one) for one in steps)), typed, users.now_s())
    draft.notes[SECOND_PART] = str(len(draft.steps))
    if whole:
        awake.at_start()
        again = steps if steps[0] > 0 else (awake.start, 0)  # below 10 there is no step to break off but the start
        _ = lower(awake, draft, awake.start, again, watch_s=watch_s, worse=signal(commits))
    draft.until_s = users.now_s()

"""Does the staged way only go down, show each share, watch each step, and stop when it is told of a worsening?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.judge.drill import ASKED_BY_ANYONE
from harness.judge.exact import high_bound, low_bound
from harness.judge.lowering import answers, arms, dense, last
from harness.judge.reaching import facts, undone
from harness.verdict import Reason, Verdict, met, unknown, violated

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.judge.drill import Drill, Step
    from harness.verdict import Fact

STEP_ALPHA, GIVE = 0.005, 0.03  # each side of a step's interval; what a share may differ by
WIDEST = 0.1  # half the width of a step's interval: a wider one could not tell two steps apart
AT_ONCE_S = 5.0  # between a worsening and the weight of 0
SEEN_LEAST = 170  # answers that bound any share to 10 points either way
SECOND_PART = "second_part"  # note of a drill: number of the first step of the way that is broken off


def only_down(drill: Drill, weights: Sequence[float], *, watch_s: float, settle_s: float) -> Verdict:
    """Decide whether the staged way only lowers the weight, shows each share, watches each step, and stops when told.

    `weights` are the runbook's, `watch_s` the seconds for each. VIOLATED: a step that is not below the one before, one
    that was left out or watched too shortly, a share whose exact interval (99%) rose or lies more than 3 points away,
    and after a worsening anything but 0 at once. UNKNOWN: not done, broken off by a real worsening (INTERRUPTED), an
    interval wider than 20 points (SAMPLE_TOO_SMALL), or the target not left as found.
    """
    shown = facts(drill) | {"watch_s": watch_s, "give": GIVE, "confidence": 1 - 2 * STEP_ALPHA, "unit": "request"}
    weak = undone(drill) or _unreadable(drill, shown)
    if weak is not None:
        return weak
    shown |= {"steps": [_step(drill, one) for one in drill.steps]}
    first, second = _parts(drill)
    wrong = [*_order(first, weights), *_shares(drill, drill.steps), *_watches(first, watch_s), *_stops(drill, second)]
    if wrong:
        return violated("; ".join(wrong[:3]), **shown)
    weak = _too_little(drill, first, second[-1].to_s - second[-1].watched_from_s >= 0.98 * settle_s, shown)
    if weak is not None:
        return weak
    way = " - ".join(f"{one.percent:g}" for one in first)
    said = f"from {first[0].from_percent:g}% down by {way}, each share seen and watched for {watch_s:g} s"
    said = f"{said}; told of a worsening, it went from {second[-1].from_percent:g} to 0 at once"
    return dense(drill, met(said, **shown), (first[0].from_s, second[-1].to_s), shown)


def _unreadable(drill: Drill, shown: dict[str, Fact]) -> Verdict | None:
    if (why := arms(drill)) is not None:
        return unknown(Reason.NO_DATA, why, **shown)
    first, second = _parts(drill)
    broken = next((one for one in first if one.ended.startswith("worse")), None)
    if broken is not None:
        said = f"the way was broken off at {broken.percent:g}%, as it should be, and not seen whole: {broken.ended}"
        return unknown(Reason.INTERRUPTED, said, **shown)
    if not first or not (second or first[-1].ended == "never seen" or any(one.ended == "never seen" for one in first)):
        return unknown(Reason.NO_DATA, "the record holds no staged way, or none that was broken off", **shown)
    return None


def _too_little(drill: Drill, first: Sequence[Step], stopped: bool, shown: dict[str, Fact]) -> Verdict | None:  # noqa: FBT001
    if not stopped:
        return unknown(Reason.INTERRUPTED, "weight 0 was not watched after the worsening", **shown)
    for one in first:
        low, high, of = _interval(drill, one)
        if (high - low) / 2 > WIDEST:
            said = f"at {one.percent:g}% {of:,} answers say {low:.0%} to {high:.0%}"
            needed = max(1, round(of * ((high - low) / 2 / WIDEST) ** 2) - of) if of else SEEN_LEAST
            return unknown(
                Reason.SAMPLE_TOO_SMALL, f"{said}: too few to tell it from the next step", needed=needed, **shown
            )
    return None


def _parts(drill: Drill) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
    at = int(drill.notes.get(SECOND_PART, len(drill.steps)))
    return drill.steps[:at], drill.steps[at:]


def _order(steps: Sequence[Step], weights: Sequence[float]) -> Iterable[str]:
    start = steps[0].from_percent
    for one in steps:
        if one.percent >= one.from_percent:
            yield f"the weight went from {one.from_percent:g} up to {one.percent:g}"
    wanted = [weight for weight in weights if weight < start]
    got = [one.percent for one in steps]
    if got != wanted and all(one.ended == "watched" for one in steps):
        yield f"wanted the steps {_list(wanted)} below {start:g}, got {_list(got)}"


def _shares(drill: Drill, steps: Sequence[Step]) -> Iterable[str]:
    for one in steps:
        low, high, of = _interval(drill, one)
        share, before = one.percent / 100, one.from_percent / 100
        if of == 0:
            continue
        if low > before + GIVE:
            said = f"the share rose: at weight {one.percent:g}, after {one.from_percent:g}"
            yield f"{said}, the canary answered {low:.0%} to {high:.0%} of {of:,}"
        elif high < share - GIVE or low > share + GIVE:
            yield f"at weight {one.percent:g} the canary answered {low:.0%} to {high:.0%} of {of:,}"


def _watches(steps: Sequence[Step], watch_s: float) -> Iterable[str]:
    for one in steps:
        watched = one.to_s - one.watched_from_s
        if one.ended == "watched" and watched < 0.98 * watch_s:
            yield f"weight {one.percent:g} was watched for {watched:.1f} s, wanted {watch_s:g} s"
        elif one.ended == "never seen":
            yield f"weight {one.percent:g} was set and never seen by users"


def _stops(drill: Drill, steps: Sequence[Step]) -> Iterable[str]:
    """Look at the way that was told of a worsening: its step, then 0."""
    if not steps:
        return  # the first way was not gone whole, and says why
    if len(steps) < 2 or not steps[-2].ended.startswith("worse"):
        ended = ", ".join(f"{one.percent:g}% {one.ended}" for one in steps)
        yield f"a worsening was declared and the way went on: {ended}"
        return
    told, stop = steps[-2], steps[-1]
    if stop.percent != 0:
        yield f"after a worsening at {told.percent:g}% the weight became {stop.percent:g}, wanted 0"
    if stop.from_s - told.to_s > AT_ONCE_S:
        yield f"after a worsening it took {stop.from_s - told.to_s:.1f} s to set 0, wanted at most {AT_ONCE_S:g} s"
    late = last(drill, ASKED_BY_ANYONE, stop.watched_from_s, stop.to_s, sent=True)
    if late is not None:
        yield f"the canary still answered {late - stop.from_s:.1f} s after the weight became 0"


def _interval(drill: Drill, step: Step) -> tuple[float, float, int]:
    """Return the exact bounds of the canary's share while a step was watched, and of how many answers.

    Those that name no build may be either's.
    """
    rows = [one for one in drill.seen if one.kind in ASKED_BY_ANYONE and step.watched_from_s <= one.sent_s <= step.to_s]
    counted = answers(drill, rows)
    of = counted.asked
    if of == 0:
        return 0.0, 1.0, 0
    return (
        low_bound(counted.canary, of, STEP_ALPHA),
        high_bound(counted.canary + counted.unattributed, of, STEP_ALPHA),
        of,
    )


def _step(drill: Drill, step: Step) -> dict[str, Fact]:
    low, high, of = _interval(drill, step)
    watched = round(step.to_s - step.watched_from_s, 3)
    about: dict[str, Fact] = {"percent": step.percent, "from_percent": step.from_percent, "watched_s": watched}
    return about | {"low": low, "high": high, "n": of, "ended": step.ended}


def _list(weights: Sequence[float]) -> str:
    return ", ".join(f"{one:g}" for one in weights)

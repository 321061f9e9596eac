"""Features switched off and on again: were they gone, are they back, and did users' requests survive it?

What a pod says of its flags and what it then does both count; the API is looked at, and the page that `GET /` serves.
What a browser makes of that page is no part of this: it takes a browser to say so.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  msgspec reads the annotations when it runs
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from harness.judge.drill import Drill
from harness.judge.exact import high_bound
from harness.judge.flags import FALSE, TRUE, FlagsSeen, Value, plain, some, told
from harness.judge.limit import percent
from harness.judge.reaching import RATE_LIMITED, asked, doubt, facts, undone
from harness.verdict import Reason, met, unknown, violated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.verdict import Fact, Verdict

SHARE_ALPHA: Final = 0.05  # of the printed upper bound of the share of failed requests
FIRST: Final = 5  # failures that are shown one by one


@dataclass(frozen=True, slots=True)
class Turn:
    """The features set one way: what was set by env name, and what came of it, in seconds of the drill.

    `rolled_s` is when every Deployment had rolled out, None if that did not come in time (`lacking` says what it
    lacked); `settled_s` when users' version asks had shown it for long enough. `looked` is what every place said then.
    """

    values: Mapping[str, str] = field(default_factory=dict[str, str])
    typed_s: float = 0.0
    accepted_s: float = 0.0
    rolled_s: float | None = None
    settled_s: float | None = None
    lacking: str = ""
    looked: FlagsSeen = field(default_factory=FlagsSeen)


@dataclass(frozen=True, slots=True)
class FlagDrill(Drill):
    """One rehearsal of the feature flags: `flags` by env name, as found before, switched off, switched on again."""

    flags: tuple[str, ...] = ()
    before: FlagsSeen = field(default_factory=FlagsSeen)
    off: Turn | None = None
    on: Turn | None = None


def gone(drill: FlagDrill) -> Verdict:
    """Decide whether the features, switched off, were gone from every pod, the ingress' answers and the served page.

    VIOLATED: a place that says or shows a feature all the same, a text of it in the served page, a Deployment that did
    not roll out. UNKNOWN: it was not done, a place could not be asked, or the feature was not there before.
    """
    turn, shown = drill.off, _facts(drill)
    if turn is None or drill.foreign:
        return undone(drill) or unknown(Reason.NO_DATA, "the features were not switched off", **shown)
    wrong = [*_otherwise(drill, turn, FALSE), *_relapsed(drill, turn)]
    wrong += [f"the served page still shows {text!r}" for text in turn.looked.page_shows[:FIRST]]
    if wrong:
        return violated(f"switched off, but not gone: {some(wrong)}", **shown)
    missing = _untold(drill, turn)
    missing += [
        f"{flag}: was not on before, so nothing could go" for flag in drill.flags if not _any(drill.before, flag, TRUE)
    ]
    missing += [f"the page: {turn.looked.page}"] if turn.looked.page else []
    return undone(drill) or _told_all(drill, turn, missing, "gone from the API and the served page", shown)


def back(drill: FlagDrill) -> Verdict:
    """Decide whether the features, switched on again, are back on every pod and in the ingress' answers.

    VIOLATED: a place that says or shows a feature as off, a Deployment that did not roll out, or users that did not
    get back what they had when all was restored. UNKNOWN: it was not done, a place could not be asked, or the feature
    was never gone.
    """
    turn, shown = drill.on, _facts(drill)
    if turn is None or drill.foreign:
        return undone(drill) or unknown(Reason.NO_DATA, "the features were not switched on again", **shown)
    if wrong := [*_otherwise(drill, turn, TRUE), *_relapsed(drill, turn)]:
        return violated(f"switched on, but not back: {some(wrong)}", **shown)
    missing = _untold(drill, turn)
    missing += [
        f"{flag}: was never gone, so nothing came back"
        for flag in drill.flags
        if drill.off is None or not _any(drill.off.looked, flag, FALSE)
    ]
    missing += [f"the page: {turn.looked.page}"] if turn.looked.page else []
    if not drill.restored and not drill.trouble:
        return violated("what was found was put back, but users were not answered by it again", **shown)
    return undone(drill) or _told_all(drill, turn, missing, "back in the API, and the page is served", shown)


def drops_nothing(drill: FlagDrill, failed_requests: int) -> Verdict:
    """Decide whether at most `failed_requests` of the users' requests failed while the flags changed, there and back.

    Every request that was due from the first change to the end counts. VIOLATED: more failed. UNKNOWN: it was not
    done, or the stream can't carry the claim (GAP, GENERATOR_INVALID). The upper bound of the true share (exact, 95%,
    independent requests) stands in the verdict.
    """
    command, shown = drill.command, _facts(drill)
    if command is None or drill.foreign:
        return undone(drill) or unknown(Reason.NO_DATA, "no flag was changed", **shown)
    rows = [one for one in asked(drill.seen, 0.0) if one.due_s >= command.typed_s]
    failed = [one for one in rows if one.error and one.error not in RATE_LIMITED]
    shown |= {
        "n": len(rows),
        "failed": len(failed),
        "limit": failed_requests,
        "first_failed": [f"{one.kind} at {one.due_s - command.typed_s:.2f} s: {one.error}" for one in failed[:FIRST]],
        "high": high_bound(len(failed), len(rows), SHARE_ALPHA) if rows else None,
        "alpha": SHARE_ALPHA,
        "unit": "request",
    }
    if len(failed) > failed_requests:
        said = f"{len(failed):,} of {len(rows):,} users' requests failed while the flags changed"
        first = f"first {failed[0].kind} {failed[0].due_s - command.typed_s:.2f} s after it began: {failed[0].error}"
        return violated(f"{said}, wanted at most {failed_requests}; {first}", **shown)
    if (not_done := undone(drill)) is not None:
        return not_done
    if drill.off is None or drill.on is None:
        return unknown(Reason.INTERRUPTED, "the flags were not changed there and back", **shown)
    if weak := doubt(drill, command.typed_s, drill.until_s):
        return unknown(weak[0], weak[1], **shown)
    high = percent(high_bound(len(failed), len(rows), SHARE_ALPHA))
    said = f"{len(failed)} of {len(rows):,} users' requests failed while the flags changed there and back"
    return met(f"{said} (the true share is below {high}, 95%)", **shown)


def _otherwise(drill: FlagDrill, turn: Turn, wanted: str) -> list[str]:
    """Return the places that say or show another value, and Deployments that did not come to their end."""
    wrong = [
        f"{flag}: {one.value}{f' ({one.shown} of {one.of})' if one.of else ''} by {one.place}"
        for flag in drill.flags
        for one in _of_product(turn.looked, flag)
        if one.value and one.value != wanted
    ]
    return wrong + ([f"not rolled out: {turn.lacking}"] if turn.rolled_s is None else [])


def _relapsed(drill: FlagDrill, turn: Turn) -> list[str]:
    """Return how many users were told otherwise after it had been told for long enough."""
    if turn.settled_s is None:
        return []
    ends = [other.typed_s for other in (drill.off, drill.on) if other is not None and other.typed_s > turn.typed_s]
    until = min((*ends, drill.back.typed_s if drill.back and drill.back.typed_s > turn.typed_s else drill.until_s))
    rows = [one for one in drill.seen if one.kind == "version" and turn.settled_s < one.sent_s and one.done_s <= until]
    against = [
        one
        for one in rows
        if any(plain(one.flags[name]) != plain(value) for name, value in turn.values.items() if name in one.flags)
    ]
    return [f"{len(against):,} of {len(rows):,} users were told otherwise later"] if against else []


def _untold(drill: FlagDrill, turn: Turn) -> list[str]:
    missing: list[str] = []
    for flag in drill.flags:
        values = _of_product(turn.looked, flag)
        missing += [f"{flag}: {one.place}: {one.why or 'no value'}" for one in values if not one.value]
        if not any(one.kind == "behaviour" for one in values):
            missing.append(f"{flag}: nobody saw what the product does")
    return missing + ([] if drill.flags else ["the profile names no flag that switches examples or actions"])


def _told_all(drill: FlagDrill, turn: Turn, missing: Sequence[str], said: str, shown: dict[str, Fact]) -> Verdict:
    if turn.looked.trouble:
        return unknown(Reason.NO_DATA, f"not looked at: {turn.looked.trouble}", **shown)
    if missing:
        return unknown(Reason.NO_DATA, f"not told: {some(missing)}", **shown)
    if not turn.looked.pods:
        return unknown(Reason.NO_DATA, "no pod was asked for itself", **shown)
    pods = len(turn.looked.pods)
    return met(f"{' and '.join(drill.flags)}: {said}, on {pods} pods and through the ingress", **shown)


def _of_product(seen: FlagsSeen, flag: str) -> tuple[Value, ...]:
    """Return what the product says and does; what is configured is known, since we set it."""
    return tuple(one for one in seen.of(flag) if one.kind != "cluster")


def _any(seen: FlagsSeen, flag: str, value: str) -> bool:
    return any(one.value == value for one in _of_product(seen, flag) if one.kind == "behaviour")


def _facts(drill: FlagDrill) -> dict[str, Fact]:
    return facts(drill) | {
        "flags": list(drill.flags),
        "before": {flag: told(_of_product(drill.before, flag)) for flag in drill.flags},
        "off": _turn(drill.off, drill.flags),
        "on": _turn(drill.on, drill.flags),
    }


def _turn(turn: Turn | None, flags: Sequence[str]) -> Fact:
    if turn is None:
        return None
    return {
        "set": dict(turn.values),
        "typed_s": round(turn.typed_s, 3),
        "rolled_after_s": None if turn.rolled_s is None else round(turn.rolled_s - turn.typed_s, 3),
        "settled_after_s": None if turn.settled_s is None else round(turn.settled_s - turn.typed_s, 3),
        "lacking": turn.lacking,
        "pods": list(turn.looked.pods),
        "page": turn.looked.page,
        "page_shows": list(turn.looked.page_shows),
        "places": {flag: told(_of_product(turn.looked, flag)) for flag in flags},
    }

"""Is a fact that was told in one turn recalled in a later one? The unit is the session, each asked exactly once.

One session answers once, since an answer that repeats a fact tells it anew. The share of sessions that forgot is
bounded exactly (Clopper and Pearson, Biometrika 26, 1934), over all ways together and for each way by itself. VIOLATED
is wrong with a probability of at most `alpha` as long as no way forgets more than the tolerated share: alpha is split
evenly between the ways and all of them together. MET speaks of all sessions together and is wrong with a probability of
at most `met_alpha`, also where ways differ (Hoeffding 1956); what it says of one way is that way's own interval. The
interval that is reported has 95%.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping  # noqa: TC003  msgspec reads the annotations when it runs
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from harness.judge.answers import RATE_LIMITED, short
from harness.judge.exact import high_bound, low_bound, needed_for_met
from harness.judge.limit import MET_ALPHA, percent
from harness.verdict import Reason, met, unknown, violated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.verdict import Fact, Verdict

NEXT, LATER = "next turn", "turns later"  # as a page asks, with its cookies
PODS = "other pods"  # a new connection for each turn and no cookies, so that anybody may answer
VERSION = "other version"  # told on one arm, asked on the other, both ways round
USUAL = (NEXT, LATER, PODS)  # every target has these ways

TOLERATED: Final = 0.05  # of the sessions; more is a broken memory, less is PD-02's to find, in every user's log line
LEAST: Final = 8  # sessions of each way: if half of them forget, all remember in one case of 256
CONFIDENCE: Final = 0.95
_SHOWN = 3  # sessions that forgot, with what was asked and answered


@dataclass(frozen=True, slots=True)
class Recollection:
    """One session that was told a fact and asked for it `turns` turns later; texts are cut to 200 characters.

    `error` is "" where both the telling and the asking were answered, else what came instead; such a session says
    nothing about memory. `told_by` and `asked_by` are the commits that answered, "" where they name none.
    """

    session: str
    way: str
    turns: int
    told: str
    asked: str
    wanted: str
    answer: str = ""
    remembered: bool = False
    error: str = ""
    told_by: str = ""
    asked_by: str = ""

    @property
    def crossed(self) -> bool:
        """Whether one version was told and another was asked."""
        return bool(self.told_by and self.asked_by) and self.told_by != self.asked_by


@dataclass(frozen=True, slots=True)
class Recollections:
    """All sessions of a run. `planned` has the sessions of each way that this target has.

    `pods`: ready ones behind the address, None where that could not be read. `trouble` is why it ended early, `seed`
    what the facts were drawn from.
    """

    probes: tuple[Recollection, ...] = ()
    planned: Mapping[str, int] = field(default_factory=dict[str, int])
    pods: int | None = None
    trouble: str = ""
    seed: int = 0


def remembers(
    seen: Recollections, *, turns: int, alpha: float, tolerated: float = TOLERATED, met_alpha: float = MET_ALPHA
) -> Verdict:
    """Decide whether sessions remember in every way: in the next turn, after `turns`, on other pods and versions.

    VIOLATED: the exact lower bound of the forgotten share is above `tolerated`, over all or in one way. MET: the upper
    bound over all is within it, and each way was gone by `LEAST` sessions. Else UNKNOWN with its reason; nothing
    answered is NO_DATA, too few sessions SAMPLE_TOO_SMALL with the number still needed.
    """
    single = _one_version(seen)
    ways = [way for way in seen.planned if not (single and way == VERSION)]
    counted = [one for one in seen.probes if one.way in ways and _counts(one, turns)]
    forgot = [one for one in counted if not one.remembered]
    each = alpha / (len(ways) + 1)
    by_way = {way: _share([one for one in counted if one.way == way], each) for way in ways}
    facts: dict[str, Fact] = {
        **_share(counted, each),
        "unit": "session",
        "tolerated": tolerated,
        "alpha": alpha,
        "alpha_of_each": each,
        "met_alpha": met_alpha,
        "confidence": CONFIDENCE,
        "turns": turns,
        "ways": by_way,
        "planned": dict(seen.planned),
        "unanswered": _errors(seen.probes),
        "pods": seen.pods,
        "only_version": single,
        "seed": seen.seed,
        "examples": [_example(one) for one in (forgot or counted)[:_SHOWN]],
        "method": "exact (Clopper-Pearson) bounds; each session asked once",
    }
    if not counted:
        return unknown(*_nothing(seen), **facts)
    of, hits = len(counted), len(forgot)
    said = f"{hits:,} of {of:,} sessions forgot what they were told, {_interval(facts)}, tolerated {percent(tolerated)}"
    worst = [way for way, share in by_way.items() if _low(share) > tolerated]
    if worst or _low(facts) > tolerated:
        where = "; ".join(f"{way}: {by_way[way]['hits']} of {by_way[way]['n']}" for way in worst)
        return violated(f"{said}{f' ({where})' if where else ''}; {_told(forgot[0])}", **facts)
    if doubt := _doubt(seen, by_way):
        return unknown(doubt[0], f"{doubt[1]}; {said}", **facts)
    high = high_bound(hits, of, met_alpha)
    facts["high_for_met"] = high
    if high <= tolerated:
        return met(f"{said}; asked {', '.join(ways)}", **facts)
    facts["needed"] = needed = max(1, needed_for_met(hits, tolerated, met_alpha) - of)
    return unknown(Reason.SAMPLE_TOO_SMALL, f"{said}; {needed:,} more sessions that remember are needed", **facts)


def _counts(one: Recollection, turns: int) -> bool:
    """Tell whether a session went its way to the end."""
    if one.error:
        return False
    return {LATER: one.turns >= turns, VERSION: one.crossed}.get(one.way, True)


def _share(sessions: Sequence[Recollection], alpha: float) -> dict[str, Fact]:
    """Return the forgotten share with the interval that is reported and the bound that decides."""
    of, hits = len(sessions), len([one for one in sessions if not one.remembered])
    if of == 0:
        return {"estimate": None, "low": None, "high": None, "hits": 0, "n": 0}
    side = (1 - CONFIDENCE) / 2
    low, high = low_bound(hits, of, side), high_bound(hits, of, side)
    decides = low_bound(hits, of, alpha)
    return {"estimate": hits / of, "low": low, "high": high, "low_for_violated": decides, "hits": hits, "n": of}


def _low(share: Mapping[str, Fact]) -> float:
    low = share.get("low_for_violated")
    return low if isinstance(low, float) else 0.0


def _interval(facts: Mapping[str, Fact]) -> str:
    low, high = facts["low"], facts["high"]
    assert isinstance(low, float)
    assert isinstance(high, float)
    return f"{percent(low)} to {percent(high)}"


def _one_version(seen: Recollections) -> str:
    """Return the only version there is, "" if there may be several: enough pinned sessions named no other one."""
    pinned = [one for one in seen.probes if one.way == VERSION and one.told_by and one.asked_by]
    named = {commit for one in seen.probes for commit in (one.told_by, one.asked_by) if commit}
    return next(iter(named)) if len(named) == 1 and len(pinned) >= LEAST else ""


def _doubt(seen: Recollections, by_way: Mapping[str, Mapping[str, Fact]]) -> tuple[Reason, str] | None:
    """Return why sessions that remember do not show it for every way, if so."""
    if missing := [way for way in USUAL if way not in by_way]:
        return Reason.NO_DATA, f"nobody asked: {', '.join(missing)}"
    if seen.pods is None:
        return Reason.NO_DATA, "how many pods answer could not be read, so it may have been the same one each time"
    if seen.pods < 2:
        return Reason.NO_DATA, f"{seen.pods} ready pod: that another one would remember was not shown"
    few = {way: share["n"] for way, share in by_way.items() if isinstance(share["n"], int) and share["n"] < LEAST}
    if not few:
        return None
    why = f" ({seen.trouble})" if seen.trouble else ""
    if VERSION in few and (astray := [one for one in seen.probes if _astray(one)]):
        first = astray[0]
        named = " and ".join(short(commit) if commit else "no version" for commit in (first.told_by, first.asked_by))
        why = f" ({len(astray)} pinned sessions did not change versions, the first was answered by {named})"
    said = ", ".join(f"{way} {n}" for way, n in few.items())
    reason = Reason.NO_DATA if 0 in few.values() else Reason.SAMPLE_TOO_SMALL
    return reason, f"{LEAST} sessions of each way are needed, got of {said}{why}"


def _astray(one: Recollection) -> bool:
    return one.way == VERSION and not one.error and not one.crossed


def _nothing(seen: Recollections) -> tuple[Reason, str]:
    errors = _errors(seen.probes)
    said = ", ".join(f"{kind} ({n})" for kind, n in errors.items()) or "no session was opened"
    why = f"; {seen.trouble}" if seen.trouble else ""
    limited = any(RATE_LIMITED in kind for kind in errors)
    return Reason.GENERATOR_INVALID if limited else Reason.NO_DATA, f"not one session was answered: {said}{why}"


def _errors(probes: Sequence[Recollection]) -> dict[str, int]:
    return dict(Counter(one.error for one in probes if one.error).most_common())


def _example(one: Recollection) -> dict[str, Fact]:
    return {
        "session": one.session,
        "way": one.way,
        "told": one.told,
        "asked": one.asked,
        "answer": one.answer,
        "remembered": one.remembered,
        "told_by": one.told_by,
        "asked_by": one.asked_by,
    }


def _told(one: Recollection) -> str:
    return f"told {one.told!r}, asked {one.asked!r} ({one.way}), answered {one.answer!r}"

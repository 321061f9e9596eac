"""The lines that are watched over time: shares, quantiles and differences of what a watch gathered.

Nothing here counts: it is handed counts of usable slices with the course of the watch, and says what they carry.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.judge import difference, drawing, limit, overall, quantile, trend
from harness.judge.course import Course, Hole, incomplete, trusted
from harness.judge.family import equal_share
from harness.judge.limit import Tally, Wording, percent
from harness.judge.soak import State, duration, held, slice_alpha
from harness.verdict import Outcome, Reason, Verdict, unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.judge.difference import Pair
    from harness.judge.quantile import Counted
    from harness.judge.soak import Slice
    from harness.verdict import Fact


@dataclass(frozen=True, slots=True)
class Share:
    """Bad ones among all, window by window in the order of time, with the watch they come from.

    `generated`: they are answers to our own traffic. `holes` are those of the source. `starts`: when each window
    began, seconds of UTC; empty where nobody says.
    """

    windows: tuple[Tally, ...]
    course: Course
    generated: bool = False
    holes: tuple[Hole, ...] = ()
    starts: tuple[float, ...] = ()

    @property
    def sum(self) -> Tally:
        """All windows together."""
        return Tally(sum(w.hits for w in self.windows), sum(w.of for w in self.windows))


@dataclass(frozen=True, slots=True)
class Arms:
    """Latencies of the judged arm and of its reference, window by window, at the same time."""

    pairs: tuple[Pair, ...]
    course: Course
    generated: bool = False
    holes: tuple[Hole, ...] = ()


def keeps_within(most: float, share: Share, *, alpha: float, wording: Wording = limit.WORDING) -> Verdict:
    """Decide whether a share stays at or below `most` (0..1)."""
    ended = share.course.ended
    said = limit.keeps_within(most, share.windows, alpha=alpha, ended=ended, wording=wording)
    drawn = with_facts(said, drawing.over_time(share.windows, share.starts, share.course, share.holes))
    return trusted(drawn, share.course, generated=share.generated, holes=share.holes)


def p95_keeps_within(most_s: float, slow: Share, *, alpha: float) -> Verdict:
    """Decide whether the P95 stays at or below `most_s` seconds, from how many were slower than that."""
    said = limit.quantile_keeps_within(most_s, slow.windows, alpha=alpha, ended=slow.course.ended)
    drawn = with_facts(said, drawing.over_time(slow.windows, slow.starts, slow.course, slow.holes))
    return trusted(drawn, slow.course, generated=slow.generated, holes=slow.holes)


def quantile_not_worse(
    margin: float, arms: Arms, *, alpha: float, quantile: float = 0.95, relative: bool = False
) -> Verdict:
    """Decide whether the judged arm's quantile exceeds the reference's by at most `margin` (s, or a share)."""
    ended, half = arms.course.ended, limit.MET_ALPHA / 2
    said = difference.not_worse(
        arms.pairs, margin, alpha=alpha, quantile=quantile, met_alpha=half, ended=ended, relative=relative
    )
    if ended:
        said = overall.or_overall(said, arms.pairs, margin, quantile=quantile, relative=relative)
    drawn = with_facts(said, drawing.both_arms(arms.pairs))
    return trusted(drawn, arms.course, generated=arms.generated, holes=arms.holes)


def settles(level: float, share: Share, *, alpha: float) -> Verdict:
    """Decide whether a share falls and ends at or below `level`."""
    said = trend.settles(share.windows, level, alpha=alpha)
    if not share.course.ended and said.outcome is Outcome.VIOLATED:  # it looks once: an early finding is none
        said = unknown(Reason.INTERRUPTED, f"judged once, at the end: {said.because}", **said.facts)
    return trusted(said, share.course, generated=share.generated, holes=share.holes)


def of_one_arm(mixed: Share, verdict: Verdict, *, most: float) -> Verdict:
    """Return a comparison of sessions only if a session belongs to one arm; else UNKNOWN: nobody's figures."""
    seen = mixed.sum
    if seen.of and seen.hits > most * seen.of:
        said = (
            f"{seen.hits:,} of {seen.of:,} sessions were answered by both arms ({percent(seen.hits / seen.of)}), so "
            "none of them tells the arms apart; give the primary Ingress session affinity"
        )
        return unknown(Reason.NO_DATA, said, **dict(verdict.facts) | {"mixed": seen.hits, "sessions": seen.of})
    if not seen.of and verdict.outcome is not Outcome.UNKNOWN:
        said = f"nobody knows whether sessions were answered by both arms; {verdict.because}"
        return unknown(Reason.NO_DATA, said, **verdict.facts)
    return verdict


def every(verdicts: Mapping[str, Verdict]) -> Verdict:
    """Return the worst of several findings about one line, each named; its facts are those of the worst one."""
    if not verdicts:
        return unknown(Reason.NO_DATA, "nothing was there to judge")
    ranked = sorted(verdicts.items(), key=lambda pair: pair[1].outcome, reverse=True)
    name, worst = ranked[0]
    others = "; ".join(f"{other}: {one.outcome.name}" for other, one in ranked[1:])
    said = f"{name}: {worst.because}" + (f" ({others})" if others else "")
    parts = {
        key: {fact: value for fact, value in one.facts.items() if fact not in drawing.FACTS}
        | {"outcome": one.outcome.name, "because": one.because}
        for key, one in ranked
    }
    facts = dict(worst.facts) | ({"parts": parts} if len(ranked) > 1 else {})
    return Verdict(worst.outcome, said, worst.reason, facts)


@dataclass(frozen=True, slots=True)
class Figures:
    """What one slice showed, by the name of the line: bad ones of all with their limit, and compared latencies."""

    shares: Mapping[str, tuple[Tally, float]]
    delta: tuple[str, Counted, Counted, float] | None = None  # line, judged, reference, margin in seconds


def held_throughout(
    course: Course,
    figures: Mapping[float, Figures],
    whole: Mapping[str, Verdict],
    *,
    alpha: float,
) -> Verdict:
    """Decide whether the SLOs held in every slice (figures by its start) and over the whole; alpha is of the slices."""
    if not course.slices:
        return trusted(unknown(Reason.NO_DATA, "not one slice"), course)
    each = _alpha_of_each(course, alpha)
    judged = judged_slices(course, figures, alpha=alpha)
    said = held(judged, course.wanted_s, largest_gap_s=course.largest_gap_s, whole=whole, stopped=True)
    facts = dict(said.facts) | course.facts() | {"alpha": alpha, "alpha_of_a_slice": each}
    given = Verdict(said.outcome, said.because, said.reason, facts)
    if given.outcome is Outcome.VIOLATED:
        return given
    if figures and not any(_lines_seen(figures.get(one.start)) for one in course.slices):
        return unknown(Reason.NO_DATA, "not one slice shows anything of what is judged", **facts)
    if not all(one.watched for one in course.slices if one.state is State.COMPLETE):
        unread = "the cluster could not be read, so nobody knows whether build, flags or weight changed meanwhile"
        return unknown(Reason.NO_DATA, unread, **facts)
    if given.outcome is Outcome.MET:  # bridged holes may add up to most of the time
        return trusted(given, replace(course, slices=judged), generated=True)
    return given


def judged_slices(course: Course, figures: Mapping[float, Figures], *, alpha: float) -> tuple[Slice, ...]:
    """Return the slices of a watch, those in which a line is VIOLATED marked so; alpha is of all of them together.

    Without any figures they are as they came. Else a slice in which nothing was seen, or a line had nothing for
    longer than the largest gap, is INCOMPLETE: no news is not good news.
    """
    each = _alpha_of_each(course, alpha)
    if not figures:
        return course.slices
    blind = _blind(course, figures)
    judged = (_judged(one, figures.get(one.start), each) for one in course.slices)
    return tuple(
        incomplete(one, blind[one.start]) if one.state is State.COMPLETE and one.start in blind else one
        for one in judged
    )


def _blind(course: Course, figures: Mapping[float, Figures]) -> dict[float, str]:
    """Return by start the slices that say nothing, and why.

    A line that has no figures in the whole watch is left to its own verdict.
    """
    whole = [one for one in course.slices if one.state is State.COMPLETE]
    seen = {one.start: _lines_seen(figures.get(one.start)) for one in whole}
    found: dict[float, str] = {}
    for line in sorted(frozenset[str]().union(*seen.values())):
        since: list[Slice] = []
        for one in (*whole, None):
            if one is not None and line not in seen[one.start]:
                since.append(one)
                continue
            if since and since[-1].end - since[0].start > course.largest_gap_s:
                why = f"{line} had no figures for {duration(since[-1].end - since[0].start)}"
                found |= {dark.start: why for dark in since}
            since = []
    return found | {start: "nothing was seen in it" for start, lines in seen.items() if not lines}


def _lines_seen(figures: Figures | None) -> frozenset[str]:
    """Return the lines of which a slice shows anything."""
    if figures is None:
        return frozenset()
    lines = {line for line, (tally, _) in figures.shares.items() if tally.of}
    if figures.delta is not None and figures.delta[1].n and figures.delta[2].n:
        lines.add(figures.delta[0])
    return frozenset(lines)


def _alpha_of_each(course: Course, alpha: float) -> float:
    """Return one slice's part of alpha; a watch that began anew has more slices than were planned."""
    lengths = [s.end - s.start for s in course.slices]
    if not lengths or course.wanted_s <= 0:
        return alpha
    return slice_alpha(alpha, max(course.wanted_s, sum(lengths)), min(lengths))


def with_facts(said: Verdict, more: Mapping[str, Fact]) -> Verdict:
    """Return a verdict with more facts, behind those it has."""
    return Verdict(said.outcome, said.because, said.reason, {**said.facts, **more})


def _judged(one: Slice, figures: Figures | None, alpha: float) -> Slice:
    """Return a slice as VIOLATED if one of its lines is, beyond its part of alpha."""
    if one.state is not State.COMPLETE or figures is None:
        return one
    each = equal_share(alpha, len(figures.shares) + (figures.delta is not None))
    for line, (tally, most) in figures.shares.items():
        low = limit.low_bound(tally.hits, tally.of, each) if tally.of else 0.0
        if low > most:
            said = f"{line}: {tally.hits} of {tally.of} ({percent(low)} or more), wanted at most {percent(most)}"
            return replace(one, state=State.VIOLATED, because=said)
    if figures.delta is not None:
        line, judged, reference, margin = figures.delta
        slow, fast = (quantile.interval(values, 0.95, each / 2) for values in (judged, reference))
        if slow[0] > fast[1] + margin:
            said = f"{line}: P95 from {slow[0]:.3g} s against at most {fast[1]:.3g} s, wanted at most {margin:g} s more"
            return replace(one, state=State.VIOLATED, because=said)
    return one

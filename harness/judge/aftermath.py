"""After a deployment: repairs settle, memory holds, and people go on as before; against figures kept from before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.judge import comparison, slos, watched
from harness.judge.family import equal_share

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.judge.comparison import Two
    from harness.judge.course import Course
    from harness.judge.watched import Share
    from harness.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Business:
    """Sessions not completed, and offers not clicked, now and before."""

    abandoned: Two
    unclicked: Two


@dataclass(frozen=True, slots=True)
class Figures:
    """All that is judged after a deployment, by source where there are several."""

    repaired: Mapping[str, Share]
    forgotten: Mapping[str, Share]
    business: Business
    failed: Two


@dataclass(frozen=True, slots=True)
class Margins:
    """Limits and margins as shares of 1."""

    repaired_end: float
    forgotten: float
    completed: float
    clicked: float
    failed: float


def settles(level: float, sources: Mapping[str, Share], *, alpha: float) -> Verdict:
    """Decide whether repairs fall and end at or below `level` (0..1), by every source."""
    each = equal_share(alpha, max(1, len(sources)))
    return watched.every({name: watched.settles(level, one, alpha=each) for name, one in sources.items()})


def as_before(now: Business, completed: float, clicked: float, *, alpha: float) -> Verdict:
    """Decide whether sessions are completed, and offers clicked, as often as before, within the margins."""
    return watched.every(
        {
            "completion": comparison.not_fewer(completed, now.abandoned, alpha=alpha / 2),
            "engagement": comparison.not_fewer(clicked, now.unclicked, alpha=alpha / 2),
        }
    )


def not_more(margin: float, failed: Two, *, alpha: float) -> Verdict:
    """Decide whether requests fail at most `margin` more often than before."""
    return comparison.not_more(margin, failed, alpha=alpha)


def all_of(figures: Figures, margins: Margins, alphas: Mapping[str, float]) -> dict[str, Verdict]:
    """Judge PD-01, 02, 04 and 05, each with its own alpha."""
    return {
        "PD-01": settles(margins.repaired_end, figures.repaired, alpha=alphas["PD-01"]),
        "PD-02": slos.share(margins.forgotten, figures.forgotten, alpha=alphas["PD-02"], wording=slos.FORGOTTEN),
        "PD-04": as_before(figures.business, margins.completed, margins.clicked, alpha=alphas["PD-04"]),
        "PD-05": not_more(margins.failed, figures.failed, alpha=alphas["PD-05"]),
    }


def held(course: Course, whole: Mapping[str, Verdict], *, alpha: float) -> Verdict:
    """Decide whether all of it was watched for the whole time without a gap."""
    return watched.held_throughout(course, {}, whole, alpha=alpha)

"""Did the bug bash begin soon enough after the deployment, and was it over soon enough?

Two times of two clocks are compared: the cluster's, in whole seconds, and this machine's. What lies within a minute on
the wrong side of the deployment is taken for their difference.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Final

from harness.verdict import Reason, Verdict, met, unknown, violated

if TYPE_CHECKING:
    from harness.verdict import Fact

MINUTE_S: Final = 60.0
CLOCKS_S: Final = 60.0  # two machines' clocks that nobody keeps together differ by less


def judge(
    deployed_at: str | None,
    began_at: str | None,
    ended_at: str | None,
    start_within_min: float,
    done_within_min: float,
    *,
    why: str = "",
) -> Verdict:
    """Decide BB-08 from three times (RFC 3339, with a zone); None is a time that nobody knows, and `why` says so.

    VIOLATED: it began later than `start_within_min` after the deployment, or before it, or took `done_within_min` or
    longer. UNKNOWN (NO_DATA): one of the times is not known and the others violate nothing.
    """
    deployed, began, ended = _time(deployed_at), _time(began_at), _time(ended_at)
    after_s = (began - deployed).total_seconds() if began and deployed else None
    took_s = (ended - began).total_seconds() if ended and began else None
    facts: dict[str, Fact] = {
        "deployed_at": deployed_at,
        "began_at": began_at,
        "ended_at": ended_at,
        "began_after_s": after_s,
        "took_s": took_s,
        "start_within_min": start_within_min,
        "done_within_min": done_within_min,
        "why": why,
    }
    against: list[str] = []
    if after_s is not None and after_s > start_within_min * MINUTE_S:
        against.append(f"it began {_minutes(after_s)} after the deployment, {start_within_min:g} min are allowed")
    if after_s is not None and after_s < -CLOCKS_S:
        against.append(f"it began {_minutes(-after_s)} before the deployment, so it was not of this build throughout")
    if took_s is not None and took_s >= done_within_min * MINUTE_S:
        against.append(f"it took {_minutes(took_s)}, wanted less than {done_within_min:g} min")
    if against:
        return violated(f"the bug bash: {'; '.join(against)}", **facts)
    missing = [
        name
        for name, time in (("when it was deployed", deployed), ("when it began", began), ("when it ended", ended))
        if time is None
    ]
    if missing or after_s is None or took_s is None:
        said = f": {why}" if why else ""
        return unknown(Reason.NO_DATA, f"of the bug bash it is not known {' and '.join(missing)}{said}", **facts)
    return met(f"it began {_minutes(max(0.0, after_s))} after the deployment and took {_minutes(took_s)}", **facts)


def _time(text: str | None) -> datetime.datetime | None:
    """Return an aware time; one that can't be read, or names no zone, is not known."""
    if not text:
        return None
    try:
        found = datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _minutes(seconds: float) -> str:
    return f"{seconds / MINUTE_S:.1f} min"

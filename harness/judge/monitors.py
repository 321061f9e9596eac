"""Can people watch a rollout by what the profile names: does it answer, is it fresh, does it carry the series?

Each address is read twice, so that what moves can be told from a copy. Nothing is estimated.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  msgspec reads the annotations when it runs
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from harness.judge.flags import some
from harness.verdict import Reason, met, unknown, violated

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.verdict import Fact, Verdict

YOUNG: Final = 3  # times the period of renewal: one that is missed is a delay, three are a standstill


@dataclass(frozen=True, slots=True)
class Carried:
    """One series in one reading: its last value, or None and why not; when that was (seconds of UTC) if it says so."""

    value: float | None = None
    at_s: float | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """One answer at `at_s` (seconds of UTC). `trouble` is what it is instead of a document in its shape.

    `stamp_s` is the document's own time, None where it does not say. `print` is a hash of all that could move.
    `asked` is false where the question never got out of here.
    """

    at_s: float
    trouble: str = ""
    asked: bool = True
    stamp_s: float | None = None
    carried: Mapping[str, Carried] = field(default_factory=dict[str, Carried])
    print: str = ""


@dataclass(frozen=True, slots=True)
class MonitorSeen:
    """One address of the profile, and its readings in the order of time; `every_s` is how often it is renewed."""

    name: str
    url: str
    every_s: float
    readings: tuple[Reading, ...] = ()


@dataclass(frozen=True, slots=True)
class Queried:
    """One series that the gate reads from Prometheus: how old its last sample is (s), None and why it has none."""

    name: str
    age_s: float | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class MonitorsSeen:
    """All of an environment. `recent_s` is how old a sample of Prometheus may be; `queried` is empty without one."""

    environment: str = ""
    monitors: tuple[MonitorSeen, ...] = ()
    queried: tuple[Queried, ...] = ()
    recent_s: float = 0.0
    trouble: str = ""


def works(seen: MonitorsSeen) -> Verdict:
    """Decide whether every monitoring address answers in its shape with fresh data that carries its series.

    VIOLATED: one does not answer, answers an error or another shape, is old and stands still, lacks a series, or has
    one whose last point is old; or Prometheus has no recent sample of a series that the gate reads. UNKNOWN: the
    profile names none, one could not be asked from here, or nothing in it tells how old it is.
    """
    facts = _facts(seen)
    if seen.trouble:
        return unknown(Reason.NO_DATA, f"the monitors were not read: {seen.trouble}", **facts)
    if not seen.monitors:
        return unknown(Reason.NO_DATA, "the profile names no monitors for this environment", **facts)
    wrong = [f"{one.name}: {what}" for one in seen.monitors for what in _wrong(one)]
    wrong += [f"prometheus: {what}" for what in _unsampled(seen)]
    if wrong:
        return violated(f"not fit to watch by: {some(wrong)}", **facts)
    missing = [f"{one.name}: {what}" for one in seen.monitors for what in _missing(one)]
    if missing:
        return unknown(Reason.NO_DATA, f"can't be told: {some(missing)}", **facts)
    series = sum(len(one.readings[-1].carried) for one in seen.monitors)
    more = f", Prometheus has {len(seen.queried)} recent series" if seen.queried else ""
    return met(f"{len(seen.monitors)} monitors answer with fresh data that carries {series} series{more}", **facts)


def _wrong(one: MonitorSeen) -> Iterator[str]:
    if bad := next((reading for reading in one.readings if reading.trouble and reading.asked), None):
        yield bad.trouble
        return
    good = [reading for reading in one.readings if not reading.trouble]
    if not good:
        return
    last = good[-1]
    for name, series in last.carried.items():
        if series.value is None:
            yield f"series {name}: {series.why or 'no value'}"
        elif series.at_s is not None and last.at_s - series.at_s > YOUNG * one.every_s:
            yield f"series {name}: its last point is {last.at_s - series.at_s:.0f} s old, wanted {_most(one)}"
    if last.stamp_s is not None and not _young(one, last) and not _moved(good, one):
        yield f"its own time is {_age(last.at_s - last.stamp_s)} and stands still, wanted {_most(one)}"


def _missing(one: MonitorSeen) -> Iterator[str]:
    if unasked := next((reading for reading in one.readings if reading.trouble), None):
        yield f"not asked: {unasked.trouble}"
        return
    if len(one.readings) < 2:
        yield "it was not read twice"
        return
    if not one.readings[-1].carried:
        yield "the profile names no series that it must carry"
    if not _fresh(one):
        apart = one.readings[-1].at_s - one.readings[0].at_s
        yield f"nothing in it says when it was made, and nothing moved in {apart:.1f} s"


def _fresh(one: MonitorSeen) -> bool:
    """Tell whether something shows that it is not an old copy: its time, its series' times, or that it moves."""
    last = one.readings[-1]
    if last.stamp_s is not None:
        return True  # an old one is VIOLATED
    if any(series.at_s is not None for series in last.carried.values()):
        return True
    return len({reading.print for reading in one.readings}) > 1


def _young(one: MonitorSeen, last: Reading) -> bool:
    assert last.stamp_s is not None
    return abs(last.at_s - last.stamp_s) <= YOUNG * one.every_s  # a time far ahead proves nothing either


def _moved(good: Sequence[Reading], one: MonitorSeen) -> bool:
    """Tell whether the document's own time advanced as a time does that is only set wrong."""
    first, last = good[0], good[-1]
    if first.stamp_s is None or last.stamp_s is None:
        return False
    return 0 < last.stamp_s - first.stamp_s <= last.at_s - first.at_s + YOUNG * one.every_s


def _unsampled(seen: MonitorsSeen) -> Iterator[str]:
    for one in seen.queried:
        if one.age_s is None:
            yield f"series {one.name}: {one.why or 'no sample'}"
        elif one.age_s > seen.recent_s:
            yield f"series {one.name}: its last sample is {one.age_s:.0f} s old, wanted at most {seen.recent_s:.0f} s"


def _most(one: MonitorSeen) -> str:
    return f"at most {YOUNG * one.every_s:g} s"


def _age(age_s: float) -> str:
    return f"{age_s:.0f} s old" if age_s >= 0 else f"{-age_s:.0f} s ahead"


def _facts(seen: MonitorsSeen) -> dict[str, Fact]:
    return {
        "monitors": [
            {
                "name": one.name,
                "url": one.url,
                "every_s": one.every_s,
                "readings": [
                    {
                        "at_s": reading.at_s,
                        "trouble": reading.trouble,
                        "stamp_s": reading.stamp_s,
                        "series": {
                            name: {"value": series.value, "at_s": series.at_s, "why": series.why}
                            for name, series in reading.carried.items()
                        },
                        "print": reading.print,
                    }
                    for reading in one.readings
                ],
            }
            for one in seen.monitors
        ],
        "prometheus": [{"series": one.name, "age_s": one.age_s, "why": one.why} for one in seen.queried],
        "recent_s": seen.recent_s,
    }

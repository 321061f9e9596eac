"""A line's figures as people compare them: what is allowed, what was observed, its interval, and what is to spare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from harness.verdict import Fact

HUGE: Final = 1e15  # no figure of ours reaches it
UNIT: Final = 12  # characters of a unit that are shown


@dataclass(frozen=True, slots=True)
class Figures:
    """Each in words with its unit; "" where the facts do not tell it."""

    limit: str = ""
    observed: str = ""
    interval: str = ""
    n: str = ""
    spare: str = ""  # how far the observed value is from the nearest limit


@dataclass(frozen=True, slots=True)
class _Scale:
    """How a value and a distance between two are written; `what` stands behind values: " above 1.5 s"."""

    value: Callable[[float], str]
    distance: Callable[[float], str]
    what: str = ""


def of(facts: Mapping[str, Fact]) -> Figures:
    """Return a verdict's figures; what has no known unit is written as the bare number."""
    low, high, estimate, n = (number(facts.get(key)) for key in ("low", "high", "estimate", "n"))
    least, most = (number(facts.get(key)) for key in ("limit_low", "limit_high"))
    scale = _scale(facts)
    interval = ""
    if estimate is not None and low is not None and high is not None and low < high:
        interval = f"{scale.value(low)} to {scale.value(high)}"
    return Figures(
        limit=_limit(least, most, scale),
        observed="" if estimate is None else f"{scale.value(estimate)}{scale.what}",
        interval=interval,
        n="" if n is None else f"{n:,.0f} {_counted(facts.get('unit'))}",
        spare="" if estimate is None else _spare(estimate, least, most, scale),
    )


def words(facts: Mapping[str, Fact]) -> str:
    """Say the figures: observed, interval, allowed, number of samples; empty if there are none."""
    found = of(facts)
    named = (("observed ", found.observed), ("interval ", found.interval), ("allowed ", found.limit), ("", found.n))
    return ", ".join(f"{name}{said}" for name, said in named if said)


def written(facts: Mapping[str, Fact]) -> Callable[[float], str]:
    """Return how a figure of these facts is written: as a share, a difference, a length of time, or as it is."""
    return _scale(facts).value


def number(value: Fact) -> float | None:
    """Return a number of a size that figures have, or None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < HUGE else None


def percent(share: float) -> str:
    """Write a share of 1 as people compare it."""
    return f"{share * 100:.3g}%"


def _scale(facts: Mapping[str, Fact]) -> _Scale:
    """Tell by the facts beside a figure what it is: each judge writes its own, none writes the scale."""
    given = facts.get("value_unit")
    unit = given[:UNIT] if isinstance(given, str) and given.isprintable() else ""
    if facts.get("relative") is True:  # one arm's quantile against the other's
        return _Scale(lambda value: f"{value * 100:+.3g}%", _points)
    if facts.get("relative") is False and unit:
        return _Scale(lambda value: f"{value:+.4g} {unit}", lambda value: f"{value:.3g} {unit}")
    if "hits_reference" in facts:  # two shares against each other
        return _Scale(lambda value: f"{value * 100:+.3g} points", _points)
    if "to_go_s" in facts:  # the soak clock
        return _Scale(_duration, _duration)
    if number(facts.get("hits")) is not None:
        above = number(facts.get("value_limit"))
        return _Scale(percent, _points, "" if above is None else f" above {above:g} {unit}".rstrip())
    return _Scale(_plain, _plain)


def _limit(least: float | None, most: float | None, scale: _Scale) -> str:
    if least is not None and most is not None:
        return f"{scale.value(least)} to {scale.value(most)}{scale.what}"
    if least is not None:
        return f"from {scale.value(least)}{scale.what}"
    return "" if most is None else f"up to {scale.value(most)}{scale.what}"


def _spare(estimate: float, least: float | None, most: float | None, scale: _Scale) -> str:
    rooms = [] if most is None else [(most - estimate, "over")]
    rooms += [] if least is None else [(estimate - least, "short")]
    if not rooms:
        return ""
    room, past = min(rooms)
    return f"{scale.distance(room)} to spare" if room >= 0 else f"{scale.distance(-room)} {past}"


def _counted(unit: Fact) -> str:
    return f"{unit}s" if isinstance(unit, str) and unit.isalpha() and len(unit) <= UNIT else "samples"


def _points(value: float) -> str:
    return f"{value * 100:.3g} points"


def _plain(value: float) -> str:
    return f"{value:,.0f}" if value.is_integer() else f"{value:.4g}"


def _duration(seconds: float) -> str:
    """Write a length of time as people read it; the judges' own way of it would load all that they compute with."""
    if abs(seconds) < 60:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if abs(seconds) < 3600 else f"{minutes // 60} h {minutes % 60:02d} min"

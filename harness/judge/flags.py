"""Do all places say the same of every feature flag, and is it what the profile expects?

Nothing is estimated: each place is read once and compared. What a place can't tell is no agreement.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from harness.verdict import Reason, met, unknown, violated

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.verdict import Fact, Verdict

Kind: TypeAlias = Literal["cluster", "product", "behaviour"]
"""Whose word it is: what is configured, what `/version` says, or what the product does."""

TRUE: Final = "true"
FALSE: Final = "false"
MIXED: Final = "mixed"  # some answers show it, others don't
_ON: Final = frozenset({"1", "true", "on", "yes"})
_OFF: Final = frozenset({"0", "false", "off", "no"})
_NAMED: Final = 4  # of several findings, as many stand in the sentence; the facts have all


@dataclass(frozen=True, slots=True)
class Value:
    """What one place says of one flag, by its env name: a value as `plain` writes it, or "" and why not.

    `shown` of `of` looks (answers, loads) showed the flag, where the value comes from behaviour.
    """

    flag: str
    place: str
    kind: Kind
    value: str = ""
    why: str = ""
    shown: int = 0
    of: int = 0


@dataclass(frozen=True, slots=True)
class FlagsSeen:
    """All places at one time. `at` is when (RFC3339, UTC), `pods` those whose own word was asked for.

    `page` is what is wrong with what `GET /` serves ("" for a page), `page_shows` which of the texts that were looked
    for stand in it. `texts` are the examples and the actions' labels that users were shown.
    """

    environment: str = ""
    at: str = ""
    values: tuple[Value, ...] = ()
    pods: tuple[str, ...] = ()
    page: str = "not asked"
    page_shows: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    trouble: str = ""  # why there is nothing at all

    def of(self, flag: str, kind: Kind | None = None) -> tuple[Value, ...]:
        """Return what is said of one flag."""
        return tuple(one for one in self.values if one.flag == flag and kind in {None, one.kind})


@dataclass(slots=True)
class _Found:
    """What speaks against it, and what nobody could tell."""

    wrong: list[str] = field(default_factory=list[str])
    missing: list[str] = field(default_factory=list[str])


def plain(value: object) -> str:
    """Return a flag's value as all places are compared: "true", "false", or the text in lower case."""
    text = str(value).strip().lower()
    return TRUE if text in _ON else FALSE if text in _OFF else text


def agree(seen: FlagsSeen, flags: Sequence[str]) -> Verdict:
    """Decide whether all places say the same of each flag.

    VIOLATED: two places differ, or one shows it now and then. UNKNOWN: a place that should tell does not, or nothing
    is configured of a flag. MET: cluster, product and behaviour, each where the profile has it told, agree.
    """
    facts = _facts(seen, flags)
    if trouble := _nothing(seen, flags):
        return unknown(Reason.NO_DATA, trouble, **facts)
    found = _Found()
    for flag in flags:
        values = seen.of(flag)
        said = {one.value for one in values if one.value}
        if len(said) > 1 or MIXED in said:
            found.wrong.append(f"{flag}: {_places(one for one in values if one.value)}")
        found.missing += _untold(seen, flag)
    return _decided(found, facts, f"all places agree on {_all(flags)}: {_values(seen, flags)}")


def as_expected(seen: FlagsSeen, flags: Sequence[str], expected: Mapping[str, str]) -> Verdict:
    """Decide whether each flag has the value that the profile expects of the environment, in all three places.

    VIOLATED: a place says another value. UNKNOWN: the profile expects nothing, or nothing of one of the flags, or a
    place that should tell does not.
    """
    facts = _facts(seen, flags) | {"expected": {name: plain(value) for name, value in expected.items()}}
    if not expected:
        return unknown(Reason.NO_DATA, "the profile names no flags for this environment", **facts)
    if trouble := _nothing(seen, flags):
        return unknown(Reason.NO_DATA, trouble, **facts)
    found = _Found([], [f"{name}: expected, but none of the profile's flags" for name in expected if name not in flags])
    for flag in flags:
        if flag not in expected:
            found.missing.append(f"{flag}: the profile does not say what it must be")
            continue
        wanted = plain(expected[flag])
        if against := [one for one in seen.of(flag) if one.value and one.value != wanted]:
            found.wrong.append(f"{flag}: wanted {wanted}, got {_places(against)}")
        found.missing += _untold(seen, flag)
    return _decided(found, facts, f"{_all(flags)} as expected in every place: {_values(seen, flags)}")


def _decided(found: _Found, facts: dict[str, Fact], good: str) -> Verdict:
    facts |= {"wrong": found.wrong, "missing": found.missing}
    if found.wrong:
        return violated(f"flags differ: {some(found.wrong)}", **facts)
    if found.missing:
        return unknown(Reason.NO_DATA, f"not told: {some(found.missing)}", **facts)
    return met(good, **facts)


def _nothing(seen: FlagsSeen, flags: Sequence[str]) -> str:
    if seen.trouble:
        return f"the flags were not read: {seen.trouble}"
    return "" if flags and seen.values else "the flags were not read in any place"


def _untold(seen: FlagsSeen, flag: str) -> list[str]:
    """Return the places that should tell and don't; a flag that nobody configures is told by nobody's will."""
    values = seen.of(flag)
    missing = [f"{flag}: {one.place}: {one.why or 'no value'}" for one in values if not one.value]
    if not any(one.kind == "cluster" for one in values):
        missing.append(f"{flag}: nothing was read of the cluster")
    return missing


def _places(values: Iterable[Value]) -> str:
    """Return the places by value, such as "true by pod a and pod b, false by configmap/c"."""
    by_value: dict[str, list[str]] = {}
    for one in values:
        counted = f" ({one.shown} of {one.of})" if one.of else ""
        by_value.setdefault(one.value, []).append(one.place + counted)
    return ", ".join(f"{value} by {' and '.join(places)}" for value, places in by_value.items())


def _values(seen: FlagsSeen, flags: Sequence[str]) -> str:
    return ", ".join(f"{flag} {seen.of(flag)[0].value}" for flag in flags if seen.of(flag))


def _all(flags: Sequence[str]) -> str:
    return f"{len(flags)} flag{'' if len(flags) == 1 else 's'}"


def some(findings: Sequence[str], most: int = _NAMED) -> str:
    """Return the first findings of a list, and how many more there are."""
    more = f"; and {len(findings) - most} more" if len(findings) > most else ""
    return "; ".join(findings[:most]) + more


def _facts(seen: FlagsSeen, flags: Sequence[str]) -> dict[str, Fact]:
    return {"read_at": seen.at, "pods": list(seen.pods), "flags": {flag: told(seen.of(flag)) for flag in flags}}


def told(values: Iterable[Value]) -> list[Fact]:
    """Return values as facts."""
    return [
        {"place": one.place, "kind": one.kind, "value": one.value or None, "why": one.why}
        | ({"shown": one.shown, "of": one.of} if one.of else {})
        for one in values
    ]

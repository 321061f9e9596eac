"""The rollout's checklist: dashboards kept, a change log's entry, on-call told."""

from __future__ import annotations

import datetime
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from harness.judge.papers import short
from harness.verdict import Reason, Verdict, met, unknown, violated

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.verdict import Fact

RECEIPT_S = 86_400.0  # the canary's day: whoever was told before it may not be on call any more
SKEW_S = 60.0  # clocks of two machines
MINUTE_S = 60.0


@dataclass(frozen=True, slots=True)
class Captured:
    """One dashboard as it was fetched: the file in the run's folder, its sha256, what it lacks and how old it was.

    `age_s` is how old its data was when it was fetched, by what `aged_by` names; None: it does not say. `missing` are
    the series that it should carry. `trouble` says why it could not be read. `kept`: the file still has that sha256.
    """

    name: str
    file: str = ""
    sha256: str = ""
    size: int = 0
    fetched_at: str = ""
    age_s: float | None = None
    aged_by: str = ""
    missing: tuple[str, ...] = ()
    trouble: str = ""
    kept: bool = True

    def facts(self) -> dict[str, Fact]:
        """Return it as JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ChangeLog:
    """The product's change log as it was read; `trouble` says why it could not be."""

    text: str = ""
    where: str = ""
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """One delivered notification: about which build, when (RFC 3339), by which channel."""

    build: str
    at: str
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Receipts:
    """The delivered notifications, oldest or newest first; `trouble` says why they could not be read."""

    items: tuple[Receipt, ...] = ()
    read_at: str = ""
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Signed:
    """A person's signed statement that verifies, or every reason why none does; `command` is how to sign one."""

    build: str
    command: str
    found: bool = False
    by: str = ""
    statement: str = ""
    expires_at: str = ""
    envelope: str = ""
    reasons: tuple[str, ...] = ()

    def facts(self) -> dict[str, Fact]:
        """Return it as JSON."""
        return asdict(self)


def dashboards_kept(captured: Sequence[Captured], most_s: float) -> Verdict:
    """Decide whether each dashboard is kept with the run, carries its series, and is younger than `most_s` (P3-CHK-03).

    Old data and missing series are VIOLATED; what did not answer, or does not say how old it is, is UNKNOWN.
    """
    facts: dict[str, Fact] = {"dashboards": [one.facts() for one in captured], "most_s": most_s}
    if not captured:
        said = "the profile names no monitors for this environment, so there is nothing to keep; add them"
        return unknown(Reason.NO_DATA, said, **facts)
    against = [f"{one.name}: {why}" for one in captured for why in _against(one, most_s)]
    if against:
        return violated("; ".join(against), **facts)
    unread = [f"{one.name}: {why}" for one in captured for why in _unread(one)]
    if unread:
        return unknown(Reason.NO_DATA, "; ".join(unread), **facts)
    oldest = max(one.age_s or 0.0 for one in captured)
    names = ", ".join(f"{one.name} ({one.sha256[:12]})" for one in captured)
    return met(
        f"kept with the run: {names}; the oldest data was {oldest:.0f} s old, wanted less than {most_s:.0f}", **facts
    )


def _against(one: Captured, most_s: float) -> Iterator[str]:
    if one.missing:
        yield f"it carries no {', '.join(one.missing)}"
    if one.age_s is not None and one.age_s >= most_s:
        old, most = one.age_s / MINUTE_S, most_s / MINUTE_S
        yield f"its data was {old:.0f} min old when it was fetched, wanted less than {most:.0f}"


def _unread(one: Captured) -> Iterator[str]:
    if one.trouble:
        yield one.trouble
    elif not one.file or not one.sha256:
        yield "it was not kept"
    elif not one.kept:
        yield f"{one.file} is not what was hashed ({one.sha256[:12]})"
    elif one.age_s is None:
        yield "it does not say how old its data is; name its timestamp in the profile"
    elif one.age_s < -SKEW_S:
        yield f"its timestamp is {-one.age_s:.0f} s in the future"


def entry_for(version: str, log: ChangeLog) -> Verdict:
    """Decide whether the change log has a heading for the version with text below it (P3-CHK-04).

    The heading begins with the version, word for word, after at most a `v`, brackets or the words of a release; a
    mention elsewhere is no entry.
    """
    facts: dict[str, Fact] = {"version": version, "where": log.where}
    if not version:
        return unknown(Reason.NO_DATA, "the profile names no version of the build; set builds.canary.version", **facts)
    if log.trouble:
        return unknown(Reason.NO_DATA, f"the change log could not be read: {log.trouble}", **facts)
    found = [(heading, below) for heading, below in entries(log.text) if names_version(heading, version)]
    if not found:
        plain = version.removeprefix("v")
        mentioned = bool(re.search(_exactly(plain), log.text))
        said = f"the change log has no heading for {version}" + (", it only mentions it" if mentioned else "")
        return violated(f"{said}; write the entry at {log.where or 'the change log'}", **facts, mentioned=mentioned)
    heading, below = max(found, key=lambda entry: len(entry[1]))
    facts |= {"heading": heading, "lines": len(below)}
    if not below:
        return violated(f"the entry {heading!r} is empty; say what changes for users", **facts)
    return met(f"{heading!r} says what changes in {len(below)} lines", **facts)


def entries(text: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return each Markdown heading with the lines of text that stand below it, down to its next equal or higher one."""
    rows = _rows(text)
    found: list[tuple[str, tuple[str, ...]]] = []
    for number, (level, heading) in enumerate(rows):
        if level == 0:
            continue
        below: list[str] = []
        for other, line in rows[number + 1 :]:
            if 0 < other <= level:
                break
            if other == 0 and line.strip() and not _REFERENCE.match(line):
                below.append(line.strip())
        found.append((heading, tuple(below)))
    return tuple(found)


def names_version(heading: str, version: str) -> bool:
    """Tell whether a heading is that of a version, not one that merely mentions it."""
    before = re.split(_exactly(version.removeprefix("v")), heading, maxsplit=1)
    return len(before) > 1 and all(word in _RELEASE for word in re.findall(r"[^\s\[\](){}*_`:#-]+", before[0].lower()))


_RELEASE = frozenset({"version", "release", "onesource"})
_REFERENCE = re.compile(r"\s*\[[^\]]+\]:\s*\S+")  # [1.5.0]: https://... is a link's target, no text
_FENCE = re.compile(r"\s*(```|~~~)")
_COMMENT = re.compile(r"<!--.*?(-->|\Z)", re.DOTALL)


def _exactly(version: str) -> str:
    """Return a pattern: the version, not as a part of a longer one such as 11.5.0, 1.5.0.1 or 1.5.0-rc1."""
    return rf"(?<![\w.+-])v?{re.escape(version)}(?![\w+-]|\.\w)"


def _rows(text: str) -> list[tuple[int, str]]:
    """Return each line with its heading's level, 0 for text; comments and headings in code are none."""
    rows: list[tuple[int, str]] = []
    fenced = False
    for line in _COMMENT.sub("", text).splitlines():
        if _FENCE.match(line):
            fenced = not fenced
            rows.append((0, ""))
            continue
        found = re.match(r" {0,3}(#{1,6})\s+(.*?)\s*#*\s*$", line)
        under = re.match(r" {0,3}(=+|-{2,})\s*$", line)
        if found and not fenced:
            rows.append((len(found[1]), found[2]))
        elif under and not fenced and rows and rows[-1][0] == 0 and rows[-1][1].strip():
            rows[-1] = (1 if line.strip()[0] == "=" else 2, rows[-1][1].strip())
        else:
            rows.append((0, line))
    return rows


def on_call_knows(build: str, receipts: Receipts, signed: Signed) -> Verdict:
    """Decide whether on-call knows of the build, by a message of the last day or a signed statement (P3-CHK-05).

    Neither is UNKNOWN (NEEDS_SIGNOFF), with the command that signs one.
    """
    facts: dict[str, Fact] = {
        "build": build,
        "receipts": [asdict(one) for one in receipts.items],
        "read_at": receipts.read_at,
        "receipts_trouble": receipts.trouble,
        "statement": signed.facts(),
    }
    if build:
        delivered = [one for one in receipts.items if one.build == build and _delivered(one, receipts.read_at)]
        if delivered:
            last = max(delivered, key=lambda one: _moment(one.at) or _NEVER)
            return met(f"told by {last.channel or 'a message'}, delivered {last.at}, about {short(build)}", **facts)
        if signed.found:
            said = f"{signed.by} signed: {signed.statement} ({short(build)}, valid until {signed.expires_at})"
            return met(said, **facts)
    lacks = "; ".join(
        (receipts.trouble or f"no message about {short(build)} was delivered in 24 h", *signed.reasons[:2])
    )
    return unknown(Reason.NEEDS_SIGNOFF, f"{lacks}; next: {signed.command}", **facts)


_NEVER = datetime.datetime(1, 1, 1, tzinfo=datetime.UTC)


def _delivered(one: Receipt, read_at: str) -> bool:
    """Tell whether it was delivered within the last day before it was read, and not in the future."""
    at, now = _moment(one.at), _moment(read_at)
    return at is not None and now is not None and -SKEW_S <= (now - at).total_seconds() <= RECEIPT_S


def _moment(text: str) -> datetime.datetime | None:
    """Read an RFC 3339 time; None for anything else, such as one without a time zone."""
    try:
        found = datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None

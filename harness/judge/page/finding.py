"""What was found on a page, and what a line's findings come to."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Mapping, Sequence  # noqa: TC003  msgspec reads the annotations when it runs
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING

from harness.verdict import Reason, Verdict, met, unknown, violated

if TYPE_CHECKING:
    from harness.verdict import Fact

SHOWN = 2

Box = tuple[float, float, float, float]
"""x, y, width, height in CSS px of its picture."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A screenshot in the run's folder, one CSS px a pixel. `file` is relative to `artifacts/page`."""

    name: str
    file: str
    width: int
    height: int
    state: str = ""


@dataclass(frozen=True, slots=True)
class Spot:
    """An element: its selector (through frames and shadow roots), what it is for people, and where it is pictured.

    A picture without a box: all of the picture shows it.
    """

    where: str
    role: str = ""
    name: str = ""
    picture: str = ""  # a Picture's file
    box: Box | None = None

    @property
    def said(self) -> str:
        """How a person would call it: role and name, else the selector."""
        known = f"{self.role} {self.name!r}".strip() if self.name else self.role
        return f"{known} ({self.where})" if known else self.where


NOWHERE = Spot("the page")
MARK = "MARK"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, or (`certain` False) that a person has to look at.

    `rule` names the check, the same for the same defect in each run. `says` is a sentence with what was seen;
    `state` is in which the page was ("dark, 375 px, button 'Send' hovered"); `criterion` is WCAG's, `fix` what to do.
    """

    rule: str
    says: str
    spot: Spot = NOWHERE
    wanted: str = ""
    got: str = ""
    state: str = ""
    criterion: str = ""
    fix: str = ""
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Around:
    """What every look has beside what it looked for.

    `errors` are errors of the page's scripts and its console that the profile does not allow, `foreign` the hosts that
    it wanted beside the target. `versions`: of browser and tools.
    """

    versions: Mapping[str, str] = field(default_factory=dict[str, str])
    pictures: tuple[Picture, ...] = ()
    errors: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    took_s: float = 0.0


def joined(*parts: Around) -> Around:
    """Return what several tabs of one look had around them as one."""
    return Around(
        {name: version for part in parts for name, version in part.versions.items()},
        tuple(picture for part in parts for picture in part.pictures),
        tuple(dict.fromkeys(error for part in parts for error in part.errors)),
        tuple(dict.fromkeys(host for part in parts for host in part.foreign)),
        sum(part.took_s for part in parts),
    )


@dataclass(frozen=True, slots=True)
class KnownFinding:
    """One entry of the profile's list of known findings, for one line."""

    rule: str
    where: str
    owner: str
    reason: str
    expires: str
    state: str = ""

    def covers(self, finding: Finding) -> bool:
        """Tell whether it is this finding."""
        return (self.rule, self.where) == (finding.rule, finding.spot.where) and self.state in finding.state


@dataclass(frozen=True, slots=True)
class Excused:
    """What a line's findings are held against: the known ones, and what a person signed for this build.

    `today` is a date (ISO 8601). `signed` says who signed the newest statement, "" if nobody did, and `statement` what:
    it counts for the findings whose mark stands in it and for no others. `sign_with` is the command that signs one,
    with MARK where the mark belongs.
    """

    today: str
    known: tuple[KnownFinding, ...] = ()
    signed: str = ""
    statement: str = ""
    sign_with: str = f"gate attest --statement {MARK}"


def decide(
    findings: Sequence[Finding], around: Around, excused: Excused, *, checked: int, of: str, right: str = ""
) -> Verdict:
    """Decide a line from all findings of its look.

    `checked` of what (`of`, in the plural) were looked at; `right` is what to add where all is well.
    VIOLATED: a certain finding that is not known, or known and expired. UNKNOWN: nothing was looked at (NO_DATA),
    a known finding is gone, so that its entry would hide the next one (STALE), or a person has to look
    (NEEDS_SIGNOFF).
    """
    findings = [_pictured(one, around.pictures) for one in (*findings, *_of_the_page(around))]
    known = [entry for entry in excused.known if datetime.date.fromisoformat(entry.expires) >= _day(excused.today)]
    excusing = {id(f): entry for f in findings for entry in known if entry.covers(f)}
    open_ = [f for f in findings if id(f) not in excusing]
    bad = [f for f in open_ if f.certain]
    doubtful = [f for f in open_ if not f.certain]
    gone = [entry for entry in excused.known if not any(entry.covers(f) for f in findings)]
    facts: dict[str, Fact] = {
        "checked": checked,
        "of": of,
        "findings": [asdict(f) for f in bad],
        "to_look_at": [asdict(f) for f in doubtful],
        "known": [asdict(f) | {"known": asdict(excusing[id(f)])} for f in findings if id(f) in excusing],
        "gone": [asdict(entry) for entry in gone],
        "pictures": [asdict(picture) for picture in around.pictures],
        "versions": dict(around.versions),
        "took_s": around.took_s,
    }
    if bad:
        return violated(_says(bad, checked, of), **facts)
    if checked == 0:
        return unknown(Reason.NO_DATA, f"no {of} were there to be looked at", **facts)
    if gone:
        entry = gone[0]
        because = (
            f"the known finding {entry.rule} at {entry.where} ({entry.owner}: {entry.reason}) is gone: "
            "take it off the profile's list, or it will hide the next one"
        )
        return unknown(Reason.STALE, because, **facts)
    mark = mark_of(doubtful)
    if doubtful and not (excused.signed and mark in excused.statement.split()):
        command = excused.sign_with.replace(MARK, mark)
        because = f"{_says(doubtful, checked, of)}; a person has to look and sign: {command}"
        return unknown(Reason.NEEDS_SIGNOFF, because, **facts)
    also = [
        *([right] if right else []),
        *([f"{len(excusing)} known"] if excusing else []),
        *([f"{len(doubtful)} looked at by {excused.signed}"] if doubtful else []),
    ]
    return met(f"{checked} {of} looked at, nothing found{''.join(f'; {word}' for word in also)}", **facts)


def mark_of(findings: Sequence[Finding]) -> str:
    """Return what stands for exactly these findings in a signed statement: twelve hexadecimal digits."""
    told = sorted((one.rule, one.spot.where, one.state, one.says) for one in findings)
    return hashlib.sha256(repr(told).encode()).hexdigest()[:12]


def _pictured(one: Finding, pictures: Sequence[Picture]) -> Finding:
    """Return a finding with a picture: one of the whole page gets the last of those most like its own state."""
    if one.spot.picture or not pictures:
        return one
    words = set(one.state.split(", "))
    best = max(reversed(pictures), key=lambda picture: len(words & {picture.name, *picture.state.split(", ")}))
    return replace(one, spot=replace(one.spot, picture=best.file, box=None))


def _of_the_page(around: Around) -> tuple[Finding, ...]:
    """Return what speaks against the page whatever was looked for."""
    thrown = tuple(
        Finding(
            "script-error",
            f"a script of the page failed: {text}",
            wanted="no error",
            got=text,
            fix="mend the script, or allow the error in the profile (ui.console)",
        )
        for text in around.errors
    )
    return thrown + tuple(
        Finding(
            "foreign-host",
            f"the page wanted to load from {host}",
            wanted="the target's own hosts",
            got=host,
            fix="serve it from the target, or name the host in the profile (ui.hosts)",
        )
        for host in around.foreign
    )


def _says(findings: Sequence[Finding], checked: int, of: str) -> str:
    first = "; ".join(f"{f.says}{f' [{f.state}]' if f.state else ''}" for f in findings[:SHOWN])
    more = f"; and {len(findings) - SHOWN} more" if len(findings) > SHOWN else ""
    return f"{len(findings)} of {checked} {of}: {first}{more}" if checked >= len(findings) else f"{first}{more}"


def _day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text[:10])

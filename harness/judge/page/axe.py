"""Do automated rules for WCAG 2.1 A and AA find nothing, in any frame, state or theme?

The rules are axe-core's. What it is sure of is a finding; what it is not sure of is settled here where the record
can settle it, else a person looks. Nothing that axe said is dropped.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import product
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from harness.judge.page import criteria, finding
from harness.judge.page.finding import Around, Box, Finding, Spot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.judge.page.finding import Excused
    from harness.verdict import Fact, Verdict

Kind: TypeAlias = Literal["violation", "incomplete"]

THEMES: Final = ("light", "dark")
PAGES: Final = ("landing", "conversation", "error")
UNTESTED: Final = "frame-tested"  # axe's rule: it could not get into a frame
FOREIGN: Final = "foreign-frame"  # ours: another host's frame is not for us to run scripts in
UNEXAMINED: Final = "state-not-examined"
NAMING: Final = frozenset({"aria-labelledby", "aria-describedby"})
_POPUP: Final = "aria-controls referenced ID exists on the page while using aria-haspopup"  # axe does not look for it
_REASONS: Final = 240  # characters
_STATES: Final = 4  # of all states that a finding has, as many are named


@dataclass(frozen=True, slots=True)
class AxeResult:
    """What one rule says of one element. `kind` incomplete: axe can't tell.

    `where` leads through frames and shadow roots; `box` is in the outermost viewport (CSS px) when it was read, and in
    `picture` where that is set. `html` is cut. `summary` is axe's failure summary; for a foreign frame it is the host.
    `lost` are the element's attributes that name ids and lead nowhere.
    """

    rule: str
    kind: Kind
    where: str
    role: str = ""
    name: str = ""
    impact: str = ""
    help: str = ""
    help_url: str = ""
    tags: tuple[str, ...] = ()
    html: str = ""
    summary: str = ""
    box: Box | None = None
    picture: str = ""
    lost: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the rules. `condition` is "" at rest, else such as "button 'Send' hovered".

    `applied` are how many rules found something to apply to: 0 means that nothing was examined.
    """

    theme: str
    page: str
    condition: str = ""
    applied: int = 0
    results: tuple[AxeResult, ...] = ()


@dataclass(frozen=True, slots=True)
class AxeSeen:
    """All runs of one look.

    `unchanged` are states of a control (hovered, focused) that change nothing of what the rules read, so that the run
    at rest counts for them; `unreached` controls that could not be brought into one. `shown` are the kinds of block
    that the answer had, `closed` custom elements without an open shadow root, into which axe can't see.
    """

    runs: tuple[Run, ...] = ()
    unchanged: int = 0
    unreached: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    closed: int = 0
    around: Around = field(default_factory=Around)


def judge(record: AxeSeen, excused: Excused) -> Verdict:
    """Decide AX-01.

    VIOLATED: a rule is broken, or a frame of the target could not be examined. UNKNOWN: no rule applied anywhere, or
    axe can't tell, a frame is another host's, or a theme's page was not examined, so that a person has to look.
    """
    by_element: dict[tuple[str, str, str], list[tuple[Run, AxeResult]]] = {}
    for run in record.runs:
        for result in (one for one in run.results if not _settled(one)):
            by_element.setdefault((result.rule, result.kind, result.where), []).append((run, result))
    findings = [*(_finding(hits) for hits in by_element.values()), *_unexamined(record)]
    examined = [run for run in record.runs if run.applied]
    checked = len(examined) + record.unchanged if examined else 0
    rules = max((run.applied for run in examined), default=0)
    verdict = finding.decide(
        findings,
        record.around,
        excused,
        checked=checked,
        of="states of the page",
        right=f"axe-core {record.around.versions.get('axe-core', '?')}, up to {rules} rules applied",
    )
    return replace(verdict, facts={**verdict.facts, "axe": _facts(record)})


def _settled(result: AxeResult) -> bool:
    """Tell whether what axe can't tell is known: what a control with a pop-up names is there, open or not."""
    told = result.rule == "aria-valid-attr-value" and result.kind == "incomplete" and "aria-controls" not in result.lost
    reasons = [line for line in map(str.strip, result.summary.splitlines()) if line and not line.startswith("Fix ")]
    return told and len(reasons) == 1 and all(_POPUP in line for line in reasons)


def _finding(hits: Sequence[tuple[Run, AxeResult]]) -> Finding:
    result = next((result for _, result in hits if result.picture), hits[0][1])
    spot = Spot(result.where, result.role, result.name, result.picture, result.box)
    says, certain = _says(result, spot)
    return Finding(
        result.rule,
        says,
        spot,
        wanted=result.help,
        got=result.html,
        state=_states([run for run, _ in hits]),
        criterion=criteria.FULL_PAGES if result.rule in {UNTESTED, FOREIGN} else criteria.of_tags(result.tags),
        fix=_fix(result),
        certain=certain,
    )


def _says(result: AxeResult, spot: Spot) -> tuple[str, bool]:
    """Return the sentence, and whether it is certain."""
    if result.rule == FOREIGN:
        return f"the frame {result.where} belongs to {result.summary} and was not examined", False
    if result.rule == UNTESTED:
        return f"the frame {result.where} could not be examined", True
    if result.kind == "violation":
        return f"{spot.said} breaks axe's rule {result.rule}: {_reasons(result)}", True
    lost = sorted(NAMING.intersection(result.lost))
    if result.rule == "aria-valid-attr-value" and lost:
        return f"{' and '.join(lost)} of {spot.said} leads to no element", True  # no eyes can make the id exist
    return f"axe can't tell whether {spot.said} keeps its rule {result.rule}: {_reasons(result)}", False


def _reasons(result: AxeResult) -> str:
    """Return axe's summary as one line, without its headings."""
    lines = [line.strip() for line in result.summary.splitlines()]
    told = "; ".join(line for line in lines if line and not line.startswith("Fix "))
    return (told or result.help or "it gives no reason")[:_REASONS]


def _fix(result: AxeResult) -> str:
    if result.rule == FOREIGN:
        return "let its owner's own check speak for it, or take it off the page"
    if result.rule == UNTESTED:
        return "let scripts run in the frame where it is tested, or take it off the page"
    return f"meet the rule: {result.help} ({result.help_url})" if result.help else ""


def _states(runs: Sequence[Run]) -> str:
    """Return where it was seen; a state of a control adds nothing where it is so at rest."""
    at_rest = {(run.theme, run.page) for run in runs if not run.condition}
    themes: dict[str, list[str]] = {}
    for run in runs:
        if not run.condition or (run.theme, run.page) not in at_rest:
            place = ", ".join(word for word in (run.page, run.condition) if word)
            themes.setdefault(place, []).append(run.theme)
    told = [f"{' and '.join(dict.fromkeys(of))}, {place}" for place, of in themes.items()]
    more = f"; and {len(told) - _STATES} more" if len(told) > _STATES else ""
    return "; ".join(told[:_STATES]) + more


def _unexamined(record: AxeSeen) -> list[Finding]:
    there = {(run.theme, run.page) for run in record.runs if run.applied and not run.condition}
    return [
        Finding(
            UNEXAMINED,
            f"no rule was applied to the page in {theme}, {page}",
            Spot(page),
            wanted="axe-core's rules applied at rest",
            got="no run",
            state=f"{theme}, {page}",
            fix="see that the theme can be switched (ui.theme), or look at it by hand",
            certain=False,
        )
        for theme, page in product(THEMES, PAGES)
        if (theme, page) not in there
    ]


def _facts(record: AxeSeen) -> dict[str, Fact]:
    return {
        "runs": [
            {
                "state": _states([run]),
                "rules_applied": run.applied,
                "violations": sum(result.kind == "violation" for result in run.results),
                "incomplete": sum(result.kind == "incomplete" for result in run.results),
            }
            for run in record.runs
        ],
        "unchanged_states": record.unchanged,
        "unreached": list(record.unreached),
        "answer_showed": list(record.shown),
        "custom_elements_without_open_root": record.closed,
    }

"""The rows of the page's table of lines: figures, why, what to do, findings, pictures, facts; each text cut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from harness.report.showing import facts as reading
from harness.report.showing import figures, plot, text, told
from harness.report.showing.page_charts import DRAWN
from harness.verdict import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.report.deciding.model import Decision, Judged
    from harness.report.showing.figures import Figures
    from harness.report.showing.page_pictures import Pictures
    from harness.report.showing.plot import Plot
    from harness.verdict import Fact

NOT_LISTED: Final = DRAWN | {"pictures", "findings"}  # told otherwise on the page; whole in verdict.json
FIGURE: Final = 120  # characters of a figure in words


class Found(msgspec.Struct, frozen=True):
    """What a look at a page found, as facts tell it."""

    says: str
    rule: str = ""
    state: str = ""
    wanted: str = ""
    got: str = ""
    criterion: str = ""
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the runbook as the page shows it; `who` is whom it calls, `sure` is of lines that are violated."""

    id: str
    says: str
    outcome: str
    css: str
    reason: str
    because: str
    figures: Figures
    plot: Plot | None
    words: str
    sure: str
    who: str
    next: str
    waived: str
    findings: tuple[Found, ...]
    more_findings: int
    pictures: Pictures
    facts: tuple[tuple[str, str], ...]


def row(line: Judged, made: Decision, pictures: Pictures, length: int, most: int) -> Row:
    """Return a line's row: texts of at most `length` characters, lists of at most `most` entries."""

    def cut(said: str) -> str:
        return text.cut(said, length)

    bad = line.outcome is Outcome.VIOLATED
    found = reading.read(line.facts.get("findings"), list[Found]) or []
    return Row(
        id=line.id,
        says=cut(line.says),
        outcome=line.outcome.name,
        css=line.outcome.name.lower(),
        reason=line.reason.value if line.reason else "",
        because=cut(line.because),
        figures=figures.of(line.facts),
        plot=plot.of(line.facts),
        words=text.cut(plot.words(line.facts), 3 * FIGURE),
        sure=told.sure(line) if bad else "",
        who=cut(told.who(line, made)) if bad else "",
        next=cut(line.next),
        waived=cut(text.waived_by(line.waived)) if line.waived else "",
        findings=tuple(_cut(one, length) for one in found[:most]),
        more_findings=max(0, len(found) - most),
        pictures=pictures,
        facts=_facts(line.facts, length, most),
    )


def _cut(one: Found, length: int) -> Found:
    said = {name: text.cut(str(getattr(one, name)), length) for name in Found.__struct_fields__}
    return Found(**said)


def _facts(facts: Mapping[str, Fact], length: int, most: int) -> tuple[tuple[str, str], ...]:
    listed = {name: value for name, value in facts.items() if name not in NOT_LISTED}
    return tuple((text.cut(name, length), text.cut(value, length)) for name, value in text.shown(listed)[:most])

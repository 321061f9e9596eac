"""verdict.html: the decision on one page that stands alone, for people who have to act on it."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import jinja2

from harness.report.deciding import decision as deciding
from harness.report.showing import about, page_charts, page_pictures, page_rows, text, told
from harness.report.showing.page_pictures import Pictures

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.report.deciding.model import Decision
    from harness.report.showing.page_charts import Chart

TEMPLATES = Path(__file__).parent / "templates"
MAX_BYTES: Final = 1_900_000
FIRST: Final = 240  # characters of a text on the first screen
NAME: Final = 80  # characters of a name in a title


@dataclass(frozen=True, slots=True)
class Step:
    """How much is shown: characters of a text, entries of a list, and whether pictures and charts are."""

    length: int
    most: int
    pictures: bool = True
    charts: bool = True


STEPS: Final = (
    Step(4_000, 200),
    Step(500, 100),
    Step(160, 40),
    Step(160, 40, pictures=False),
    Step(160, 40, pictures=False, charts=False),
    Step(60, 12, pictures=False, charts=False),  # at most some 12 kB a line, whatever stands in its facts
)
"""The first whose page is small enough is taken."""


def render(made: Decision, public: str | None = None, folder: Path | None = None) -> str:
    """Return the page; whatever comes from a test is escaped, and cut where the page would get too large.

    `public` is where the key is that a signed decision is checked with; None if it is not signed. `folder` is the
    run's: small pictures of its looks become part of the page; without it they are named.
    """
    template = _environment().get_template("verdict.html.jinja")
    charts = page_charts.of(made.lines)
    shown, named = page_pictures.of(made, folder), page_pictures.of(made, None)
    html = ""
    for step in STEPS:
        pictures = shown if step.pictures else named
        html = template.render(_context(made, public, step, pictures, charts if step.charts else ()))
        if len(html.encode()) <= MAX_BYTES:
            break
    return html


@functools.cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _context(
    made: Decision, public: str | None, step: Step, pictures: Mapping[str, Pictures], charts: Sequence[Chart]
) -> dict[str, object]:
    def cut(said: str) -> str:
        return text.cut(said, step.length)

    first = told.of(made)
    says = {line.id: cut(line.says) for line in made.lines}
    return {
        "made": made,
        "phase": text.cut(made.phase, NAME),
        "environment": text.cut(made.environment or "an unknown environment", NAME),
        "title": text.cut(text.title(made), NAME),
        "name": text.TITLES[made.decision],
        "glass_title": text.GLASS,
        "glass": [cut(said) for said in text.glass(made)[: step.most]],
        "lead": first.lead if first else text.cut(deciding.because(made), 2 * FIRST),
        "told": [(name, text.cut(said, FIRST)) for name, said in first.rows] if first else [],
        "first": first.line if first else "",
        "who": text.cut(first.who, FIRST) if first else "",
        "validity": text.cut(text.validity(made), 2 * FIRST),
        "next": text.cut(text.next_step(made, public), STEPS[0].length),
        "hint": text.hint(made, public),
        "changes": text.changes(made),
        "rows": [
            page_rows.row(line, made, pictures.get(line.id, Pictures()), step.length, step.most) for line in made.lines
        ],
        "charts": charts,
        "drawn": {chart.line for chart in charts},
        "says": says,
        "blockers": [(b.code, b.line, cut(text.first_line(b.message))) for b in made.blockers[: step.most]],
        "ids": set(says),
        "more": max(0, len(made.blockers) - step.most),
        "waivers": [
            (line, cut(one.by), cut(one.reason), text.clock(one.issued_at), text.clock(one.expires_at))
            for line, one in text.waivers(made)
        ],
        "tally": text.tally(made),
        "before": cut(text.before(made)),
        "completeness": about.completeness(made),
        "identity": about.identity(made),
        "signed": public is not None,
        "allure": text.cut(text.allure(made), NAME + 80),
        "report": text.cut(text.report_command(made), STEPS[0].length),
        "cut": cut,
    }

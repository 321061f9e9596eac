"""Can the page be read and used at 200%, of all of it and of its text alone (WCAG 1.4.4)?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from harness.judge.page import finding, fitting
from harness.judge.page.finding import Around  # noqa: TC001  msgspec reads the annotations when it runs
from harness.judge.page.fitting import Fitted  # noqa: TC001  msgspec reads the annotations when it runs

if TYPE_CHECKING:
    from harness.judge.page.finding import Excused
    from harness.verdict import Verdict

CRITERION: Final = "WCAG 1.4.4 Resize Text (AA)"


@dataclass(frozen=True, slots=True)
class ZoomSeen:
    """The landing page and a conversation: `pages` zoomed as a browser does it, `texts` with larger text alone."""

    pages: tuple[Fitted, ...]
    texts: tuple[Fitted, ...]
    around: Around


def judge(seen: ZoomSeen, excused: Excused) -> Verdict:
    """Decide whether both ways to enlarge leave everything readable and usable.

    VIOLATED: something is cut off, lost, or lies on something else, or the page scrolls sideways. UNKNOWN: one of the
    two ways was not looked at.
    """
    found = [one for page in (*seen.pages, *seen.texts) for one in fitting.findings(page, CRITERION)]
    counts = [sum(page.seen.things for page in pages) for pages in (seen.pages, seen.texts)]
    checked = sum(counts) if all(counts) else 0
    return finding.decide(found, seen.around, excused, checked=checked, of="texts and controls")

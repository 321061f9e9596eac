"""Can the page be read and used in a window of 320 px, without scrolling in two directions (WCAG 1.4.10)?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from harness.judge.page import finding, fitting
from harness.judge.page.finding import Around  # noqa: TC001  msgspec reads the annotations when it runs
from harness.judge.page.fitting import Fitted  # noqa: TC001  msgspec reads the annotations when it runs

if TYPE_CHECKING:
    from harness.judge.page.finding import Excused
    from harness.verdict import Verdict

CRITERION: Final = "WCAG 1.4.10 Reflow (AA)"
SCROLL_BAR_PX: Final = 20.0  # at most so much of a window is taken by one


@dataclass(frozen=True, slots=True)
class ReflowSeen:
    """The landing page and a conversation with a table and code, in a narrow window."""

    pages: tuple[Fitted, ...]
    around: Around


def judge(seen: ReflowSeen, excused: Excused, width_px: float = 320) -> Verdict:
    """Decide whether all of the page fits into a window of `width_px`.

    VIOLATED: the page scrolls sideways, or something is cut off, lost, or lies on something else. A page that was
    looked at in another width counts as not looked at.
    """
    pages = [page for page in seen.pages if width_px - SCROLL_BAR_PX < page.seen.width <= width_px]
    found = [one for page in pages for one in fitting.findings(page, CRITERION)]
    checked = sum(page.seen.things for page in pages)
    return finding.decide(found, seen.around, excused, checked=checked, of="texts and controls")

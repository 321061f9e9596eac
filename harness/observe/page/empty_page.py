"""An empty page beside the product's, in the same browser: how long this machine takes for drawings always alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from harness.judge.page.render_plan import BLANK_SHARE
from harness.observe.page import scripts

if TYPE_CHECKING:
    from playwright.sync_api import Page

WARM_UP: Final = 5  # drawings that compile the script and its page's pipeline
LONGEST_S: Final = 5.0  # that a blank waits for an answer that nobody gives


class EmptyPage:
    """A page with nothing on it but the means to time it; blanks are made for the limit `p95_ms`."""

    def __init__(self, beside: Page, p95_ms: float) -> None:
        """Open it in the context of another page, and learn how much work this machine does undisturbed."""
        self._page = beside.context.new_page()
        self._page.evaluate(scripts.text("rendering.js"))
        for _ in range(WARM_UP):
            _ = self.draw()
        steps_in_a_ms = float(self._page.evaluate("() => window.__renders.pace()"))
        self._steps = round(steps_in_a_ms * p95_ms * BLANK_SHARE)

    def draw(self) -> float:
        """Put it in front and return how long a drawing takes, ms."""
        self._page.bring_to_front()
        return float(self._page.evaluate("() => window.__renders.draw()"))

    def blank(self, after_s: float) -> float:
        """Return how long work and a drawing take, ms, begun as long after the last drawing as an answer takes."""
        given = [min(after_s, LONGEST_S) * 1000, self._steps]
        return float(self._page.evaluate("([after, steps]) => window.__renders.blank(after, steps)", given))

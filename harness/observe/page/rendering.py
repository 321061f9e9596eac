"""How long the page takes to put an answer on the screen: many answers in a row, timed by the page's own clock.

Nothing else runs meanwhile: no film, no pictures, no interception of requests, and the page stays in front, since a
hidden one draws no frames. Before and after each answer the same browser draws an empty page, in a process of its own,
which says how busy this machine is; now and then a blank of known work takes the place of an answer. Only work within
a quarter of a second of an answer's end is seen to belong to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from playwright.sync_api import Error as PlaywrightError

from harness.judge.page.finding import NOWHERE
from harness.judge.page.render_plan import ASKED_AT_MOST, LAST, MACHINE_MS, Attempt, blank_next, settled
from harness.judge.page.rendering import Renderings
from harness.observe.page.browser import State
from harness.observe.page.empty_page import EmptyPage
from harness.observe.page.tab import CLICK_WITHIN_MS, LookError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.observe.page.browser import Browser
    from harness.observe.page.tab import Tab
    from harness.ui import Prompts

NAME: Final = "PD-03"
TIMED: Final = State(film=False, scripts=("rendering.js",))
WARM_UP: Final = 3  # the first answers compile the page's scripts
TURNS: Final = 10  # of a conversation: a transcript that grows without end is another question
MOST_LOST: Final = 5  # questions without a good answer; then there is no use in going on
ROWS: Final = "\n".join(
    [
        "City | Trips | Since | Share",
        *(f"City {number} | {40 + number} | {2009 + number} | {number} %" for number in range(12)),
    ]
)


def see(browser: Browser, *, p95_ms: float = 150.0) -> Renderings:
    """Ask until the judge's plan is settled, and time each answer; `p95_ms` is the limit that it is settled for.

    LookError where the page can't be asked, or shows nothing that could be timed, and it is not for a busy machine.
    """
    with browser.tab(NAME, TIMED) as tab:
        look = _Look(tab, EmptyPage(tab.page, p95_ms), p95_ms)
        look.go()
        tab.page.bring_to_front()
        picture = tab.picture("newest")
        spot = tab.spot(tab.answer(), picture) if tab.answers().count() else NOWHERE
        around = tab.around()
    return Renderings(tuple(look.attempts), look.lost, spot, around)


class _Look:
    """One look under way: its `attempts` so far, and how many questions were `lost`."""

    def __init__(self, tab: Tab, empty: EmptyPage, p95_ms: float) -> None:
        self.attempts: list[Attempt] = []
        self.lost = 0
        self._tab, self._empty, self._p95_ms = tab, empty, p95_ms
        self._questions = _questions(tab.ui.prompts)
        self._asked = 0
        self._since_blank = 0
        self._before_ms = empty.draw()  # the newest drawing
        self._answer_took_s = 0.0

    def go(self) -> None:
        """Warm up, then make attempts until the plan is settled, or too much is lost."""
        try:
            for _ in range(WARM_UP):
                _ = self._render()
            self._before_ms = self._empty.draw()
            while self._goes_on():
                self._attempt()
        except LookError:
            if self._before_ms <= MACHINE_MS:
                raise
            patience_ms = self._tab.ui.answer_within_s * 1000  # so busy that not even this was enough
            self.attempts.append(Attempt(patience_ms, self._before_ms, self._before_ms))

    def _goes_on(self) -> bool:
        return (
            self.lost <= MOST_LOST
            and self._asked < WARM_UP + ASKED_AT_MOST[LAST] + MOST_LOST
            and not settled(self.attempts, self._p95_ms)
        )

    def _attempt(self) -> None:
        """Time what comes next between the newest drawing and another; what is lost is no attempt."""
        counted = sum(one.counts for one in self.attempts if not one.blank)
        blank = blank_next(counted, self._since_blank)
        self._since_blank = 0 if blank else self._since_blank + 1
        if not blank and self._asked % TURNS == 0:
            self._tab.page.bring_to_front()
            _begin_anew(self._tab)
            self._before_ms = self._empty.draw()  # beginning takes its time, and the drawing is to stand close
        nothing: Mapping[str, Any] = {}
        ms, told = (self._empty.blank(self._answer_took_s), nothing) if blank else self._render()
        after_ms = self._empty.draw()
        if ms is not None:
            pieces = tuple(float(piece) for piece in told.get("pieces", ()))
            blame = str(told.get("blame", ""))
            self.attempts.append(Attempt(ms, self._before_ms, after_ms, blank, pieces, blame))
        self._before_ms = after_ms

    def _render(self) -> tuple[float | None, Mapping[str, Any]]:
        """Ask the next question and time its answer; None where it was not answered well."""
        question = self._questions[self._asked % len(self._questions)]
        self._asked += 1
        self._tab.page.bring_to_front()
        try:
            told, self._answer_took_s = _timed(self._tab, question)
        except PlaywrightError as trouble:
            raise self._tab.trouble("a question that can be asked", trouble, "ui.composer") from trouble
        if told is None:
            self.lost += 1
            return None, {}
        return float(told["ms"]), told


def _questions(prompts: Prompts) -> tuple[str, ...]:
    """Return what is asked, in turn: a text, a table, code, and what suggests actions."""
    return prompts.text, prompts.table.format(rows=ROWS), prompts.code, prompts.actions


def _begin_anew(tab: Tab) -> None:
    """Begin a new conversation as people do; where the page has no way to, load it again."""
    try:
        newest = tab.answer().element_handle()
        tab.find(tab.ui.new).first.click(timeout=CLICK_WITHIN_MS)
        _ = tab.page.wait_for_function("(answer) => !answer.isConnected", arg=newest, timeout=CLICK_WITHIN_MS)
    except PlaywrightError:
        tab.open()
    tab.settle()


def _timed(tab: Tab, question: str) -> tuple[Mapping[str, Any] | None, float]:
    """Ask a question; return what the page says of its rendering, None if the answer was no good, and how long it took.

    The latter is in seconds, for the whole of it as somebody waits for it.
    """
    transcript = tab.find(tab.ui.transcript)
    element = transcript.first.element_handle() if transcript.count() else None
    tab.run("([element, path]) => window.__renders.begin(element, path)", [element, tab.target.api.ask])
    asked = tab.ask(question)
    told: Mapping[str, Any] | None = tab.run("() => window.__renders.take()")
    if not asked.sent or asked.sent[-1].status != 200:
        return None, asked.took_s
    if told is None:
        raise tab.trouble("an answer that is drawn below the transcript", "nothing new there", "ui.transcript")
    return told, asked.took_s

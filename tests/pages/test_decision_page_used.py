"""The decision's page for those who use a keyboard, hear it, enlarge it, or want nothing to move: our own looks at it.

It is a document: nothing on it is asked, answered or refused, so AX-04's announcements (WCAG 4.1.3) have nothing to
tell, and it holds no question, suggestion, theme switch or dialog, so AX-02's popups and AX-09's answers don't apply.
What is folded away (facts, pictures) opens by its summary alone; that is walked closed and open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.judge.page import fitting as fitting_judge
from harness.judge.page import keyboard as keyboard_judge
from harness.judge.page import motion as motion_judge
from harness.judge.page import spoken_names as names_judge
from harness.judge.page import zoom as zoom_judge
from harness.judge.page.announced import Refused, Told
from harness.judge.page.finding import Excused
from harness.judge.page.keyboard import Keyboard
from harness.judge.page.motion import MotionSeen
from harness.judge.page.spoken_names import ReadTable, SpokenNames
from harness.observe.page import fitting, keyboard, motion, spoken_names
from harness.observe.page.tab import spot_of
from harness.verdict import Outcome

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from harness.judge.page.finding import Picture
    from harness.observe.page.ax_tree import Tree
    from harness.observe.page.tab import Tab
    from tests.pages.decided import Shower

EXCUSED = Excused("2026-01-01")
DESKTOP = (1280, 800)
HEADED = ("Line", "Limit", "Observed", "Interval", "Number", "Margin", "State")
SAYS_NOTHING = Told(live="polite", in_tree="polite", changes=1)  # nothing is announced, so nothing is judged


@pytest.mark.parametrize("opened", [False, True], ids=["closed", "open"])
def test_the_keyboard_reaches_everything_and_gets_back(show: Shower, *, opened: bool) -> None:
    tab = show(DESKTOP, "light", opened=opened)
    walk = keyboard._walk(tab, "decision")
    verdict = keyboard_judge.judge(Keyboard((walk,), tab.around()), EXCUSED)
    assert verdict.outcome is Outcome.MET, verdict.because
    assert walk.left, "a trap"
    assert walk.returned, "no way back"
    assert len(walk.forward) == len(walk.backward) >= 8


def test_a_screen_reader_gets_a_name_for_everything_and_the_lines_as_a_table(show: Shower) -> None:
    tab = show(DESKTOP, "light", opened=True)
    listener = spoken_names._Listener(tab)
    picture = tab.picture("spoken")
    tables = _tables(listener, listener.hear(picture), picture)
    controls, images = tuple(listener.controls), tuple(listener.images)
    heard = Refused(heard=("nothing is refused",))
    seen = SpokenNames(controls, images, tables, (), SAYS_NOTHING, heard, tab.around())
    verdict = names_judge.judge(seen, EXCUSED)
    assert verdict.outcome is Outcome.MET, verdict.because
    assert len(controls) >= 8
    assert len(images) >= 3, "two charts and a picture"
    assert [table.headers for table in tables] == [HEADED]
    assert tables[0].name
    assert all(image.name for image in images)


def _tables(listener: spoken_names._Listener, tree: Tree, picture: Picture) -> tuple[ReadTable, ...]:
    """Read each table of the page. A line has a second row with its reason, so rows are not counted."""
    found: list[ReadTable] = []
    for node in [one for one in tree.nodes.values() if one.role in spoken_names.TABLES and not one.ignored]:
        headers = tuple(one.name for one in tree.below(node) if one.role == "columnheader")
        spot = spot_of(listener.reader.facts(node)["spot"], picture)
        found.append(ReadTable(spot, picture.state, HEADED, name=node.name, headers=headers))
    return tuple(found)


def _fits(tab: Tab, what: str, usual: AbstractContextManager[None]) -> None:
    fitted = fitting.fitted(tab, what, what, usual)
    assert fitted.seen.things > 100
    assert fitting_judge.findings(fitted, zoom_judge.CRITERION) == ()


def test_all_of_it_is_there_at_200_percent(show: Shower) -> None:
    tab = show((DESKTOP[0] // 2, DESKTOP[1] // 2), "light", scale=2.0, opened=True)
    _fits(tab, "zoomed", fitting.roomy(tab))


def test_all_of_it_is_there_with_text_twice_as_large(show: Shower) -> None:
    tab = show(DESKTOP, "light", opened=True)
    fitting.enlarge(tab)
    _fits(tab, "large text", fitting.plain_text(tab))


def test_nothing_moves_for_who_wants_no_motion(show: Shower) -> None:
    tab = show(DESKTOP, "light", reduced=True)
    still = motion._still(tab)
    motion._point(tab, tab.page.locator("a.skip"), tab.page.locator("summary"), tab.page.locator("main a"))
    picture, told = tab.picture("still"), motion._told(tab)
    seen = MotionSeen(
        reduced=bool(told["reduced"]),
        watched=still["watched"],
        motions=motion._motions(told["notes"], picture),
        drifts=motion._drifts(still, picture),
        glides=motion._glides(told, picture),
        around=tab.around(),
    )
    verdict = motion_judge.judge(seen, EXCUSED)
    assert verdict.outcome is Outcome.MET, verdict.because
    assert seen.watched > 50

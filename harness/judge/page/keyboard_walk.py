"""What a walk with the keyboard through one state of the page saw."""

from __future__ import annotations

from dataclasses import dataclass

from harness.judge.page.finding import NOWHERE, Box, Spot


@dataclass(frozen=True, slots=True)
class Control:
    """One thing that can be operated, in the order of the document.

    `place` is its box with the page at its top. `tabindex` is the attribute's number, 0 where there is none. Members of
    one `group` (-1: none) may be one stop, from which the arrow keys reach the others. `layer` (-1: the page) is what
    scrolls or sticks with it. `opener`: "popup" or "disclosure" where it says that it opens one.
    """

    spot: Spot
    place: Box
    tabindex: int = 0
    group: int = -1
    layer: int = -1
    opener: str = ""


@dataclass(frozen=True, slots=True)
class Visit:
    """One press of Tab: the control's index among the walk's, a higher one for what is no control, -1 for nothing.

    `hidden` says why nobody sees it ("" where it is seen). An `inner` one may hold several stops.
    """

    at: int
    spot: Spot = NOWHERE
    hidden: str = ""
    inner: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """What came of Enter on a control that says that it opens something, and then of Escape, for a popup.

    `closed`, and `back` with focus on the control. `kept`: focus was in it and neither Escape nor Tab got out.
    """

    control: int
    opened: bool
    closed: bool = True
    back: bool = True
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Walk:
    """One state of the page, walked there (`left`: to its end) and back (`returned`: to its beginning).

    `suspects` can be clicked, and look like no control for the keyboard. `arrowed` are the controls that the arrow keys
    reached within their groups.
    """

    state: str
    controls: tuple[Control, ...] = ()
    suspects: tuple[Spot, ...] = ()
    forward: tuple[Visit, ...] = ()
    left: bool = False
    backward: tuple[Visit, ...] = ()
    returned: bool = False
    arrowed: tuple[int, ...] = ()
    opened: tuple[Opened, ...] = ()

    def spot(self, visit: Visit) -> Spot:
        """Return where a visit was, in the walk's picture if it is one of the controls."""
        return self.controls[visit.at].spot if 0 <= visit.at < len(self.controls) else visit.spot

    def unreached(self) -> tuple[int, ...]:
        """Return the controls that neither Tab nor the arrow keys came to."""
        reached = {visit.at for visit in self.forward} | set(self.arrowed)
        return tuple(i for i in range(len(self.controls)) if i not in reached)

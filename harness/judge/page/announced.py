"""Does a screen reader tell that an answer came, and that one did not? Judged by what live regions had to tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from harness.judge.page.finding import NOWHERE, Finding, Spot

if TYPE_CHECKING:
    from collections.abc import Iterator

STATUS: Final = "WCAG 4.1.3 Status Messages (AA)"
MOST_PIECES: Final = 3  # an answer may be told in a few parts; each token of a stream told by itself is noise
_SHOWN: Final = 80


@dataclass(frozen=True, slots=True)
class Told:
    """What was told while an answer came.

    `live` is how the region that holds the answer speaks, by the markup ("" for no region), `in_tree` the same by the
    accessibility tree. `changes` were seen in it; in `pieces` of them the answer grew while nothing said that it was
    busy. `busy`: something around the answer says so still. `said` are the texts of other regions at the answer's end.
    """

    spot: Spot = NOWHERE
    state: str = ""
    live: str = ""
    in_tree: str = ""
    changes: int = 0
    pieces: int = 0
    busy: bool = False
    said: tuple[str, ...] = ()

    @property
    def by_region(self) -> bool:
        """Tell whether the region around the answer announces it."""
        return bool(self.live and self.in_tree and self.changes)


@dataclass(frozen=True, slots=True)
class Refused:
    """What was new on the page when the server refused a question: in live regions (`heard`), and elsewhere (`shown`).

    Texts that a good answer brings too, and the question itself, are in neither.
    """

    spot: Spot = NOWHERE
    state: str = ""
    heard: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()


def findings(told: Told, refused: Refused) -> Iterator[Finding]:
    """Return what a screen reader does not tell, or tells so that nobody can follow."""
    yield from _of_answer(told)
    if not refused.heard:
        yield _of_refusal(refused)


def _of_answer(told: Told) -> Iterator[Finding]:
    if told.busy:
        yield Finding(
            "busy-stays",
            "the answer is complete, and the page still says that it is busy: screen readers wait with it",
            told.spot,
            wanted="aria-busy false at the end",
            got="aria-busy true",
            state=told.state,
            criterion=STATUS,
            fix="take aria-busy back when the answer is complete",
        )
    if not told.by_region and not told.said:
        yield Finding(
            "answer-not-announced",
            f"nothing tells a screen reader that the answer came: {_why(told)}, and no status said so",
            told.spot,
            wanted="the answer in a live region, or a status when it is complete",
            got=_why(told),
            state=told.state,
            criterion=STATUS,
            fix="keep the answers in an element with role log, or say in a role status that the answer is there",
        )
    if told.by_region and told.pieces > MOST_PIECES:
        yield Finding(
            "answer-in-pieces",
            f"the answer grew in {told.pieces} pieces, each of which a screen reader may read by itself",
            told.spot,
            wanted="aria-busy true while the answer grows",
            got=f"{told.pieces} pieces without it",
            state=told.state,
            criterion=STATUS,
            fix="set aria-busy on the live region until the answer is complete",
            certain=False,
        )


def _why(told: Told) -> str:
    if not told.live:
        return "it is in no live region"
    if not told.in_tree:
        return f"its region is {told.live} by the markup and not live in the accessibility tree"
    return f"nothing changed in its {told.live} region"


def _of_refusal(refused: Refused) -> Finding:
    if refused.shown:
        return Finding(
            "error-not-announced",
            f"the server refused a question, and {refused.shown[0][:_SHOWN]!r} is shown in no live region",
            refused.spot,
            wanted="the error in a live region",
            got="only on the screen",
            state=refused.state,
            criterion=STATUS,
            fix="show the error in an element with role alert or status",
        )
    return Finding(
        "error-not-told",
        "the server refused a question, and nothing new is said or shown",
        refused.spot,
        wanted="an error",
        got="nothing",
        state=refused.state,
        criterion=STATUS,
        fix="show what went wrong, in an element with role alert or status",
    )

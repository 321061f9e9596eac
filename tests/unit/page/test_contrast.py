"""AX-05 alone: each finding from its record, what axe adds, and what a person has to look at."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.judge.page.contrast import AxeSaid, ContrastSeen, judge
from harness.judge.page.finding import Excused, Spot
from harness.judge.page.paint import Edge, Icon, Rim, Seen, Text
from harness.verdict import Outcome, Reason

EXCUSED = Excused("2026-01-01")
PAPER = (255.0, 255.0, 255.0, 1.0, 1.0)
INK = (27.0, 31.0, 36.0, 1.0)
GREY = (154.0, 161.0, 171.0, 1.0)
FRAMED = Rim((INK,), (255.0, 255.0, 255.0, 1.0), (PAPER,))


def text(colour: tuple[float, float, float, float] = INK, where: str = "p", **more: Any) -> Text:
    kind = more.pop("kind", "text")
    return Text(Spot(where), kind, "A line", colour, (PAPER,), state=more.pop("state", "light"), **more)


def axe(kind: Any, *texts: Text) -> AxeSaid:
    return AxeSaid(kind, Spot("p"), "contrast of 2.1", "light", texts)


GOOD = ContrastSeen(
    texts=(text(count=3),),
    edges=(Edge(Spot("textarea"), "field", (FRAMED,)),),
    icons=(Icon(Spot("svg"), (INK,), (PAPER,)),),
    states=("light",),
    visits=4,
)


def told(seen: ContrastSeen, key: str = "findings", **limits: float) -> list[dict[str, Any]]:
    found: Any = judge(seen, EXCUSED, **limits).facts[key]
    return found


def test_a_page_with_contrast_everywhere_is_met() -> None:
    verdict = judge(GOOD, EXCUSED)
    assert verdict.outcome is Outcome.MET
    assert "5 texts, fields and icons looked at" in verdict.because
    assert "4 visits to controls by pointer and focus, in 1 states" in verdict.because


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"texts": (text(GREY),)}, "text-contrast"),
        ({"texts": (text(GREY, kind="typed"),)}, "text-contrast"),
        ({"texts": (text(GREY, kind="placeholder"),)}, "placeholder-contrast"),
        ({"texts": (text(doubts=("a gradient",), seen=Seen(2.0, 90)),)}, "text-contrast"),
        ({"edges": (Edge(Spot("textarea"), "field", ()),)}, "edge-contrast"),
        ({"icons": (Icon(Spot("svg"), (GREY,), (PAPER,)),)}, "icon-contrast"),
        ({"icons": (Icon(Spot("svg"), (), (PAPER,), seen=1.2),)}, "icon-contrast"),
        ({"axe": (axe("violation", text()),)}, "axe-contrast"),
        ({"axe": (axe("violation"),)}, "axe-contrast"),
        ({"axe": (axe("incomplete", text(doubts=("axe",), seen=Seen(2.0, 90))),)}, "text-contrast"),
    ],
)
def test_each_defect_is_one_finding(change: dict[str, Any], rule: str) -> None:
    seen = replace(GOOD, **change)
    assert [one["rule"] for one in told(seen)] == [rule]
    assert judge(seen, EXCUSED).outcome is Outcome.VIOLATED


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"texts": (text(doubts=("a gradient",)),)}, "contrast-unsettled"),
        ({"texts": (text(doubts=("a gradient",), seen=Seen(4.4, 90)),)}, "text-contrast"),
        ({"edges": (Edge(Spot("textarea"), "field", (), doubts=("a picture behind it",)),)}, "edge-contrast"),
        ({"icons": (Icon(Spot("svg"), (), (PAPER,)),)}, "contrast-unsettled"),
        ({"icons": (Icon(Spot("svg"), (), (PAPER,), seen=2.5),)}, "icon-contrast"),
        ({"axe": (axe("incomplete"),)}, "contrast-unsettled"),
        ({"missed": 3}, "states-not-visited"),
    ],
)
def test_what_can_t_be_settled_is_for_a_person(change: dict[str, Any], rule: str) -> None:
    seen = replace(GOOD, **change)
    verdict = judge(seen, EXCUSED)
    assert (verdict.outcome, verdict.reason) == (Outcome.UNKNOWN, Reason.NEEDS_SIGNOFF)
    assert [one["rule"] for one in told(seen, "to_look_at")] == [rule]


@pytest.mark.parametrize(
    "change",
    [
        {"texts": (text(GREY, exempt=True),)},
        {"texts": (text((119.0, 119.0, 119.0, 1.0), size_px=24.0),)},
        {"texts": (text(GREY, doubts=("a halo",), seen=Seen(7.0, 90)),)},
        {"edges": (Edge(Spot("textarea"), "field", (), exempt=True),)},
        {"icons": (Icon(Spot("svg"), (), (PAPER,), seen=3.0),)},
        {"axe": (axe("incomplete", text(doubts=("axe",), seen=Seen(9.0, 90))),)},
    ],
)
def test_what_is_right_is_not_found(change: dict[str, Any]) -> None:
    assert judge(replace(GOOD, **change), EXCUSED).outcome is Outcome.MET


def test_what_axe_and_we_both_find_is_told_once() -> None:
    pale = text(GREY)
    assert len(told(replace(GOOD, texts=(pale,), axe=(axe("violation", pale),)))) == 1


def test_one_place_in_several_states_is_one_finding() -> None:
    texts = (text(GREY), text(GREY, state="dark"), text(GREY, "li"))
    found = told(replace(GOOD, texts=texts))
    assert [(one["spot"]["where"], one["state"]) for one in found] == [("p", "light; dark"), ("li", "light")]


def test_the_limits_are_the_line_s() -> None:
    grey = replace(GOOD, texts=(text((110.0, 110.0, 110.0, 1.0)),))
    assert told(grey) == []
    assert [one["wanted"] for one in told(grey, text=7.0)] == ["7:1"]


def test_nothing_seen_is_never_met() -> None:
    verdict = judge(ContrastSeen(), EXCUSED)
    assert (verdict.outcome, verdict.reason) == (Outcome.UNKNOWN, Reason.NO_DATA)

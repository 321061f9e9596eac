"""Each line's look and its judge, put together as the suites and their fixtures do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness import runbook
from harness.judge.page import actions as actions_judge
from harness.judge.page import axe as axe_judge
from harness.judge.page import cards as cards_judge
from harness.judge.page import contrast as contrast_judge
from harness.judge.page import copying as copying_judge
from harness.judge.page import dark as dark_judge
from harness.judge.page import examples as examples_judge
from harness.judge.page import exporting as exporting_judge
from harness.judge.page import keyboard as keyboard_judge
from harness.judge.page import layout as layout_judge
from harness.judge.page import motion as motion_judge
from harness.judge.page import reflow as reflow_judge
from harness.judge.page import remembering as remembering_judge
from harness.judge.page import rendering as rendering_judge
from harness.judge.page import rings as rings_judge
from harness.judge.page import spoken_names as names_judge
from harness.judge.page import tables as tables_judge
from harness.judge.page import targets as targets_judge
from harness.judge.page import zoom as zoom_judge
from harness.judge.page.finding import Excused
from harness.observe.page import (
    actions,
    axe,
    cards,
    contrast,
    copying,
    dark,
    examples,
    exporting,
    keyboard,
    layout,
    motion,
    reflow,
    remembering,
    rendering,
    rings,
    spoken_names,
    tables,
    targets,
    zoom,
)
from harness.observe.page.tab import LookError
from harness.verdict import Reason, Verdict, unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from harness.observe.page.browser import Browser

LINES = runbook.lines()
EXCUSED = Excused("2026-01-01")
P95_MS = LINES["PD-03"].limits["p95_ms"]


def _limits(line: str) -> tuple[int, ...]:
    return tuple(LINES[line].limits.count(name) for name in LINES[line].limits)


LOOKS: Mapping[str, Mapping[str, Callable[[Browser], Verdict]]] = {
    "bugbash": {
        "BB-01": lambda b: tables_judge.judge(tables.see(b), EXCUSED),
        "BB-02": lambda b: copying_judge.judge(copying.see(b), EXCUSED),
        "BB-03": lambda b: exporting_judge.judge(exporting.see(b), EXCUSED),
        "BB-04": lambda b: cards_judge.judge(cards.see(b), EXCUSED, *_limits("BB-04")),
        "BB-05": lambda b: dark_judge.judge(dark.see(b), EXCUSED),
        "BB-06": lambda b: actions_judge.judge(actions.see(b, flag=True), EXCUSED),
        "BB-07": lambda b: examples_judge.judge(examples.see(b, flag=True), EXCUSED),
        "BY-04": lambda b: remembering_judge.judge(remembering.see(b), EXCUSED),
        "BY-05": lambda b: layout_judge.judge(layout.see(b), EXCUSED, _limits("BY-05")),
    },
    "a11y": {
        "AX-01": lambda b: axe_judge.judge(axe.see(b), EXCUSED),
        "AX-02": lambda b: keyboard_judge.judge(keyboard.see(b), EXCUSED),
        "AX-03": lambda b: rings_judge.judge(rings.see(b), EXCUSED),
        "AX-04": lambda b: names_judge.judge(spoken_names.see(b), EXCUSED),
        "AX-05": lambda b: contrast_judge.judge(contrast.see(b), EXCUSED),
        "AX-06": lambda b: reflow_judge.judge(reflow.see(b), EXCUSED),
        "AX-07": lambda b: zoom_judge.judge(zoom.see(b), EXCUSED),
        "AX-08": lambda b: targets_judge.judge(targets.see(b), EXCUSED),
        "AX-09": lambda b: motion_judge.judge(motion.see(b), EXCUSED),
    },
    "postdeploy": {
        "PD-03": lambda b: rendering_judge.judge(rendering.see(b, p95_ms=P95_MS), EXCUSED, *_limits("PD-03")),
    },
}


def said(browser: Browser, phase: str, line: str) -> tuple[str, str]:
    """Look, judge and return (outcome, reason), as the suite would record it."""
    try:
        verdict = LOOKS[phase][line](browser)
    except LookError as trouble:
        verdict = unknown(Reason.NO_DATA, str(trouble))
    finally:
        browser.forget()
    return verdict.outcome.name, str(verdict.reason or "")


def differing(got: Mapping[str, tuple[str, str]], expected: Mapping[str, Any]) -> dict[str, Any]:
    """Return each line that is not as expected: (got, expected); what is not named is expected to be MET."""
    return {
        line: (have, want) for line, have in got.items() if have != (want := tuple(expected.get(line, ("MET", ""))))
    }

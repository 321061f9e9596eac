"""Bug bash: what answers look like, and what can be done with their tables.

Runbook lines BB-01 to BB-05, in a browser, on the page as users get it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.judge.page import cards, copying, dark, exporting, tables

if TYPE_CHECKING:
    from fixtures.decide import Decide
    from harness.judge.page.cards import CardsSeen
    from harness.judge.page.copying import CopyingSeen
    from harness.judge.page.dark import DarkSeen
    from harness.judge.page.exporting import ExportingSeen
    from harness.judge.page.finding import Excused
    from harness.judge.page.tables import TablesSeen
    from harness.runbook import Line

pytestmark = pytest.mark.bugbash


@pytest.mark.runbook("BB-01")
def test_bb_01_a_table_in_an_answer_is_a_real_table(tables_seen: TablesSeen, excused: Excused, decide: Decide) -> None:
    """What the server wrote into the answer is the truth, so a live model's table is held to it as well."""
    decide(tables.judge(tables_seen, excused))


@pytest.mark.runbook("BB-02")
def test_bb_02_copying_gives_the_whole_table_of_its_own_answer(
    copied: CopyingSeen, excused: Excused, decide: Decide
) -> None:
    """A button that copies the answer before looks right until somebody pastes."""
    decide(copying.judge(copied, excused))


@pytest.mark.runbook("BB-03")
def test_bb_03_the_exported_file_holds_the_table_and_nothing_runs_from_it(
    exported: ExportingSeen, excused: Excused, decide: Decide
) -> None:
    """Read by a parser of our own: spreadsheets forgive what other programs don't, and run what they should not."""
    decide(exporting.judge(exported, excused))


@pytest.mark.runbook("BB-04")
def test_bb_04_tables_are_cards_on_a_phone(line: Line, cards_seen: CardsSeen, excused: Excused, decide: Decide) -> None:
    """One pixel below the breakpoint, at it and above it: most of these defects live at one width."""
    decide(cards.judge(cards_seen, excused, line.limits.count("below_px"), line.limits.count("phone_px")))


@pytest.mark.runbook("BB-05")
def test_bb_05_every_component_works_in_the_dark_theme(themes: DarkSeen, excused: Excused, decide: Decide) -> None:
    """A theme that does not exist passes every check of its colours, so it is shown first that it changes anything."""
    decide(dark.judge(themes, excused))

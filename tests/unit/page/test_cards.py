"""Cards and tables at several widths, without a browser."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest

from harness.judge.page.cards import CardsSeen, judge
from harness.judge.page.finding import Around, Excused, Spot
from harness.judge.page.rows import Drawn, Row, Smallest, View
from harness.verdict import Outcome, Reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.verdict import Verdict

TODAY = Excused("2026-01-01")
HEADERS = ("Fruit", "Price", "Weeks")
ROWS = (("Apricot", "3.20", "9"), ("Blueberry", "4.75", "12"))
COPY = Spot("button", "button", "Copy", box=(16, 200, 60, 36))


def rules(verdict: Verdict, kind: str = "findings") -> set[str]:
    findings = cast("Any", verdict.facts[kind])
    return {one["rule"] for one in findings}


def table(window: int, state: str = "") -> View:
    rows = tuple(Row(Spot(f"tr {row[0]}"), row) for row in ROWS)
    return View(state or f"{window} px", window, window, window, HEADERS, rows, 6, 0, Smallest(COPY, 14.0), (COPY,))


def cards(window: int, state: str = "") -> View:
    pieces = [tuple(f"{name} {value}" for name, value in zip(HEADERS, row, strict=True)) for row in ROWS]
    rows = tuple(Row(Spot(f"tr {row[0]}"), piece, lines=3) for row, piece in zip(ROWS, pieces, strict=True))
    return replace(table(window, state), header=(), rows=rows)


def listed(window: int) -> View:
    """Cards that are items of a list, beside a table that is hidden."""
    rows = tuple(
        Row(Spot(f"li {row.spot.where}"), (" ".join(row.pieces),), tabular=False) for row in cards(window).rows
    )
    return replace(cards(window), rows=rows, cells=0, items=2)


GOOD = CardsSeen(
    Drawn(HEADERS, ROWS, (table(1280), table(769), table(768), cards(767), cards(375), table(1280, "1280 px again"))),
    Drawn(HEADERS, ROWS, (cards(375, "phone, 375 px"),)),
    Around(),
)


def with_phone(change: Callable[[View], View]) -> CardsSeen:
    return replace(GOOD, phone=replace(GOOD.phone, views=tuple(change(view) for view in GOOD.phone.views)))


def with_desktop(window: int, change: Callable[[View], View]) -> CardsSeen:
    """Change what is seen in windows of one width, but for the first look."""
    first, *others = GOOD.desktop.views
    views = (first, *(change(view) if view.window == window else view for view in others))
    return replace(GOOD, desktop=replace(GOOD.desktop, views=views))


def first_row(view: View, **changes: Any) -> View:
    row, *others = view.rows
    return replace(view, rows=(replace(row, **changes), *others))


def test_cards_below_and_a_table_from_there_on_are_met() -> None:
    verdict = judge(GOOD, TODAY)
    assert verdict.outcome is Outcome.MET
    assert verdict.facts["checked"] == 14


@pytest.mark.parametrize("view", [listed(375), replace(cards(375), header=HEADERS)])
def test_cards_of_any_make_are_cards(view: View) -> None:
    assert judge(with_phone(lambda _: view), TODAY).outcome is Outcome.MET


def test_cards_whose_values_share_a_line_are_cards_if_they_name_them() -> None:
    seen = with_phone(lambda view: replace(view, rows=tuple(replace(row, lines=1) for row in view.rows)))
    assert judge(seen, TODAY).outcome is Outcome.MET


@pytest.mark.parametrize(
    ("rule", "seen"),
    [
        ("no-cards", with_phone(lambda _: table(375))),
        ("no-cards", with_desktop(767, lambda _: table(767))),
        ("no-table", with_desktop(768, lambda _: cards(768))),
        ("no-table", with_desktop(1280, lambda _: cards(1280))),
        ("header-gone", with_desktop(1280, lambda view: replace(view, header=HEADERS[:2]))),
        ("unnamed-value", with_phone(lambda view: first_row(view, pieces=ROWS[0]))),
        ("unnamed-value", with_phone(lambda view: first_row(view, pieces=("Fruit Apricot", "3.20", "Weeks 9")))),
        ("value-missing", with_phone(lambda view: first_row(view, pieces=("Fruit Apricot", "Price 3.20")))),
        ("row-missing", with_phone(lambda view: replace(view, rows=view.rows[1:]))),
        ("shown-twice", with_phone(lambda view: replace(view, rows=(*view.rows, *listed(375).rows)))),
        ("sideways", with_phone(lambda view: replace(view, wide=548))),
        ("not-for-phones", with_phone(lambda view: replace(view, width=980, wide=980))),
        ("small-text", with_phone(lambda view: replace(view, smallest=Smallest(COPY, 10.0)))),
        ("small-button", with_phone(lambda view: replace(view, targets=(replace(COPY, box=(0, 0, 60, 17)),)))),
        ("roles-lost", with_phone(lambda view: first_row(view, semantics="lost"))),
        ("cells-hidden", with_phone(lambda view: replace(view, cells=2))),
    ],
)
def test_what_is_wrong_with_cards_is_found(rule: str, seen: CardsSeen) -> None:
    verdict = judge(seen, TODAY)
    assert verdict.outcome is Outcome.VIOLATED
    assert rules(verdict) == {rule}


def test_roles_that_only_the_elements_give_are_for_a_person() -> None:
    verdict = judge(with_phone(lambda view: first_row(view, semantics="implicit")), TODAY)
    assert verdict.reason is Reason.NEEDS_SIGNOFF
    assert rules(verdict, "to_look_at") == {"roles-implicit"}


def test_a_row_that_a_desktop_lacks_too_is_the_tables_matter() -> None:
    views = tuple(replace(view, rows=view.rows[1:], cells=3) for view in GOOD.desktop.views)
    seen = with_phone(lambda view: replace(view, rows=view.rows[1:], cells=3))
    assert judge(replace(seen, desktop=replace(seen.desktop, views=views)), TODAY).outcome is Outcome.MET


def test_a_table_that_is_nowhere_is_found() -> None:
    views = tuple(replace(view, rows=()) for view in GOOD.desktop.views)
    verdict = judge(replace(GOOD, desktop=replace(GOOD.desktop, views=views)), TODAY)
    assert verdict.outcome is Outcome.VIOLATED
    assert rules(verdict) == {"table-missing"}


@pytest.mark.parametrize(
    "seen",
    [
        CardsSeen(Drawn((), (), ()), Drawn((), (), ()), Around()),
        replace(GOOD, phone=Drawn(HEADERS, ROWS, ())),
        replace(GOOD, desktop=replace(GOOD.desktop, rows=())),
        replace(GOOD, desktop=replace(GOOD.desktop, views=GOOD.desktop.views[:2])),
    ],
)
def test_nothing_seen_is_never_met(seen: CardsSeen) -> None:
    assert judge(seen, TODAY).reason is Reason.NO_DATA


def test_the_widths_are_the_runbooks() -> None:
    assert judge(GOOD, TODAY, below_px=600).outcome is Outcome.VIOLATED
    assert judge(GOOD, TODAY, phone_px=390).reason is Reason.NO_DATA

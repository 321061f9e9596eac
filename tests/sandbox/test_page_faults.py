"""The page's faults are defects in the page as it is: each edit changes exactly one place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.faults.browser import BROWSER
from sandbox.product.endpoints import PAGE
from sandbox.product.faults import RULES
from sandbox.product.faults.edits import edited
from sandbox.product.faults.page import EDITS

if TYPE_CHECKING:
    from sandbox.product.faults.page.edit import Edit


@pytest.mark.parametrize(("name", "edit"), [(name, edit) for name, edits in EDITS.items() for edit in edits])
def test_an_edit_finds_exactly_one_place(name: str, edit: Edit) -> None:
    assert (PAGE / edit.file).read_text(encoding="utf-8").count(edit.old) == 1, (name, edit.old)
    assert edit.new != edit.old


@pytest.mark.parametrize("name", EDITS)
def test_a_fault_changes_what_is_served_and_nothing_is_left_of_it_afterwards(name: str) -> None:
    files = {edit.file for edit in EDITS[name]}
    for file in files:
        healthy = (PAGE / file).read_bytes()
        assert edited(file, healthy, frozenset()) == healthy
        assert edited(file, healthy, frozenset({name})) != healthy


def test_every_fault_of_a_browser_is_made_somewhere_and_every_edit_is_a_fault() -> None:
    names = {fault.name for fault in BROWSER}
    assert len(names) == len(BROWSER)
    assert EDITS.keys() <= names
    assert {fault.name for fault in BROWSER if fault.where == "page"} <= EDITS.keys() | RULES.keys()

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.plugin import rerooting, selection
from harness.plugin.tagging import categories
from harness.verdict import Reason

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("markers", "planned", "asked"),
    [
        ("canary", {"canary", "rollout", "postdeploy"}, ("canary",)),
        ("staging or canary", {"canary", "staging"}, ("staging", "canary")),
        ("canary and not staging", {"canary", "staging"}, ("canary",)),
        ("canary and acts", {"canary", "rollout"}, ("canary",)),
        ("", {"canary", "staging"}, ("staging", "canary")),
        ("context", {"bugbash", "staging"}, ("staging", "bugbash")),
        ("not (staging)", {"canary"}, ("canary",)),
        ("canary", set[str](), ()),
    ],
)
def test_a_line_of_several_phases_is_judged_for_the_one_that_was_asked_for(
    markers: str, planned: set[str], asked: tuple[str, ...]
) -> None:
    assert selection.phases_asked(markers, planned) == asked


def test_only_paths_outside_are_joined_to_their_option(tmp_path: Path) -> None:
    inside, outside = tmp_path / "here", tmp_path / "there"
    for folder in (inside / "sandbox", outside):
        folder.mkdir(parents=True)
    words = ["-m", "canary", "--target", "sandbox", "--reports", str(outside), "--evidence", str(outside / "none")]
    wanted = [*words[:4], f"--reports={outside}", *words[6:]]
    assert rerooting.join(words, inside) == wanted
    assert rerooting.join(wanted, inside) == wanted, "once is enough"


def test_each_reason_has_a_category_of_its_own() -> None:
    names = [str(category["name"]) for category in categories()]
    assert all(any(f"UNKNOWN, {reason}:" in name for name in names) for reason in Reason)


@pytest.mark.parametrize(
    ("markers", "phases", "may"),
    [
        ("staging", ("rollback",), False),
        ("rollback", ("rollback",), True),
        ("staging or rollback", ("rollback",), True),
        ("staging and not rollback", ("rollback",), False),
        ("", ("rollback",), True),
    ],
)
def test_what_acts_forbids_workers_only_where_it_may_run(markers: str, phases: tuple[str, ...], may: bool) -> None:
    assert selection.may_run(markers, phases) is may

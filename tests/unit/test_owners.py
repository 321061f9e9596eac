"""Who is on call: the roster's word where it answers, the profile's where it can't be read."""

from __future__ import annotations

from fixtures.escalation import owners_of
from harness.evidence.rows import Snapshot
from harness.target import Checklist, Escalation, Target

PROFILE = Target("t", {}, escalation=Escalation({"L1": "Kim", "L2": "Ana"}))
ROSTERED = Target("t", {}, escalation=PROFILE.escalation, checklist=Checklist(roster="http://roster"))


def test_a_gap_in_the_roster_is_not_filled_by_the_profile() -> None:
    found = owners_of(ROSTERED, Snapshot("roster", "now", {"L1": "Robin"}))
    assert (found.by_level, found.trouble) == ({"L1": "Robin"}, "")


def test_a_roster_that_can_not_be_read_leaves_the_profile_and_says_so() -> None:
    broken = owners_of(ROSTERED, Snapshot("roster", "now", {}, "HTTP 500"))
    assert (broken.by_level, broken.trouble) == ({"L1": "Kim", "L2": "Ana"}, "HTTP 500")
    assert "without reading" in owners_of(ROSTERED, None).trouble
    assert owners_of(PROFILE, None).trouble == ""

"""Whoever watches a run's folder hears when each test begins, also from workers; unasked nobody writes it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from harness.report import so_far

if TYPE_CHECKING:
    from tests.plugin.project import Project

BODIES = ['decide(met("fine"))', 'decide(violated("bad"))', 'decide(met("also"))']


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["alone", "two workers"])
def test_each_test_is_told_once_and_before_its_end(options: tuple[str, ...], project: Project) -> None:
    project.suite(*BODIES)
    done = project.run("-m", "canary", "-p", "harness.plugin.begun", *options)
    assert done.run is not None, done.text
    told = [json.loads(line)["nodeid"] for line in (done.run / so_far.BEGUN).read_text().splitlines()]
    seen = so_far.read(done.run)
    assert sorted(told) == sorted(seen.planned)
    assert all(seen.began[nodeid] <= seen.closed[nodeid] for nodeid in seen.planned)
    assert (done.code, [one.outcome for one in seen.decided].count("MET")) == (1, 2)


def test_nobody_writes_it_unasked(project: Project) -> None:
    project.suite(*BODIES[:1])
    done = project.run("-m", "canary")
    assert done.run is not None, done.text
    assert not (done.run / so_far.BEGUN).exists()

"""A verdict whose facts carry a series leaves its picture in Allure's results and in the run's artifacts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.plugin.project import Project

SERIES = "series=[[0, 1, 100], [1, 0, 100]], limit_high=0.05, unit='answer'"


def test_pictures_lie_beside_the_verdict_and_change_nothing(project: Project) -> None:
    bodies = [
        f'decide(met("fine", {SERIES}))',
        f'decide(violated("bad", {SERIES}))',
        'decide(met("none", series=[[1]]))',
    ]
    project.suite(*bodies)
    done = project.run("-m", "canary")
    assert (done.code, done.run is not None) == (1, True)
    assert done.run is not None
    drawn = {path.name for path in (done.run / "artifacts").glob("*.svg")}
    assert drawn == {"P2-RTE-01-over-time.svg", "P2-RTE-02-over-time.svg"}
    attached = {line: [one["name"] for one in result.get("attachments", [])] for line, result in done.allure.items()}
    assert {line for line, names in attached.items() if "over time" in names} == {"P2-RTE-01", "P2-RTE-02"}
    assert [done.outcomes[f"P2-RTE-0{n}"]["outcome"] for n in (1, 2, 3)] == ["MET", "VIOLATED", "MET"]

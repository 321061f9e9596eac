"""Allure's pages: built from a copy, with the history of comparable runs, and without any say in the decision."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from harness.cli import run as gate
from harness.report.showing import allure_pages, allure_tool
from tests.gate.builder import build

if TYPE_CHECKING:
    from pathlib import Path

    from tests.gate.builder import Folder

# an Allure that remembers as the real ones do: 2 in a folder among the results, 3 in a file that its settings name
STUB = """
import json, pathlib, sys

words, here = sys.argv[1:], pathlib.Path.cwd()
if words == ["--version"]:
    print(VERSION)
    sys.exit(0)
if FAILS:
    print("some words\\n\\x1b[31mno good results\\x1b[0m", file=sys.stderr)
    sys.exit(3)
results = here / "allure-results"
out = pathlib.Path(words[words.index("-o" if VERSION.startswith("2") else "--output") + 1])
out.mkdir(parents=True)
(out / "index.html").write_text("pages")
settings = json.loads((here / "allurerc.json").read_text()) if "--config" in words else {}
before = []
if VERSION.startswith("2"):
    kept = results / "history" / "history.json"
    before = json.loads(kept.read_text()) if kept.exists() else []
    (out / "history").mkdir()
    (out / "history" / "history.json").write_text(json.dumps([*before, len(before)]))
else:
    kept = pathlib.Path(settings["historyPath"])
    before = kept.read_text().splitlines() if kept.exists() else []
    kept.write_text("".join(line + "\\n" for line in [*before, str(len(before))]))
seen = {
    "words": words, "before": len(before), "settings": settings, "results": sorted(p.name for p in results.iterdir())
}
pathlib.Path(SEEN).write_text(json.dumps(seen))
"""


@dataclass
class Machine:
    """A PATH with nothing on it but what a test puts there."""

    path: Path

    def program(self, name: str, script: str) -> None:
        """Put a shell script there."""
        file = self.path / name
        _ = file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)

    def allure(self, version: str, *, fails: bool = False, name: str = "allure", shift: str = "") -> None:
        """Put an Allure there; `shift` takes words away that come before its own."""
        head = f"VERSION, FAILS, SEEN = {version!r}, {fails!r}, {str(self.path / 'seen.json')!r}\n"
        _ = (self.path / "stub.py").write_text(head + STUB)
        self.program(name, f'{shift}\nexec "{sys.executable}" "{self.path / "stub.py"}" "$@"')

    @property
    def seen(self) -> dict[str, Any]:
        """What it was last asked for."""
        return json.loads((self.path / "seen.json").read_text())


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine(tmp_path / "bin")
    made.path.mkdir()
    monkeypatch.setenv("PATH", str(made.path))
    return made


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    return tmp_path / "reports"


def decided(reports: Path, phase: str = "canary", **options: Any) -> Folder:
    """A run with its decision."""
    folder = build(reports, phase, **options)
    _ = gate(["decide", phase, "--run", str(folder.path)])
    return folder


def content(folder: Folder) -> dict[str, bytes]:
    """Everything in a run's folder."""
    return {str(path): path.read_bytes() for path in folder.path.rglob("*") if path.is_file()}


def pages(reports: Path, folder: Folder, *more: str) -> int:
    """Build the pages of a run."""
    return gate(["report", folder.run, "--reports", str(reports), *more])


@pytest.mark.parametrize("version", ["2.46.1", "3.18.0"])
def test_pages_are_built_beside_the_run_which_stays_as_it_was(
    version: str, machine: Machine, reports: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.allure(version)
    folder = decided(reports)
    before = content(folder)
    _ = capsys.readouterr()
    assert pages(reports, folder) == 0
    built = reports / f"{folder.run}-allure" / "index.html"
    assert capsys.readouterr().out == f"{built}\n"
    assert built.read_text() == "pages"
    assert content(folder) == before
    named = [name for name in machine.seen["results"] if name != "history"]
    assert named == sorted(path.name for path in (folder.path / "allure-results").iterdir())
    assert [path.name for path in reports.iterdir() if path.name.startswith(".")] == []


def test_the_newest_run_is_shown_unless_another_is_named(machine: Machine, reports: Path) -> None:
    machine.allure("3.18.0")
    _ = decided(reports, ago_s=300)
    newest = decided(reports)
    assert gate(["report", "--reports", str(reports)]) == 0
    assert (reports / f"{newest.run}-allure" / "index.html").is_file()


@pytest.mark.parametrize("version", ["2.46.1", "3.18.0"])
def test_history_grows_with_each_run_of_the_same_kind_and_not_with_each_build(
    version: str, machine: Machine, reports: Path
) -> None:
    machine.allure(version)
    runs = [decided(reports, ago_s=ago_s) for ago_s in (300, 200, 100)]
    for number, folder in enumerate(runs):
        assert pages(reports, folder) == 0
        assert machine.seen["before"] == number
    assert pages(reports, runs[1]) == 0
    assert machine.seen["before"] == 1, "built again, it knows what it knew then"
    assert pages(reports, runs[2]) == 0
    assert machine.seen["before"] == 2


@pytest.mark.parametrize(
    "other",
    [{"phase": "rollout"}, {"environment": "staging"}, {"target": "elsewhere"}],
    ids=["phase", "environment", "target"],
)
def test_another_phase_environment_or_target_has_a_history_of_its_own(
    other: dict[str, str], machine: Machine, reports: Path
) -> None:
    machine.allure("3.18.0")
    assert pages(reports, decided(reports, ago_s=300)) == 0
    assert pages(reports, decided(reports, ago_s=200, **other)) == 0
    assert machine.seen["before"] == 0


def test_the_versions_do_not_read_each_others_history(machine: Machine, reports: Path) -> None:
    machine.allure("2.46.1")
    assert pages(reports, decided(reports, ago_s=300)) == 0
    machine.allure("3.18.0")
    assert pages(reports, decided(reports, ago_s=200)) == 0
    assert machine.seen["before"] == 0
    machine.allure("2.46.1")
    assert pages(reports, decided(reports, ago_s=100)) == 0
    assert machine.seen["before"] == 1


def test_a_run_that_does_not_say_what_it_is_about_is_shown_without_history(machine: Machine, reports: Path) -> None:
    machine.allure("3.18.0")
    folder = decided(reports)
    folder.change("run.json", lambda value: value.update(run="../../elsewhere"))
    assert pages(reports, folder) == 0
    assert not (reports / allure_pages.KEPT).exists()


def test_a_target_cannot_lead_its_history_elsewhere(machine: Machine, reports: Path) -> None:
    machine.allure("3.18.0")
    folder = decided(reports, target="../../x")
    assert pages(reports, folder) == 0
    kept = list((reports / allure_pages.KEPT).rglob("history.jsonl"))
    assert [path.relative_to(reports / allure_pages.KEPT).parts[:3] for path in kept] == [
        ("______x", "production", "canary")
    ]


def test_allure_3_is_told_the_categories_of_the_run(machine: Machine, reports: Path) -> None:
    machine.allure("3.18.0")
    folder = decided(reports)
    named: list[Any] = [{"name": "VIOLATED", "matchedStatuses": ["failed"]}]
    folder.put("allure-results/categories.json", named)
    assert pages(reports, folder) == 0
    assert machine.seen["settings"]["categories"] == named
    _ = (folder.path / "allure-results" / "categories.json").write_text("{")
    assert pages(reports, folder) == 0
    assert "categories" not in machine.seen["settings"]


def test_what_a_link_among_the_results_leads_to_is_not_shown(machine: Machine, reports: Path) -> None:
    machine.allure("2.46.1")
    folder = decided(reports)
    (folder.path / "allure-results" / "0-attachment.txt").symlink_to("/etc/hostname")
    assert pages(reports, folder) == 0
    assert "0-attachment.txt" not in machine.seen["results"]


def test_without_allure_it_says_how_in_one_line_and_the_decision_stays(
    machine: Machine, reports: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert list(machine.path.iterdir()) == []
    folder = decided(reports)
    before = content(folder)
    _ = capsys.readouterr()
    assert pages(reports, folder) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert "no allure on PATH" in said.err
    assert "npm install --global allure@3" in said.err
    assert "verdict.html" in said.err
    assert content(folder) == before


def test_an_allure_that_fails_leaves_everything_as_it_was(
    machine: Machine, reports: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.allure("3.18.0")
    folder = decided(reports)
    assert pages(reports, folder) == 0
    before, kept = content(folder), sorted(reports.rglob("history.jsonl"))
    remembered = [path.read_bytes() for path in kept]
    machine.allure("3.18.0", fails=True)
    _ = capsys.readouterr()
    assert pages(reports, folder) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "allure generate ended with 3" in said
    assert "no good results" in said
    assert "\x1b" not in said
    assert content(folder) == before
    assert [path.read_bytes() for path in sorted(reports.rglob("history.jsonl"))] == remembered
    assert (reports / f"{folder.run}-allure" / "index.html").is_file(), "the earlier pages"
    assert [path.name for path in reports.iterdir() if path.name.startswith(".")] == []


def test_an_allure_that_hangs_is_stopped(
    machine: Machine, reports: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(allure_tool, "PATIENCE_S", 0.2)
    machine.program("allure", 'if [ "$1" = --version ]; then echo 2.46.1; exit; fi\nwhile :; do /bin/sleep 1; done')
    assert pages(reports, decided(reports)) == 2
    assert "took longer than" in capsys.readouterr().err


def test_with_a_new_node_npx_is_asked_for_an_allure_that_is_installed(machine: Machine, reports: Path) -> None:
    machine.program("node", "echo v22.23.3")
    machine.allure("3.18.0", name="npx", shift='[ "$1 $2" = "--no-install allure" ] || exit 9\nshift 2')
    assert pages(reports, decided(reports)) == 0
    assert machine.seen["words"][0] == "generate"


@pytest.mark.parametrize(("version", "said"), [("v20.20.2", "node is v20.20.2"), ("x", "node is x")])
def test_an_old_node_is_named_and_not_used(
    version: str, said: str, machine: Machine, reports: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.program("node", f"echo {version}")
    machine.allure("3.18.0", name="npx")
    assert pages(reports, decided(reports)) == 2
    assert said in capsys.readouterr().err
    assert not (machine.path / "seen.json").exists()


@pytest.mark.parametrize("version", ["1.5.4", "4.0.0", "unknown", ""])
def test_an_allure_of_another_time_is_not_used(
    version: str, machine: Machine, reports: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.allure(version)
    assert pages(reports, decided(reports)) == 2
    assert "wanted Allure 2 or 3" in capsys.readouterr().err


def test_pages_never_go_where_they_would_damage_something(machine: Machine, reports: Path) -> None:
    machine.allure("2.46.1")
    folder, other = decided(reports, ago_s=200), decided(reports)
    mine = reports / "mine"
    mine.mkdir()
    _ = (mine / "notes.txt").write_text("do not lose")
    before = content(folder), content(other)
    for out in (folder.path, folder.path / "pages", other.path / "artifacts", reports, mine, mine / "notes.txt"):
        assert pages(reports, folder, "--out", str(out)) == 4, out
    assert (content(folder), content(other)) == before
    assert (mine / "notes.txt").read_text() == "do not lose"
    assert not (machine.path / "seen.json").exists()


def test_earlier_pages_are_replaced_in_a_place_that_was_chosen(machine: Machine, reports: Path, tmp_path: Path) -> None:
    machine.allure("3.18.0")
    folder, out = decided(reports), tmp_path / "public" / "pages"
    for _ in range(2):
        assert pages(reports, folder, "--out", str(out)) == 0
        assert (out / "index.html").is_file()
        _ = (out / "old.html").write_text("old")
    assert pages(reports, folder, "--out", str(out)) == 0
    assert not (out / "old.html").exists()


def test_where_nothing_has_run_there_is_nothing_to_show(reports: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert gate(["report", "--reports", str(reports)]) == 2
    assert "nothing has run yet" in capsys.readouterr().err

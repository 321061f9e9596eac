"""The benchmarks' command: names renew their own figures and no others; what can't be done changes nothing."""

from __future__ import annotations

import json
import os
import platform
from typing import TYPE_CHECKING

import pytest

from benchmarks import __main__ as benchmarks

if TYPE_CHECKING:
    from pathlib import Path

HERE = {"cores": os.cpu_count(), "python": platform.python_version()}


@pytest.fixture
def figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the last figures are kept; every benchmark measures 2."""
    path = tmp_path / "figures.json"
    monkeypatch.setattr(benchmarks, "FIGURES", path)
    monkeypatch.setattr(benchmarks, "ALL", {"asks": lambda: 2, "logs": lambda: 2})
    return path


def test_names_renew_their_own_figures_and_keep_the_others(figures: Path) -> None:
    _ = figures.write_text(json.dumps({"machine": HERE, "asks": 1, "logs": 1}))
    benchmarks.main(["logs"])
    assert json.loads(figures.read_text()) == {"machine": HERE, "asks": 1, "logs": 2}


def test_without_names_all_are_measured_whatever_was_there(figures: Path) -> None:
    _ = figures.write_text("{half of a fi")
    benchmarks.main([])
    assert json.loads(figures.read_text()) == {"machine": HERE, "asks": 2, "logs": 2}


@pytest.mark.parametrize(
    ("machine", "names", "said"),
    [(HERE, ["speed"], "wanted names of asks, logs, got speed"), ({"cores": 96}, ["logs"], "measure all of them anew")],
)
def test_an_unknown_name_and_another_machines_figures_are_refused_and_nothing_is_written(
    figures: Path, machine: object, names: list[str], said: str
) -> None:
    before = json.dumps({"machine": machine, "asks": 1})
    _ = figures.write_text(before)
    with pytest.raises(SystemExit, match=said):
        benchmarks.main(names)
    assert figures.read_text() == before

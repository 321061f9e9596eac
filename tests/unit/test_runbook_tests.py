"""Reading the suites as text; the refusals themselves are shown in tests/plugin with pytest's own eyes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness import runbook, runbook_tests

if TYPE_CHECKING:
    from pathlib import Path

GOOD = '''
import pytest

pytestmark = [pytest.mark.canary, pytest.mark.rollout]


@pytest.mark.runbook("EN-02")
@pytest.mark.parametrize("n", [1, 2])
def test_en_02_the_cluster_is_production(n, decide):
    """A docstring."""
    decide(n)


def test_helper_is_refused(): ...


def helper(decide):
    if decide:
        return
'''


def test_a_test_is_known_by_line_phases_and_place(tmp_path: Path) -> None:
    suites = tmp_path / "suites"
    suites.mkdir()
    _ = (suites / "test_en.py").write_text(GOOD)
    _ = (suites / "test_broken.py").write_text("def")
    found = runbook_tests.read(suites, tmp_path, runbook.lines())
    nodeid = "suites/test_en.py::test_en_02_the_cluster_is_production"
    test = found.tests[nodeid]
    assert (test.line, test.phases, test.where) == ("EN-02", ("canary", "rollout"), "suites/test_en.py:9")
    assert runbook_tests.base(f"{nodeid}[1]") == nodeid
    assert all("test_helper_is_refused" in what for what in found.violations)
    assert len(found.violations) == 2


@pytest.mark.parametrize(
    "body",
    [
        "x = 1 if decide else 2\n    decide(x)",
        "for x in (1,):\n        decide(x)",
        "while True:\n        decide(1)",
        "try:\n        decide(1)\n    except AssertionError:\n        pass\n    decide(1)",
        "match 1:\n        case _:\n            pass\n    decide(1)",
        "with decide:\n        decide(1)",
        "return decide(1)",
        "other(1)",
        "decide(1)\n    other(1)",
    ],
    ids=["ternary", "for", "while", "try", "match", "with", "return", "other", "after"],
)
def test_a_test_is_one_sentence_that_ends_in_its_decision(tmp_path: Path, body: str) -> None:
    head = 'import pytest\n\n\n@pytest.mark.canary\n@pytest.mark.runbook("EN-02")\n'
    path = tmp_path / "test_it.py"
    _ = path.write_text(f"{head}def test_en_02(decide):\n    {body}\n")
    found = runbook_tests.read_file(path, tmp_path, runbook.lines())
    assert found.violations
    assert not found.tests


def test_each_line_of_the_runbook_has_a_test_or_says_that_it_is_planned() -> None:
    root = runbook.FOLDER.parent
    found = runbook_tests.read(root / "suites", root, runbook.lines())
    assert found.violations == ()
    assert runbook_tests.check_runbook(found, runbook.lines()) == ()

"""What every suite of a watch owes to the law: a verdict says no more than the watch behind it carries."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SUITES = Path(__file__).parent.parent.parent / "suites"
WATCHES = {"soak", "canary", "symptoms", "watch", "arms", "aftermath", "product_of"}  # fixtures of a watch
TRUSTING = {"slos", "watched", "comparison", "judging"}  # modules whose judges end in `trusted`


def _tests() -> list[tuple[str, ast.FunctionDef]]:
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in sorted(SUITES.rglob("test_*.py"))]
    functions = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    return [(node.name, node) for node in functions if WATCHES & {given.arg for given in node.args.args}]


def _carried(test: ast.FunctionDef) -> bool:
    """Tell whether what `decide` is given comes from a judge that asks for the course of the watch."""
    last = test.body[-1]
    assert isinstance(last, ast.Expr)
    assert isinstance(last.value, ast.Call)
    (given,) = last.value.args
    return isinstance(given, ast.Call) and (
        ast.unparse(given.func) == "course.trusted" or ast.unparse(given.func).split(".")[0] in TRUSTING
    )


@pytest.mark.parametrize("test", [node for _, node in _tests()], ids=[name for name, _ in _tests()])
def test_a_line_of_a_watch_is_met_only_as_far_as_the_watch_carries_it(test: ast.FunctionDef) -> None:
    assert _carried(test), "a watch that was cut short, or a source that fell silent, must not be MET: course.trusted"


def test_a_suite_that_forgets_it_would_be_seen() -> None:
    (bare,) = ast.parse("def test_x(soak, decide):\n    decide(product.no_page(soak))\n").body
    assert isinstance(bare, ast.FunctionDef)
    assert not _carried(bare)
    assert len(_tests()) > 30
